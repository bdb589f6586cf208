package modx

import (
	"context"
	"io/fs"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// cacheFolder is where MODX keeps settings, addresses and rendered pages as PHP files, unless the core lies elsewhere.
const cacheFolder = "core/cache"

// Finish implements cms.Site: it empties MODX's cache, where that is within reach.
func (s *Site) Finish(context.Context, *cms.Unit) ([]*agentv1.Finding, error) {
	if s.clearCache() {
		return nil, nil
	}
	return []*agentv1.Finding{{Code: "clear_cache", Severity: agentv1.Severity_SEVERITY_WARNING,
		Cause: "MODX answers from its cache, which is out of reach: new pages have no address, and changed ones show their old text, until it is cleared",
		Fix:   "choose Manage, Clear Cache in the manager, or delete what is in core/cache (not the folder itself, nor logs)"}}, nil
}

// clearCache deletes what is in the folder, not the folder itself, which must stay the web server's.
func (s *Site) clearCache() bool {
	if s.root == nil {
		return false
	}
	entries, err := fs.ReadDir(s.root.FS(), cacheFolder)
	if err != nil {
		return false
	}
	all := true
	for _, e := range entries {
		if e.Name() != "logs" && s.root.RemoveAll(cacheFolder+"/"+e.Name()) != nil {
			all = false
		}
	}
	return all
}
