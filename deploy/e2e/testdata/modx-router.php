<?php
/* Router of PHP's own web server for MODX: files and its own programs as they are, everything else as an address of a resource. */
$root = $_SERVER['DOCUMENT_ROOT'];
$path = rawurldecode( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) );
if ( $path !== '/' && ( is_file( $root . $path ) || is_file( $root . rtrim( $path, '/' ) . '/index.php' ) ) ) {
	return false;
}
if ( $path !== '/' ) {
	$_GET['q'] = $_REQUEST['q'] = ltrim( $path, '/' );
}
$_SERVER['SCRIPT_NAME']     = $_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = $root . '/index.php';
chdir( $root );
require $root . '/index.php';
