package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// The tables of the plugin Redirection as they are since its version 4. (Redirection 5.4.2, database/schema/latest.php)
const (
	itemsTable  = "redirection_items"
	groupsTable = "redirection_groups"
	// byAddress is the match_type of rules that depend on the address alone.
	byAddress                = "url"
	actionLead, actionError  = "url", "error"
	itemEnabled, itemStopped = "enabled", "disabled"
	codeGone                 = 410
)

// redirectExtra begins the names of custom fields that hold columns for which records have no name of their own.
const redirectExtra = "_redirection_"

// redirectColumns are those columns, and what they hold when nobody has set them.
var redirectColumns = []struct{ name, unset string }{{"title", ""}, {"match_data", ""}, {"position", "0"}, {"group", ""}}

// redirections says whether the plugin's tables are there, and whether they are older than its version 4.
func (s *Site) redirections(ctx context.Context, have map[string]bool) (there, old bool, err error) {
	items := strings.ToLower(s.prefix + itemsTable)
	if !have[items] || !have[strings.ToLower(s.prefix+groupsTable)] {
		return false, false, nil
	}
	live, err := cmssql.ReadColumns(ctx, s.db, func(t string) (string, bool) { return itemsTable, strings.ToLower(t) == items })
	there = live.Has(itemsTable, "match_url", "match_data")
	return there, !there, err
}

// redirectRow is one rule; the texts of redirectColumns are in extras.
type redirectRow struct {
	id, regex, code, hits, size      int64
	url, match, action, data, status string
	extras                           [4]string
}

func (r *reader) redirects(ctx context.Context, sc scope) (*page, error) {
	p := &page{}
	size := r.s.bytes("i.url") + " + " + r.s.bytes("i.action_data")
	short := func(col string) string {
		return fmt.Sprintf("CASE WHEN %s > %d THEN '' ELSE COALESCE(%s,'') END", size, rowMax, col)
	}
	err := cmssql.Each(ctx, r.q, func(rows *sql.Rows) error {
		x := &redirectRow{}
		err := rows.Scan(&x.id, &x.regex, &x.code, &x.hits, &x.size, &x.url, &x.match, &x.action, &x.data, &x.status, &x.extras[0], &x.extras[1], &x.extras[2], &x.extras[3])
		p.bytes += x.size
		p.add(x.id, r.redirect(x))
		return err
	}, r.s.sql("SELECT i.id, i.regex, i.action_code, i.last_count, "+size+", "+short("i.url")+", COALESCE(i.match_type,''), COALESCE(i.action_type,''), "+short("i.action_data")+
		", i.status, COALESCE(i.title,''), COALESCE(i.match_data,''), i.position, COALESCE(g.name,'') FROM {"+itemsTable+"} i LEFT JOIN {"+groupsTable+"} g ON g.id = i.group_id WHERE "+
		sc.where+sc.order), sc.args...)
	return p, err
}

// redirect reads a rule that leads on whoever asks. What else the plugin does stays out, and is told.
func (r *reader) redirect(x *redirectRow) cms.Item {
	ref := r.ref(x.id)
	leads := x.action == actionLead
	switch {
	case x.size > rowMax:
		return tooLarge(ref, x.size)
	case x.match != byAddress && x.match != "":
		return unread(ref, agentv1.Outcome_OUTCOME_SKIPPED, "redirect_conditional", "the redirect depends on more than the address: on who asks, from where or with what",
			"set it up on the target by hand if it is still needed")
	case !leads && (x.action != actionError || x.code != codeGone):
		return unread(ref, agentv1.Outcome_OUTCOME_SKIPPED, "redirect_does_else", "the rule does not lead on: it answers with an error, passes the request on or leads somewhere by chance",
			"set it up on the target by hand if it is still needed")
	}
	body := &recordv1.Redirect{FromPath: x.url, Code: uint32(max(x.code, 0)), Pattern: x.regex != 0, Disabled: x.status != itemEnabled} //nolint:gosec // an HTTP status
	if leads {
		body.ToUrl = x.data
	}
	if n, err := strconv.ParseInt(x.data, 10, 64); leads && err == nil && n > 0 {
		// The address of a post, in the plugin's old words. (models/url/url-transform.php)
		body.To, body.ToUrl = record.NewRef(recordv1.Kind_KIND_ENTRY, x.data), ""
	}
	rec := &recordv1.Record{Ref: ref, Body: &recordv1.Record_Redirect{Redirect: body}}
	for i, c := range redirectColumns {
		if v := x.extras[i]; v != c.unset {
			rec.Fields = append(rec.Fields, &recordv1.Field{Name: redirectExtra + c.name, Value: php.Text(v)})
		}
	}
	if x.hits > 0 {
		note(rec, "visits_not_moved", "")
	}
	return cms.Item{Record: rec}
}
