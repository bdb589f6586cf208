package wptest

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
)

// Redirects installs the plugin Redirection, as its version 5.4 leaves its tables. full also adds rules: 1 leads to a post, 2 elsewhere
// and is off, 3 is a pattern, 4 says that a page is gone, 5 depends on a login, 6 answers with an error.
func Redirects(tb testing.TB, set cms.Settings, full bool) cms.Settings {
	tb.Helper()
	statements := installedRedirects
	if full {
		statements = append(statements[:len(statements):len(statements)], rules)
	}
	install(tb, set, statements)
	return set
}

// installedRedirects follows database/schema/latest.php of Redirection 5.4.2.
var installedRedirects = []string{
	`CREATE TABLE {redirection_items} (id bigint unsigned NOT NULL AUTO_INCREMENT, url longtext NOT NULL, match_url varchar(2000) DEFAULT NULL, match_data text ,
		regex bigint NOT NULL DEFAULT 0, position bigint NOT NULL DEFAULT 0, last_count bigint NOT NULL DEFAULT 0, last_access datetime NOT NULL DEFAULT '1970-01-01 00:00:00',
		group_id bigint NOT NULL DEFAULT 0, status varchar(20) NOT NULL DEFAULT 'enabled', action_type varchar(20) NOT NULL, action_code bigint NOT NULL, action_data longtext,
		match_type varchar(20) NOT NULL, title text , PRIMARY KEY (id), KEY status (status), KEY group_idpos (group_id,position))`,
	`CREATE TABLE {redirection_groups} (id bigint unsigned NOT NULL AUTO_INCREMENT, name varchar(50) NOT NULL, tracking bigint NOT NULL DEFAULT 1,
		module_id bigint NOT NULL DEFAULT 0, status varchar(20) NOT NULL DEFAULT 'enabled', position bigint NOT NULL DEFAULT 0, PRIMARY KEY (id), KEY module_id (module_id))`,
	`INSERT INTO {redirection_groups} (id, name, module_id, position) VALUES (1,'Redirections',1,0),(2,'Modified Posts',1,1)`,
}

const rules = `INSERT INTO {redirection_items} (id, url, match_url, match_data, regex, position, last_count, group_id, status, action_type, action_code, action_data, match_type, title) VALUES
	(1,'/hello-old/','/hello-old',NULL,0,0,7,1,'enabled','url',301,'/first/','url','A title'),
	(2,'/off?b=2&a=1','/off','{"source":{"flag_query":"exactorder"}}',0,3,0,2,'disabled','url',302,'https://elsewhere.example/x','url',NULL),
	(3,'^/y/([0-9]+)$','regex','{"source":{"flag_regex":true}}',1,4,0,2,'enabled','url',301,'/years/$1','url',NULL),
	(4,'/gone','/gone',NULL,0,5,0,1,'enabled','error',410,NULL,'url',NULL),
	(5,'/members','/members',NULL,0,6,0,1,'enabled','url',301,'a:2:{s:9:"logged_in";s:2:"/a";s:10:"logged_out";s:2:"/b";}','login',NULL),
	(6,'/teapot','/teapot',NULL,0,7,0,1,'enabled','error',418,NULL,'url',NULL),
	(7,'/by-number','/by-number',NULL,0,8,0,1,'enabled','url',301,'10','url',NULL)`
