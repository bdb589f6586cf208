package record

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// anyValue in a rule's value matches every value that is set; in its becomes it keeps the value.
const anyValue = "*"

// rules applies value rules; false: the record is not to be written.
func (f *fitter) rules(nodes []*node, m protoreflect.Message) bool {
	for _, n := range nodes {
		if n.ruled && !f.rule(n, m) {
			return false
		}
	}
	return true
}

func (f *fitter) rule(n *node, m protoreflect.Message) bool {
	switch {
	case n.kids != nil:
		keep := true
		if m.Has(n.f.fd) {
			n.f.each(m, func(sub protoreflect.Message) { keep = keep && f.rules(n.kids, sub) })
		}
		return keep
	case n.f.list && n.f.kind == protoreflect.StringKind:
		return f.ruleList(n, m)
	case !n.f.list:
		return f.ruleScalar(n, m)
	}
	return true
}

func (f *fitter) ruleScalar(n *node, m protoreflect.Message) bool {
	old, ok := valueName(n.f, m.Get(n.f.fd))
	if !ok {
		return true
	}
	now, keep := f.apply(n, old, m.Has(n.f.fd))
	if now != old {
		setNamed(n.f, m, now)
	}
	return keep
}

// ruleList applies rules to each string; what becomes equal to an earlier one, or empty, is left out.
func (f *fitter) ruleList(n *node, m protoreflect.Message) bool {
	list := m.Get(n.f.fd).List()
	var out []string
	for i := range list.Len() {
		now, keep := f.apply(n, list.Get(i).String(), true)
		if !keep {
			return false
		}
		if now != "" && !slices.Contains(out, now) {
			out = append(out, now)
		}
	}
	if list.Len() == 0 {
		return true
	}
	list = m.Mutable(n.f.fd).List()
	list.Truncate(len(out))
	for i, s := range out {
		list.Set(i, protoreflect.ValueOfString(s))
	}
	return true
}

// apply finds the first rule for a value and says what the value becomes.
func (f *fitter) apply(n *node, value string, set bool) (now string, keep bool) {
	for _, r := range n.rules {
		if r.GetValue() != value && (r.GetValue() != anyValue || !set) {
			continue
		}
		now = value
		if r.GetBecomes() != anyValue && !r.GetSkip() {
			now = r.GetBecomes()
		}
		if r.GetLoss() != "" && (now != value || r.GetSkip()) {
			f.add(r.GetLoss(), n.path)
		}
		return now, !r.GetSkip()
	}
	return value, true
}

// valueName is a value as rules name it; ok is false for what rules cannot name.
func valueName(f *field, v protoreflect.Value) (name string, ok bool) {
	switch f.kind {
	case protoreflect.StringKind:
		return v.String(), true
	case protoreflect.BoolKind:
		return strconv.FormatBool(v.Bool()), true
	case protoreflect.EnumKind:
		return EnumName(f.fd.Enum(), v.Enum()), true
	}
	return "", false
}

func setNamed(f *field, m protoreflect.Message, name string) {
	switch f.kind {
	case protoreflect.StringKind:
		m.Set(f.fd, protoreflect.ValueOfString(name))
	case protoreflect.BoolKind:
		m.Set(f.fd, protoreflect.ValueOfBool(name == "true"))
	case protoreflect.EnumKind:
		n, _ := EnumNumber(f.fd.Enum(), name)
		m.Set(f.fd, protoreflect.ValueOfEnum(n))
	}
}

// EnumName is a value's lower-case name without the prefix that all names of the enum share: "trashed".
func EnumName(d protoreflect.EnumDescriptor, n protoreflect.EnumNumber) string {
	v := d.Values().ByNumber(n)
	if v == nil {
		return strconv.Itoa(int(n))
	}
	return strings.ToLower(strings.TrimPrefix(string(v.Name()), enumPrefix(d)))
}

// EnumNumber is the inverse; known is false, and the number that of unspecified, for a name that the enum does not have.
func EnumNumber(d protoreflect.EnumDescriptor, name string) (n protoreflect.EnumNumber, known bool) {
	if v := d.Values().ByName(protoreflect.Name(enumPrefix(d) + strings.ToUpper(name))); v != nil {
		return v.Number(), true
	}
	return 0, false
}

// enumPrefix is what the name of the zero value has before UNSPECIFIED; buf's STANDARD rules make all names share it.
func enumPrefix(d protoreflect.EnumDescriptor) string {
	return strings.TrimSuffix(string(d.Values().ByNumber(0).Name()), "UNSPECIFIED")
}
