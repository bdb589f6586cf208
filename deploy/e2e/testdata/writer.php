<?php
/* Edits, adds and deletes on a site through WordPress's own API, until the file STOP is there. SEED repeats a run. */
define( 'ABSPATH', getenv( 'WP_ROOT' ) . '/' );
define( 'DISABLE_WP_CRON', true );
$_SERVER['HTTP_HOST'] = getenv( 'WP_HOST' );
$_SERVER['REQUEST_URI'] = '/';
require ABSPATH . 'wp-load.php';
mt_srand( (int) getenv( 'SEED' ) );
wp_set_current_user( 1 );

function bailey_any( $type, $status ) {
	$ids = get_posts( [ 'post_type' => $type, 'post_status' => $status, 'numberposts' => -1, 'fields' => 'ids', 'orderby' => 'ID' ] );
	return $ids ? $ids[ mt_rand( 0, count( $ids ) - 1 ) ] : 0;
}

$ops = [
	'edit' => function ( $n ) {
		$p = get_post( bailey_any( [ 'post', 'page' ], 'publish' ) );
		wp_update_post( wp_slash( [ 'ID' => $p->ID, 'post_title' => "Edited $n", 'post_content' => $p->post_content . "\n<p>Edit $n.</p>" ] ) );
	},
	'rename' => function ( $n ) {
		wp_update_post( [ 'ID' => bailey_any( 'post', 'publish' ), 'post_name' => "renamed-$n" ] );
	},
	'add' => function ( $n ) {
		$to = get_permalink( bailey_any( 'post', 'publish' ) );
		$id = wp_insert_post( wp_slash( [ 'post_title' => "Added $n", 'post_content' => "<p>See <a href=\"$to\">this</a>.</p>", 'post_status' => 'publish', 'post_author' => 1 ] ) );
		wp_set_post_tags( $id, "tag of $n" );
		wp_insert_comment( [ 'comment_post_ID' => $id, 'comment_author' => "Visitor $n", 'comment_content' => "Comment $n", 'comment_approved' => 1 ] );
	},
	'delete' => function () { wp_delete_post( bailey_any( 'post', 'publish' ), true ); },
	'delete media' => function () { wp_delete_attachment( bailey_any( 'attachment', 'inherit' ), true ); },
	'term' => function ( $n ) {
		$t = get_terms( [ 'taxonomy' => 'post_tag', 'hide_empty' => false, 'fields' => 'ids', 'orderby' => 'id' ] );
		wp_update_term( $t[ mt_rand( 0, count( $t ) - 1 ) ], 'post_tag', [ 'name' => "Term $n" ] );
	},
	'tagline' => function ( $n ) { update_option( 'blogdescription', "Tagline $n" ); },
];
$names = [ 'edit', 'edit', 'edit', 'rename', 'add', 'add', 'delete', 'delete media', 'term', 'tagline' ];
for ( $n = 1; ! file_exists( getenv( 'STOP' ) ); $n++ ) {
	$op = $names[ mt_rand( 0, count( $names ) - 1 ) ];
	$ops[ $op ]( $n );
	echo "$op $n\n";
	usleep( 20000 );
}
