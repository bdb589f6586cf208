package wordpress

import (
	"database/sql"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

var redirectCols = []string{"url", "match_url", "match_data", "regex", "position", "group_id", "status", "action_type", "action_code", "action_data", "match_type", "title"}

const (
	// plainMatch lets a rule match its address with and without the last slash, and with its own query alone, whatever the plugin's options say.
	plainMatch = `{"source":{"flag_query":"exact","flag_case":false,"flag_trailing":true,"flag_regex":false}}`
	// patternMatch marks a regular expression; the plugin finds all of them by this word.
	patternMatch, patternURL = `{"source":{"flag_regex":true}}`, "regex"
	// usualGroup is the plugin's own first group, ownModule its word for rules that WordPress itself follows.
	usualGroup = "Redirections"
	ownModule  = 1
)

// leadsTo are the codes with which the plugin leads on. (models/redirect/redirect-sanitizer.php)
var leadsTo = []uint32{301, 302, 303, 304, 307, 308}

// addressed lets a redirect lead to the address of its record: the plugin knows no others.
func addressed(r *recordv1.Record) *recordv1.Record {
	if r.GetRedirect().GetTo() == nil {
		return r
	}
	r = proto.CloneOf(r)
	body := r.GetRedirect()
	body.ToUrl, body.To = record.NewToken(body.GetTo(), "").String(), nil
	return r
}

func (w *writer) redirects() error {
	if err := w.findExisting(itemsTable, "id"); err != nil {
		return err
	}
	if err := w.leaveTaken(); err != nil {
		return err
	}
	var fresh []*job
	var rows [][]any
	for _, j := range w.jobs {
		if j.settled() {
			continue
		}
		values, err := w.redirectRow(j)
		if err != nil {
			return err
		}
		if !j.update {
			fresh, rows = append(fresh, j), append(rows, values)
			continue
		}
		j.done(j.id)
		if _, err := w.tx.Exec(w.ctx, w.s.sql("UPDATE {"+itemsTable+"} SET "+strings.Join(redirectCols, " = ?, ")+" = ? WHERE id = ?"), append(values, j.id)...); err != nil {
			return err
		}
	}
	ids, err := w.tx.Insert(w.ctx, w.s.prefix+itemsTable, redirectCols, rows)
	if err != nil {
		return err
	}
	for i, j := range fresh {
		j.done(ids[i])
	}
	return nil
}

// leaveTaken skips what would never be followed: of two rules for one address the plugin takes the older one.
func (w *writer) leaveTaken() error {
	var paths []string
	for _, j := range w.jobs {
		paths = append(paths, j.rec.GetRedirect().GetFromPath())
	}
	taken := map[string]int64{}
	err := cmssql.EachIn(w.ctx, w.tx, paths, func(r *sql.Rows) error {
		var path string
		var id int64
		err := r.Scan(&path, &id)
		taken[path] = id
		return err
	}, w.s.sql("SELECT url, id FROM {"+itemsTable+"} WHERE regex = 0 AND url IN "), " ORDER BY id DESC")
	for _, j := range w.jobs {
		r := j.rec.GetRedirect()
		if r.GetPattern() {
			continue
		}
		if id, there := taken[r.GetFromPath()]; there && id != j.id {
			j.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_SKIPPED, Problem: &agentv1.Problem{Code: "path_taken", Field: "from_path",
				Cause: "the target redirects this path already", Fix: "Remove its redirect, then migrate again."}}
			continue
		}
		taken[r.GetFromPath()] = -1
	}
	return err
}

func (w *writer) redirectRow(j *job) ([]any, error) {
	r, extras := j.rec.GetRedirect(), map[string]string{}
	for _, f := range j.rec.GetFields() {
		if name, ok := strings.CutPrefix(f.GetName(), redirectExtra); ok {
			extras[name] = f.GetValue().GetText()
		}
	}
	group, err := w.redirectGroup(extras["group"])
	if err != nil {
		return nil, err
	}
	match, status, regex := extras["match_data"], itemEnabled, 0
	if match == "" {
		match = plainMatch
	}
	matchURL := matchURLOf(r.GetFromPath(), match)
	if r.GetPattern() {
		matchURL, regex = patternURL, 1
		if extras["match_data"] == "" {
			match = patternMatch
		}
	}
	if r.GetDisabled() {
		status = itemStopped
	}
	action, code, data := j.redirectAction(r)
	return []any{r.GetFromPath(), matchURL, match, regex, atoi(extras["position"]), group, status, action, code, data, byAddress, nullable(extras["title"])}, nil
}

func nullable(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

// redirectAction is what the plugin does at an address.
func (j *job) redirectAction(r *recordv1.Redirect) (action string, code uint32, data sql.NullString) {
	if r.GetCode() == codeGone {
		return actionError, codeGone, sql.NullString{}
	}
	code = r.GetCode()
	if !slices.Contains(leadsTo, code) {
		if code != 0 {
			j.adjust("code", "code_not_held", "301")
		}
		code = leadsTo[0]
	}
	return actionLead, code, sql.NullString{String: r.GetToUrl(), Valid: true}
}

// redirectGroup is the group of a name; one that is missing is made.
func (w *writer) redirectGroup(name string) (int64, error) {
	if name == "" {
		name = usualGroup
	}
	if id := w.groups[name]; id != 0 {
		return id, nil
	}
	ids, err := cmssql.Column[int64](w.ctx, w.tx, w.s.sql("SELECT id FROM {"+groupsTable+"} WHERE name = ? AND status = 'enabled' ORDER BY id LIMIT 1"), name)
	if len(ids) == 0 && err == nil {
		ids, err = w.madeGroup(name)
	}
	if err != nil {
		return 0, err
	}
	w.groups[name] = ids[0]
	return ids[0], nil
}

func (w *writer) madeGroup(name string) ([]int64, error) {
	ids, err := w.tx.Insert(w.ctx, w.s.prefix+groupsTable, []string{"name", "tracking", "module_id", "status", "position"}, [][]any{{name, 1, ownModule, itemEnabled, 0}})
	if err != nil {
		return nil, err
	}
	return ids, w.u.Made(w.ctx, cms.Row{Table: groupsTable, Column: "id", Value: itoa(ids[0])})
}

// matchURLOf is the form of an address by which the plugin finds rules: its path alone, unless the order of its query counts.
// (models/url/url-match.php, url-path.php)
func matchURLOf(from, match string) string {
	path, query, asked := strings.Cut(from, "?")
	if plain, err := url.QueryUnescape(path); err == nil {
		path = plain
	}
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	path = matchKept.Replace(strings.ReplaceAll(url.QueryEscape(path), "+", "%20"))
	if path = strings.ToLower(path); path == "" {
		path = "/"
	}
	if asked && strings.Contains(match, `"exactorder"`) {
		path += "?" + query
	}
	return path
}

// matchKept are the letters that the plugin does not escape beside those that rawurlencode leaves.
var matchKept = strings.NewReplacer("%2F", "/", "%3A", ":", "%5B", "[", "%5D", "]", "%40", "@", "%2C", ",", "%28", "(", "%29", ")", "%3B", ";")
