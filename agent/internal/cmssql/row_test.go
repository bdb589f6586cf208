package cmssql

import (
	"testing"
	"time"
)

// Whatever type a database gives a column, its text is the one that MySQL prints.
func TestCellText(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 2, 29, 1, 2, 3, 0, time.FixedZone("", 3600))
	for want, src := range map[string]any{
		"": nil, "a": []byte("a"), "b": "b", "1": true, "0": false, "-7": int64(-7), "18446744073709551615": uint64(1<<64 - 1),
		"0.1": float32(0.1), "0.2": float64(float32(0.2)), "0.3333333333333333": 1.0 / 3, "2024-02-29 00:02:03": at,
	} {
		c := Cell{Name: "c"}
		if err := c.Scan(src); err != nil || c.Text != want || c.Null != (src == nil) || c.Name != "c" {
			t.Errorf("%v reads as %+v, %v", src, c, err)
		}
	}
	if (&Cell{}).Scan(struct{}{}) == nil {
		t.Error("an unknown type was read")
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	r := Row{{Name: "id", Text: "3"}, {Name: "on", Text: "1"}, {Name: "off", Text: "0"}, {Name: "none", Null: true}, {Name: "data", Text: "\xff"}, {Name: "id", Text: "4"}}
	if r.Text("id") != "4" || r.Number("id") != 4 || r.Number("data") != 0 || !r.Flag("on") || r.Flag("off") || r.Flag("none") || r.Null("id") || !r.Null("none") || !r.Null("other") {
		t.Errorf("row %+v", r)
	}
	if r.BadText() != "data" || r.BadText("data") != "" {
		t.Error("text that is no UTF-8 was not named")
	}
	if by := By([]Row{r, r}, "id"); len(by["4"]) != 2 {
		t.Errorf("groups %v", by)
	}
}
