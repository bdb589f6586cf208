-- The tables of a Ghost 5 site that a migration reads or writes, with the columns that Ghost gives them.
CREATE TABLE migrations_lock (
  lock_key varchar(191) not null,
  locked boolean default '0',
  acquired_at datetime,
  released_at datetime,
  primary key (lock_key)
);
CREATE TABLE newsletters (
  id varchar(24) not null,
  uuid varchar(36) not null,
  name varchar(191) not null,
  description varchar(2000),
  feedback_enabled boolean not null default '0',
  slug varchar(191) not null,
  sender_name varchar(191),
  sender_email varchar(191),
  sender_reply_to varchar(191) not null default 'newsletter',
  status varchar(50) not null default 'active',
  visibility varchar(50) not null default 'members',
  subscribe_on_signup boolean not null default '1',
  sort_order integer not null default '0',
  header_image varchar(2000),
  show_header_icon boolean not null default '1',
  show_header_title boolean not null default '1',
  show_excerpt boolean not null default '0',
  title_font_category varchar(191) not null default 'sans_serif',
  title_alignment varchar(191) not null default 'center',
  show_feature_image boolean not null default '1',
  body_font_category varchar(191) not null default 'sans_serif',
  footer_content text,
  show_badge boolean not null default '1',
  show_header_name boolean not null default '1',
  show_post_title_section boolean not null default '1',
  show_comment_cta boolean not null default '1',
  show_subscription_details boolean not null default '0',
  show_latest_posts boolean not null default '0',
  background_color varchar(50) not null default 'light',
  post_title_color varchar(50),
  created_at datetime not null,
  updated_at datetime,
  button_corners varchar(50) not null default 'rounded',
  button_style varchar(50) not null default 'fill',
  title_font_weight varchar(50) not null default 'bold',
  link_style varchar(50) not null default 'underline',
  image_corners varchar(50) not null default 'square',
  header_background_color varchar(50) not null default 'transparent',
  section_title_color varchar(50),
  divider_color varchar(50),
  button_color varchar(50) null default 'accent',
  link_color varchar(50) null default 'accent',
  primary key (id)
);
CREATE TABLE posts (
  id varchar(24) not null,
  uuid varchar(36) not null,
  title varchar(2000) not null,
  slug varchar(191) not null,
  mobiledoc text,
  lexical text,
  html text,
  comment_id varchar(50),
  plaintext text,
  feature_image varchar(2000),
  featured boolean not null default '0',
  type varchar(50) not null default 'post',
  status varchar(50) not null default 'draft',
  locale varchar(6),
  visibility varchar(50) not null default 'public',
  email_recipient_filter text not null,
  created_at datetime not null,
  created_by varchar(24) not null,
  updated_at datetime,
  updated_by varchar(24),
  published_at datetime,
  published_by varchar(24),
  custom_excerpt varchar(2000),
  codeinjection_head text,
  codeinjection_foot text,
  custom_template varchar(100),
  canonical_url text,
  newsletter_id varchar(24),
  show_title_and_feature_image boolean not null default '1',
  primary key (id)
);
CREATE TABLE posts_meta (
  id varchar(24) not null,
  post_id varchar(24) not null,
  og_image varchar(2000),
  og_title varchar(300),
  og_description varchar(500),
  twitter_image varchar(2000),
  twitter_title varchar(300),
  twitter_description varchar(500),
  meta_title varchar(2000),
  meta_description varchar(2000),
  email_subject varchar(300),
  frontmatter text,
  feature_image_alt varchar(191),
  feature_image_caption text,
  email_only boolean not null default '0',
  primary key (id)
);
CREATE TABLE users (
  id varchar(24) not null,
  name varchar(191) not null,
  slug varchar(191) not null,
  password varchar(60) not null,
  email varchar(191) not null,
  profile_image varchar(2000),
  cover_image varchar(2000),
  bio text,
  website varchar(2000),
  location text,
  facebook varchar(2000),
  twitter varchar(2000),
  threads varchar(191),
  bluesky varchar(191),
  mastodon varchar(191),
  tiktok varchar(191),
  youtube varchar(191),
  instagram varchar(191),
  linkedin varchar(191),
  accessibility text,
  status varchar(50) not null default 'active',
  locale varchar(6),
  visibility varchar(50) not null default 'public',
  meta_title varchar(2000),
  meta_description varchar(2000),
  tour text,
  last_seen datetime,
  comment_notifications boolean not null default '1',
  free_member_signup_notification boolean not null default '1',
  paid_subscription_started_notification boolean not null default '1',
  paid_subscription_canceled_notification boolean not null default '0',
  mention_notifications boolean not null default '1',
  recommendation_notifications boolean not null default '1',
  milestone_notifications boolean not null default '1',
  donation_notifications boolean not null default '1',
  created_at datetime not null,
  created_by varchar(24) not null,
  updated_at datetime,
  updated_by varchar(24),
  primary key (id)
);
CREATE TABLE posts_authors (
  id varchar(24) not null,
  post_id varchar(24) not null,
  author_id varchar(24) not null,
  sort_order integer not null default '0',
  primary key (id)
);
CREATE TABLE roles (
  id varchar(24) not null,
  name varchar(50) not null,
  description varchar(2000),
  created_at datetime not null,
  created_by varchar(24) not null,
  updated_at datetime,
  updated_by varchar(24),
  primary key (id)
);
CREATE TABLE roles_users (
  id varchar(24) not null,
  role_id varchar(24) not null,
  user_id varchar(24) not null,
  primary key (id)
);
CREATE TABLE settings (
  id varchar(24) not null,
  "group" varchar(50) not null default 'core',
  "key" varchar(50) not null,
  value text,
  type varchar(50) not null,
  flags varchar(50),
  created_at datetime not null,
  created_by varchar(24) not null,
  updated_at datetime,
  updated_by varchar(24),
  primary key (id)
);
CREATE TABLE tags (
  id varchar(24) not null,
  name varchar(191) not null,
  slug varchar(191) not null,
  description text,
  feature_image varchar(2000),
  parent_id varchar(191),
  visibility varchar(50) not null default 'public',
  og_image varchar(2000),
  og_title varchar(300),
  og_description varchar(500),
  twitter_image varchar(2000),
  twitter_title varchar(300),
  twitter_description varchar(500),
  meta_title varchar(2000),
  meta_description varchar(2000),
  codeinjection_head text,
  codeinjection_foot text,
  canonical_url varchar(2000),
  accent_color varchar(50),
  created_at datetime not null,
  created_by varchar(24) not null,
  updated_at datetime,
  updated_by varchar(24),
  primary key (id)
);
CREATE TABLE posts_tags (
  id varchar(24) not null,
  post_id varchar(24) not null,
  tag_id varchar(24) not null,
  sort_order integer not null default '0',
  primary key (id)
);
CREATE TABLE mobiledoc_revisions (
  id varchar(24) not null,
  post_id varchar(24) not null,
  mobiledoc text,
  created_at_ts bigint not null,
  created_at datetime not null,
  primary key (id)
);
CREATE TABLE post_revisions (
  id varchar(24) not null,
  post_id varchar(24) not null,
  lexical text,
  created_at_ts bigint not null,
  created_at datetime not null,
  author_id varchar(24),
  title varchar(2000),
  post_status varchar(50),
  reason varchar(50),
  feature_image varchar(2000),
  feature_image_alt varchar(191),
  feature_image_caption text,
  custom_excerpt varchar(2000),
  primary key (id)
);
CREATE TABLE members (
  id varchar(24) not null,
  uuid varchar(36),
  transient_id varchar(191) not null,
  email varchar(191) not null,
  status varchar(50) not null default 'free',
  name varchar(191),
  expertise varchar(191),
  note varchar(2000),
  geolocation varchar(2000),
  enable_comment_notifications boolean not null default '1',
  email_count integer not null default '0',
  email_opened_count integer not null default '0',
  email_open_rate integer,
  email_disabled boolean not null default '0',
  last_seen_at datetime,
  last_commented_at datetime,
  created_at datetime not null,
  created_by varchar(24) not null,
  updated_at datetime,
  updated_by varchar(24),
  primary key (id)
);
CREATE TABLE products (
  id varchar(24) not null,
  name varchar(191) not null,
  slug varchar(191) not null,
  active boolean not null default '1',
  welcome_page_url varchar(2000),
  visibility varchar(50) not null default 'none',
  trial_days integer not null default '0',
  description varchar(191),
  type varchar(50) not null default 'paid',
  currency varchar(50),
  monthly_price integer,
  yearly_price integer,
  created_at datetime not null,
  updated_at datetime,
  monthly_price_id varchar(24),
  yearly_price_id varchar(24),
  primary key (id)
);
CREATE TABLE members_products (
  id varchar(24) not null,
  member_id varchar(24) not null,
  product_id varchar(24) not null,
  sort_order integer not null default '0',
  expiry_at datetime,
  primary key (id)
);
CREATE TABLE posts_products (
  id varchar(24) not null,
  post_id varchar(24) not null,
  product_id varchar(24) not null,
  sort_order integer not null default '0',
  primary key (id)
);
CREATE TABLE members_created_events (
  id varchar(24) not null,
  created_at datetime not null,
  member_id varchar(24) not null,
  attribution_id varchar(24),
  attribution_type varchar(50),
  attribution_url varchar(2000),
  referrer_source varchar(191),
  referrer_medium varchar(191),
  referrer_url varchar(2000),
  source varchar(50) not null,
  batch_id varchar(24),
  primary key (id)
);
CREATE TABLE members_status_events (
  id varchar(24) not null,
  member_id varchar(24) not null,
  from_status varchar(50),
  to_status varchar(50),
  created_at datetime not null,
  primary key (id)
);
CREATE TABLE labels (
  id varchar(24) not null,
  name varchar(191) not null,
  slug varchar(191) not null,
  created_at datetime not null,
  created_by varchar(24) not null,
  updated_at datetime,
  updated_by varchar(24),
  primary key (id)
);
CREATE TABLE members_labels (
  id varchar(24) not null,
  member_id varchar(24) not null,
  label_id varchar(24) not null,
  sort_order integer not null default '0',
  primary key (id)
);
CREATE TABLE members_subscribe_events (
  id varchar(24) not null,
  member_id varchar(24) not null,
  subscribed boolean not null default '1',
  created_at datetime not null,
  source varchar(50),
  newsletter_id varchar(24),
  primary key (id)
);
CREATE TABLE snippets (
  id varchar(24) not null,
  name varchar(191) not null,
  mobiledoc text not null,
  lexical text,
  created_at datetime not null,
  created_by varchar(24) not null,
  updated_at datetime,
  updated_by varchar(24),
  primary key (id)
);
CREATE TABLE members_newsletters (
  id varchar(24) not null,
  member_id varchar(24) not null,
  newsletter_id varchar(24) not null,
  primary key (id)
);
CREATE TABLE comments (
  id varchar(24) not null,
  post_id varchar(24) not null,
  member_id varchar(24),
  parent_id varchar(24),
  in_reply_to_id varchar(24),
  status varchar(50) not null default 'published',
  html text,
  edited_at datetime,
  created_at datetime not null,
  updated_at datetime not null,
  primary key (id)
);
CREATE TABLE redirects (
  id varchar(24) not null,
  "from" varchar(191) not null,
  "to" varchar(2000) not null,
  post_id varchar(24),
  created_at datetime not null,
  updated_at datetime,
  primary key (id)
);
CREATE TABLE collections (
  id varchar(24) not null,
  title varchar(191) not null,
  slug varchar(191) not null,
  description varchar(2000),
  type varchar(50) not null,
  filter text,
  feature_image varchar(2000),
  created_at datetime not null,
  updated_at datetime,
  primary key (id)
);
CREATE TABLE collections_posts (
  id varchar(24) not null,
  collection_id varchar(24) not null,
  post_id varchar(24) not null,
  sort_order integer not null default '0',
  primary key (id)
);
CREATE TABLE migrations (
  id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  name varchar(120) NOT NULL,
  version varchar(70) NOT NULL,
  currentVersion varchar(255)
);
CREATE UNIQUE INDEX newsletters_uuid_unique ON newsletters ("uuid");
CREATE UNIQUE INDEX newsletters_name_unique ON newsletters ("name");
CREATE UNIQUE INDEX newsletters_slug_unique ON newsletters ("slug");
CREATE UNIQUE INDEX posts_slug_type_unique ON posts ("slug", "type");
CREATE UNIQUE INDEX posts_meta_post_id_unique ON posts_meta ("post_id");
CREATE UNIQUE INDEX users_slug_unique ON users ("slug");
CREATE UNIQUE INDEX users_email_unique ON users ("email");
CREATE UNIQUE INDEX roles_name_unique ON roles ("name");
CREATE UNIQUE INDEX settings_key_unique ON settings ("key");
CREATE UNIQUE INDEX tags_slug_unique ON tags ("slug");
CREATE UNIQUE INDEX members_uuid_unique ON members ("uuid");
CREATE UNIQUE INDEX members_transient_id_unique ON members ("transient_id");
CREATE UNIQUE INDEX members_email_unique ON members ("email");
CREATE UNIQUE INDEX products_slug_unique ON products ("slug");
CREATE UNIQUE INDEX labels_name_unique ON labels ("name");
CREATE UNIQUE INDEX labels_slug_unique ON labels ("slug");
CREATE UNIQUE INDEX snippets_name_unique ON snippets ("name");
CREATE UNIQUE INDEX collections_slug_unique ON collections ("slug");
CREATE UNIQUE INDEX migrations_name_version_unique ON migrations ("name", "version");
