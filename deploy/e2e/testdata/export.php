<?php
/* Prints the export file that WordPress makes under Tools → Export, all content. WP_ROOT names the web root. */
define( 'ABSPATH', getenv( 'WP_ROOT' ) . '/' );
$_SERVER['HTTP_HOST'] = getenv( 'WP_HOST' );
$_SERVER['REQUEST_URI'] = '/';
require ABSPATH . 'wp-load.php';
require ABSPATH . 'wp-admin/includes/export.php';
export_wp( [ 'content' => 'all' ] );
