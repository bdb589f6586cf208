package record

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// WholeRecord is the path that Diff gives when there is nothing to compare with; an adjustment with it, or with an empty
// path, says that nothing of the record is to be compared.
const WholeRecord = "*"

// Diff lists the field paths in which a record that was read back differs from the one that was written.
//
// Compared is what holds declares; not compared are fields named in adjustments, fields in holds.fills that want leaves
// empty, a body's markup and rendering, ids and paths of files, and ids of menu items unless holds names them itself.
// Times compare by second. Menu items' parents compare by position. An empty message equals an absent one.
// The holds must not change after their first use.
func Diff(want, got *recordv1.Record, holds *agentv1.Holds, adjusted []*agentv1.Adjustment) []string {
	d := &differ{}
	for _, a := range adjusted {
		if a.GetField() == "" {
			return nil
		}
		d.skip = append(d.skip, a.GetField())
	}
	if slices.Contains(d.skip, WholeRecord) {
		return nil
	}
	wantBody, gotBody := bodyMessage(want), bodyMessage(got)
	if wantBody == nil || gotBody == nil || BodyKind(want) != BodyKind(got) {
		return []string{WholeRecord}
	}
	p := planFor(wantBody.ProtoReflect(), BodyKind(want), holds)
	if !sameBytes(wantBody, gotBody) {
		d.message(p.roots, wantBody.ProtoReflect(), gotBody.ProtoReflect())
	}
	if holds.GetLanguages() {
		d.text("locale", want.GetLocale(), got.GetLocale())
		d.text("translation_group", want.GetTranslationGroup(), got.GetTranslationGroup())
	}
	d.customFields(p, want.GetFields(), got.GetFields())
	return d.paths
}

type differ struct {
	paths []string
	skip  []string
}

func (d *differ) add(path string) {
	if !covers(d.skip, path) && !slices.Contains(d.paths, path) {
		d.paths = append(d.paths, path)
	}
}

func (d *differ) text(path, want, got string) {
	if want != got {
		d.add(path)
	}
}

func (d *differ) message(nodes []*node, want, got protoreflect.Message) {
	for _, n := range nodes {
		if n.holds == unheld || n.loose {
			continue
		}
		hasWant, hasGot := want.Has(n.f.fd), got.Has(n.f.fd)
		if !hasWant && (!hasGot || n.fill) {
			continue
		}
		d.field(n, want.Get(n.f.fd), got.Get(n.f.fd), hasWant == hasGot)
	}
}

func (d *differ) field(n *node, want, got protoreflect.Value, samePresence bool) {
	switch {
	case n.f.list:
		d.list(n, want.List(), got.List())
	case n.kids != nil:
		d.message(n.kids, want.Message(), got.Message())
	case !samePresence || !equal(n.f, want, got):
		d.add(n.path)
	}
}

func (d *differ) list(n *node, want, got protoreflect.List) {
	if want.Len() != got.Len() {
		d.add(n.path)
		return
	}
	for i := range want.Len() {
		if n.kids != nil {
			d.message(n.kids, want.Get(i).Message(), got.Get(i).Message())
		} else if !equal(n.f, want.Get(i), got.Get(i)) {
			d.add(n.path)
		}
	}
	if n.f.sub != nil && n.f.sub.name == nameMenuItem && !slices.Equal(parents(want), parents(got)) {
		d.add(join(n.path, "parent_id"))
	}
}

// parents are the positions of menu items' parents; 0: top level.
func parents(items protoreflect.List) []int {
	at := make(map[string]int, items.Len())
	above := make([]int, items.Len())
	for i := range items.Len() {
		item := items.Get(i).Message().Interface().(*recordv1.MenuItem)
		at[item.GetId()] = i + 1
		if item.GetParentId() != "" {
			above[i] = at[item.GetParentId()]
		}
	}
	return above
}

func equal(f *field, want, got protoreflect.Value) bool {
	if f.sub == nil {
		return want.Equal(got)
	}
	switch w := want.Message().Interface().(type) {
	case *recordv1.Ref:
		return KeyOf(w) == KeyOf(got.Message().Interface().(*recordv1.Ref))
	case *recordv1.Time:
		return w.GetSeconds() == got.Message().Interface().(*recordv1.Time).GetSeconds()
	case *recordv1.Field:
		return equalField(w, got.Message().Interface().(*recordv1.Field))
	}
	return want.Equal(got)
}

func equalField(a, b *recordv1.Field) bool {
	return a.GetName() == b.GetName() && a.GetEncoding() == b.GetEncoding() && bytes.Equal(a.GetRaw(), b.GetRaw()) &&
		equalValue(a.GetValue(), b.GetValue())
}

// equalValue compares values; one that is absent is null.
func equalValue(a, b *recordv1.Value) bool {
	return a.GetKind() == nil && b.GetKind() == nil || sameBytes(a, b) || proto.Equal(a, b)
}

// sameBytes says that two messages are encoded alike; then they are equal. It is the fast way to find that most are.
func sameBytes(a, b message) bool {
	n := a.SizeVT()
	if n != b.SizeVT() {
		return false
	}
	both := takeBuffer()
	defer both.giveBack()
	data, err := encode(both.data, a, n)
	if err == nil {
		data, err = encode(data, b, n)
	}
	both.data = data
	return err == nil && bytes.Equal(data[:n], data[n:])
}

// customFields compares by name; fields of one name are compared in their order, the order of names does not count.
func (d *differ) customFields(p *plan, want, got []*recordv1.Field) {
	if slices.EqualFunc(want, got, equalField) {
		return
	}
	rest := map[string][]*recordv1.Field{}
	for _, f := range got {
		rest[f.GetName()] = append(rest[f.GetName()], f)
	}
	named := map[string]bool{}
	for _, f := range want {
		named[f.GetName()] = true
		mine := rest[f.GetName()]
		if len(mine) == 0 || !equalField(f, mine[0]) {
			d.custom(p, f.GetName())
		}
		rest[f.GetName()] = mine[min(1, len(mine)):]
	}
	for _, f := range got {
		if len(rest[f.GetName()]) > 0 && (named[f.GetName()] || !covers(p.fills, fieldsPath+"."+f.GetName())) {
			d.custom(p, f.GetName())
		}
	}
}

func (d *differ) custom(p *plan, name string) {
	if p.holdsCustom(name) {
		d.add(fieldsPath + "." + name)
	}
}
