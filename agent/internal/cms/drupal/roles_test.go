package drupal

import (
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// A role keeps a name that others know only where it gives what that name gives there.
func TestRolesAreKnownByTheirRights(t *testing.T) {
	t.Parallel()
	seven := &Site{seven: true, schema: schema{permissions: map[string][]string{
		"editor": {"access content", "administer nodes"}, "author": {"create article content"}, "contributor": {"post comments"},
		"super editor": {"administer nodes", "administer users"}, "administrator": nil,
	}}}
	eight := &Site{schema: schema{settings: map[string]*recordv1.Value{}}}
	for role, may := range seven.schema.permissions {
		eight.schema.settings[rolePrefix+role] = literal(dict{"id", role, "permissions", may})
	}
	for role, want := range map[string]string{"editor": "editor", "author": "author", "contributor": "contributor (Drupal)", "super editor": "super editor (Drupal)",
		"administrator": "administrator", "unheard of": "unheard of"} {
		for _, s := range []*Site{seven, eight} {
			if got := s.roleWord(role); got != want || roleName(got) != role {
				t.Errorf("seven %v: %q became %q, want %q", s.seven, role, got, want)
			}
		}
	}
}
