package record

import (
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Codes of losses that Fit tells beside those of value rules and notes.
const (
	LossKindNotHeld        = "kind_not_held"
	LossFieldNotHeld       = "field_not_held"
	LossCustomFieldNotHeld = "custom_field_not_held"
	LossHiddenFieldNotHeld = "hidden_field_not_held"
	LossTranslationNotHeld = "translation_not_held"
	LossLanguageNotHeld    = "language_not_held"
	LossTooLong            = "too_long"
	LossPasswordReset      = "password_reset_needed"
	LossPrivateFile        = "private_file_not_moved"
)

// maxNoteCount bounds the losses that one note can stand for.
const maxNoteCount = 1000

// Loss is something that a target cannot hold.
type Loss struct {
	// Code is stable, snake_case.
	Code string
	// Field is the field's path; empty: the whole record.
	Field string
}

// Fit removes from a record what a target cannot hold, and says what that was; keep is false when the target does not take
// the record at all. The record is changed and no longer sealed; its notes become losses. Value rules come first, so they
// may also name fields that are not held. One loss is told per field path, however often it repeats within the record.
// The info must not change after its first use.
func Fit(r *recordv1.Record, info *agentv1.KindInfo) (keep bool, losses []Loss) {
	f := &fitter{}
	f.notes(r)
	body := bodyOf(r)
	if body == nil || !info.GetWritable() {
		f.add(LossKindNotHeld, "")
		return false, f.losses
	}
	p := planFor(body, BodyKind(r), info.GetHolds())
	if !f.files(r.GetMedia(), info.GetHolds()) || !f.rules(p.roots, body) {
		return false, f.losses
	}
	of := versionOf(r)
	f.trim(p.roots, body)
	if of != nil {
		r.GetEntry().Parent = of
	}
	f.password(r.GetUser(), info.GetHolds())
	f.languages(r, info.GetHolds())
	f.customFields(r, p)
	r.Digest = nil
	return true, f.losses
}

// versionOf takes out of an older version the entry that it is one of: a target that takes versions is told, whether its entries
// have parents or not.
func versionOf(r *recordv1.Record) *recordv1.Ref {
	e := r.GetEntry()
	if e.GetPurpose() != recordv1.Purpose_PURPOSE_REVISION {
		return nil
	}
	of := e.Parent
	e.Parent = nil
	return of
}

type fitter struct{ losses []Loss }

// add tells a loss once.
func (f *fitter) add(code, path string) {
	if l := (Loss{code, path}); !slices.Contains(f.losses, l) {
		f.losses = append(f.losses, l)
	}
}

func (f *fitter) notes(r *recordv1.Record) {
	for _, n := range r.GetNotes() {
		for range min(max(n.GetCount(), 1), maxNoteCount) {
			f.losses = append(f.losses, Loss{n.GetCode(), n.GetField()})
		}
	}
	if r != nil {
		r.Notes = nil
	}
}

// files says whether the files of a media record may lie on the target: what is not for everybody is never put where everybody
// may fetch it, unless the target names the field itself.
func (f *fitter) files(m *recordv1.Media, h *agentv1.Holds) bool {
	if m.GetVisibility() == recordv1.Visibility_VISIBILITY_UNSPECIFIED || contains(h.GetFields(), "visibility") {
		return true
	}
	if m.GetVisibility() == recordv1.Visibility_VISIBILITY_PUBLIC {
		m.Visibility = recordv1.Visibility_VISIBILITY_UNSPECIFIED
		return true
	}
	f.add(LossPrivateFile, "visibility")
	return false
}

// password takes out a hash that the platform cannot verify.
func (f *fitter) password(u *recordv1.User, h *agentv1.Holds) {
	if p := u.GetPassword(); p != nil && len(h.GetPasswordSchemes()) > 0 && !contains(h.GetPasswordSchemes(), p.GetScheme()) {
		u.Password = nil
		f.add(LossPasswordReset, "password")
	}
}

func (f *fitter) languages(r *recordv1.Record, h *agentv1.Holds) {
	if h.GetLanguages() {
		return
	}
	if r.GetTranslationGroup() != "" {
		f.add(LossTranslationNotHeld, "translation_group")
	}
	if r.GetLocale() != "" {
		f.add(LossLanguageNotHeld, "locale")
	}
	r.Locale, r.TranslationGroup = "", ""
}

func (f *fitter) customFields(r *recordv1.Record, p *plan) {
	if p.holds.GetCustomFields() && !p.holds.GetFieldsPublic() {
		return
	}
	r.Fields = slices.DeleteFunc(r.Fields, func(c *recordv1.Field) bool {
		if p.holdsCustom(c.GetName()) {
			return false
		}
		code := LossCustomFieldNotHeld
		if p.holds.GetCustomFields() {
			code = LossHiddenFieldNotHeld
		}
		f.add(code, fieldsPath+"."+c.GetName())
		return true
	})
}

// trim removes and shortens what the nodes say.
func (f *fitter) trim(nodes []*node, m protoreflect.Message) {
	for _, n := range nodes {
		switch {
		case !n.trims || n.loose || !m.Has(n.f.fd):
		case n.holds == unheld:
			f.tell(n, m)
			m.Clear(n.f.fd)
		case n.kids != nil:
			n.f.each(m, func(sub protoreflect.Message) { f.trim(n.kids, sub) })
			clearEmpty(n, m)
		case n.limit != nil:
			f.shorten(n, m)
		}
	}
}

// clearEmpty takes a message away of which nothing is left.
func clearEmpty(n *node, m protoreflect.Message) {
	if n.f.list {
		return
	}
	empty := true
	m.Get(n.f.fd).Message().Range(func(protoreflect.FieldDescriptor, protoreflect.Value) bool {
		empty = false
		return false
	})
	if empty {
		m.Clear(n.f.fd)
	}
}

// tell names what is removed: each field of a message, but a list or a text with markup as one.
func (f *fitter) tell(n *node, m protoreflect.Message) {
	if n.kids == nil || n.f.list || n.f.sub.name == nameBody {
		f.add(LossFieldNotHeld, n.path)
		return
	}
	sub := m.Get(n.f.fd).Message()
	for _, k := range n.kids {
		if sub.Has(k.f.fd) {
			f.tell(k, sub)
		}
	}
}

func (f *fitter) shorten(n *node, m protoreflect.Message) {
	if n.f.kind != protoreflect.StringKind {
		return
	}
	eachString(n.f, m, func(s string) string {
		cut := shorten(s, n.limit, n.f.token)
		if len(cut) < len(s) {
			f.add(LossTooLong, n.limit.GetField())
		}
		return cut
	})
}

// eachString replaces a string field or every element of a list of strings.
func eachString(f *field, m protoreflect.Message, fn func(string) string) {
	if !f.list {
		old := m.Get(f.fd).String()
		if now := fn(old); now != old {
			m.Set(f.fd, protoreflect.ValueOfString(now))
		}
		return
	}
	for list, i := m.Get(f.fd).List(), 0; i < list.Len(); i++ {
		old := list.Get(i).String()
		if now := fn(old); now != old {
			list.Set(i, protoreflect.ValueOfString(now))
		}
	}
}
