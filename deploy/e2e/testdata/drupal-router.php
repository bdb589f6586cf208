<?php
/* Router of PHP's own web server for Drupal of any version: files as they are, everything else through index.php. */
$root = $_SERVER['DOCUMENT_ROOT'];
$path = rawurldecode( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) );
if ( $path !== '/' && is_file( $root . $path ) && substr( $path, -4 ) !== '.php' ) {
	return false;
}
$_SERVER['SCRIPT_NAME']     = $_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = $root . '/index.php';
chdir( $root );
require $root . '/index.php';
