<?php
/* Polylang as its own API sees it. DO=install activates the plugin with English, the standard, and French in a directory; without it
 * the languages of all entries and terms are printed, with their translations and addresses. */
define( 'ABSPATH', getenv( 'WP_ROOT' ) . '/' );
$_SERVER['HTTP_HOST'] = getenv( 'WP_HOST' );
$_SERVER['REQUEST_URI'] = '/wp-admin/';
define( 'WP_ADMIN', true );
require ABSPATH . 'wp-load.php';

if ( getenv( 'DO' ) === 'install' ) {
	require_once ABSPATH . 'wp-admin/includes/plugin.php';
	$result = activate_plugin( 'polylang/polylang.php' );
	exit( is_wp_error( $result ) ? $result->get_error_message() : '' );
}
if ( getenv( 'DO' ) === 'languages' ) {
	$options = get_option( 'polylang' );
	$model = new PLL_Admin_Model( $options );
	foreach ( [ [ 'English', 'en', 'en_US' ], [ 'Français', 'fr', 'fr_FR' ] ] as $order => list( $name, $slug, $locale ) ) {
		$result = $model->add_language( [ 'name' => $name, 'slug' => $slug, 'locale' => $locale, 'rtl' => 0, 'term_group' => $order, 'flag' => '' ] );
		if ( is_wp_error( $result ) ) {
			exit( $result->get_error_message() );
		}
	}
	flush_rewrite_rules();
	exit;
}

function bailey_languages() {
	$posts = get_posts( [ 'post_type' => [ 'post', 'page' ], 'post_status' => 'any', 'numberposts' => -1, 'lang' => '' ] );
	$all = [ 'posts' => [], 'terms' => [] ];
	foreach ( $posts as $p ) {
		$all['posts'][] = [ 'id' => $p->ID, 'title' => $p->post_title, 'language' => (string) pll_get_post_language( $p->ID, 'locale' ),
			'translations' => array_values( pll_get_post_translations( $p->ID ) ), 'status' => $p->post_status, 'address' => get_permalink( $p ) ];
	}
	foreach ( get_terms( [ 'taxonomy' => [ 'category', 'post_tag' ], 'hide_empty' => false, 'lang' => '' ] ) as $t ) {
		$all['terms'][] = [ 'id' => $t->term_id, 'title' => $t->name, 'language' => (string) pll_get_term_language( $t->term_id, 'locale' ),
			'translations' => array_values( pll_get_term_translations( $t->term_id ) ) ];
	}
	return $all;
}
echo json_encode( bailey_languages() );
