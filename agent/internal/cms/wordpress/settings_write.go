package wordpress

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// site updates the settings and keeps the former ones. home, siteurl and what belongs to this installation stay.
func (w *writer) site() error {
	for _, j := range w.jobs {
		if err := w.settings(j); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) settings(j *job) error {
	set := w.plainSettings(j.rec.GetSite())
	if err := w.pointers(j, set); err != nil {
		return err
	}
	w.fieldSettings(j, set)
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	slices.Sort(names)
	theme := "theme_mods_" + w.env.opts["stylesheet"]
	before, err := w.s.options(w.ctx, w.tx, append(names, theme))
	if err != nil {
		return err
	}
	if err := w.logo(j, theme); err != nil {
		return err
	}
	for _, n := range names {
		if err := w.s.setOption(w.ctx, w.u, n, set[n]); err != nil {
			return fmt.Errorf("option %s: %w", n, err)
		}
	}
	if j.res.Before, err = json.Marshal(before); err != nil {
		return err
	}
	j.adjust("base_url", "kept_existing", "")
	j.res.TargetID, j.res.Outcome = siteID, agentv1.Outcome_OUTCOME_UPDATED
	return nil
}

func (w *writer) plainSettings(st *recordv1.Site) map[string]string {
	set := map[string]string{"blogdescription": escapeAll(st.GetTagline())}
	put := func(name, value string) {
		if value != "" {
			set[name] = value
		}
	}
	put("blogname", escapeAll(st.GetTitle()))
	put("date_format", st.GetDateFormat())
	put("time_format", st.GetTimeFormat())
	put("permalink_structure", st.GetPermalinkPattern())
	put("default_comment_status", st.GetDefaultComments())
	if st.GetTagline() == "" {
		delete(set, "blogdescription")
	}
	if st.GetLanguage() != "" {
		set["WPLANG"] = wplang(st.GetLanguage())
	}
	if st.GetTimezone() != "" {
		set["timezone_string"], set["gmt_offset"] = zoneOptions(st.GetTimezone())
	}
	if n := st.GetWeekStartPlusOne(); n > 0 {
		set["start_of_week"] = strconv.Itoa(int(n-1) % 7)
	}
	if n := st.GetPerPage(); n > 0 {
		set["posts_per_page"] = strconv.Itoa(int(n))
	}
	return set
}

// pointers sets the options that hold ids; those of records that are not written yet stay open.
func (w *writer) pointers(j *job, set map[string]string) error {
	st := j.rec.GetSite()
	refs := map[string]*recordv1.Ref{"page_on_front": st.GetFrontPage(), "page_for_posts": st.GetPostsPage(), "site_icon": st.GetIcon().GetMedia(),
		"default_category": st.GetDefaultTerm()}
	if st.GetFrontPage() == nil && st.GetPostsPage() == nil {
		set["show_on_front"], set["page_on_front"], set["page_for_posts"] = "posts", "0", "0"
	}
	for name, ref := range refs {
		if ref == nil {
			continue
		}
		id := w.target(ref)
		if id == 0 {
			j.openRef("option:"+name, ref)
			continue
		}
		if err := w.s.pointer(w.ctx, w.tx, set, name, id); err != nil {
			return err
		}
	}
	return nil
}

// fieldSettings sets the known settings among the custom fields; others are refused.
func (w *writer) fieldSettings(j *job, set map[string]string) {
	for _, f := range j.rec.GetFields() {
		name := f.GetName()
		value, code := stored(f)
		text, isText := value.(string)
		switch {
		case f.GetValue().GetRef() != nil && name == privacyPage:
			if id := w.target(f.GetValue().GetRef()); id != 0 {
				set[name] = itoa(id)
			} else {
				j.openRef("option:"+name, f.GetValue().GetRef())
			}
			continue
		case !isFieldOption(name) || !isText, name == "default_role" && !lowRole(text):
			j.adjust("fields."+name, "setting_refused", "")
			continue
		case code != "":
			j.adjust("fields."+name, code, "")
		}
		set[name] = text
	}
}

// lowRole says that new accounts may get the role without danger.
func lowRole(role string) bool {
	return role == "subscriber" || role == "contributor" || role == "customer"
}

func (w *writer) logo(j *job, theme string) error {
	ref := j.rec.GetSite().GetLogo().GetMedia()
	if ref == nil {
		return nil
	}
	id := w.target(ref)
	if id == 0 {
		j.openRef("option:custom_logo", ref)
		return nil
	}
	return w.s.setThemeMod(w.ctx, w.u, theme, "custom_logo", php.Int(id))
}
