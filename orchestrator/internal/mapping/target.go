package mapping

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"google.golang.org/protobuf/reflect/protoreflect"
	"gopkg.in/yaml.v3"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// bodies are what records of each kind hold.
var bodies = func() map[recordv1.Kind]protoreflect.MessageDescriptor {
	all := map[recordv1.Kind]protoreflect.MessageDescriptor{}
	fields := bodyField().Fields()
	for i := range fields.Len() {
		if k, ok := record.ParseKind(string(fields.Get(i).Name())); ok {
			all[k] = fields.Get(i).Message()
		}
	}
	return all
}()

func bodyField() protoreflect.OneofDescriptor {
	return (&recordv1.Record{}).ProtoReflect().Descriptor().Oneofs().ByName("body")
}

// bodyOf is what a record holds; the caller knows that it holds something.
func bodyOf(r *recordv1.Record) protoreflect.Message {
	m := r.ProtoReflect()
	return m.Get(m.WhichOneof(bodyField())).Message()
}

func namesOf(d protoreflect.MessageDescriptor) []string {
	var all []string
	for i := range d.Fields().Len() {
		all = append(all, string(d.Fields().Get(i).Name()))
	}
	return all
}

// customPrefix begins the path of a custom field.
const customPrefix = "fields."

// target is a place in a record that a value can be put into.
type target struct {
	path string
	// steps lead to it through messages; empty for a custom field.
	steps []protoreflect.FieldDescriptor
	// custom is the name of a custom field.
	custom string
}

// target reads a field path.
func (f *file) target(n *yaml.Node, k recordv1.Kind) *target {
	path, ok := f.words(n, "the field")
	if !ok {
		return nil
	}
	if name, custom := strings.CutPrefix(path, customPrefix); custom && name != "" {
		return &target{path: path, custom: name}
	}
	t, d := &target{path: path}, bodies[k]
	for i, name := range strings.Split(path, ".") {
		if i > 0 {
			last := t.steps[len(t.steps)-1]
			if d = last.Message(); d == nil || last.IsList() || !opens(d) {
				f.fault(n, "not_settable", fmt.Sprintf("nothing can be set below %q", last.Name()), "")
				return nil
			}
		}
		fd := d.Fields().ByName(protoreflect.Name(name))
		if fd == nil {
			f.fault(n, "unknown", fmt.Sprintf("there is no field %q in %s", name, d.Name()), suggest(name, append(namesOf(d), customPrefix+"NAME")))
			return nil
		}
		t.steps = append(t.steps, fd)
	}
	if t.last() == "" {
		f.fault(n, "not_settable", fmt.Sprintf("%q cannot be set", path), "Set a field that is a text, a number, true or false, a word, a time or a list of texts.")
		return nil
	}
	return t
}

// opens says that single fields of a message can be set. Pointers and stored passwords are whole or nothing.
func opens(d protoreflect.MessageDescriptor) bool {
	return !slices.Contains([]protoreflect.Name{"Ref", "Time", "Value", "Field", "Password"}, d.Name())
}

// last is what the target takes, in words; empty: nothing can be put there.
func (t *target) last() string {
	if t.custom != "" {
		return "any value"
	}
	fd := t.steps[len(t.steps)-1]
	switch {
	case fd.IsList() && fd.Kind() == protoreflect.StringKind:
		return "a list of texts"
	case fd.IsList():
		return ""
	}
	switch fd.Kind() {
	case protoreflect.StringKind:
		return "a text"
	case protoreflect.BoolKind:
		return "true or false"
	case protoreflect.EnumKind:
		return "a word or its number"
	case protoreflect.Int32Kind, protoreflect.Int64Kind, protoreflect.Sint32Kind, protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return "a whole number"
	case protoreflect.MessageKind:
		if fd.Message().Name() == "Time" {
			return "a timestamp"
		}
	}
	return ""
}

// takes says what a result must be, if it is not that.
func (t *target) takes(have *cel.Type) string {
	want := t.last()
	fit := map[string][]*cel.Type{
		"a list of texts": {cel.ListType(cel.StringType), cel.ListType(cel.DynType)}, "a text": {cel.StringType}, "true or false": {cel.BoolType},
		"a word or its number": {cel.StringType, cel.IntType}, "a whole number": {cel.IntType, cel.UintType}, "a timestamp": {cel.TimestampType},
	}[want]
	if t.custom != "" || have.IsExactType(cel.DynType) || have.IsExactType(cel.NullType) || have.TypeName() == "optional_type" {
		return ""
	}
	if slices.ContainsFunc(fit, have.IsExactType) {
		return ""
	}
	return want
}

var (
	errWord  = errors.New("there is no such word")
	errKind  = errors.New("it is of another type")
	errRange = errors.New("it is out of range")
)

// native is a result as a field holds it.
type native struct {
	// clear: the field is emptied.
	clear  bool
	list   []string
	scalar protoreflect.Value
}

func (t *target) native(v ref.Val) (n native, err error) {
	if v == types.NullValue {
		return native{clear: true}, nil
	}
	if t.custom != "" {
		_, err = valueOf(v, 0)
		return n, err
	}
	last := t.steps[len(t.steps)-1]
	if !last.IsList() {
		n.scalar, err = scalarOf(last, v)
		return n, err
	}
	texts, err := v.ConvertToNative(reflect.TypeFor[[]string]())
	if err != nil {
		return n, errKind
	}
	n.list = texts.([]string)
	return n, nil
}

func scalarOf(fd protoreflect.FieldDescriptor, v ref.Val) (protoreflect.Value, error) {
	var none protoreflect.Value
	switch v := v.(type) {
	case types.String:
		switch fd.Kind() {
		case protoreflect.StringKind:
			return protoreflect.ValueOfString(string(v)), nil
		case protoreflect.EnumKind:
			n, known := record.EnumNumber(fd.Enum(), string(v))
			if !known {
				return none, errWord
			}
			return protoreflect.ValueOfEnum(n), nil
		}
	case types.Bool:
		if fd.Kind() == protoreflect.BoolKind {
			return protoreflect.ValueOfBool(bool(v)), nil
		}
	case types.Int:
		return number(fd, int64(v))
	case types.Uint:
		if v > math.MaxInt64 {
			return none, errRange
		}
		return number(fd, int64(v))
	case types.Timestamp:
		if fd.Kind() == protoreflect.MessageKind {
			return protoreflect.ValueOfMessage((&recordv1.Time{Seconds: v.Unix(), Offset: offsetIn(v.Time)}).ProtoReflect()), nil
		}
	}
	return none, errKind
}

func offsetIn(at time.Time) int32 {
	_, offset := at.Zone()
	return int32(offset)
}

// number fits a whole number into a field.
func number(fd protoreflect.FieldDescriptor, n int64) (protoreflect.Value, error) {
	switch fd.Kind() {
	case protoreflect.EnumKind:
		if n < 0 || n > math.MaxInt32 || fd.Enum().Values().ByNumber(protoreflect.EnumNumber(n)) == nil {
			return protoreflect.Value{}, errWord
		}
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n)), nil
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(n), nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		if n >= math.MinInt32 && n <= math.MaxInt32 {
			return protoreflect.ValueOfInt32(int32(n)), nil
		}
		return protoreflect.Value{}, errRange
	case protoreflect.Uint32Kind:
		if n >= 0 && n <= math.MaxUint32 {
			return protoreflect.ValueOfUint32(uint32(n)), nil
		}
		return protoreflect.Value{}, errRange
	case protoreflect.Uint64Kind:
		if n >= 0 {
			return protoreflect.ValueOfUint64(uint64(n)), nil
		}
		return protoreflect.Value{}, errRange
	}
	return protoreflect.Value{}, errKind
}

// put sets a field of a record to a result, or clears it.
func (t *target) put(r *recordv1.Record, v ref.Val) error {
	now, err := t.native(v)
	if err != nil {
		return err
	}
	if t.custom != "" {
		return putCustom(r, t.custom, v)
	}
	m := bodyOf(r)
	last := len(t.steps) - 1
	for _, fd := range t.steps[:last] {
		if !m.Has(fd) && now.clear {
			return nil
		}
		m = m.Mutable(fd).Message()
	}
	switch fd := t.steps[last]; {
	case now.clear || fd.IsList() && len(now.list) == 0:
		m.Clear(fd)
	case fd.IsList():
		list := m.NewField(fd).List()
		for _, s := range now.list {
			list.Append(protoreflect.ValueOfString(s))
		}
		m.Set(fd, protoreflect.ValueOfList(list))
	default:
		m.Set(fd, now.scalar)
	}
	return nil
}
