<?php
// Asks a running Joomla (3.10 or later), by its own classes, for what it has. Put into the root of a site and fetched as a page.
use Joomla\CMS\Access\Access;
use Joomla\CMS\Categories\Categories;
use Joomla\CMS\Factory;
use Joomla\CMS\Helper\TagsHelper;
use Joomla\CMS\Router\Route;
use Joomla\CMS\Table\Table;

define('_JEXEC', 1);
define('JPATH_BASE', __DIR__);
require JPATH_BASE . '/includes/defines.php';
require JPATH_BASE . '/includes/framework.php';

set_exception_handler(function ($e) {
    http_response_code(500);
    do {
        echo get_class($e), ': ', $e->getMessage(), ' at ', $e->getFile(), ':', $e->getLine(), "\n", $e->getTraceAsString(), "\n";
    } while ($e = $e->getPrevious());
});

$four = class_exists('Joomla\CMS\Application\SiteApplication') && method_exists('Joomla\CMS\Factory', 'getContainer');
if ($four) {
    $container = Factory::getContainer();
    foreach (['session.web', 'session', 'JSession', \Joomla\CMS\Session\Session::class, \Joomla\Session\Session::class, \Joomla\Session\SessionInterface::class] as $name) {
        $container->alias($name, 'session.web.site');
    }
    $app = $container->get(\Joomla\CMS\Application\SiteApplication::class);
    Factory::$application = $app;
    $app->createExtensionNamespaceMap();
    $app->loadIdentity();
    $app->loadLanguage();
} else {
    $app = Factory::getApplication('site');
    $app->initialise();
    require_once JPATH_SITE . '/components/com_content/helpers/route.php';
}
$db = Factory::getDbo();

/** What a tree of a table looks like, and how it looks after Joomla made it anew. */
function rebuilt($db, $class, $table)
{
    // The administration's own items and the assets are as the installer left them, right or wrong.
    $where = $table === '#__menu' ? 'WHERE client_id = 0' : '';
    $look = function () use ($db, $where, $table) {
        return $db->setQuery("SELECT id, parent_id, lft, rgt, level, path FROM $table $where ORDER BY id")->loadRowList(0);
    };
    $before = $look();
    Table::getInstance($class)->rebuild();
    $changed = [];
    foreach ($look() as $id => $row) {
        if ($row != $before[$id]) {
            $changed[] = [$before[$id], $row];
        }
    }
    return $changed;
}

if (isset($_GET['rebuild'])) {
    $all = [];
    foreach (['Category' => '#__categories', 'Menu' => '#__menu'] as $class => $table) {
        $all[$class] = rebuilt($db, $class, $table);
    }
    echo json_encode(['rebuilt' => (object) $all]);
    exit;
}

$tags = new TagsHelper();
$articles = [];
foreach ($db->setQuery('SELECT id FROM #__content ORDER BY id')->loadColumn() as $id) {
    $t = Table::getInstance('Content');
    $t->load($id);
    $asset = Table::getInstance('Asset');
    $asset->loadByName('com_content.article.' . $id);
    $above = Table::getInstance('Asset');
    $above->load((int) $asset->parent_id);
    $link = $four ? \Joomla\Component\Content\Site\Helper\RouteHelper::getArticleRoute($id . ':' . $t->alias, $t->catid, $t->language)
        : ContentHelperRoute::getArticleRoute($id . ':' . $t->alias, $t->catid, $t->language);
    $articles[] = ['id' => (int) $id, 'title' => $t->title, 'alias' => $t->alias, 'state' => (int) $t->state, 'access' => (int) $t->access, 'catid' => (int) $t->catid,
        'text' => $t->introtext . $t->fulltext, 'images' => (string) $t->images, 'route' => Route::_($link, false), 'asset' => (string) $asset->name, 'above' => (string) $above->name,
        'same_asset' => (int) $t->asset_id === (int) $asset->id,
        'tags' => array_map(function ($x) { return $x->title; }, $tags->getItemTags('com_content.article', $id, true)),
        'editors' => (bool) Access::checkGroup(4, 'core.edit', 'com_content.article.' . $id), 'registered' => (bool) Access::checkGroup(2, 'core.edit', 'com_content.article.' . $id)];
}

$categories = [];
$root = Categories::getInstance('Content', ['access' => false, 'countItems' => 1])->get('root');
foreach ($root->getChildren(true) as $c) {
    $link = $four ? \Joomla\Component\Content\Site\Helper\RouteHelper::getCategoryRoute($c->id, $c->language) : ContentHelperRoute::getCategoryRoute($c->id);
    $asset = Table::getInstance('Asset');
    $asset->loadByName('com_content.category.' . $c->id);
    $categories[] = ['id' => (int) $c->id, 'title' => $c->title, 'path' => $c->path, 'level' => (int) $c->level, 'items' => (int) $c->numitems, 'parent' => (int) $c->parent_id,
        'route' => Route::_($link, false), 'asset' => (string) $asset->name];
}

$labels = [];
foreach ($db->setQuery('SELECT id, alias, title FROM #__tags WHERE parent_id > 0 AND published = 1 ORDER BY id')->loadObjectList() as $row) {
    $labels[] = ['id' => (int) $row->id, 'title' => $row->title, 'route' => Route::_('index.php?option=com_tags&view=tag&id[0]=' . $row->id . ':' . $row->alias, false)];
}

$menu = [];
foreach ($app->getMenu()->getItems([], []) as $item) {
    $menu[] = ['id' => (int) $item->id, 'title' => $item->title, 'type' => $item->type, 'link' => $item->link, 'home' => (int) $item->home, 'level' => (int) $item->level, 'tree' => array_map('intval', $item->tree),
        'route' => $item->type === 'component' ? Route::_('index.php?Itemid=' . $item->id, false) : $item->link, 'component' => (string) $item->component, 'menutype' => $item->menutype];
}

$users = [];
foreach ($db->setQuery('SELECT id FROM #__users ORDER BY id')->loadColumn() as $id) {
    $u = Factory::getUser($id);
    $users[] = ['id' => (int) $id, 'login' => $u->username, 'name' => $u->name, 'email' => $u->email, 'groups' => array_values(array_map('intval', $u->groups)), 'levels' => array_values(array_unique($u->getAuthorisedViewLevels())), 'block' => (int) $u->block];
}

echo json_encode(['version' => JVERSION, 'articles' => $articles, 'categories' => $categories, 'tags' => $labels, 'menu' => $menu, 'users' => $users], JSON_INVALID_UTF8_SUBSTITUTE);
