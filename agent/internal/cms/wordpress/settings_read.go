package wordpress

import (
	"context"
	"database/sql"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// typedOptions are the options that records have names for.
var typedOptions = []string{
	"home", "blogname", "blogdescription", "WPLANG", "timezone_string", "gmt_offset", "date_format", "time_format", "start_of_week", "posts_per_page",
	"show_on_front", "page_on_front", "page_for_posts", "default_category", "permalink_structure", "site_icon", "default_comment_status", "stylesheet",
}

// fieldOptions are the settings that travel as custom fields. Left out on purpose: addresses (home, siteurl), secrets and mail
// accounts, users_can_register, the owner's e-mail address, plugins, theme, upload folders, and what WordPress computes itself.
var fieldOptions = []string{
	"category_base", "tag_base", "default_role", "default_ping_status", "default_pingback_flag", "default_post_format",
	"uploads_use_yearmonth_folders", "thread_comments", "thread_comments_depth", "comment_order", "page_comments", "comments_per_page",
	"default_comments_page", "comment_registration", "require_name_email", "comment_moderation", "comment_max_links",
	"comment_previously_approved", "moderation_keys", "disallowed_keys", "close_comments_for_old_posts", "close_comments_days_old",
	"show_comments_cookies_opt_in", "show_avatars", "avatar_default", "avatar_rating", "thumbnail_size_w", "thumbnail_size_h", "thumbnail_crop",
	"medium_size_w", "medium_size_h", "medium_large_size_w", "medium_large_size_h", "large_size_w", "large_size_h", "image_default_link_type",
	"image_default_size", "image_default_align", "posts_per_rss", "rss_use_excerpt", "use_smilies", "links_updated_date_format", privacyPage,
}

// privacyPage holds the id of a page.
const privacyPage = "wp_page_for_privacy_policy"

func isFieldOption(name string) bool {
	for _, n := range fieldOptions {
		if n == name {
			return true
		}
	}
	return false
}

func (r *reader) site(ctx context.Context) (*page, error) {
	o, err := r.s.options(ctx, r.q, append(append([]string{}, typedOptions...), fieldOptions...))
	if err != nil {
		return nil, err
	}
	st := &recordv1.Site{
		Title: unescapeAll(o["blogname"]), Tagline: unescapeAll(o["blogdescription"]), BaseUrl: r.env.home, Language: language(o["WPLANG"]),
		Timezone: zoneName(o["timezone_string"], o["gmt_offset"]), DateFormat: o["date_format"], TimeFormat: o["time_format"],
		PerPage: uint32(min(atoi(o["posts_per_page"]), 1<<31)), PermalinkPattern: o["permalink_structure"], DefaultComments: o["default_comment_status"],
	}
	if v, ok := o["start_of_week"]; ok {
		st.WeekStartPlusOne = uint32(atoi(v)%7) + 1
	}
	rec := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_SITE, siteID), Body: &recordv1.Record_Site{Site: st}}
	if err := r.siteRefs(ctx, rec, o); err != nil {
		return nil, err
	}
	it := cms.Item{Record: rec}
	if r.withPaths {
		it.Paths = append([]*agentv1.Path{path("/", "")}, r.link.feedPath(r.link.root())...)
	}
	p := &page{}
	p.add(1, it)
	return p, nil
}

// siteRefs fills what points to other records.
func (r *reader) siteRefs(ctx context.Context, rec *recordv1.Record, o map[string]string) error {
	logo, err := r.themeLogo(ctx, o["stylesheet"])
	if err != nil {
		return err
	}
	var ids set
	for _, id := range []string{o["page_on_front"], o["page_for_posts"], o["site_icon"], o[privacyPage]} {
		ids.add(atoi(id))
	}
	ids.add(logo)
	types, err := r.s.postTypes(ctx, r.q, ids.ids)
	if err != nil {
		return err
	}
	cats, err := r.s.categories(ctx, r.q, []int64{atoi(o["default_category"])})
	if err != nil {
		return err
	}
	around, st := &surroundings{types: types}, rec.GetSite()
	if o["show_on_front"] == "page" {
		st.FrontPage = around.entryOrMedia(atoi(o["page_on_front"]))
		st.PostsPage = around.entryOrMedia(atoi(o["page_for_posts"]))
	}
	st.Icon, st.Logo = mediaImage(around, atoi(o["site_icon"])), mediaImage(around, logo)
	if tt := cats[atoi(o["default_category"])]; tt != 0 {
		st.DefaultTerm = termRef(tt)
	}
	r.siteFields(rec, o, around)
	return nil
}

func (r *reader) siteFields(rec *recordv1.Record, o map[string]string, around *surroundings) {
	for _, name := range fieldOptions {
		v, ok := o[name]
		if !ok {
			continue
		}
		f := fieldOf(sql.NullString{String: v, Valid: true})
		f.Name = name
		if ref := around.entryOrMedia(atoi(v)); name == privacyPage && ref != nil {
			f = &recordv1.Field{Name: name, Value: &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: ref}}}
		} else if name == privacyPage {
			continue
		}
		rec.Fields = append(rec.Fields, f)
	}
}

func mediaImage(around *surroundings, id int64) *recordv1.Image {
	if around.types[id] != "attachment" {
		return nil
	}
	return &recordv1.Image{Media: mediaRef(id)}
}

func (r *reader) themeLogo(ctx context.Context, theme string) (int64, error) {
	name := "theme_mods_" + theme
	opts, err := r.s.options(ctx, r.q, []string{name})
	if err != nil {
		return 0, err
	}
	v, err := php.Unserialize([]byte(opts[name]))
	if err != nil {
		return 0, nil
	}
	return intOf(lookup(v, "custom_logo")), nil
}

// language is WPLANG as records have it; WordPress has none for American English.
func language(wplang string) string {
	if wplang == "" {
		return "en-US"
	}
	return strings.ReplaceAll(wplang, "_", "-")
}

func wplang(language string) string {
	if language == "en-US" {
		return ""
	}
	return strings.ReplaceAll(language, "-", "_")
}
