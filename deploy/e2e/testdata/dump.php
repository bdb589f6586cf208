<?php
/* Prints what WordPress's own API says a site holds, in the form of the fixtures' truth files. WP_ROOT names the web root. */
define( 'ABSPATH', getenv( 'WP_ROOT' ) . '/' );
$_SERVER['HTTP_HOST'] = getenv( 'WP_HOST' );
$_SERVER['REQUEST_URI'] = '/';
require ABSPATH . 'wp-load.php';

/* Everything lives in functions: WordPress shares its globals with the script. */
function bailey_meta( $type, $id ) {
	$out = [];
	foreach ( (array) get_metadata_raw( $type, $id ) as $key => $values ) {
		foreach ( (array) $values as $raw ) {
			$out[] = [ 'key' => (string) $key, 'raw' => $raw ];
		}
	}
	return $out;
}

function bailey_post( $p ) {
	$terms = [];
	foreach ( get_object_taxonomies( $p->post_type ) as $tax ) {
		foreach ( (array) get_the_terms( $p->ID, $tax ) ?: [] as $t ) {
			if ( $t instanceof WP_Term ) {
				$terms[] = [ 'taxonomy' => $tax, 'term_id' => $t->term_id, 'slug' => $t->slug, 'name' => $t->name ];
			}
		}
	}
	$thumb = get_post_thumbnail_id( $p->ID );
	return [
		'id' => $p->ID, 'type' => $p->post_type, 'status' => $p->post_status, 'title' => $p->post_title, 'slug' => $p->post_name,
		'permalink' => get_permalink( $p ), 'guid' => $p->guid, 'author_id' => (int) $p->post_author,
		'date' => $p->post_date, 'date_gmt' => $p->post_date_gmt, 'modified' => $p->post_modified, 'modified_gmt' => $p->post_modified_gmt,
		'excerpt' => $p->post_excerpt, 'content' => $p->post_content, 'password' => $p->post_password,
		'comment_status' => $p->comment_status, 'ping_status' => $p->ping_status, 'parent' => (int) $p->post_parent,
		'menu_order' => (int) $p->menu_order, 'mime_type' => $p->post_mime_type, 'comment_count' => (int) $p->comment_count,
		'comments_open' => comments_open( $p->ID ), 'sticky' => is_sticky( $p->ID ), 'format' => get_post_format( $p ) ?: null,
		'featured_image' => $thumb ?: null, 'featured_image_url' => $thumb ? wp_get_attachment_url( $thumb ) : null,
		'template' => get_page_template_slug( $p ) ?: null, 'terms' => $terms, 'meta' => bailey_meta( 'post', $p->ID ),
	];
}

function bailey_query( $types ) {
	return get_posts( [ 'post_type' => $types, 'post_status' => array_keys( get_post_stati() ), 'numberposts' => -1,
		'orderby' => 'ID', 'order' => 'ASC', 'suppress_filters' => true ] );
}

function bailey_media( $p ) {
	$m = bailey_post( $p );
	$file = get_attached_file( $p->ID );
	$data = wp_get_attachment_metadata( $p->ID, true );
	$m['url'] = wp_get_attachment_url( $p->ID );
	$m['attached_file'] = get_post_meta( $p->ID, '_wp_attached_file', true );
	$m['file_exists'] = (bool) $file && is_file( $file );
	$m['bytes'] = $m['file_exists'] ? filesize( $file ) : null;
	$m['sha256'] = $m['file_exists'] ? hash_file( 'sha256', $file ) : null;
	$m['alt'] = get_post_meta( $p->ID, '_wp_attachment_image_alt', true );
	$m['caption'] = wp_get_attachment_caption( $p->ID );
	$m['width'] = $data['width'] ?? null;
	$m['height'] = $data['height'] ?? null;
	$m['sizes'] = [];
	foreach ( $data['sizes'] ?? [] as $name => $s ) {
		$src = wp_get_attachment_image_src( $p->ID, $name );
		$path = dirname( $file ) . '/' . $s['file'];
		$m['sizes'][ $name ] = [ 'file' => $s['file'], 'width' => $s['width'], 'height' => $s['height'], 'url' => $src[0] ?? null,
			'sha256' => is_file( $path ) ? hash_file( 'sha256', $path ) : null ];
	}
	$m['original_url'] = wp_get_original_image_url( $p->ID ) ?: null;
	$original = wp_get_original_image_path( $p->ID );
	$m['original_sha256'] = $original && is_file( $original ) ? hash_file( 'sha256', $original ) : null;
	return $m;
}

function bailey_users() {
	$out = [];
	foreach ( get_users( [ 'blog_id' => 0, 'orderby' => 'ID' ] ) as $u ) {
		$out[] = [ 'id' => $u->ID, 'login' => $u->user_login, 'nicename' => $u->user_nicename, 'email' => $u->user_email, 'url' => $u->user_url,
			'registered' => $u->user_registered, 'display_name' => $u->display_name, 'first_name' => $u->first_name, 'last_name' => $u->last_name,
			'nickname' => $u->nickname, 'description' => $u->description, 'roles' => array_values( $u->roles ), 'caps' => (object) $u->caps,
			'posts_url' => get_author_posts_url( $u->ID ), 'post_count' => (int) count_user_posts( $u->ID ), 'pass_hash' => $u->user_pass,
			'meta' => bailey_meta( 'user', $u->ID ) ];
	}
	return $out;
}

function bailey_terms() {
	$out = [];
	foreach ( get_terms( [ 'taxonomy' => array_values( get_taxonomies() ), 'hide_empty' => false, 'orderby' => 'term_id' ] ) as $t ) {
		$link = get_term_link( $t );
		$ids = array_map( 'intval', get_objects_in_term( $t->term_id, $t->taxonomy ) );
		sort( $ids );
		$out[] = [ 'term_id' => $t->term_id, 'term_taxonomy_id' => $t->term_taxonomy_id, 'taxonomy' => $t->taxonomy, 'name' => $t->name, 'slug' => $t->slug,
			'parent' => $t->parent, 'description' => $t->description, 'count' => $t->count, 'link' => is_wp_error( $link ) ? '' : $link,
			'ancestors' => get_ancestors( $t->term_id, $t->taxonomy, 'taxonomy' ), 'object_ids' => $ids, 'meta' => bailey_meta( 'term', $t->term_id ) ];
	}
	return $out;
}

function bailey_comments() {
	$out = [];
	foreach ( [ 'approve', 'hold', 'spam', 'trash', 'post-trashed' ] as $status ) {
		foreach ( get_comments( [ 'status' => $status, 'orderby' => 'comment_ID', 'order' => 'ASC' ] ) as $c ) {
			$out[] = [ 'id' => (int) $c->comment_ID, 'post_id' => (int) $c->comment_post_ID, 'parent' => (int) $c->comment_parent, 'user_id' => (int) $c->user_id,
				'type' => get_comment_type( $c ), 'approved' => $c->comment_approved, 'status' => wp_get_comment_status( $c ), 'author' => $c->comment_author,
				'author_email' => $c->comment_author_email, 'author_url' => $c->comment_author_url, 'author_ip' => $c->comment_author_IP, 'agent' => $c->comment_agent,
				'karma' => (int) $c->comment_karma, 'date' => $c->comment_date, 'date_gmt' => $c->comment_date_gmt, 'content' => $c->comment_content,
				'link' => get_comment_link( $c ), 'meta' => bailey_meta( 'comment', $c->comment_ID ) ];
		}
	}
	return $out;
}

function bailey_menus() {
	$places = get_nav_menu_locations();
	$out = [];
	foreach ( wp_get_nav_menus() as $menu ) {
		$items = [];
		foreach ( wp_get_nav_menu_items( $menu->term_id, [ 'post_status' => 'any' ] ) ?: [] as $i ) {
			$items[] = [ 'id' => $i->ID, 'db_id' => $i->db_id, 'parent' => (int) $i->menu_item_parent, 'order' => $i->menu_order, 'type' => $i->type, 'object' => $i->object,
				'object_id' => (int) $i->object_id, 'title' => $i->title, 'url' => $i->url, 'target' => $i->target, 'classes' => array_values( (array) $i->classes ),
				'xfn' => $i->xfn, 'attr_title' => $i->attr_title, 'description' => $i->description, 'status' => $i->post_status,
				'invalid' => ! empty( $i->_invalid ), 'meta' => bailey_meta( 'post', $i->ID ) ];
		}
		$out[] = [ 'term_id' => $menu->term_id, 'name' => $menu->name, 'slug' => $menu->slug,
			'locations' => array_values( array_keys( $places, $menu->term_id ) ), 'items' => $items ];
	}
	return $out;
}

function bailey_options() {
	$out = [];
	foreach ( explode( ',', (string) getenv( 'WP_OPTIONS' ) ) as $name ) {
		if ( $name !== '' ) {
			$out[] = [ 'name' => $name, 'value' => get_option( $name, null ) ];
		}
	}
	return $out;
}

function bailey_passwords() {
	$out = [];
	foreach ( json_decode( (string) getenv( 'WP_PASSWORDS' ), true ) ?: [] as $login => $password ) {
		$u = get_user_by( 'login', $login ) ?: get_user_by( 'email', $login );
		$out[ $login ] = $u && wp_check_password( $password, $u->user_pass, 0 );
	}
	return (object) $out;
}

function bailey_dump() {
	$types = array_diff( get_post_types(), [ 'attachment', 'revision', 'nav_menu_item' ] );
	/* Addresses of private posts are the pretty ones only for somebody who may see them; counts are a visitor's. */
	wp_set_current_user( get_users( [ 'role' => 'administrator', 'number' => 1, 'fields' => 'ID' ] )[0] );
	$posts = array_map( 'bailey_post', bailey_query( array_values( $types ) ) );
	wp_set_current_user( 0 );
	return [
		'version' => get_bloginfo( 'version' ), 'home' => home_url(), 'theme' => get_stylesheet(),
		'posts' => $posts,
		'media' => array_map( 'bailey_media', bailey_query( [ 'attachment' ] ) ),
		'revisions' => array_map( 'bailey_post', bailey_query( [ 'revision' ] ) ),
		'users' => bailey_users(), 'terms' => bailey_terms(), 'comments' => bailey_comments(), 'menus' => bailey_menus(),
		'options' => bailey_options(), 'passwords' => bailey_passwords(),
	];
}

$json = json_encode( bailey_dump(), JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE );
if ( $json === false ) {
	fwrite( STDERR, json_last_error_msg() );
	exit( 1 );
}
file_put_contents( 'php://stdout', $json );
