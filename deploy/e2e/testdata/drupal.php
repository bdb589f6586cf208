<?php
/* What a Drupal says that it holds, through its own interface: 7 by its functions, 8 and later by its kernel. JSON on standard output. */
$root = getenv( 'DRUPAL_ROOT' );
$base = getenv( 'DRUPAL_BASE' );
$host = parse_url( $base, PHP_URL_HOST ) . ':' . parse_url( $base, PHP_URL_PORT );
$_SERVER = array(
	'HTTP_HOST' => $host, 'SERVER_NAME' => '127.0.0.1', 'REMOTE_ADDR' => '127.0.0.1', 'REQUEST_METHOD' => 'GET', 'SERVER_SOFTWARE' => '',
	'REQUEST_URI' => '/', 'SCRIPT_NAME' => '/index.php', 'PHP_SELF' => '/index.php', 'SCRIPT_FILENAME' => $root . '/index.php', 'QUERY_STRING' => '',
) + $_SERVER;
chdir( $root );
$passwords = json_decode( getenv( 'DRUPAL_PASSWORDS' ) ?: '{}', true );
if ( file_exists( $root . '/includes/bootstrap.inc' ) ) {
	require __DIR__ . '/drupal7.php';
} else {
	require __DIR__ . '/drupal8.php';
}
echo json_encode( $out, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE );
