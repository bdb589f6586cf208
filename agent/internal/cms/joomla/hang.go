package joomla

import (
	"context"
	"maps"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func (d *draft) module(e *recordv1.Entry) {
	d.cols["module"], d.cols["client_id"], d.cols["showtitle"] = typeModule, 0, map[bool]int{false: 1}[e.GetHideTitleAndImage()]
	d.setObject("params", d.object("params"))
	d.noPlace(map[string]bool{"slug": e.GetSlug() != "", "authors": len(e.GetAuthors()) > 0, "terms": len(e.GetTerms()) > 0, "created": e.GetCreated() != nil,
		"modified": e.GetModified() != nil, "featured": e.GetFeatured(), "image": e.GetImage() != nil, "seo": e.GetSeo() != nil,
		"translation_group": d.rec.GetTranslationGroup() != ""})
}

// noPlace tells what is there and is not written.
func (d *draft) noPlace(has map[string]bool) {
	for _, field := range slices.Sorted(maps.Keys(has)) {
		if has[field] {
			d.adjust(field, "no_place", "")
		}
	}
}

// pages shows modules on all pages. On which others they are the menus say, that are written behind them.
func (w *writer) pages(ctx context.Context, ds []*draft) error {
	if err := w.clear(ctx, ds, "DELETE FROM {modules_menu} WHERE menuid = 0 AND moduleid IN "); err != nil {
		return err
	}
	var rows []map[string]any
	for _, d := range ds {
		for _, f := range d.rest {
			if f.GetName() != pagesField {
				d.adjust("fields."+f.GetName(), "no_custom_fields", "")
				continue
			}
			if f.GetEncoding() != "json" {
				d.adjust("fields."+pagesField, "typed_again", "")
			}
			for _, p := range f.GetValue().GetArray().GetPairs() {
				if p.GetValue().GetIntValue() != 0 {
					d.adjust("fields."+pagesField, "pages_not_assigned", "")
					continue
				}
				rows = append(rows, map[string]any{"moduleid": atoi(d.id), "menuid": 0})
			}
		}
	}
	_, err := w.insert(ctx, "modules_menu", rows)
	return err
}

// tagItems writes the map of tags and the row of ucm_content without which a tag's page does not list the item.
func (w *writer) tagItems(ctx context.Context, sh shape, ds []*draft) error {
	for _, q := range []string{"DELETE FROM {contentitem_tag_map} WHERE type_alias = '" + sh.fieldContext + "' AND content_item_id IN ",
		"DELETE FROM {ucm_content} WHERE core_type_alias = '" + sh.fieldContext + "' AND core_content_item_id IN "} {
		if err := w.clear(ctx, ds, q); err != nil {
			return err
		}
	}
	tagged := slices.DeleteFunc(slices.Clone(ds), func(d *draft) bool { return len(d.tags) == 0 })
	if len(tagged) == 0 {
		return nil
	}
	typeID, err := w.s.one(ctx, w.q, "SELECT type_id FROM {content_types} WHERE type_alias = ?", sh.fieldContext)
	if err != nil {
		return err
	}
	core := make([]map[string]any, len(tagged))
	for i, d := range tagged {
		core[i] = d.copyForTags(sh, typeID)
	}
	ids, err := w.insert(ctx, "ucm_content", core)
	if err != nil {
		return err
	}
	var links []map[string]any
	for i, d := range tagged {
		for _, tag := range d.tags {
			links = append(links, map[string]any{"type_alias": sh.fieldContext, "core_content_id": ids[i], "content_item_id": atoi(d.id), "tag_id": atoi(tag), "type_id": atoi(typeID)})
		}
	}
	if _, err = w.insert(ctx, "contentitem_tag_map", links); err != nil {
		return err
	}
	return w.sortedTags(ctx, tagged)
}

// sortedTags tells of items whose tags come back in another order: that of their aliases.
func (w *writer) sortedTags(ctx context.Context, ds []*draft) error {
	var all []string
	for _, d := range ds {
		all = append(all, d.tags...)
	}
	rows, err := w.s.queryIn(ctx, w.q, "SELECT id, alias FROM {tags} WHERE id IN ", all, "")
	alias := map[string]string{}
	for _, r := range rows {
		alias[r.Text("id")] = r.Text("alias")
	}
	for _, d := range ds {
		if !slices.IsSortedFunc(d.tags, func(a, b string) int {
			if c := strings.Compare(alias[a], alias[b]); c != 0 {
				return c
			}
			return int(atoi(a) - atoi(b))
		}) {
			d.adjust("terms", "terms_sorted", "")
		}
	}
	return err
}

// copyForTags is the copy of an item that pages of tags are made from.
func (d *draft) copyForTags(sh shape, typeID string) map[string]any {
	c := map[string]any{"core_type_alias": sh.fieldContext, "core_title": d.cols[sh.title], "core_alias": d.cols["alias"], "core_state": d.cols[sh.state],
		"core_access": d.cols["access"], "core_featured": d.cols["featured"], "core_metadata": d.cols["metadata"], "core_created_user_id": d.cols["created_by"],
		"core_language": d.cols["language"], "core_publish_up": d.cols["publish_up"], "core_content_item_id": atoi(d.id), "core_images": "{}", "core_urls": "{}",
		"core_params": "{}", "core_ordering": d.cols["ordering"], "core_metadesc": d.cols["metadesc"], "core_catid": d.cols["catid"], "core_type_id": atoi(typeID),
		"core_body": "", "core_metakey": "", "core_hits": 0, "core_version": 1}
	for to, from := range map[string]string{"core_body": "introtext", "core_images": "images", "core_urls": "urls", "core_params": "attribs", "core_created_time": "created",
		"core_modified_time": "modified", "core_publish_down": "publish_down", "core_metakey": "metakey"} {
		if v, ok := d.cols[from]; ok {
			c[to] = v
		}
	}
	return c
}

// front lists featured articles where the front page looks for them.
func (w *writer) front(ctx context.Context, ds []*draft) error {
	if err := w.clear(ctx, ds, "DELETE FROM {content_frontpage} WHERE content_id IN "); err != nil {
		return err
	}
	var rows []map[string]any
	for _, d := range ds {
		if !d.rec.GetEntry().GetFeatured() {
			continue
		}
		r := map[string]any{"content_id": atoi(d.id), "ordering": 0}
		for _, f := range d.rec.GetFields() {
			for _, x := range frontExtras {
				if _, ok := parseStamp(f.GetValue().GetText()); ok && f.GetName() == extraPrefix+x.col {
					r[x.col] = f.GetValue().GetText()
				}
			}
		}
		rows = append(rows, r)
	}
	_, err := w.insert(ctx, "content_frontpage", rows)
	return err
}

// stage ties articles to the default stage: without it Joomla 4 and later do not list them in the administration.
func (w *writer) stage(ctx context.Context, ds []*draft) error {
	if !w.s.schema.Has("workflow_associations") || len(ds) == 0 {
		return nil
	}
	def := w.s.name("default")
	stage, err := w.s.one(ctx, w.q, "SELECT s.id FROM {workflow_stages} s JOIN {workflows} f ON f.id = s.workflow_id WHERE f.extension = 'com_content.article' ORDER BY f."+
		def+" DESC, s."+def+" DESC, s.id LIMIT 1")
	if err != nil {
		return err
	}
	if stage == "" {
		stage = "1"
	}
	if err := w.clear(ctx, ds, "DELETE FROM {workflow_associations} WHERE extension = 'com_content.article' AND item_id IN "); err != nil {
		return err
	}
	rows := make([]map[string]any, len(ds))
	for i, d := range ds {
		rows[i] = map[string]any{"item_id": atoi(d.id), "stage_id": atoi(stage), "extension": "com_content.article"}
	}
	_, err = w.insert(ctx, "workflow_associations", rows)
	return err
}
