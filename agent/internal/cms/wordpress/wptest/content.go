package wptest

// installed is what the installer leaves.
var installed = []string{
	`INSERT INTO {options} (option_name, option_value) VALUES ('siteurl','https://blog.example'),('home','https://blog.example'),('blogname','New site'),
		('blogdescription','Just another'),('WPLANG',''),('timezone_string',''),('gmt_offset','0'),('date_format','F j, Y'),('time_format','g:i a'),('start_of_week','1'),
		('posts_per_page','10'),('show_on_front','posts'),('page_on_front','0'),('page_for_posts','0'),('default_category','1'),('site_icon','0'),
		('permalink_structure','/%postname%/'),('default_comment_status','open'),('default_ping_status','closed'),('stylesheet','plain'),('template','plain'),
		('db_version','53496'),('initial_db_version','53496'),('sticky_posts','a:0:{}'),('user_count','1'),('uploads_use_yearmonth_folders','1'),('thread_comments','1'),
		('admin_email','owner@blog.example'),('category_base',''),('tag_base',''),('default_role','subscriber'),('cron','a:1:{s:7:"version";i:2;}'),
		('%PREFIX%user_roles','a:5:{s:13:"administrator";a:0:{}s:6:"editor";a:0:{}s:6:"author";a:0:{}s:11:"contributor";a:0:{}s:10:"subscriber";a:0:{}}')`,
	`INSERT INTO {users} (ID, user_login, user_pass, user_nicename, user_email, user_registered, display_name)
		VALUES (1,'owner','$P$BaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA','owner','owner@blog.example','2024-01-01 10:00:00','Owner')`,
	`INSERT INTO {usermeta} (user_id, meta_key, meta_value) VALUES (1,'nickname','owner'),(1,'first_name',''),(1,'last_name',''),(1,'description',''),
		(1,'rich_editing','true'),(1,'syntax_highlighting','true'),(1,'comment_shortcuts','false'),(1,'admin_color','fresh'),(1,'use_ssl','0'),(1,'show_admin_bar_front','true'),
		(1,'locale',''),(1,'%PREFIX%capabilities','a:1:{s:13:"administrator";b:1;}'),(1,'%PREFIX%user_level','10'),(1,'session_tokens','a:1:{s:4:"abcd";a:0:{}}')`,
	`INSERT INTO {terms} (term_id, name, slug) VALUES (1,'Uncategorized','uncategorized')`,
	`INSERT INTO {term_taxonomy} (term_taxonomy_id, term_id, taxonomy, description, count) VALUES (1,1,'category','',1)`,
	`INSERT INTO {posts} (ID, post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_name, to_ping, pinged, post_modified, post_modified_gmt,
		post_content_filtered, guid, post_type, comment_count) VALUES
		(1,1,'2024-01-01 10:00:00','2024-01-01 10:00:00','<!-- wp:paragraph --><p>Welcome.</p><!-- /wp:paragraph -->','Hello world!','','hello-world','','','2024-01-01 10:00:00','2024-01-01 10:00:00','','https://blog.example/?p=1','post',1),
		(2,1,'2024-01-01 10:00:00','2024-01-01 10:00:00','<p>An example.</p>','Sample Page','','sample-page','','','2024-01-01 10:00:00','2024-01-01 10:00:00','','https://blog.example/?page_id=2','page',0)`,
	`INSERT INTO {term_relationships} (object_id, term_taxonomy_id) VALUES (1,1)`,
	`INSERT INTO {comments} (comment_ID, comment_post_ID, comment_author, comment_author_email, comment_date, comment_date_gmt, comment_content)
		VALUES (1,1,'A commenter','someone@blog.example','2024-01-01 10:00:00','2024-01-01 10:00:00','Hi, this is a comment.')`,
}

// content has at least three records of each kind, and the rows that real sites surprise with: term_id ≠ term_taxonomy_id, shared term
// ids, repeated keys, serialized values, objects, drafts without a date, orphans, a page tree, a scheduled and a trashed post.
var content = []string{
	`UPDATE {options} SET option_value = 'Lakes &amp; Hills' WHERE option_name = 'blogname'`,
	`UPDATE {options} SET option_value = 'Europe/Berlin' WHERE option_name = 'timezone_string'`,
	`UPDATE {options} SET option_value = 'a:1:{i:0;i:10;}' WHERE option_name = 'sticky_posts'`,
	`INSERT INTO {options} (option_name, option_value) VALUES ('theme_mods_plain','a:2:{s:18:"nav_menu_locations";a:1:{s:7:"primary";i:60;}s:11:"custom_logo";i:30;}'),
		('rewrite_rules','a:2:{s:32:"library/([^/]+)(?:/([0-9]+))?/?$";s:43:"index.php?book=$matches[1]&page=$matches[2]";s:14:"genre/(.+?)/?$";s:27:"index.php?genre=$matches[1]";}')`,
	`INSERT INTO {users} (ID, user_login, user_pass, user_nicename, user_email, user_registered, display_name) VALUES
		(2,'mira','$2y$10$abcdefghijklmnopqrstuuO6H5Jl1Jm1Jm1Jm1Jm1Jm1Jm1Jm1Jm','mira','mira@blog.example','2023-02-01 08:00:00','Mira'),
		(3,'old reader','5f4dcc3b5aa765d61d8327deb882cf99','old-reader','reader@blog.example','2020-02-01 08:00:00','Reader'),
		(4,'nobody','$P$BbbbbbbbbbbbbbbbbbbbbbbbbbbbbbB','nobody','nobody@blog.example','2020-02-01 08:00:00','No Role')`,
	`INSERT INTO {usermeta} (user_id, meta_key, meta_value) VALUES (2,'nickname','mira'),(2,'first_name','Mira'),(2,'last_name','Lindqvist'),(2,'description','Writes <b>a lot</b>'),
		(2,'%PREFIX%capabilities','a:2:{s:6:"author";b:1;s:17:"edit_others_posts";b:1;}'),(2,'%PREFIX%user_level','2'),(2,'%PREFIX%user-settings','editor=html'),(2,'twitter','@mira'),
		(2,'prefs','a:1:{s:4:"cols";a:2:{i:0;i:1;i:1;i:2;}}'),(3,'%PREFIX%capabilities','a:1:{s:10:"subscriber";b:1;}'),(3,'nickname','old reader'),(4,'nickname','nobody'),
		(99,'nickname','gone')`,
	`INSERT INTO {terms} (term_id, name, slug) VALUES (20,'Go &amp; Rust','go-rust'),(21,'Below','below'),(22,'größe','gr%c3%b6%c3%9fe'),(23,'Shared','shared'),(24,'post-format-aside','post-format-aside'),(25,'Fantasy','fantasy'),
		(60,'Main &amp; more','main'),(61,'Foot','foot'),(62,'Empty','empty')`,
	`INSERT INTO {term_taxonomy} (term_taxonomy_id, term_id, taxonomy, description, parent, count) VALUES (40,20,'category','About <em>both</em>',0,1),(41,21,'category','',20,1),
		(42,22,'post_tag','',0,1),(43,23,'category','',0,0),(44,23,'post_tag','',0,0),(45,24,'post_format','',0,1),(46,25,'genre','',0,1),(47,999,'post_tag','',0,0),
		(50,60,'nav_menu','',0,3),(51,61,'nav_menu','',0,0),(52,62,'nav_menu','',0,0)`,
	`INSERT INTO {termmeta} (term_id, meta_key, meta_value) VALUES (20,'color','#00add8'),(20,'layout','a:1:{s:4:"side";s:4:"left";}')`,
	`INSERT INTO {posts} (ID, post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_status, post_password, post_name, to_ping, pinged,
		post_modified, post_modified_gmt, post_content_filtered, post_parent, guid, menu_order, post_type, post_mime_type) VALUES
		(10,2,'2024-05-02 12:00:00','2024-05-02 10:00:00','<p>See <a href="https://blog.example/about/team/">us</a></p>','First','Short','publish','','first','','','2024-05-03 12:00:00','2024-05-03 10:00:00','',0,'https://blog.example/?p=10',0,'post',''),
		(11,2,'2024-01-02 12:00:00','0000-00-00 00:00:00','Not ready','A draft','','draft','','','','','2024-01-03 12:00:00','2024-01-03 11:00:00','',0,'https://blog.example/?p=11',0,'post',''),
		(12,77,'2037-05-02 12:00:00','2037-05-02 10:00:00','Later','Later','','future','','later','','','2024-05-03 12:00:00','2024-05-03 10:00:00','',0,'https://blog.example/?p=12',0,'post',''),
		(13,1,'2024-05-02 12:00:00','2024-05-02 10:00:00','Bin','Bin','','trash','','bin__trashed','','','2024-05-03 12:00:00','2024-05-03 10:00:00','',0,'https://blog.example/?p=13',0,'post',''),
		(14,1,'2024-05-02 12:00:00','2024-05-02 10:00:00','','Auto Draft','','auto-draft','','','','','2024-05-03 12:00:00','2024-05-03 10:00:00','',0,'https://blog.example/?p=14',0,'post',''),
		(15,1,'2024-05-02 12:00:00','2024-05-02 10:00:00','About','About','','publish','','about','','','2024-05-03 12:00:00','2024-05-03 10:00:00','',0,'https://blog.example/?page_id=15',2,'page',''),
		(16,1,'2024-05-02 12:00:00','2024-05-02 10:00:00','Team','Team','','publish','secret','team','','','2024-05-03 12:00:00','2024-05-03 10:00:00','',15,'https://blog.example/?page_id=16',0,'page',''),
		(17,1,'2024-05-02 12:00:00','2024-05-02 10:00:00','Dune','Dune','','publish','','dune','','','2024-05-03 12:00:00','2024-05-03 10:00:00','',0,'https://blog.example/?p=17',0,'book',''),
		(18,1,'2024-05-02 12:00:00','2024-05-02 10:00:00','Old text','First','','inherit','','10-revision-v1','','','2024-05-02 12:00:00','2024-05-02 10:00:00','',10,'https://blog.example/?p=18',0,'revision',''),
		(30,2,'2024-05-02 12:00:00','2024-05-02 10:00:00','A lake','Lake','Caption','inherit','','lake','','','2024-05-02 12:00:00','2024-05-02 10:00:00','',10,'https://blog.example/wp-content/uploads/2024/05/lake.jpg',0,'attachment','image/jpeg'),
		(31,2,'2024-05-02 12:00:00','2024-05-02 10:00:00','','Gone','','inherit','','gone','','','2024-05-02 12:00:00','2024-05-02 10:00:00','',0,'https://blog.example/wp-content/uploads/2024/05/gone.pdf',0,'attachment','application/pdf'),
		(32,0,'2024-05-02 12:00:00','2024-05-02 10:00:00','','Elsewhere','','inherit','','elsewhere','','','2024-05-02 12:00:00','2024-05-02 10:00:00','',0,'https://cdn.example/far.jpg',0,'attachment','image/jpeg'),
		(70,1,'2024-05-02 12:00:00','2024-05-02 10:00:00','','','','publish','','70','','','2024-05-02 12:00:00','2024-05-02 10:00:00','',0,'https://blog.example/?p=70',1,'nav_menu_item',''),
		(71,1,'2024-05-02 12:00:00','2024-05-02 10:00:00','','Out','','publish','','71','','','2024-05-02 12:00:00','2024-05-02 10:00:00','',0,'https://blog.example/?p=71',2,'nav_menu_item',''),
		(72,1,'2024-05-02 12:00:00','2024-05-02 10:00:00','','Both','','publish','','72','','','2024-05-02 12:00:00','2024-05-02 10:00:00','',0,'https://blog.example/?p=72',3,'nav_menu_item',''),
		(73,1,'2024-05-02 12:00:00','2024-05-02 10:00:00','','Lost','','publish','','73','','','2024-05-02 12:00:00','2024-05-02 10:00:00','',0,'https://blog.example/?p=73',4,'nav_menu_item','')`,
	`INSERT INTO {postmeta} (post_id, meta_key, meta_value) VALUES (10,'_edit_lock','1:1'),(10,'_thumbnail_id','30'),(10,'multi','one'),(10,'multi','two'),(10,'multi','one'),
		(10,'settings','a:2:{s:1:"a";i:1;s:3:"ü";d:1.25;}'),(10,'looks','s:20:"a:1:{i:0;s:3:"foo";}";'),(10,'object','O:8:"stdClass":1:{s:1:"p";i:1;}'),(10,'empty',''),(10,'nothing',NULL),
		(10,'_yoast_wpseo_title','SEO %%sep%%'),(10,'_yoast_wpseo_meta-robots-noindex','1'),(10,'_yoast_wpseo_primary_category','21'),(10,'_wp_old_slug','premier'),(10,NULL,'x'),
		(16,'_wp_page_template','wide.php'),(13,'_wp_desired_post_slug','bin'),
		(30,'_wp_attached_file','2024/05/lake.jpg'),(30,'_wp_attachment_image_alt','A lake at dawn'),
		(30,'_wp_attachment_metadata','a:5:{s:5:"width";i:900;s:6:"height";i:600;s:4:"file";s:16:"2024/05/lake.jpg";s:5:"sizes";a:1:{s:6:"medium";a:4:{s:4:"file";s:16:"lake-300x200.jpg";s:5:"width";i:300;s:6:"height";i:200;s:9:"mime-type";s:10:"image/jpeg";}}s:10:"image_meta";a:1:{s:6:"camera";s:3:"Box";}}'),
		(31,'_wp_attached_file','2024/05/gone.pdf'),(999,'orphan','x'),
		(70,'_menu_item_type','post_type'),(70,'_menu_item_object','page'),(70,'_menu_item_object_id','15'),(70,'_menu_item_menu_item_parent','0'),(70,'_menu_item_classes','a:1:{i:0;s:0:"";}'),(70,'_menu_item_url',''),
		(71,'_menu_item_type','custom'),(71,'_menu_item_object','custom'),(71,'_menu_item_object_id','71'),(71,'_menu_item_menu_item_parent','70'),(71,'_menu_item_classes','a:1:{i:0;s:3:"big";}'),(71,'_menu_item_url','https://out.example/'),(71,'icon','star'),
		(72,'_menu_item_type','taxonomy'),(72,'_menu_item_object','category'),(72,'_menu_item_object_id','20'),(72,'_menu_item_menu_item_parent','71'),(72,'_menu_item_classes','a:1:{i:0;s:0:"";}'),(72,'_menu_item_url','')`,
	`INSERT INTO {term_relationships} (object_id, term_taxonomy_id) VALUES (10,41),(10,42),(10,45),(17,46),(12,1),(13,40),(70,50),(71,50),(72,50)`,
	`INSERT INTO {comments} (comment_ID, comment_post_ID, comment_author, comment_author_email, comment_date, comment_date_gmt, comment_content, comment_approved, comment_type, comment_parent, user_id) VALUES
		(5,10,'Ann','ann@example.org','2024-05-04 12:00:00','2024-05-04 10:00:00','Nice','1','comment',0,0),(6,10,'Mira','mira@blog.example','2024-05-04 13:00:00','2024-05-04 11:00:00','Thanks','1','',5,2),
		(7,10,'Spam','spam@example.org','2024-05-04 13:00:00','2024-05-04 11:00:00','Buy','spam','comment',0,0),(8,999,'Lost','lost@example.org','2024-05-04 13:00:00','2024-05-04 11:00:00','Where','1','comment',0,0)`,
	`INSERT INTO {commentmeta} (comment_id, meta_key, meta_value) VALUES (5,'rating','5')`,
}
