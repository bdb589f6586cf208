package drupal

import (
	"context"
	"slices"
	"strings"
)

// ownRole marks a role that is called as other platforms call one, and does not give what that one gives there: nobody may do more
// elsewhere for a name that an owner has chosen.
const ownRole = " (Drupal)"

// deserved are the names of roles that other platforms know, and what makes them the same: an editor changes everybody's texts, an
// author and a contributor write. Nothing here is like Ghost's super editor.
var deserved = map[string]func(permission string) bool{
	"editor": editsAll,
	"author": writes, "contributor": writes,
	"super editor": func(string) bool { return false },
}

func editsAll(permission string) bool {
	return permission == "administer nodes" || permission == "bypass node access"
}

// writes: "create article content". (node.module, node_permission; NodePermissions)
func writes(permission string) bool {
	return editsAll(permission) || strings.HasPrefix(permission, "create ") && strings.HasSuffix(permission, " content")
}

// roleWord is the word of records for a role, by its name in Drupal 7 and its id later.
func (s *Site) roleWord(name string) string {
	if same, shared := deserved[name]; shared && !slices.ContainsFunc(s.permissions(name), same) {
		return name + ownRole
	}
	return name
}

// roleName is the role of a word of records.
func roleName(word string) string { return strings.TrimSuffix(word, ownRole) }

func (s *Site) permissions(role string) []string {
	if s.seven {
		return s.schema.permissions[role]
	}
	var all []string
	for _, p := range dig(s.schema.settings[rolePrefix+role], "permissions").GetArray().GetPairs() {
		all = append(all, scalar(p.GetValue()))
	}
	return all
}

// sevenPermissions reads what roles may do whose names other platforms know.
func (s *Site) sevenPermissions(ctx context.Context) error {
	s.schema.permissions = map[string][]string{}
	if !s.has("role_permission") {
		return nil
	}
	rows, err := s.query(ctx, s.src, "SELECT r.name AS role, p.permission FROM {role_permission} p JOIN {role} r ON r.rid = p.rid")
	for _, r := range rows {
		if deserved[r.text("role")] != nil {
			s.schema.permissions[r.text("role")] = append(s.schema.permissions[r.text("role")], r.text("permission"))
		}
	}
	return err
}
