package ghost

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/proto/record"
)

// slotLinks are all open pointers of one slot of one row.
type slotLinks struct {
	id, slot string
	links    []cms.Link
	// place is where the slot's text lies; empty table: the slot is no column.
	place column
	text  string
}

// column is one cell of a table.
type column struct{ table, key, name string }

// Relink fills pointers that were open when their record was written.
func (s *Site) Relink(ctx context.Context, u *cms.Unit, kind cms.Kind, links []cms.Link) error {
	if kind == kindRedirect {
		return s.relinkRedirects(ctx, u, links)
	}
	var texts []string
	groups := group(links)
	for _, g := range groups {
		g.place = s.placeOf(kind, g.id, g.slot)
		if g.place.table == "" {
			continue
		}
		var err error
		if g.text, err = cmssql.One(ctx, u.Tx, "SELECT `"+g.place.name+"` FROM `"+g.place.table+"` WHERE `"+g.place.key+"` = ?", g.rowID()); err != nil {
			return fmt.Errorf("relink: %w", err)
		}
		texts = append(texts, g.text)
	}
	if err := u.Refs.Load(ctx, texts...); err != nil {
		return fmt.Errorf("relink: %w", err)
	}
	for _, g := range groups {
		if err := s.relink(ctx, u, kind, g); err != nil {
			return fmt.Errorf("relink %s: %w", g.slot, err)
		}
	}
	return nil
}

func group(links []cms.Link) []*slotLinks {
	var all []*slotLinks
	at := map[[2]string]*slotLinks{}
	for _, l := range links {
		key := [2]string{l.TargetID, l.Slot}
		if at[key] == nil {
			at[key] = &slotLinks{id: l.TargetID, slot: l.Slot}
			all = append(all, at[key])
		}
		at[key].links = append(at[key].links, l)
	}
	return all
}

// rowID is the value of the key column.
func (g *slotLinks) rowID() string {
	if g.place.table == "settings" {
		return strings.SplitN(g.slot, ":", 2)[0]
	}
	return strings.TrimPrefix(g.id, memberPrefix)
}

// placeOf finds the cell of a slot. Slots with a number or with rules of their own are none.
func (s *Site) placeOf(kind cms.Kind, id, slot string) column {
	table := map[cms.Kind]string{kindUser: "users", kindTerm: "tags", kindEntry: "posts", kindComment: "comments"}[kind]
	name, _, numbered := strings.Cut(slot, ":")
	switch {
	case kind == kindSite, kind == kindMenu:
		return column{"settings", "key", "value"}
	case numbered, kind == kindComment && slot != "html":
		return column{}
	case strings.HasPrefix(slot, metaSlot):
		table, name = "posts_meta", strings.TrimPrefix(slot, metaSlot)
		if s.schema.Has(table, name) {
			return column{table, "post_id", name}
		}
	case strings.HasPrefix(id, memberPrefix):
		table = "members"
	}
	if !s.schema.Has(table, name) {
		return column{}
	}
	return column{table, "id", name}
}

func (s *Site) relink(ctx context.Context, u *cms.Unit, kind cms.Kind, g *slotLinks) error {
	switch {
	case kind == kindMenu:
		return s.relinkMenu(ctx, u, g)
	case kind == kindComment && g.place.table == "":
		return s.relinkComment(ctx, u, g)
	case g.place.table != "":
		return s.relinkCell(ctx, u, g)
	}
	for _, l := range g.links {
		if err := s.relinkRow(ctx, u, l); err != nil {
			return err
		}
	}
	return nil
}

// relinkCell expands a text as a whole, or writes the address of a picture. The text of another hand is left alone.
func (s *Site) relinkCell(ctx context.Context, u *cms.Unit, g *slotLinks) error {
	value := g.text
	if strings.Contains(g.text, record.Scheme) {
		value, _ = u.Refs.Expand(g.text)
	} else if l := g.links[0]; l.Found && l.Token.Ref.Kind == kindMedia && s.isPicture(g.slot) && (g.text == "" || g.place.table == "settings") {
		value = fileURL(l.Target)
	}
	if value == g.text {
		return nil
	}
	if w := s.schema.Catalogue[g.place.table][g.place.name]; !w.Fits(value) {
		return fmt.Errorf("the text is longer than the column takes")
	}
	if g.place.table == "settings" {
		if err := u.Keep(ctx, setting(g.rowID())); err != nil {
			return err
		}
	}
	if _, err := u.Tx.Exec(ctx, "UPDATE `"+g.place.table+"` SET `"+g.place.name+"` = ? WHERE `"+g.place.key+"` = ?", value, g.rowID()); err != nil {
		return err
	}
	if g.slot == "html" && g.place.table == "posts" {
		_, err := u.Tx.Exec(ctx, "UPDATE `posts` SET `plaintext` = ? WHERE `id` = ?", orNull(plainText(value)), g.id)
		return err
	}
	return nil
}

var pictures = []string{"feature_image", "og_image", "twitter_image", "profile_image", "cover_image", "icon", "logo"}

func (s *Site) isPicture(slot string) bool {
	return slices.Contains(pictures, strings.TrimPrefix(slot, metaSlot))
}

// relinkRow ties a post to a tag or an author.
func (s *Site) relinkRow(ctx context.Context, u *cms.Unit, l cms.Link) error {
	what, at, _ := strings.Cut(l.Slot, ":")
	order, err := strconv.Atoi(at)
	if err != nil || !l.Found {
		return nil // nothing was written, so nothing is to be cleared
	}
	switch what {
	case "tag":
		return s.tie(ctx, u, "posts_tags", "tag_id", l, order)
	case "author":
		if strings.HasPrefix(l.Target, memberPrefix) {
			return nil
		}
		if _, err := u.Tx.Exec(ctx, "DELETE FROM `posts_authors` WHERE `post_id` = ? AND `sort_order` = ?", l.TargetID, standInOrder); err != nil {
			return err
		}
		return s.tie(ctx, u, "posts_authors", "author_id", l, order)
	}
	return nil
}

func (s *Site) tie(ctx context.Context, u *cms.Unit, table, col string, l cms.Link, order int) error {
	rows, err := cmssql.Rows(ctx, u.Tx, "SELECT `id` FROM `"+table+"` WHERE `post_id` = ? AND `"+col+"` = ?", l.TargetID, l.Target)
	if err != nil || len(rows) > 0 {
		return err
	}
	_, err = u.Tx.Insert(ctx, table, []string{"id", "post_id", col, "sort_order"}, [][]any{{s.newID(), l.TargetID, l.Target, order}})
	return err
}

// relinkComment fills the member, or the comment answered; answers that hung on this one as the top move with it.
func (s *Site) relinkComment(ctx context.Context, u *cms.Unit, g *slotLinks) error {
	l := g.links[0]
	if !l.Found {
		return nil
	}
	if g.slot == "member_id" {
		id, ok := strings.CutPrefix(l.Target, memberPrefix)
		if !ok {
			return nil
		}
		_, err := u.Tx.Exec(ctx, "UPDATE `comments` SET `member_id` = ? WHERE `id` = ?", id, g.id)
		return err
	}
	top, err := cmssql.One(ctx, u.Tx, "SELECT `parent_id` FROM `comments` WHERE `id` = ?", l.Target)
	if err != nil || l.Target == g.id || top == g.id {
		return err
	}
	direct, replies := any(l.Target), s.schema.Has("comments", "in_reply_to_id")
	if top == "" {
		top, direct = l.Target, nil
	}
	if !replies {
		_, err = u.Tx.Exec(ctx, "UPDATE `comments` SET `parent_id` = ? WHERE `id` = ? OR `parent_id` = ?", top, g.id, g.id)
		return err
	}
	if _, err = u.Tx.Exec(ctx, "UPDATE `comments` SET `parent_id` = ?, `in_reply_to_id` = ? WHERE `id` = ?", top, direct, g.id); err != nil {
		return err
	}
	_, err = u.Tx.Exec(ctx, "UPDATE `comments` SET `parent_id` = ?, `in_reply_to_id` = COALESCE(`in_reply_to_id`, ?) WHERE `parent_id` = ?", top, g.id, g.id)
	return err
}

// relinkMenu fills one line of a menu.
func (s *Site) relinkMenu(ctx context.Context, u *cms.Unit, g *slotLinks) error {
	// The text was read before other lines of the same menu were filled.
	fresh, err := cmssql.One(ctx, u.Tx, "SELECT `value` FROM `settings` WHERE `key` = ?", g.rowID())
	if err != nil {
		return err
	}
	nav, err := parseNav(fresh)
	if err != nil {
		return nil // somebody else has written it meanwhile
	}
	_, at, _ := strings.Cut(g.slot, ":")
	i, err := strconv.Atoi(at)
	if err != nil || i < 0 || i >= len(nav) {
		return nil
	}
	l := g.links[0]
	switch {
	case strings.Contains(nav[i].URL, record.Scheme):
		nav[i].URL, _ = u.Refs.Expand(nav[i].URL)
	case l.Found && nav[i].URL == "#":
		url, title, err := s.navTarget(ctx, u.Tx, l.Token.Ref.Kind, l.Target)
		if err != nil {
			return err
		}
		if nav[i].URL = url; nav[i].Label == "" {
			nav[i].Label = title
		}
	}
	text, err := formatNav(nav)
	if err != nil || text == fresh {
		return err
	}
	return s.saveSetting(ctx, u, g.rowID(), text)
}
