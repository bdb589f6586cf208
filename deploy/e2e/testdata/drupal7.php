<?php
/* Included by drupal.php. */
define( 'DRUPAL_ROOT', $root );
require_once DRUPAL_ROOT . '/includes/bootstrap.inc';
drupal_bootstrap( DRUPAL_BOOTSTRAP_FULL );
require_once DRUPAL_ROOT . '/includes/password.inc';

function judge_links( $tree ) {
	$all = array();
	foreach ( $tree as $item ) {
		$link  = $item['link'];
		$all[] = array( 'title' => $link['link_title'], 'href' => $link['href'], 'hidden' => (int) $link['hidden'], 'access' => ! empty( $link['access'] ), 'below' => judge_links( $item['below'] ) );
	}
	return $all;
}

$out = array( 'version' => VERSION, 'nodes' => array(), 'terms' => array(), 'users' => array(), 'files' => array(), 'comments' => array(), 'menus' => array(), 'passwords' => new stdClass() );
foreach ( array_chunk( db_query( 'SELECT nid FROM {node} ORDER BY nid' )->fetchCol(), 50 ) as $nids ) {
	foreach ( node_load_multiple( $nids ) as $node ) {
		$view  = node_view( $node, 'full', $node->language );
		$html  = drupal_render( $view );
		$terms = array();
		foreach ( field_info_instances( 'node', $node->type ) as $name => $instance ) {
			$info = field_info_field( $name );
			if ( $info['type'] === 'taxonomy_term_reference' ) {
				foreach ( field_get_items( 'node', $node, $name ) ?: array() as $item ) {
					$term    = taxonomy_term_load( $item['tid'] );
					$terms[] = $term ? $term->name : '?' . $item['tid'];
				}
			}
		}
		$out['nodes'][] = array(
			'id' => $node->nid, 'type' => $node->type, 'title' => $node->title, 'status' => (int) $node->status, 'language' => $node->language, 'author' => $node->name,
			'path' => url( 'node/' . $node->nid ), 'comments' => (int) $node->comment_count, 'threads' => count( comment_get_thread( $node, COMMENT_MODE_THREADED, 500 ) ),
			'html' => $html, 'terms' => $terms, 'revisions' => count( node_revision_list( $node ) ), 'created' => (int) $node->created, 'access' => node_access( 'view', $node, drupal_anonymous_user() ),
			'translations' => $node->tnid && function_exists( 'translation_node_get_translations' ) ? count( translation_node_get_translations( $node->tnid ) ) : 0,
		);
	}
	entity_get_controller( 'node' )->resetCache();
}
foreach ( taxonomy_get_vocabularies() as $vocabulary ) {
	foreach ( taxonomy_get_tree( $vocabulary->vid, 0, null, true ) as $term ) {
		$out['terms'][] = array( 'id' => $term->tid, 'bundle' => $vocabulary->machine_name, 'status' => 1, 'title' => $term->name, 'depth' => $term->depth, 'path' => url( 'taxonomy/term/' . $term->tid ), 'nodes' => array_map( 'intval', taxonomy_select_nodes( $term->tid, false ) ) );
	}
}
foreach ( user_load_multiple( false ) as $account ) {
	$out['users'][] = array( 'id' => $account->uid, 'title' => $account->name, 'mail' => $account->mail, 'status' => (int) $account->status, 'roles' => array_values( $account->roles ), 'path' => url( 'user/' . $account->uid ) );
	if ( isset( $passwords[ $account->name ] ) ) {
		$out['passwords']->{ $account->name } = user_check_password( $passwords[ $account->name ], $account );
	}
}
foreach ( file_load_multiple( false ) as $file ) {
	$out['files'][] = array( 'id' => $file->fid, 'title' => $file->filename, 'uri' => $file->uri, 'path' => file_create_url( $file->uri ), 'exists' => file_exists( $file->uri ), 'status' => (int) $file->status, 'usage' => file_usage_list( $file ) );
}
foreach ( comment_load_multiple( false ) as $comment ) {
	$out['comments'][] = array( 'id' => $comment->cid, 'node' => $comment->nid, 'title' => $comment->subject, 'author' => $comment->name, 'status' => (int) $comment->status, 'thread' => $comment->thread );
}
foreach ( menu_get_menus() as $name => $title ) {
	if ( ! in_array( $name, array( 'management', 'navigation', 'user-menu' ), true ) ) {
		$out['menus'][] = array( 'id' => $name, 'main' => variable_get( 'menu_main_links_source', 'main-menu' ) === $name, 'title' => $title, 'links' => judge_links( menu_tree_all_data( $name ) ) );
	}
}
if ( db_table_exists( 'watchdog' ) ) {
	foreach ( db_query( "SELECT message, variables FROM {watchdog} WHERE type = 'php'" ) as $row ) {
		$out['errors'][] = format_string( $row->message, unserialize( $row->variables ) ?: array() );
	}
}
