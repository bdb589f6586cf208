package ghost

import (
	"bytes"
	"encoding/json"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// frontMatter is the column of posts_meta for whatever a post brings along. Ghost shows it nowhere by itself; its Content API hands it
// out. (core/server/data/schema/schema.js, posts_meta)
const frontMatter = "frontmatter"

// room is left in the column for tokens that are longer once they are addresses.
const room = 4 << 10

// Front matter that Bailey writes is a record of fields alone, as protobuf spells it in JSON.
const fieldsHead, fieldsTail = `{"fields":[`, `]}`

// fields keeps custom fields in the front matter, as many as there is room for. What came as front matter becomes that again.
func (s *Site) fields(d *draft) {
	if all := d.rec.GetFields(); len(all) == 1 && all[0].GetName() == frontMatter && all[0].GetEncoding() == "" && all[0].GetValue().GetText() != "" {
		d.token(metaSlot+frontMatter, all[0].GetValue().GetText())
		return
	}
	col, there := s.schema.Catalogue["posts_meta"][frontMatter]
	text := ""
	for _, f := range d.rec.GetFields() {
		one := d.frontMatter(f)
		if !there || one == "" || col.Bytes > 0 && len(fieldsHead+text+","+one+fieldsTail)+room > col.Bytes {
			d.adjust("fields."+f.GetName(), "custom_field_not_held", "")
			continue
		}
		if text != "" {
			text += ","
		}
		text += one
	}
	if text != "" {
		text = fieldsHead + text + fieldsTail
	}
	d.token(metaSlot+frontMatter, text)
}

// frontMatter writes one field as JSON, with tokens for records that are not here yet; empty where that cannot be.
func (d *draft) frontMatter(f *recordv1.Field) string {
	alone := &recordv1.Record{Fields: []*recordv1.Field{proto.CloneOf(f)}}
	record.MapRefs(alone, func(to *recordv1.Ref) *recordv1.Ref {
		if id, ok := d.u.Refs.Target(to); ok {
			return record.NewRef(to.GetKind(), id)
		}
		return record.NewRef(to.GetKind(), record.NewToken(to, "id").String())
	})
	text, err := protojson.Marshal(alone.GetFields()[0])
	var b bytes.Buffer
	if err != nil || json.Compact(&b, text) != nil {
		return ""
	}
	return b.String()
}

// fieldsOf reads front matter: the fields kept in it, or all of it as one where it is somebody else's.
func fieldsOf(text string) []*recordv1.Field {
	if text == "" {
		return nil
	}
	var kept recordv1.Record
	if protojson.Unmarshal([]byte(text), &kept) != nil || kept.GetBody() != nil || len(kept.GetFields()) == 0 {
		return []*recordv1.Field{{Name: frontMatter, Value: &recordv1.Value{Kind: &recordv1.Value_Text{Text: text}}}}
	}
	record.MapRefs(&kept, func(to *recordv1.Ref) *recordv1.Ref {
		if to.GetSourceId() == "#" || to.GetSourceId() == "" {
			return nil
		}
		return to
	})
	return kept.GetFields()
}
