package mapping

import (
	"fmt"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"gopkg.in/yaml.v3"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Bounds of an expression: its length in characters, and what one evaluation may cost. A step of a loop costs about 5, ten
// characters that are looked at cost 1.
const (
	maxExpression = 8 << 10
	maxCost       = 1_000_000
)

// Variables of every expression beside the one named after the kind.
const (
	varRecord = "record"
	varFields = "fields"
)

// expression is a compiled CEL expression; safe for use by several goroutines.
type expression struct {
	program cel.Program
	kind    recordv1.Kind
	// fields: it looks at custom fields.
	fields bool
	where  string
}

var base = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(append(texts(), cel.Types(&recordv1.Record{}), cel.Container("bailey.record.v1"), cel.OptionalTypes(),
		cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(100),
		cel.Variable(varRecord, cel.ObjectType("bailey.record.v1.Record")), cel.Variable(varFields, cel.MapType(cel.StringType, cel.DynType)))...)
})

// envs are the environments by kind: the record's body is there under the kind's name.
var envs sync.Map

func envOf(k recordv1.Kind) (*cel.Env, error) {
	if e, ok := envs.Load(k); ok {
		return e.(*cel.Env), nil
	}
	b, err := base()
	if err != nil {
		return nil, err
	}
	e, err := b.Extend(cel.Variable(record.KindName(k), cel.ObjectType(string(bodies[k].FullName()))))
	if err == nil {
		envs.Store(k, e)
	}
	return e, err
}

// compile makes an expression of a node, and tells what is wrong with it at its place. takes says which types of a result do.
func (f *file) compile(n *yaml.Node, k recordv1.Kind, what string, takes func(*cel.Type) string) *expression {
	if _, ok := f.words(n, what); !ok {
		return nil
	}
	env, err := envOf(k)
	if err != nil {
		f.fault(n, "expression", "CEL cannot be set up", "")
		return nil
	}
	ast, issues := env.Compile(n.Value)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			line, col := f.place(n, e.Location.Line(), e.Location.Column())
			f.add(line, col, "expression", cause(e.Message), hint(e.Message, k))
		}
		return nil
	}
	if want := takes(ast.OutputType()); want != "" {
		f.fault(n, "expression_type", fmt.Sprintf("%s is %s, and must be %s", what, ast.OutputType(), want), "")
		return nil
	}
	p, err := env.Program(ast, cel.CostLimit(maxCost), cel.CostTracking(costs{}))
	if err != nil {
		f.fault(n, "expression", cause(err.Error()), "")
		return nil
	}
	e := &expression{program: p, kind: k, where: fmt.Sprintf("%s:%d:%d", f.name, n.Line, n.Column)}
	for _, r := range ast.NativeRep().ReferenceMap() {
		e.fields = e.fields || r.Name == varFields
	}
	return e
}

// cause is a message of CEL on one line.
func cause(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if c := []rune(message); len(c) > 300 {
		return string(c[:300]) + "…"
	}
	return message
}

// hint names what was probably meant.
func hint(message string, k recordv1.Kind) string {
	if name, ok := quoted(message, "undeclared reference to '"); ok {
		return suggest(name, []string{varRecord, varFields, record.KindName(k)})
	}
	if name, ok := quoted(message, "undefined field '"); ok {
		return suggest(name, namesOf(bodies[k]))
	}
	return ""
}

func quoted(message, before string) (string, bool) {
	_, rest, ok := strings.Cut(message, before)
	name, _, closed := strings.Cut(rest, "'")
	return name, ok && closed
}

// eval computes an expression over a record; no side effects, and no longer than maxCost.
func (e *expression) eval(r *recordv1.Record) (ref.Val, error) {
	vars := map[string]any{varRecord: r, record.KindName(e.kind): bodyOf(r).Interface()}
	if e.fields {
		vars[varFields] = customFields(r)
	}
	v, _, err := e.program.Eval(vars)
	if err != nil {
		return nil, err
	}
	if opt, ok := v.(*types.Optional); ok {
		if !opt.HasValue() {
			return types.NullValue, nil
		}
		v = opt.GetValue()
	}
	return v, nil
}

// holds says whether a condition is true.
func (e *expression) holds(r *recordv1.Record) (bool, error) {
	v, err := e.eval(r)
	if err != nil {
		return false, err
	}
	b, ok := v.(types.Bool)
	if !ok {
		return false, fmt.Errorf("not true or false but %s", v.Type().TypeName())
	}
	return bool(b), nil
}

// condition takes what is true or false.
func condition(t *cel.Type) string {
	if t.IsExactType(cel.BoolType) || t.IsExactType(cel.DynType) {
		return ""
	}
	return "true or false"
}

// costs charges the functions of texts for what they look at and make.
type costs struct{}

// CallCost implements interpreter.ActualCostEstimator.
func (costs) CallCost(function, _ string, args []ref.Val, result ref.Val) *uint64 {
	if _, ours := textFunctions[function]; !ours {
		return nil
	}
	cost := 1 + sizeOf(result)/10
	for _, a := range args {
		cost += sizeOf(a) / 10
	}
	return &cost
}

func sizeOf(v ref.Val) uint64 {
	if s, ok := v.(traits.Sizer); ok {
		if n, ok := s.Size().(types.Int); ok && n > 0 {
			return uint64(n)
		}
	}
	return 1
}
