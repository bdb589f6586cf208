package drupal

import "testing"

// TestRouteOfInternalAddresses: what core's own Url::fromUri makes of them, as MenuLinkContent::getPluginDefinition stores it.
func TestRouteOfInternalAddresses(t *testing.T) {
	t.Parallel()
	w := &writer{}
	for uri, want := range map[string]struct {
		name             any
		address, options string
	}{
		"internal:/index.php?option=com_content&id=0": {nil, "base:index.php", `a:1:{s:5:"query";a:2:{s:6:"option";s:11:"com_content";s:2:"id";s:1:"0";}}`},
		"internal:/a%20b?t[]=1&t[]=2&t=x&u#part":      {nil, "base:a%20b", `a:2:{s:5:"query";a:2:{s:1:"t";s:1:"x";s:1:"u";s:0:"";}s:8:"fragment";s:4:"part";}`},
		"internal:/node/7?page=2":                     {"entity.node.canonical", "", `a:1:{s:5:"query";a:1:{s:4:"page";s:1:"2";}}`},
		"internal:#top":                               {"<none>", "", `a:1:{s:8:"fragment";s:3:"top";}`},
		"internal:/?q=1":                              {"<front>", "", `a:1:{s:5:"query";a:1:{s:1:"q";s:1:"1";}}`},
		"internal:/":                                  {"<front>", "", `a:0:{}`},
		"https://example.org/?q=1":                    {nil, "https://example.org/?q=1", `a:0:{}`},
		"entity:node/7":                               {"entity.node.canonical", "", `a:0:{}`},
	} {
		got, err := w.route(uri, literal(dict{}))
		if err != nil {
			t.Fatal(err)
		}
		if options := string(got["options"].([]byte)); got["route_name"] != want.name || got["url"] != want.address || options != want.options {
			t.Errorf("%s: %v %v %s, want %+v", uri, got["route_name"], got["url"], options, want)
		}
	}
}
