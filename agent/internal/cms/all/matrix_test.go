package all

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

var update = flag.Bool("update", false, "write the matrix into the README anew")

// The README, and what the last run of all pairs has shown (make accept).
const (
	readme  = "../../../../README.md"
	results = "../../../../deploy/docs/pairs.json"
)

// Between these lines of the README stands what is made here.
const (
	begin = "<!-- made by make matrix, from what drivers declare and acceptance tests have shown -->\n"
	end   = "<!-- end of what make matrix makes -->\n"
)

// TestMatrix: the README promises what drivers declare and what a test has shown, and nothing else.
func TestMatrix(t *testing.T) {
	current(t, readme, begin, kindMatrix()+"\n"+pairMatrix(t), end)
}

// current checks what stands in a file between two lines, or writes it there.
func current(t *testing.T, file, begin, made, end string) {
	t.Helper()
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(have), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s lacks the lines that this stands between: %s%s", file, begin, end)
	}
	want := before + begin + made + end + after
	switch {
	case want == string(have):
	case *update:
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what drivers declare and tests have shown: run make matrix", file)
	}
}

// kindMatrix says of each kind what each platform's driver declares.
func kindMatrix() string {
	drivers := Drivers()
	rows := [][]string{{"kind"}, {"---"}}
	for _, d := range drivers {
		rows[0], rows[1] = append(rows[0], d.Describe().Title), append(rows[1], "---")
	}
	for k := range recordv1.Kind_name {
		rows = append(rows, kindRow(drivers, recordv1.Kind(k)))
	}
	rows = slices.DeleteFunc(rows, func(r []string) bool { return r == nil })
	slices.SortStableFunc(rows[2:], func(a, b []string) int { return order(a[0]) - order(b[0]) })
	return table(rows) + "\n" + reasons(drivers)
}

// reasons are why drivers do not read or write kinds, those of one reason together.
func reasons(drivers []cms.Driver) string {
	var b strings.Builder
	for _, d := range drivers {
		desc := d.Describe()
		kinds := map[string][]string{}
		var order []string
		for _, k := range desc.Kinds {
			why := k.GetReason()
			if why != "" && kinds[why] == nil {
				order = append(order, why)
			}
			kinds[why] = append(kinds[why], record.KindName(k.GetKind()))
		}
		for _, why := range order {
			fmt.Fprintf(&b, "- %s, %s: %s.\n", desc.Title, strings.Join(kinds[why], ", "), why)
		}
	}
	return b.String()
}

func order(name string) int {
	k, _ := record.ParseKind(name)
	return int(k)
}

func kindRow(drivers []cms.Driver, k recordv1.Kind) []string {
	row, some := []string{record.KindName(k)}, false
	for _, d := range drivers {
		word := "no"
		for _, info := range d.Describe().Kinds {
			if info.GetKind() == k {
				word = does(info)
			}
		}
		some = some || word != "no"
		row = append(row, word)
	}
	if !some {
		return nil
	}
	return row
}

func does(k *agentv1.KindInfo) string {
	switch {
	case k.GetReadable() && k.GetWritable():
		return "read, written"
	case k.GetReadable():
		return "read"
	case k.GetWritable():
		return "written"
	}
	return "no"
}

type site struct{ Fixture, Platform, Version string }

type pair struct {
	Source, Target site
	OK, Back       bool
	Listed, Moved  int
}

// pairMatrix says of each pair how many records of how many arrived when it was last tried.
func pairMatrix(t *testing.T) string {
	raw, err := os.ReadFile(results)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []pair
	if err := json.Unmarshal(raw, &pairs); err != nil {
		t.Fatalf("%s: %v", results, err)
	}
	titles := map[string]string{}
	for _, d := range Drivers() {
		titles[d.Describe().Platform] = d.Describe().Title
	}
	name := func(s site) string {
		if titles[s.Platform] == "" {
			t.Errorf("%s names the platform %q, which no driver has", results, s.Platform)
		}
		return strings.TrimSpace(titles[s.Platform] + " " + s.Version)
	}
	head, rule := []string{"from \\ to"}, []string{"---"}
	var rows [][]string
	for _, p := range pairs {
		if len(rows) == 0 || rows[len(rows)-1][0] != name(p.Source) {
			rows = append(rows, []string{name(p.Source)})
		}
		if len(rows) == 1 {
			head, rule = append(head, name(p.Target)), append(rule, "---")
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], p.cell())
	}
	return table(append([][]string{head, rule}, rows...))
}

func (p pair) cell() string {
	switch {
	case !p.OK:
		return "no test has shown it"
	case p.Back:
		return fmt.Sprintf("%d of %d ⇄", p.Moved, p.Listed)
	}
	return fmt.Sprintf("%d of %d", p.Moved, p.Listed)
}

func table(rows [][]string) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString("| " + strings.Join(r, " | ") + " |\n")
	}
	return b.String()
}
