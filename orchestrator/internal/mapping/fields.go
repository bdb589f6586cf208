package mapping

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"gopkg.in/yaml.v3"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// Codes of losses that a mapping tells.
const (
	// LossFiltered: the record is left behind, as the mapping says.
	LossFiltered = "filtered"
	// LossMerged: another record stands for it, as the mapping says.
	LossMerged = "merged_by_mapping"
	// LossDropped: a field is left behind, as the mapping says.
	LossDropped = "dropped_by_mapping"
	// LossNotConverted: the value is not of a form that can be converted; it stays as it was.
	LossNotConverted = "not_converted"
)

// fieldRules say what becomes of the custom fields of a kind.
type fieldRules struct {
	by map[string]*fieldRule
	// constants are the fields that every record gets, in the file's order.
	constants []*fieldRule
}

// fieldRule says what becomes of a custom field.
type fieldRule struct {
	name, rename string
	drop         bool
	convert      func(*recordv1.Value) (*recordv1.Value, bool)
	constant     *recordv1.Value
	// into is the field that takes it as JSON.
	into *target
}

func (f *file) customFields(m *Mapping, n *yaml.Node) {
	for k, v := range f.pairs(n, string(inFields)) {
		kind, ok := f.kind(k)
		if !ok {
			continue
		}
		rules := &fieldRules{by: map[string]*fieldRule{}}
		for name, what := range f.pairs(v, "fields of a kind") {
			r := f.fieldRule(name, what, kind)
			if r == nil {
				continue
			}
			rules.by[name.Value] = r
			if r.constant != nil {
				rules.constants = append(rules.constants, r)
			} else {
				m.named = append(m.named, named{inFields, kind, name})
			}
		}
		m.fields[kind] = rules
	}
}

// fieldRule reads what becomes of a field; nil: it stays as it is, or a mistake was told.
func (f *file) fieldRule(name, n *yaml.Node, kind recordv1.Kind) *fieldRule {
	r := &fieldRule{name: name.Value, rename: name.Value}
	if n.Kind != yaml.MappingNode {
		word, ok := f.words(n, "what becomes of the field")
		if ok && word != wordKeep && word != wordDrop {
			f.unknown(n, "word for what becomes of a field:", []string{wordKeep, wordDrop})
		}
		r.drop = word == wordDrop
		return r
	}
	all, ok := f.rule(n, "a field", nil, []string{"rename", "convert", "constant", "into"})
	if !ok {
		return nil
	}
	if v := all["rename"]; v != nil {
		r.rename, _ = f.words(v, "the new name")
	}
	if v := all["convert"]; v != nil && f.scalar(v, "the type") {
		if r.convert = conversions[v.Value]; r.convert == nil {
			f.unknown(v, "type to convert to:", slices.Collect(maps.Keys(conversions)))
		}
	}
	if v := all["constant"]; v != nil && f.scalar(v, "the constant") {
		r.constant, _ = valueOf(literal(v), 0)
	}
	if v := all["into"]; v != nil {
		if r.into = f.target(v, kind); r.into != nil && (r.into.custom != "" || r.into.last() != "a text") {
			f.fault(v, "not_settable", "a field goes into a text only", "For example code_injection.head.")
		}
	}
	return r
}

// apply changes the custom fields of a record.
func (rules *fieldRules) apply(r *recordv1.Record, lose func(code, field string)) {
	if rules == nil {
		return
	}
	var homes []home
	for _, c := range rules.constants {
		if !slices.ContainsFunc(r.Fields, func(f *recordv1.Field) bool { return f.GetName() == c.name }) {
			r.Fields = append(r.Fields, &recordv1.Field{Name: c.name})
		}
	}
	r.Fields = slices.DeleteFunc(r.Fields, func(f *recordv1.Field) bool {
		rule := rules.by[f.GetName()]
		switch {
		case rule == nil:
			return false
		case rule.drop:
			lose(LossDropped, customPrefix+f.GetName())
			return true
		}
		rule.change(f, lose)
		if rule.into != nil {
			homes = moveInto(homes, rule.into, f)
		}
		return rule.into != nil
	})
	for _, h := range homes {
		h.write(r)
	}
}

func (rule *fieldRule) change(f *recordv1.Field, lose func(code, field string)) {
	now := rule.constant
	if rule.convert != nil && now == nil {
		ok := false
		if now, ok = rule.convert(f.GetValue()); !ok {
			lose(LossNotConverted, customPrefix+f.GetName())
			now = nil
		}
	}
	if now != nil {
		setValue(f, now)
	}
	f.Name = rule.rename
}

// setValue gives a field another value, which then is no longer stored as it was.
func setValue(f *recordv1.Field, v *recordv1.Value) {
	f.Value, f.Raw = v, nil
	switch {
	case v.GetArray() == nil:
		f.Encoding = ""
	case f.Encoding == "":
		f.Encoding = "json"
	}
}

// putCustom sets a custom field to the result of an expression; null takes it away.
func putCustom(r *recordv1.Record, name string, v ref.Val) error {
	if v == types.NullValue {
		r.Fields = slices.DeleteFunc(r.Fields, func(f *recordv1.Field) bool { return f.GetName() == name })
		return nil
	}
	now, err := valueOf(v, 0)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.Fields, func(f *recordv1.Field) bool { return f.GetName() == name })
	if i < 0 {
		i = len(r.Fields)
		r.Fields = append(r.Fields, &recordv1.Field{Name: name})
	}
	setValue(r.Fields[i], now)
	return nil
}

// home is a text that takes custom fields as JSON.
type home struct {
	to   *target
	json []byte
}

func moveInto(homes []home, to *target, f *recordv1.Field) []home {
	i := slices.IndexFunc(homes, func(h home) bool { return h.to.path == to.path })
	if i < 0 {
		i = len(homes)
		homes = append(homes, home{to: to, json: []byte("{")})
	}
	h := &homes[i]
	if len(h.json) > 1 {
		h.json = append(h.json, ',')
	}
	h.json = appendJSON(append(appendText(h.json, f.GetName()), ':'), f.GetValue())
	return homes
}

// write puts the fields behind what the text holds: as data of the page where it is code of one, which no visitor sees.
func (h home) write(r *recordv1.Record) {
	text := string(h.json) + "}"
	if strings.HasPrefix(h.to.path, "code_injection.") {
		text = `<script type="application/json" class="bailey-fields">` + text + `</script>`
	}
	if before := h.to.read(r); before != "" {
		text = before + "\n" + text
	}
	// The target is a text, as was checked when the file was read.
	_ = h.to.put(r, types.String(text))
}

// read is the text of a target.
func (t *target) read(r *recordv1.Record) string {
	m := bodyOf(r)
	for _, fd := range t.steps[:len(t.steps)-1] {
		m = m.Get(fd).Message()
	}
	return m.Get(t.steps[len(t.steps)-1]).String()
}

// conversions make other values of the values of fields; ok is false for a value that is no such thing.
var conversions = map[string]func(*recordv1.Value) (_ *recordv1.Value, ok bool){
	"text":  func(v *recordv1.Value) (*recordv1.Value, bool) { return textValue(asText(v)), true },
	"int":   toInt,
	"float": toFloat,
	"bool":  toBool,
	"list":  toList,
	"date":  toDate,
	"json": func(v *recordv1.Value) (*recordv1.Value, bool) {
		now, err := parseJSON(asText(v))
		return now, err == nil
	},
}

// asText is a value as a text: what is structured as JSON.
func asText(v *recordv1.Value) string {
	switch k := v.GetKind().(type) {
	case nil:
		return ""
	case *recordv1.Value_Text:
		return k.Text
	case *recordv1.Value_FloatValue:
		return k.FloatValue
	case *recordv1.Value_Data:
		return strings.ToValidUTF8(string(k.Data), "\uFFFD")
	case *recordv1.Value_Ref:
		return k.Ref.GetSourceId()
	}
	return string(appendJSON(nil, v))
}

func toInt(v *recordv1.Value) (*recordv1.Value, bool) {
	if _, is := v.GetKind().(*recordv1.Value_BoolValue); is {
		return intValue(map[bool]int64{true: 1}[v.GetBoolValue()]), true
	}
	s := strings.TrimSpace(asText(v))
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return intValue(n), true
	}
	// "12.00" is a whole number too.
	if f, err := strconv.ParseFloat(s, 64); err == nil && f == float64(int64(f)) && f > -1e15 && f < 1e15 {
		return intValue(int64(f)), true
	}
	return nil, false
}

func toFloat(v *recordv1.Value) (*recordv1.Value, bool) {
	s := strings.TrimSpace(asText(v))
	if _, err := strconv.ParseFloat(s, 64); err != nil {
		return nil, false
	}
	return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: s}}, true
}

func toBool(v *recordv1.Value) (*recordv1.Value, bool) {
	switch strings.ToLower(strings.TrimSpace(asText(v))) {
	case "1", "true", "yes", "on":
		return boolValue(true), true
	case "0", "false", "no", "off", "":
		return boolValue(false), true
	}
	return nil, false
}

// toList divides a text at commas; what is a list already stays one.
func toList(v *recordv1.Value) (*recordv1.Value, bool) {
	if v.GetArray() != nil {
		return v, v.GetArray().GetList()
	}
	a := &recordv1.Array{List: true}
	for part := range strings.SplitSeq(asText(v), ",") {
		if part = strings.TrimSpace(part); part != "" {
			a.Pairs = append(a.Pairs, &recordv1.Pair{Key: intValue(int64(len(a.Pairs))), Value: textValue(part)})
		}
	}
	return arrayValue(a), true
}

// dates are the forms in which platforms and their plug-ins keep dates, with the form they are given.
var dates = [][2]string{
	{"2006-01-02", "2006-01-02"}, {"20060102", "2006-01-02"}, {"2006/01/02", "2006-01-02"},
	{"2006-01-02 15:04:05", "2006-01-02T15:04:05"}, {"2006-01-02T15:04:05", "2006-01-02T15:04:05"}, {"2006-01-02 15:04", "2006-01-02T15:04:05"},
	{time.RFC3339, time.RFC3339},
}

// toDate writes a date, or seconds since 1970, as ISO 8601 has it.
func toDate(v *recordv1.Value) (*recordv1.Value, bool) {
	s := strings.TrimSpace(asText(v))
	for _, form := range dates {
		if at, err := time.Parse(form[0], s); err == nil {
			return textValue(at.Format(form[1])), true
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < -62135596800 || n > 253402300799 {
		return nil, false
	}
	return textValue(time.Unix(n, 0).UTC().Format(time.RFC3339)), true
}

// lossOf adds to losses, once per code and field.
func lossOf(all []transform.Loss, code, field string) []transform.Loss {
	for i := range all {
		if all[i].Code == code && all[i].Field == field {
			all[i].Count++
			return all
		}
	}
	return append(all, transform.Loss{Code: code, Field: field, Count: 1})
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
