// Package all lists the drivers that the agent is built with.
package all

import (
	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/drupal"
	"github.com/baileybridge/bailey/agent/internal/cms/folder"
	"github.com/baileybridge/bailey/agent/internal/cms/ghost"
	"github.com/baileybridge/bailey/agent/internal/cms/joomla"
	"github.com/baileybridge/bailey/agent/internal/cms/modx"
	"github.com/baileybridge/bailey/agent/internal/cms/wordpress"
	"github.com/baileybridge/bailey/agent/internal/cms/wordpress/wxr"
)

// Drivers are all drivers, the most common platform first: detection asks them in this order.
func Drivers() []cms.Driver {
	return []cms.Driver{wordpress.Driver{}, drupal.Driver{}, ghost.Driver{}, modx.Driver{}, joomla.Driver{}, wxr.Driver{}, folder.Driver{}}
}
