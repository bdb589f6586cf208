package mapping

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// maxText is the longest text that a function makes, in bytes.
const maxText = 8 << 20

// textFunction is a function on texts that CEL does not bring. Those of its extensions have no bound on what they make.
type textFunction struct {
	args   []*cel.Type
	result *cel.Type
	call   func(args ...ref.Val) ref.Val
}

var textFunctions = map[string]textFunction{
	"lower":     onText(strings.ToLower),
	"upper":     onText(strings.ToUpper),
	"trim":      onText(strings.TrimSpace),
	"slug":      onText(slugOf),
	"replace":   {args: []*cel.Type{cel.StringType, cel.StringType, cel.StringType}, result: cel.StringType, call: replace},
	"split":     {args: []*cel.Type{cel.StringType, cel.StringType}, result: cel.ListType(cel.StringType), call: split},
	"join":      {args: []*cel.Type{cel.ListType(cel.StringType), cel.StringType}, result: cel.StringType, call: join},
	"substring": {args: []*cel.Type{cel.StringType, cel.IntType, cel.IntType}, result: cel.StringType, call: substring},
}

func texts() []cel.EnvOption {
	var all []cel.EnvOption
	for name, fn := range textFunctions {
		all = append(all, cel.Function(name, cel.MemberOverload("bailey_"+name, fn.args, fn.result, cel.FunctionBinding(fn.call))))
	}
	return all
}

func onText(fn func(string) string) textFunction {
	return textFunction{args: []*cel.Type{cel.StringType}, result: cel.StringType, call: func(args ...ref.Val) ref.Val {
		s, ok := args[0].(types.String)
		if !ok {
			return types.MaybeNoSuchOverloadErr(args[0])
		}
		return types.String(fn(string(s)))
	}}
}

// slugOf makes the part of an address: letters and digits of any script, small, with dashes between them.
func slugOf(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() > 190 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}

func tooLong() ref.Val { return types.NewErr("the text would be longer than %d bytes", maxText) }

func replace(args ...ref.Val) ref.Val {
	s, ok1 := args[0].(types.String)
	from, ok2 := args[1].(types.String)
	to, ok3 := args[2].(types.String)
	if !ok1 || !ok2 || !ok3 {
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	n := strings.Count(string(s), string(from))
	if len(to) > 0 && n > maxText/len(to) {
		return tooLong()
	}
	return types.String(strings.ReplaceAll(string(s), string(from), string(to)))
}

// maxParts is the most parts that a text is split into.
const maxParts = 10_000

func split(args ...ref.Val) ref.Val {
	s, ok1 := args[0].(types.String)
	by, ok2 := args[1].(types.String)
	if !ok1 || !ok2 {
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	return types.NewStringList(types.DefaultTypeAdapter, strings.SplitN(string(s), string(by), maxParts))
}

func join(args ...ref.Val) ref.Val {
	list, ok1 := args[0].(traits.Lister)
	by, ok2 := args[1].(types.String)
	if !ok1 || !ok2 {
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	var b strings.Builder
	first := true
	for it := list.Iterator(); it.HasNext() == types.True; first = false {
		s, ok := it.Next().(types.String)
		if !ok {
			return types.MaybeNoSuchOverloadErr(args[0])
		}
		if b.Len()+len(by)+len(s) > maxText {
			return tooLong()
		}
		if !first {
			b.WriteString(string(by))
		}
		b.WriteString(string(s))
	}
	return types.String(b.String())
}

// substring gives the characters from one position up to another; positions behind the end are the end.
func substring(args ...ref.Val) ref.Val {
	s, ok1 := args[0].(types.String)
	from, ok2 := args[1].(types.Int)
	to, ok3 := args[2].(types.Int)
	if !ok1 || !ok2 || !ok3 || from < 0 || to < from {
		return types.NewErr("substring needs 0 <= from <= to")
	}
	return types.String(s[byteAt(string(s), from):byteAt(string(s), to)])
}

func byteAt(s string, chars types.Int) int {
	at := 0
	for ; chars > 0 && at < len(s); chars-- {
		_, n := utf8.DecodeRuneInString(s[at:])
		at += n
	}
	return at
}
