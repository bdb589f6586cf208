package ghost

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/streams"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Probe looks at the whole site.
func (s *Site) Probe(ctx context.Context, opt cms.Options) (*cms.Facts, error) {
	f := &cms.Facts{Logins: logins[0].Schemes, BaseURL: s.baseURL(), OtherURL: []string{ghostURL}, Counts: map[cms.Kind]uint64{}, Types: map[cms.Kind][]*agentv1.TypeCount{}}
	for _, look := range []func(context.Context, *cms.Facts) error{s.lookVersion, s.lookSettings, s.lookFiles, s.lookOther} {
		if err := look(ctx, f); err != nil {
			return nil, err
		}
	}
	if opt.Brief {
		return f, nil
	}
	for _, kind := range record.Kinds {
		types, err := s.types(ctx, kind, opt)
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", record.KindName(kind), err)
		}
		f.Types[kind] = types
		for _, t := range types {
			f.Counts[kind] += t.GetCount()
		}
	}
	return f, nil
}

func (s *Site) lookVersion(ctx context.Context, f *cms.Facts) error {
	var err error
	if f.Database, err = s.db.Product(ctx); err != nil {
		return err
	}
	if f.Version = s.settings.Version; f.Version == "" && s.schema.Has("migrations", "currentVersion") {
		if f.Version, err = s.newestMigration(ctx); err != nil {
			return err
		}
	}
	if major, _, _ := strings.Cut(f.Version, "."); major != "5" {
		f.Findings = append(f.Findings, &agentv1.Finding{Code: "version_untested", Severity: agentv1.Severity_SEVERITY_WARNING,
			Cause: "this Ghost is not of version 5, the one that the driver is tested with", Fix: "Look through the result with care, or update Ghost to 5 first."})
	}
	return nil
}

func (s *Site) newestMigration(ctx context.Context) (string, error) {
	rows, err := cmssql.Rows(ctx, s.db, "SELECT DISTINCT `currentVersion` AS `v` FROM `migrations`")
	if err != nil {
		return "", fmt.Errorf("read migrations: %w", err)
	}
	newest := ""
	for _, r := range rows {
		if versionLess(newest, r.Text("v")) {
			newest = r.Text("v")
		}
	}
	return newest, nil
}

// versionLess compares by number: 5.9 before 5.130.
func versionLess(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(x) && i < len(y); i++ {
		m, _ := strconv.Atoi(x[i]) // a part that is no number counts as 0
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y) || a == "" && b != ""
}

// defaultRoutes is the hash of routes.yaml as Ghost ships it.
const defaultRoutes = "3d180d52c663d173a6be791ef411ed01"

func (s *Site) lookSettings(ctx context.Context, f *cms.Facts) error {
	have, err := s.readSettings(ctx, s.db, []string{"locale", "site_uuid", "db_hash", "routes_hash"})
	if err != nil {
		return err
	}
	f.Locales = []string{have["locale"]}
	if have["locale"] == "" {
		f.Locales[0] = "en"
	}
	// Copies of a database share their ids; the address tells them apart.
	f.Identity = []string{"ghost", have["site_uuid"], have["db_hash"]}
	if h := have["routes_hash"]; h != "" && h != defaultRoutes {
		f.Findings = append(f.Findings, &agentv1.Finding{Code: "custom_routes", Severity: agentv1.Severity_SEVERITY_WARNING,
			Cause: "routes.yaml was changed, so addresses may differ from Ghost's usual ones", Fix: "Check internal links after the migration, or go back to the usual routes before it."})
	}
	if f.BaseURL == "" {
		f.Findings = append(f.Findings, &agentv1.Finding{Code: "base_url_unknown", Severity: agentv1.Severity_SEVERITY_WARNING,
			Cause: "Ghost keeps its address in a file, not in the database", Fix: "Start the agent with --base-url or with --site."})
	}
	return nil
}

func (s *Site) lookFiles(_ context.Context, f *cms.Facts) error {
	if s.root != nil {
		if _, err := s.root.Stat("images"); err == nil {
			return nil
		}
	}
	f.Findings = append(f.Findings, &agentv1.Finding{Code: "files_out_of_reach", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kindMedia,
		Cause: "the content folder is not known, or holds no folder images, so no files are moved", Fix: "Start the agent with --site, or with --files and the path of Ghost's content folder."})
	return nil
}

// notMoved are tables whose content stays behind.
var notMoved = []struct{ table, where, code, cause, fix string }{
	{"snippets", "", "snippets_not_moved", "snippets of the editor", "Save them again on the target."},
	{"products", "`type` = 'paid'", "tiers_not_moved", "paid tiers", "Make tiers of the same names on the target first; posts and members then find them."},
	{"members_stripe_customers_subscriptions", "", "subscriptions_not_moved", "subscriptions at Stripe", "Connect Stripe on the target and import the subscriptions there."},
	{"comment_likes", "", "likes_not_moved", "likes of comments", "Nothing to do."},
	{"emails", "", "emails_not_moved", "mails that were sent, with their statistics", "Nothing to do."},
	{"offers", "", "offers_not_moved", "offers", "Make them again on the target."},
	{"recommendations", "", "recommendations_not_moved", "recommendations", "Make them again on the target."},
	{"integrations", "`type` = 'custom'", "integrations_not_moved", "integrations with their keys", "Make them again on the target."},
	{"collections", "`slug` NOT IN ('latest','featured')", "collections_not_moved", "collections of posts", "Make them again on the target."},
	{"newsletters", "`slug` <> 'default-newsletter'", "newsletter_settings_not_moved", "senders, texts and looks of newsletters", "Set them on the target, where newsletters are made by their names."},
	{"webhooks", "", "webhooks_not_moved", "webhooks", "Make them again on the target."},
	{"mentions", "", "mentions_not_moved", "mentions by other sites", "Nothing to do."},
	{"donation_payment_events", "", "donations_not_moved", "donations", "Stripe keeps the payments."},
	{"members_feedback", "", "feedback_not_moved", "opinions of members on posts", "Nothing to do."},
	{"suppressions", "", "suppressions_not_moved", "addresses that mails are not sent to any more", "The mail provider keeps its own list."},
	{"invites", "", "invites_not_moved", "invitations of staff", "Send them again from the target."},
}

func (s *Site) lookOther(ctx context.Context, f *cms.Facts) error {
	for _, t := range notMoved {
		if !s.schema.Has(t.table) {
			continue
		}
		n, err := streams.Stream{Table: "`" + t.table + "`", Where: t.where}.Count(ctx, s.db)
		if err != nil {
			return fmt.Errorf("count %s: %w", t.table, err)
		}
		if n > 0 {
			f.Findings = append(f.Findings, &agentv1.Finding{Code: t.code, Severity: agentv1.Severity_SEVERITY_INFO, Count: uint64(n),
				Cause: t.cause + " are not moved", Fix: t.fix})
		}
	}
	return nil
}

// typeQueries count the rows of tables by what a record calls their type.
var typeQueries = map[string]string{
	"posts":               "SELECT `type` AS `t`, COUNT(*) AS `n` FROM `posts` GROUP BY `type`",
	"post_revisions":      "SELECT 'revision' AS `t`, COUNT(*) AS `n` FROM `post_revisions`",
	"mobiledoc_revisions": "SELECT 'revision' AS `t`, COUNT(*) AS `n` FROM `mobiledoc_revisions`",
	"tags":                "SELECT 'tag' AS `t`, COUNT(*) AS `n` FROM `tags`",
	"members":             "SELECT 'member' AS `t`, COUNT(*) AS `n` FROM `members`",
	"comments":            "SELECT `status` AS `t`, COUNT(*) AS `n` FROM `comments` GROUP BY `status`",
	"users": "SELECT COALESCE(x.`name`, '') AS `t`, COUNT(*) AS `n` FROM `users` u LEFT JOIN (SELECT ru.`user_id`, MIN(r.`name`) AS `name` FROM `roles_users` ru " +
		"JOIN `roles` r ON r.`id` = ru.`role_id` GROUP BY ru.`user_id`) x ON x.`user_id` = u.`id` GROUP BY COALESCE(x.`name`, '')",
}

// types counts a kind by type; the sum is exactly what Read yields.
func (s *Site) types(ctx context.Context, kind cms.Kind, opt cms.Options) ([]*agentv1.TypeCount, error) {
	sums := map[string]uint64{}
	for _, st := range s.streams(s.db, kind, opt) {
		if st.Table == "" {
			n, err := s.countOther(ctx, st, sums)
			if err != nil || n == 0 {
				return nil, err
			}
			continue
		}
		rows, err := cmssql.Rows(ctx, s.db, typeQueries[st.Name])
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			name := r.Text("t")
			if st.Name == "users" {
				name = roleWord(name)
			}
			sums[name] += uint64(r.Number("n"))
		}
	}
	return typeCounts(sums), nil
}

func (s *Site) countOther(ctx context.Context, st streams.Stream, sums map[string]uint64) (int, error) {
	if st.Name == imagesStream {
		n := 0
		for p, err := range s.images(ctx, "") {
			if err != nil {
				return 0, err
			}
			major, _, _ := strings.Cut(uploads.MIME(p), "/")
			sums[major]++
			n++
		}
		return n, nil
	}
	n, err := st.Count(ctx, s.db)
	sums[map[bool]string{true: siteID, false: "navigation"}[st.Name == siteID]] += uint64(n)
	return n, err
}

func typeCounts(sums map[string]uint64) []*agentv1.TypeCount {
	var all []*agentv1.TypeCount
	for name, n := range sums {
		if n > 0 {
			all = append(all, &agentv1.TypeCount{Type: name, Count: n})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].GetType() < all[j].GetType() })
	return all
}
