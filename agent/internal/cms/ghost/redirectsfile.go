package ghost

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Where Ghost keeps redirects, the first that is there. (5.130, core/server/services/custom-redirects/CustomRedirectsAPI.js)
const (
	redirectsFolder = "data"
	redirectsYAML   = redirectsFolder + "/redirects.yaml"
	redirectsJSON   = redirectsFolder + "/redirects.json"
	// redirectsNext is the file before it takes its place.
	redirectsNext = redirectsFolder + "/.redirects-bailey"
	// maxRedirects bounds the file.
	maxRedirects = 16 << 20
)

// redirectRule is one line of the file. ours: a migration put it there.
type redirectRule struct {
	from, to  string
	permanent bool
	ours      bool
}

var errRedirects = errors.New("redirects.yaml or redirects.json in Ghost's folder data cannot be understood; correct it, or upload it again in Ghost's settings")

// redirectsFile is the file as it stands: people's lines keep every byte.
type redirectsFile struct {
	name, text string
	rules      []redirectRule
}

// redirectsFile reads the file; one that is not there is empty.
func (s *Site) redirectsFile() (*redirectsFile, error) {
	f := &redirectsFile{name: redirectsYAML}
	for _, name := range []string{redirectsYAML, redirectsJSON} {
		st, err := s.root.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, err
		case st.Size() > maxRedirects:
			return nil, errRedirects
		}
		raw, err := s.root.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f.name, f.text = name, string(raw)
		break
	}
	if s.foretold != nil {
		f.text = *s.foretold
	}
	rules, err := parseRedirects(f.name, f.text)
	f.rules = rules
	return f, err
}

// saveRedirects puts the file in its place whole. A dry run only remembers it.
func (s *Site) saveRedirects(f *redirectsFile) (err error) {
	if s.settings.Database.DryRun {
		s.foretold = &f.text
		return nil
	}
	if strings.TrimSpace(f.text) == "" && f.name == redirectsYAML {
		if err := s.root.Remove(f.name); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	mode := fs.FileMode(0o644)
	if st, err := s.root.Stat(f.name); err == nil {
		mode = st.Mode().Perm()
	}
	out, err := s.root.Create(redirectsNext)
	if err != nil {
		return err
	}
	_, err = out.WriteString(f.text)
	if err = errors.Join(err, out.Chmod(mode), out.Sync(), out.Close()); err != nil {
		return err
	}
	return s.root.Rename(redirectsNext, f.name)
}

// yamlMark ends the lines that a migration put there; Ghost keeps the file as it is uploaded. In JSON it is a member that Ghost keeps, too.
const yamlMark, jsonMark = " # bailey", "bailey"

// jsonRule is a redirect in JSON as Ghost writes it.
type jsonRule struct {
	From      string `json:"from"`
	To        string `json:"to"`
	Permanent bool   `json:"permanent"`
	By        string `json:"by,omitempty"`
}

// parseRedirects reads the rules in the order in which Ghost follows them; of two for one address the first is followed.
func parseRedirects(name, text string) (all []redirectRule, err error) {
	if path.Ext(name) == ".json" {
		all, err = parseJSONRedirects(text)
	} else {
		all, err = parseYAMLRedirects(text)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(r redirectRule) bool {
		twice := seen[r.from]
		seen[r.from] = true
		return twice
	}), err
}

func parseJSONRedirects(text string) (all []redirectRule, err error) {
	var rules []jsonRule
	if strings.TrimSpace(text) != "" && json.Unmarshal([]byte(text), &rules) != nil {
		return nil, errRedirects
	}
	for _, r := range rules {
		all = append(all, redirectRule{r.From, r.To, r.Permanent, r.By == jsonMark})
	}
	return all, nil
}

// parseYAMLRedirects: Ghost follows what is for a time first. A key that is there twice it refuses.
func parseYAMLRedirects(text string) (all []redirectRule, err error) {
	var doc yaml.Node
	if yaml.Unmarshal([]byte(text), &doc) != nil {
		return nil, errRedirects
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	top, err := pairsOf(doc.Content[0])
	for _, code := range []string{"302", "301"} {
		for _, p := range top {
			if p[0].Value != code || p[1].Kind != yaml.MappingNode || err != nil {
				continue
			}
			var lines [][2]*yaml.Node
			lines, err = pairsOf(p[1])
			for _, l := range lines {
				all = append(all, redirectRule{l[0].Value, l[1].Value, code == "301", " "+l[1].LineComment == yamlMark})
			}
		}
	}
	return all, err
}

func pairsOf(n *yaml.Node) (all [][2]*yaml.Node, err error) {
	if n.Kind != yaml.MappingNode {
		return nil, errRedirects
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if seen[n.Content[i].Value] {
			return nil, errRedirects
		}
		seen[n.Content[i].Value] = true
		all = append(all, [2]*yaml.Node{n.Content[i], n.Content[i+1]})
	}
	return all, nil
}

// put adds rules behind all others, and takes away those of ours from the addresses in gone.
func (f *redirectsFile) put(rules []redirectRule, gone map[string]bool) error {
	want := slices.DeleteFunc(slices.Clone(f.rules), func(r redirectRule) bool { return r.ours && gone[r.from] })
	text := f.text
	if path.Ext(f.name) == ".json" {
		text = withoutJSON(text, f.rules, gone)
		text = withJSON(text, rules)
	} else {
		text = withoutYAML(text, gone)
		for _, code := range []bool{true, false} {
			text = withYAML(text, rules, code)
		}
	}
	got, err := parseRedirects(f.name, text)
	if err != nil || !sameRules(append(want, rules...), got) {
		// What people have written there has a form that lines cannot be added to.
		return errors.Join(err, errRedirects)
	}
	f.text, f.rules = text, got
	return nil
}

// sameRules compares what is followed, in whatever order.
func sameRules(a, b []redirectRule) bool {
	less := func(x, y redirectRule) int { return strings.Compare(x.from, y.from) }
	a, b = slices.Clone(a), slices.Clone(b)
	slices.SortFunc(a, less)
	slices.SortFunc(b, less)
	return slices.Equal(a, b)
}

func quoted(text string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// A text can always be written.
	_ = enc.Encode(text)
	return strings.TrimSuffix(b.String(), "\n")
}

// withYAML adds the rules that are permanent, or those that are not, to the end of their block.
func withYAML(text string, rules []redirectRule, permanent bool) string {
	code := map[bool]string{true: "301", false: "302"}[permanent]
	rules = slices.DeleteFunc(slices.Clone(rules), func(r redirectRule) bool { return r.permanent != permanent })
	if len(rules) == 0 {
		return text
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	at, indent := blockEnd(text, code)
	added := ""
	if at < 0 {
		added, at = code+":"+yamlMark+"\n", len(text)
	}
	for _, r := range rules {
		added += indent + quoted(r.from) + ": " + quoted(r.to) + yamlMark + "\n"
	}
	return text[:at] + added + text[at:]
}

// blockEnd is where the lines below a code end, and how they are indented; -1: there are none.
func blockEnd(text, code string) (at int, indent string) {
	head := regexp.MustCompile(`^["']?` + code + `["']?\s*:\s*(#.*)?$`)
	at, indent = -1, ""
	pos := 0
	for line := range strings.Lines(text) {
		pos += len(line)
		plain := strings.TrimRight(line, "\r\n")
		body := strings.TrimLeft(plain, " ")
		switch {
		case at < 0:
			if head.MatchString(plain) {
				at = pos
			}
		case body == "" || body[0] == '#':
		case len(body) == len(plain):
			return at, or(indent, "  ")
		default:
			if at = pos; indent == "" {
				indent = plain[:len(plain)-len(body)]
			}
		}
	}
	return at, or(indent, "  ")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// withoutYAML takes lines of ours away, and a head of ours that has none left.
func withoutYAML(text string, gone map[string]bool) string {
	if len(gone) == 0 {
		return text
	}
	var kept []string
	for line := range strings.Lines(text) {
		var from string
		body := strings.TrimSpace(line)
		mine := strings.HasSuffix(body, strings.TrimSpace(yamlMark)) && json.NewDecoder(strings.NewReader(body)).Decode(&from) == nil && gone[from]
		if !mine {
			kept = append(kept, line)
		}
	}
	for i := len(kept) - 1; i >= 0; i-- {
		head := strings.TrimSpace(kept[i]) == "301:"+yamlMark || strings.TrimSpace(kept[i]) == "302:"+yamlMark
		if head && (i+1 == len(kept) || !strings.HasPrefix(kept[i+1], " ")) {
			kept = slices.Delete(kept, i, i+1)
		}
	}
	return strings.Join(kept, "")
}

func (r redirectRule) json() string {
	b := jsonRule{From: r.from, To: r.to, Permanent: r.permanent, By: jsonMark}
	return `{"from":` + quoted(b.From) + `,"to":` + quoted(b.To) + `,"permanent":` + map[bool]string{true: "true", false: "false"}[b.Permanent] + `,"by":"` + jsonMark + `"}`
}

func withJSON(text string, rules []redirectRule) string {
	if len(rules) == 0 {
		return text
	}
	text = or(strings.TrimRight(text, " \r\n"), "[]")
	head := strings.TrimSuffix(text, "]")
	for _, r := range rules {
		if strings.TrimRight(head, " \r\n\t") != "[" {
			head += ","
		}
		head += r.json()
	}
	return head + "]"
}

func withoutJSON(text string, rules []redirectRule, gone map[string]bool) string {
	for _, r := range rules {
		if r.ours && gone[r.from] {
			for _, form := range []string{"," + r.json(), r.json() + ",", r.json()} {
				if strings.Contains(text, form) {
					text = strings.Replace(text, form, "", 1)
					break
				}
			}
		}
	}
	return text
}
