package record

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Unpack is proto.Unmarshal; records that a message holds in a list are decoded by generated code, in half the time.
func Unpack(data []byte, m proto.Message) error {
	field, list := listed(m)
	if list == nil {
		return proto.Unmarshal(data, m)
	}
	var rest []byte
	var records []*recordv1.Record
	for len(data) > 0 {
		num, typ, n := protowire.ConsumeField(data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		if num != field || typ != protowire.BytesType {
			rest = append(rest, data[:n]...)
		} else if r, err := decode(data[:n]); err == nil {
			records = append(records, r)
		} else {
			return err
		}
		data = data[n:]
	}
	if err := proto.Unmarshal(rest, m); err != nil {
		return err
	}
	*list = records
	return nil
}

// listed is the list of records of a message, and its field; nil: it has none.
func listed(m proto.Message) (protowire.Number, *[]*recordv1.Record) {
	switch m := m.(type) {
	case *agentv1.ReadRecordsResponse:
		return FieldRead, &m.Records
	case *agentv1.WriteRecordsRequest:
		return FieldWrite, &m.Records
	case *agentv1.DryRunRequest:
		return FieldWrite, &m.Records
	}
	return 0, nil
}

// decode decodes a record with its field's tag before it. The generated code neither minds what text is made of nor how deep messages
// are nested, so whatever is unusual is left to the library.
func decode(field []byte) (*recordv1.Record, error) {
	_, _, n := protowire.ConsumeTag(field)
	encoded, _ := protowire.ConsumeBytes(field[n:])
	r := &recordv1.Record{}
	if s := scanned(encoded); s.garbled || s.suspect || s.unknown {
		return r, proto.Unmarshal(encoded, r)
	}
	return r, r.UnmarshalVT(encoded)
}
