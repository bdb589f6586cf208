package mapping

import (
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxFile is the longest mapping file taken, in bytes.
const maxFile = 4 << 20

// breaks end a line in YAML.
const breaks = "\n\r\u0085\u2028\u2029"

// file is a mapping file on its way to a Mapping.
type file struct {
	name   string
	text   []rune
	lines  []int
	faults Faults
}

// open reads the YAML of a file; its nodes know their places.
func open(name string, text []byte) (*file, *yaml.Node) {
	f := &file{name: name}
	if len(text) > maxFile {
		f.add(1, 1, "too_long", fmt.Sprintf("the file is longer than %d MiB", maxFile>>20), "Leave out what stays as it is.")
		return f, nil
	}
	f.text = []rune(string(text))
	f.lines = []int{0}
	for i, c := range f.text {
		if strings.ContainsRune(breaks, c) && (c != '\r' || i+1 == len(f.text) || f.text[i+1] != '\n') {
			f.lines = append(f.lines, i+1)
		}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		line, cause := yamlPlace(err)
		f.add(line, 1, "not_yaml", cause, "Look at the indentation, and put quotes around texts with a colon or a #.")
		return f, nil
	}
	if len(doc.Content) == 0 {
		f.add(1, 1, "empty", "the file holds nothing", "Let bailey map init write one.")
		return f, nil
	}
	return f, doc.Content[0]
}

// yamlPlace takes the line out of what the YAML library says: it tells it in its text only.
func yamlPlace(err error) (line int, cause string) {
	cause = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(cause, "line "); ok {
		if number, what, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				return n, what
			}
		}
	}
	return 1, cause
}

// pairs yields keys and values of a mapping whose keys are texts, each once.
func (f *file) pairs(n *yaml.Node, what string) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		if isNull(n) {
			return
		}
		if n.Kind != yaml.MappingNode {
			f.fault(n, "wrong_shape", what+" must be a table of names and values", "Write one \"name: value\" per line, indented.")
			return
		}
		seen := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			if !f.scalar(k, "a name") {
				continue
			}
			if line, twice := seen[k.Value]; twice {
				f.fault(k, "repeated", fmt.Sprintf("%q stands here a second time", k.Value), fmt.Sprintf("It stands in line %d already.", line))
				continue
			}
			seen[k.Value] = k.Line
			if !yield(k, v) {
				return
			}
		}
	}
}

// items yields the elements of a list.
func (f *file) items(n *yaml.Node, what string) func(yield func(*yaml.Node) bool) {
	return func(yield func(*yaml.Node) bool) {
		if isNull(n) {
			return
		}
		if n.Kind != yaml.SequenceNode {
			f.fault(n, "wrong_shape", what+" must be a list", "Begin each element with \"- \".")
			return
		}
		for _, one := range n.Content {
			if !yield(one) {
				return
			}
		}
	}
}

// scalar says that a node is a single value, and tells it if it is not.
func (f *file) scalar(n *yaml.Node, what string) bool {
	if n.Kind == yaml.ScalarNode {
		return true
	}
	f.fault(n, "wrong_shape", what+" must be a single value", "")
	return false
}

// words is a value that must not be empty.
func (f *file) words(n *yaml.Node, what string) (string, bool) {
	if !f.scalar(n, what) {
		return "", false
	}
	if n.Value == "" || isNull(n) {
		f.fault(n, "missing", what+" is empty", "")
		return "", false
	}
	return n.Value, true
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// canonical is the content of a node without comments, order of names and the way it is written. The file has been read without a
// fault before, so it is as deep as the rules allow.
func canonical(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		all := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			all[n.Content[i].Value] = canonical(n.Content[i+1])
		}
		return all
	case yaml.SequenceNode:
		all := make([]any, len(n.Content))
		for i, one := range n.Content {
			all[i] = canonical(one)
		}
		return all
	}
	return []string{n.Tag, n.Value}
}
