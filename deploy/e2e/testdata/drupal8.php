<?php
/* Included by drupal.php. */
use Drupal\Core\DrupalKernel;
use Drupal\Core\Menu\MenuTreeParameters;
use Drupal\Core\Session\AnonymousUserSession;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Session\Session;
use Symfony\Component\HttpFoundation\Session\Storage\MockArraySessionStorage;
use Symfony\Component\Routing\Route;

$autoloader = require $root . '/autoload.php';
$request    = Request::createFromGlobals();
$kernel     = DrupalKernel::createFromRequest( $request, $autoloader, 'prod', true, $root );
$kernel->boot();
$kernel->preHandle( $request );
$request->setSession( new Session( new MockArraySessionStorage() ) );
$request->attributes->set( '_route', '<none>' );
$request->attributes->set( '_route_object', new Route( '/' ) );
$container = $kernel->getContainer();
$container->get( 'request_stack' )->push( $request );
$container->get( 'router.request_context' )->fromRequest( $request );

if ( getenv( 'DRUPAL_LANGUAGES' ) ) {
	/* Texts in several languages, turned on as the administration does it. */
	\Drupal::service( 'module_installer' )->install( array( 'language', 'content_translation' ) );
	foreach ( explode( ' ', getenv( 'DRUPAL_LANGUAGES' ) ) as $code ) {
		\Drupal\language\Entity\ConfigurableLanguage::createFromLangcode( $code )->save();
	}
	foreach ( array( 'node' => 'article', 'taxonomy_term' => 'tags', 'block_content' => 'basic', 'menu_link_content' => 'menu_link_content' ) as $type => $bundle ) {
		if ( \Drupal::entityTypeManager()->hasDefinition( $type ) ) {
			\Drupal::service( 'content_translation.manager' )->setEnabled( $type, $bundle, true );
		}
	}
	drupal_flush_all_caches();
	$out = array( 'version' => \Drupal::VERSION );
	return;
}

if ( getenv( 'DRUPAL_MODULES' ) ) {
	\Drupal::service( 'module_installer' )->install( explode( ' ', getenv( 'DRUPAL_MODULES' ) ) );
	if ( getenv( 'DRUPAL_NO_MEDIA_TYPES' ) ) {
		foreach ( \Drupal\media\Entity\MediaType::loadMultiple() as $type ) {
			$type->delete();
		}
		field_purge_batch( 100 );
	}
	drupal_flush_all_caches();
	$out = array( 'version' => \Drupal::VERSION );
	return;
}

function judge_storage( $type ) {
	$manager = \Drupal::entityTypeManager();
	return $manager->hasDefinition( $type ) ? $manager->getStorage( $type ) : null;
}

function judge_all( $type ) {
	$storage = judge_storage( $type );
	if ( ! $storage ) {
		return;
	}
	foreach ( array_chunk( $storage->getQuery()->accessCheck( false )->sort( $storage->getEntityType()->getKey( 'id' ) )->execute(), 50 ) as $ids ) {
		yield from $storage->loadMultiple( $ids );
		$storage->resetCache();
	}
}

function judge_links( $tree ) {
	$all = array();
	foreach ( $tree as $item ) {
		$url   = $item->link->getUrlObject();
		$all[] = array( 'title' => (string) $item->link->getTitle(), 'href' => $url->toString( true )->getGeneratedUrl(), 'hidden' => $item->link->isEnabled() ? 0 : 1, 'access' => $url->access( new AnonymousUserSession() ), 'below' => judge_links( $item->subtree ) );
	}
	return $all;
}

function judge_terms( $entity ) {
	$names = array();
	foreach ( $entity->getFieldDefinitions() as $name => $definition ) {
		if ( $definition->getType() === 'entity_reference' && $definition->getSetting( 'target_type' ) === 'taxonomy_term' ) {
			foreach ( $entity->get( $name ) as $item ) {
				$names[] = $item->entity ? $item->entity->label() : '?' . $item->target_id;
			}
		}
	}
	return $names;
}

$out = array( 'version' => \Drupal::VERSION, 'nodes' => array(), 'terms' => array(), 'users' => array(), 'files' => array(), 'comments' => array(), 'menus' => array(), 'passwords' => new stdClass() );
foreach ( judge_all( 'node' ) as $node ) {
	foreach ( $node->getTranslationLanguages() as $langcode => $language ) {
		$one      = $node->getTranslation( $langcode );
		$build    = \Drupal::entityTypeManager()->getViewBuilder( 'node' )->view( $one, 'full', $langcode );
		$html     = (string) \Drupal::service( 'renderer' )->renderPlain( $build );
		$comments = 0;
		$threads  = 0;
		foreach ( $one->getFieldDefinitions() as $name => $definition ) {
			if ( $definition->getType() === 'comment' ) {
				$comments += (int) $one->get( $name )->comment_count;
				$threads  += count( judge_storage( 'comment' )->loadThread( $one, $name, 1, 500 ) );
			}
		}
		$out['nodes'][] = array(
			'id' => $node->id(), 'type' => $node->bundle(), 'title' => $one->label(), 'status' => (int) $one->isPublished(), 'language' => $langcode, 'author' => $one->getOwner() ? $one->getOwner()->getDisplayName() : '',
			'path' => $one->toUrl()->toString( true )->getGeneratedUrl(), 'comments' => $comments, 'threads' => $threads, 'html' => $html, 'terms' => judge_terms( $one ),
			'revisions' => count( judge_storage( 'node' )->getQuery()->allRevisions()->accessCheck( false )->condition( 'nid', $node->id() )->execute() ),
			'created' => (int) $one->getCreatedTime(), 'access' => $one->access( 'view', new AnonymousUserSession() ), 'translations' => count( $node->getTranslationLanguages() ),
		);
	}
}
foreach ( \Drupal::entityTypeManager()->getStorage( 'taxonomy_vocabulary' )->loadMultiple() as $vocabulary ) {
	foreach ( judge_storage( 'taxonomy_term' )->loadTree( $vocabulary->id(), 0, null, true ) as $term ) {
		$nodes          = \Drupal::database()->query( 'SELECT nid FROM {taxonomy_index} WHERE tid = :tid AND status = 1', array( ':tid' => $term->id() ) )->fetchCol();
		$out['terms'][] = array( 'id' => $term->id(), 'bundle' => $vocabulary->id(), 'status' => (int) $term->isPublished(), 'title' => $term->label(), 'depth' => $term->depth, 'path' => $term->toUrl()->toString( true )->getGeneratedUrl(), 'nodes' => array_map( 'intval', $nodes ) );
	}
}
foreach ( array( 'taxonomy_term' => '/taxonomy/term/', 'menu_link_content' => '/admin/structure/menu/item/', 'block_content' => '' ) as $type => $path ) {
	foreach ( judge_all( $type ) as $entity ) {
		foreach ( $entity->getTranslationLanguages( false ) as $langcode => $language ) {
			$one           = $entity->getTranslation( $langcode );
			$out['said'][] = array( 'id' => $entity->id(), 'type' => $type, 'bundle' => $type === 'menu_link_content' ? $entity->getMenuName() : $entity->bundle(), 'language' => $langcode, 'title' => $one->label(), 'path' => $path );
		}
	}
}
foreach ( judge_all( 'user' ) as $account ) {
	$out['users'][] = array( 'id' => $account->id(), 'title' => $account->getAccountName(), 'mail' => (string) $account->getEmail(), 'status' => (int) $account->isActive(), 'roles' => $account->getRoles(), 'path' => $account->id() ? $account->toUrl()->toString( true )->getGeneratedUrl() : '' );
	if ( isset( $passwords[ $account->getAccountName() ] ) ) {
		$out['passwords']->{ $account->getAccountName() } = \Drupal::service( 'password' )->check( $passwords[ $account->getAccountName() ], $account->getPassword() );
	}
}
foreach ( judge_all( 'file' ) as $file ) {
	$out['files'][] = array( 'id' => $file->id(), 'title' => $file->getFilename(), 'uri' => $file->getFileUri(), 'path' => $file->createFileUrl( false ), 'exists' => file_exists( $file->getFileUri() ), 'status' => (int) $file->isPermanent(), 'usage' => \Drupal::service( 'file.usage' )->listUsage( $file ) );
}
foreach ( judge_all( 'media' ) as $media ) {
	$source         = $media->getSource();
	$build          = \Drupal::entityTypeManager()->getViewBuilder( 'media' )->view( $media, 'full' );
	$out['media'][] = array( 'id' => $media->id(), 'bundle' => $media->bundle(), 'title' => $media->label(), 'source' => (string) $source->getSourceFieldValue( $media ), 'status' => (int) $media->isPublished(),
		'author' => $media->getOwner() ? $media->getOwner()->getDisplayName() : '', 'html' => (string) \Drupal::service( 'renderer' )->renderPlain( $build ) );
}
foreach ( judge_all( 'comment' ) as $comment ) {
	$out['comments'][] = array( 'id' => $comment->id(), 'node' => $comment->getCommentedEntityId(), 'title' => (string) $comment->getSubject(), 'author' => (string) $comment->getAuthorName(), 'status' => (int) $comment->isPublished(), 'thread' => (string) $comment->getThread() );
}
foreach ( \Drupal::entityTypeManager()->getStorage( 'menu' )->loadMultiple() as $menu ) {
	if ( ! in_array( $menu->id(), array( 'admin', 'account', 'tools' ), true ) ) {
		$out['menus'][] = array( 'id' => $menu->id(), 'main' => $menu->id() === 'main', 'title' => $menu->label(), 'links' => judge_links( \Drupal::menuTree()->load( $menu->id(), new MenuTreeParameters() ) ) );
	}
}
if ( \Drupal::database()->schema()->tableExists( 'watchdog' ) ) {
	foreach ( \Drupal::database()->query( "SELECT message, variables FROM {watchdog} WHERE type = 'php'" ) as $row ) {
		$out['errors'][] = strtr( $row->message, array_map( 'strval', array_filter( unserialize( $row->variables, array( 'allowed_classes' => false ) ) ?: array(), 'is_scalar' ) ) );
	}
}
