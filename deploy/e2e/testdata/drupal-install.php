<?php
/* Installs a Drupal of 11 or later, with its standard profile, by its own installer; DRUPAL_ROOT, DRUPAL_DATABASE and DRUPAL_PORT say where. */
$root = getenv( 'DRUPAL_ROOT' );
chdir( $root );
$_SERVER   += array( 'HTTP_HOST' => '127.0.0.1', 'REMOTE_ADDR' => '127.0.0.1', 'REQUEST_METHOD' => 'GET', 'SERVER_SOFTWARE' => '', 'REQUEST_URI' => '/', 'SCRIPT_NAME' => '/index.php' );
$autoloader = require $root . '/autoload.php';
require $root . '/core/includes/install.core.inc';
$driver = 'Drupal\\mysql\\Driver\\Database\\mysql';
install_drupal( $autoloader, array(
	'interactive' => false,
	'site_path'   => 'sites/default',
	'parameters'  => array( 'profile' => 'standard', 'langcode' => 'en' ),
	'forms'       => array(
		'install_settings_form'  => array( 'driver' => $driver, $driver => array( 'database' => getenv( 'DRUPAL_DATABASE' ), 'username' => 'root', 'password' => '', 'host' => '127.0.0.1', 'port' => getenv( 'DRUPAL_PORT' ), 'prefix' => '' ) ),
		'install_configure_form' => array(
			'site_name' => 'Blank', 'site_mail' => 'site@example.org', 'enable_update_status_module' => null, 'enable_update_status_emails' => null,
			'account'   => array( 'name' => 'admin', 'mail' => 'admin@example.org', 'pass' => array( 'pass1' => 'admin-pass-9', 'pass2' => 'admin-pass-9' ) ),
		),
	),
) );
echo 'installed ', \Drupal::VERSION, "\n";
