<?php
/* Router of PHP's own web server: files as they are, everything else through WordPress. */
$root = $_SERVER['DOCUMENT_ROOT'];
$path = rawurldecode( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) );
if ( $path !== '/' && is_file( $root . $path ) && substr( $path, -4 ) !== '.php' ) {
	return false;
}
define( 'ABSPATH', $root . '/' );
$_SERVER['SCRIPT_NAME'] = '/index.php';
$_SERVER['PHP_SELF'] = '/index.php';
if ( $path === '/wp-login.php' ) {
	$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $path;
	require $root . '/wp-login.php';
	return true;
}
define( 'WP_USE_THEMES', true );
require ABSPATH . 'wp-load.php';
wp();
require_once ABSPATH . WPINC . '/template-loader.php';
