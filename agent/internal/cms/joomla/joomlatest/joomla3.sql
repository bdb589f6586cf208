-- assets
	id int unsigned NOT NULL AUTO_INCREMENT
	parent_id int NOT NULL DEFAULT 0
	lft int NOT NULL DEFAULT 0
	rgt int NOT NULL DEFAULT 0
	level int unsigned NOT NULL
	name varchar(50) NOT NULL
	title varchar(100) NOT NULL
	rules varchar(5120) NOT NULL
	PRIMARY KEY ("id")
	UNIQUE ("name")
-- associations
	id int NOT NULL
	context varchar(50) NOT NULL
	key char(32) NOT NULL
	PRIMARY KEY ("context","id")
-- categories
	id int NOT NULL AUTO_INCREMENT
	asset_id int unsigned NOT NULL DEFAULT 0
	parent_id int unsigned NOT NULL DEFAULT 0
	lft int NOT NULL DEFAULT 0
	rgt int NOT NULL DEFAULT 0
	level int unsigned NOT NULL DEFAULT 0
	path varchar(400) NOT NULL DEFAULT ''
	extension varchar(50) NOT NULL DEFAULT ''
	title varchar(255) NOT NULL DEFAULT ''
	alias varchar(400) NOT NULL DEFAULT ''
	note varchar(255) NOT NULL DEFAULT ''
	description mediumtext DEFAULT NULL
	published tinyint NOT NULL DEFAULT 0
	checked_out int unsigned NOT NULL DEFAULT 0
	checked_out_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	access int unsigned NOT NULL DEFAULT 0
	params text DEFAULT NULL
	metadesc varchar(1024) NOT NULL DEFAULT ''
	metakey varchar(1024) NOT NULL DEFAULT ''
	metadata varchar(2048) NOT NULL DEFAULT ''
	created_user_id int unsigned NOT NULL DEFAULT 0
	created_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	modified_user_id int unsigned NOT NULL DEFAULT 0
	modified_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	hits int unsigned NOT NULL DEFAULT 0
	language char(7) NOT NULL DEFAULT ''
	version int unsigned NOT NULL DEFAULT 1
	PRIMARY KEY ("id")
-- contact_details
	id int NOT NULL AUTO_INCREMENT
	name varchar(255) NOT NULL
	alias varchar(400) NOT NULL
	con_position varchar(255) DEFAULT NULL
	address text DEFAULT NULL
	suburb varchar(100) DEFAULT NULL
	state varchar(100) DEFAULT NULL
	country varchar(100) DEFAULT NULL
	postcode varchar(100) DEFAULT NULL
	telephone varchar(255) DEFAULT NULL
	fax varchar(255) DEFAULT NULL
	misc mediumtext DEFAULT NULL
	image varchar(255) DEFAULT NULL
	email_to varchar(255) DEFAULT NULL
	default_con tinyint unsigned NOT NULL DEFAULT 0
	published tinyint NOT NULL DEFAULT 0
	checked_out int unsigned NOT NULL DEFAULT 0
	checked_out_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	ordering int NOT NULL DEFAULT 0
	params text NOT NULL
	user_id int NOT NULL DEFAULT 0
	catid int NOT NULL DEFAULT 0
	access int unsigned NOT NULL DEFAULT 0
	mobile varchar(255) NOT NULL DEFAULT ''
	webpage varchar(255) NOT NULL DEFAULT ''
	sortname1 varchar(255) NOT NULL DEFAULT ''
	sortname2 varchar(255) NOT NULL DEFAULT ''
	sortname3 varchar(255) NOT NULL DEFAULT ''
	language varchar(7) NOT NULL
	created datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	created_by int unsigned NOT NULL DEFAULT 0
	created_by_alias varchar(255) NOT NULL DEFAULT ''
	modified datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	modified_by int unsigned NOT NULL DEFAULT 0
	metakey text NOT NULL
	metadesc text NOT NULL
	metadata text NOT NULL
	featured tinyint unsigned NOT NULL DEFAULT 0
	xreference varchar(50) NOT NULL DEFAULT ''
	publish_up datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	publish_down datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	version int unsigned NOT NULL DEFAULT 1
	hits int unsigned NOT NULL DEFAULT 0
	PRIMARY KEY ("id")
-- content
	id int unsigned NOT NULL AUTO_INCREMENT
	asset_id int unsigned NOT NULL DEFAULT 0
	title varchar(255) NOT NULL DEFAULT ''
	alias varchar(400) NOT NULL DEFAULT ''
	introtext mediumtext NOT NULL
	fulltext mediumtext NOT NULL
	state tinyint NOT NULL DEFAULT 0
	catid int unsigned NOT NULL DEFAULT 0
	created datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	created_by int unsigned NOT NULL DEFAULT 0
	created_by_alias varchar(255) NOT NULL DEFAULT ''
	modified datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	modified_by int unsigned NOT NULL DEFAULT 0
	checked_out int unsigned NOT NULL DEFAULT 0
	checked_out_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	publish_up datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	publish_down datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	images text NOT NULL
	urls text NOT NULL
	attribs varchar(5120) NOT NULL
	version int unsigned NOT NULL DEFAULT 1
	ordering int NOT NULL DEFAULT 0
	metakey text NOT NULL
	metadesc text NOT NULL
	access int unsigned NOT NULL DEFAULT 0
	hits int unsigned NOT NULL DEFAULT 0
	metadata text NOT NULL
	featured tinyint unsigned NOT NULL DEFAULT 0
	language char(7) NOT NULL
	xreference varchar(50) NOT NULL DEFAULT ''
	note varchar(255) NOT NULL DEFAULT ''
	PRIMARY KEY ("id")
-- content_frontpage
	content_id int NOT NULL DEFAULT 0
	ordering int NOT NULL DEFAULT 0
	PRIMARY KEY ("content_id")
-- content_types
	type_id int unsigned NOT NULL AUTO_INCREMENT
	type_title varchar(255) NOT NULL DEFAULT ''
	type_alias varchar(400) NOT NULL DEFAULT ''
	table varchar(255) NOT NULL DEFAULT ''
	rules text NOT NULL
	field_mappings text NOT NULL
	router varchar(255) NOT NULL DEFAULT ''
	content_history_options varchar(5120) DEFAULT NULL
	PRIMARY KEY ("type_id")
-- contentitem_tag_map
	type_alias varchar(255) NOT NULL DEFAULT ''
	core_content_id int unsigned NOT NULL
	content_item_id int NOT NULL
	tag_id int unsigned NOT NULL
	tag_date timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()
	type_id mediumint NOT NULL
	UNIQUE ("type_id","content_item_id","tag_id")
-- extensions
	extension_id int NOT NULL AUTO_INCREMENT
	package_id int NOT NULL DEFAULT 0
	name varchar(100) NOT NULL
	type varchar(20) NOT NULL
	element varchar(100) NOT NULL
	folder varchar(100) NOT NULL
	client_id tinyint NOT NULL
	enabled tinyint NOT NULL DEFAULT 0
	access int unsigned NOT NULL DEFAULT 1
	protected tinyint NOT NULL DEFAULT 0
	manifest_cache text NOT NULL
	params text NOT NULL
	custom_data text NOT NULL
	system_data text NOT NULL
	checked_out int unsigned NOT NULL DEFAULT 0
	checked_out_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	ordering int DEFAULT 0
	state int DEFAULT 0
	PRIMARY KEY ("extension_id")
-- fields
	id int unsigned NOT NULL AUTO_INCREMENT
	asset_id int unsigned NOT NULL DEFAULT 0
	context varchar(255) NOT NULL DEFAULT ''
	group_id int unsigned NOT NULL DEFAULT 0
	title varchar(255) NOT NULL DEFAULT ''
	name varchar(255) NOT NULL DEFAULT ''
	label varchar(255) NOT NULL DEFAULT ''
	default_value text DEFAULT NULL
	type varchar(255) NOT NULL DEFAULT 'text'
	note varchar(255) NOT NULL DEFAULT ''
	description text NOT NULL
	state tinyint NOT NULL DEFAULT 0
	required tinyint NOT NULL DEFAULT 0
	checked_out int NOT NULL DEFAULT 0
	checked_out_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	ordering int NOT NULL DEFAULT 0
	params text NOT NULL
	fieldparams text NOT NULL
	language char(7) NOT NULL DEFAULT ''
	created_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	created_user_id int unsigned NOT NULL DEFAULT 0
	modified_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	modified_by int unsigned NOT NULL DEFAULT 0
	access int NOT NULL DEFAULT 1
	PRIMARY KEY ("id")
-- fields_categories
	field_id int NOT NULL DEFAULT 0
	category_id int NOT NULL DEFAULT 0
	PRIMARY KEY ("field_id","category_id")
-- fields_groups
	id int unsigned NOT NULL AUTO_INCREMENT
	asset_id int unsigned NOT NULL DEFAULT 0
	context varchar(255) NOT NULL DEFAULT ''
	title varchar(255) NOT NULL DEFAULT ''
	note varchar(255) NOT NULL DEFAULT ''
	description text NOT NULL
	state tinyint NOT NULL DEFAULT 0
	checked_out int NOT NULL DEFAULT 0
	checked_out_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	ordering int NOT NULL DEFAULT 0
	params text NOT NULL
	language char(7) NOT NULL DEFAULT ''
	created datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	created_by int unsigned NOT NULL DEFAULT 0
	modified datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	modified_by int unsigned NOT NULL DEFAULT 0
	access int NOT NULL DEFAULT 1
	PRIMARY KEY ("id")
-- fields_values
	field_id int unsigned NOT NULL
	item_id varchar(255) NOT NULL
	value text DEFAULT NULL
-- ucm_history
	version_id int unsigned NOT NULL AUTO_INCREMENT
	ucm_item_id int unsigned NOT NULL
	ucm_type_id int unsigned NOT NULL
	version_note varchar(255) NOT NULL DEFAULT ''
	save_date datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	editor_user_id int unsigned NOT NULL DEFAULT 0
	character_count int unsigned NOT NULL DEFAULT 0
	sha1_hash varchar(50) NOT NULL DEFAULT ''
	version_data mediumtext NOT NULL
	keep_forever tinyint NOT NULL DEFAULT 0
	PRIMARY KEY ("version_id")
-- languages
	lang_id int unsigned NOT NULL AUTO_INCREMENT
	asset_id int unsigned NOT NULL DEFAULT 0
	lang_code char(7) NOT NULL
	title varchar(50) NOT NULL
	title_native varchar(50) NOT NULL
	sef varchar(50) NOT NULL
	image varchar(50) NOT NULL
	description varchar(512) NOT NULL
	metakey text NOT NULL
	metadesc text NOT NULL
	sitename varchar(1024) NOT NULL DEFAULT ''
	published int NOT NULL DEFAULT 0
	access int unsigned NOT NULL DEFAULT 0
	ordering int NOT NULL DEFAULT 0
	PRIMARY KEY ("lang_id")
	UNIQUE ("sef")
	UNIQUE ("lang_code")
-- menu
	id int NOT NULL AUTO_INCREMENT
	menutype varchar(24) NOT NULL
	title varchar(255) NOT NULL
	alias varchar(400) NOT NULL
	note varchar(255) NOT NULL DEFAULT ''
	path varchar(1024) NOT NULL
	link varchar(1024) NOT NULL
	type varchar(16) NOT NULL
	published tinyint NOT NULL DEFAULT 0
	parent_id int unsigned NOT NULL DEFAULT 1
	level int unsigned NOT NULL DEFAULT 0
	component_id int unsigned NOT NULL DEFAULT 0
	checked_out int unsigned NOT NULL DEFAULT 0
	checked_out_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	browserNav tinyint NOT NULL DEFAULT 0
	access int unsigned NOT NULL DEFAULT 0
	img varchar(255) NOT NULL
	template_style_id int unsigned NOT NULL DEFAULT 0
	params text NOT NULL
	lft int NOT NULL DEFAULT 0
	rgt int NOT NULL DEFAULT 0
	home tinyint unsigned NOT NULL DEFAULT 0
	language char(7) NOT NULL DEFAULT ''
	client_id tinyint NOT NULL DEFAULT 0
	PRIMARY KEY ("id")
	UNIQUE ("client_id","parent_id","alias"(100),"language")
-- menu_types
	id int unsigned NOT NULL AUTO_INCREMENT
	asset_id int unsigned NOT NULL DEFAULT 0
	menutype varchar(24) NOT NULL
	title varchar(48) NOT NULL
	description varchar(255) NOT NULL DEFAULT ''
	client_id int NOT NULL DEFAULT 0
	PRIMARY KEY ("id")
	UNIQUE ("menutype")
-- modules
	id int NOT NULL AUTO_INCREMENT
	asset_id int unsigned NOT NULL DEFAULT 0
	title varchar(100) NOT NULL DEFAULT ''
	note varchar(255) NOT NULL DEFAULT ''
	content text DEFAULT NULL
	ordering int NOT NULL DEFAULT 0
	position varchar(50) NOT NULL DEFAULT ''
	checked_out int unsigned NOT NULL DEFAULT 0
	checked_out_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	publish_up datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	publish_down datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	published tinyint NOT NULL DEFAULT 0
	module varchar(50) DEFAULT NULL
	access int unsigned NOT NULL DEFAULT 0
	showtitle tinyint unsigned NOT NULL DEFAULT 1
	params text NOT NULL
	client_id tinyint NOT NULL DEFAULT 0
	language char(7) NOT NULL
	PRIMARY KEY ("id")
-- modules_menu
	moduleid int NOT NULL DEFAULT 0
	menuid int NOT NULL DEFAULT 0
	PRIMARY KEY ("moduleid","menuid")
-- redirect_links
	id int unsigned NOT NULL AUTO_INCREMENT
	old_url varchar(2048) NOT NULL
	new_url varchar(2048) DEFAULT NULL
	referer varchar(2048) NOT NULL
	comment varchar(255) NOT NULL DEFAULT ''
	hits int unsigned NOT NULL DEFAULT 0
	published tinyint NOT NULL
	created_date datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	modified_date datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	header smallint NOT NULL DEFAULT 301
	PRIMARY KEY ("id")
-- schemas
	extension_id int NOT NULL
	version_id varchar(20) NOT NULL
	PRIMARY KEY ("extension_id","version_id")
-- tags
	id int unsigned NOT NULL AUTO_INCREMENT
	parent_id int unsigned NOT NULL DEFAULT 0
	lft int NOT NULL DEFAULT 0
	rgt int NOT NULL DEFAULT 0
	level int unsigned NOT NULL DEFAULT 0
	path varchar(400) NOT NULL DEFAULT ''
	title varchar(255) NOT NULL
	alias varchar(400) NOT NULL DEFAULT ''
	note varchar(255) NOT NULL DEFAULT ''
	description mediumtext NOT NULL
	published tinyint NOT NULL DEFAULT 0
	checked_out int unsigned NOT NULL DEFAULT 0
	checked_out_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	access int unsigned NOT NULL DEFAULT 0
	params text NOT NULL
	metadesc varchar(1024) NOT NULL
	metakey varchar(1024) NOT NULL
	metadata varchar(2048) NOT NULL
	created_user_id int unsigned NOT NULL DEFAULT 0
	created_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	created_by_alias varchar(255) NOT NULL DEFAULT ''
	modified_user_id int unsigned NOT NULL DEFAULT 0
	modified_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	images text NOT NULL
	urls text NOT NULL
	hits int unsigned NOT NULL DEFAULT 0
	language char(7) NOT NULL
	version int unsigned NOT NULL DEFAULT 1
	publish_up datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	publish_down datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	PRIMARY KEY ("id")
-- ucm_content
	core_content_id int unsigned NOT NULL AUTO_INCREMENT
	core_type_alias varchar(400) NOT NULL DEFAULT ''
	core_title varchar(400) NOT NULL DEFAULT ''
	core_alias varchar(400) NOT NULL DEFAULT ''
	core_body mediumtext DEFAULT NULL
	core_state tinyint NOT NULL DEFAULT 0
	core_checked_out_time varchar(255) NOT NULL DEFAULT '0000-00-00 00:00:00'
	core_checked_out_user_id int unsigned NOT NULL DEFAULT 0
	core_access int unsigned NOT NULL DEFAULT 0
	core_params text DEFAULT NULL
	core_featured tinyint unsigned NOT NULL DEFAULT 0
	core_metadata varchar(2048) NOT NULL DEFAULT ''
	core_created_user_id int unsigned NOT NULL DEFAULT 0
	core_created_by_alias varchar(255) NOT NULL DEFAULT ''
	core_created_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	core_modified_user_id int unsigned NOT NULL DEFAULT 0
	core_modified_time datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	core_language char(7) NOT NULL DEFAULT ''
	core_publish_up datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	core_publish_down datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	core_content_item_id int unsigned NOT NULL DEFAULT 0
	asset_id int unsigned NOT NULL DEFAULT 0
	core_images text DEFAULT NULL
	core_urls text DEFAULT NULL
	core_hits int unsigned NOT NULL DEFAULT 0
	core_version int unsigned NOT NULL DEFAULT 1
	core_ordering int NOT NULL DEFAULT 0
	core_metakey text DEFAULT NULL
	core_metadesc text DEFAULT NULL
	core_catid int unsigned NOT NULL DEFAULT 0
	core_xreference varchar(50) NOT NULL DEFAULT ''
	core_type_id int unsigned NOT NULL DEFAULT 0
	PRIMARY KEY ("core_content_id")
-- user_profiles
	user_id int NOT NULL
	profile_key varchar(100) NOT NULL
	profile_value text NOT NULL
	ordering int NOT NULL DEFAULT 0
	UNIQUE ("user_id","profile_key")
-- user_usergroup_map
	user_id int unsigned NOT NULL DEFAULT 0
	group_id int unsigned NOT NULL DEFAULT 0
	PRIMARY KEY ("user_id","group_id")
-- usergroups
	id int unsigned NOT NULL AUTO_INCREMENT
	parent_id int unsigned NOT NULL DEFAULT 0
	lft int NOT NULL DEFAULT 0
	rgt int NOT NULL DEFAULT 0
	title varchar(100) NOT NULL DEFAULT ''
	PRIMARY KEY ("id")
	UNIQUE ("parent_id","title")
-- users
	id int NOT NULL AUTO_INCREMENT
	name varchar(400) NOT NULL DEFAULT ''
	username varchar(150) NOT NULL DEFAULT ''
	email varchar(100) NOT NULL DEFAULT ''
	password varchar(100) NOT NULL DEFAULT ''
	block tinyint NOT NULL DEFAULT 0
	sendEmail tinyint DEFAULT 0
	registerDate datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	lastvisitDate datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	activation varchar(100) NOT NULL DEFAULT ''
	params text NOT NULL
	lastResetTime datetime NOT NULL DEFAULT '0000-00-00 00:00:00'
	resetCount int NOT NULL DEFAULT 0
	otpKey varchar(1000) NOT NULL DEFAULT ''
	otep varchar(1000) NOT NULL DEFAULT ''
	requireReset tinyint NOT NULL DEFAULT 0
	authProvider varchar(100) NOT NULL DEFAULT ''
	PRIMARY KEY ("id")
	UNIQUE ("username")
-- viewlevels
	id int unsigned NOT NULL AUTO_INCREMENT
	title varchar(100) NOT NULL DEFAULT ''
	ordering int NOT NULL DEFAULT 0
	rules varchar(5120) NOT NULL
	PRIMARY KEY ("id")
	UNIQUE ("title")
