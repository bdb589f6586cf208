package transform_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// high are the characters that Windows-1252 has for the bytes 80 to 9F; where it has none, the byte stays.
var high = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// damage does what a wrong character set does: takes the bytes for Windows-1252, or for Latin-1.
func damage(s string, windows bool) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if windows && c >= 0x80 && c < 0xa0 {
			b.WriteRune(high[c-0x80])
		} else {
			b.WriteRune(rune(c))
		}
	}
	return b.String()
}

// clean are words of many languages, with capitals and letters that look like parts of damage.
var clean = strings.Fields(`café déjà voilà naïve cœur façade ÉCOLE À ÊTRE NOËL Œuvre août Spaß Größe GRÖSSE Übung Äpfel weiß straße MENÜ
	irmã IRMÃ MANHÃ TUPÃ coração CORAÇÃO pão não AMANHÃ lâmpada três VOCÊ avó AVÔ señor ¿qué? ¡olé! PERÚ niño BOGOTÁ año blåbær Århus ÅRHUS øre FRØ
	smörgåsbord þing ÞÚ búð garður ÐAÐ mañana Łódź żółw ĄĘ časopis ŽIŽKA ŠKODA říše žluť čeština NÍŽ DRÚŽ győr ŐSZ űr şey İSTANBUL ığdır piață ÎN SFÂNT țară
	naftă Привет мир Ёлка їжак Ελλάδα ΕΛΛΆΔΑ ώρα שלום עִבְרִית مرحبا پژوهش ۱۲۳ 日本語 ひらがな カタカナ 漢字 中文，你好 한국어 ไทย हिन्दी বাংলা தமிழ் ქართული հայերեն
	Việt NGUYỄN đường 😀 👍🏽 €5 20°C 3½ x² m³ N° 1ª 2º § ¶ † • … – — ™ ® © « » “ ” ‘ ’ ‹ › ¹ ± µm ½ ¼ ¾ × ÷ £ ¥ ¢ ABC def 123 <p> &eacute; &amp; a_b`)

// closing follow a word without a blank in clean text.
var closing = []string{"", "…", "’s", "“", "”", "’", "»", "«", "–", "—", "™", "®", "©", "°", "²", "³", "\u00a0!", "\u00a0»", "\u00ad", ".", ",", "!", "?", ")", "‹", "›", "†", "·", "</p>", "´s"}

func cleanText(t *rapid.T) string {
	var b strings.Builder
	for range rapid.IntRange(0, 8).Draw(t, "words") {
		b.WriteString(rapid.SampledFrom(clean).Draw(t, "word") + rapid.SampledFrom(closing).Draw(t, "closing") + rapid.SampledFrom([]string{" ", "\n", "\u00a0", "-"}).Draw(t, "blank"))
	}
	return b.String()
}

func TestCleanTextOfAnyLanguageIsNeverRepaired(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := cleanText(t)
		if got, c := transform.Repair(s); got != s || c == transform.CharsetDamaged {
			t.Errorf("%q became %q", s, got)
		}
	})
}

// What is damaged comes back whole or stays as it is; nothing third comes out, and of text without damage nothing changes.
func TestDamagedTextComesBackOrStays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := cleanText(t)
		bad := damage(s, rapid.Bool().Draw(t, "windows"))
		if got, _ := transform.Repair(bad); got != s && got != bad {
			t.Errorf("%q, damaged %q, became %q", s, bad, got)
		}
	})
}

func TestAnyTextIsRepairedByAtMostOneLevel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		got, c := transform.Repair(s)
		if c != transform.CharsetDamaged && got != s {
			t.Errorf("%q changed to %q without damage", s, got)
		}
		if c == transform.CharsetDamaged && (!utf8.ValidString(got) || utf8.RuneCountInString(got) >= utf8.RuneCountInString(s)) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestDamageOfEachLanguageIsFound(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"Le café est fermé à Noël", "École", "Größe und Spaß", "Über uns", "Señor, ¿qué tal?", "não há coração", "It’s “quoted” – twice…", "Blåbær på Århus",
		"Příliš žluťoučký kůň", "Zażółć gęślą jaźń", "Привет, мир", "Ελλάδα", "שלום", "مرحبا", "日本語", "한국어", "ไทย", "हिन्दी", "smile 😀", "© 2010 Somebody", "20 °C"} {
		for _, windows := range []bool{true, false} {
			bad := damage(s, windows)
			if got, c := transform.Repair(bad); got != s || c != transform.CharsetDamaged {
				t.Errorf("%q (windows %v): %q, %d", bad, windows, got, c)
			}
			if twice, _ := transform.Repair(damage(bad, windows)); twice != bad {
				t.Errorf("%q was not repaired by one level: %q", s, twice)
			}
		}
	}
	for _, s := range []string{"Der Fehler sieht so aus: Ã©, richtig wäre é.", "cafÃ© — later added by hand"} {
		if got, c := transform.Repair(s); got != s || c != transform.CharsetMixed {
			t.Errorf("%q: %q, %d", s, got, c)
		}
	}
}

func damagedEntry() *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "1"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
		Type: "post", Title: damage("Café", true), Slug: damage("café", true), Content: &recordv1.Body{Markup: "html", Text: damage("<p>Übung für café</p>", true)}, Excerpt: "sauber, für wahr",
	}}}
}

func TestRepairIsDoneOnlyWhenTold(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{false, true} {
		tr := transform.New(transform.Context{RepairCharset: told, Target: map[recordv1.Kind]*agentv1.KindInfo{recordv1.Kind_KIND_ENTRY: {Kind: recordv1.Kind_KIND_ENTRY, Writable: true,
			Holds: &agentv1.Holds{Fields: []string{"*"}, Markups: []string{"html"}}}}})
		in := damagedEntry()
		out, losses := tr.Record(in)
		if !proto.Equal(in, damagedEntry()) {
			t.Fatal("the source's record changed")
		}
		var fields []string
		for _, l := range losses {
			if l.Code == transform.LossCharset {
				fields = append(fields, l.Field)
			}
		}
		e, want := out[0].GetEntry(), damagedEntry().GetEntry()
		if told {
			want.Title, want.Content.Text = "Café", "<p>Übung für café</p>"
		}
		if !proto.Equal(e, want) || told != slices.Equal(fields, []string{"title", "content.text"}) {
			t.Errorf("told %v: %v, %v", told, e, fields)
		}
	}
}

func TestDamagedNamesFields(t *testing.T) {
	t.Parallel()
	var found []string
	transform.Damaged(damagedEntry(), func(path, _ string, c transform.Charset) {
		if c == transform.CharsetDamaged {
			found = append(found, path)
		}
	})
	if !slices.Equal(found, []string{"title", "content.text"}) {
		t.Error(found)
	}
}

// An owner sees the damage, and what a repair would make of it; where it would do nothing, only the damage.
func TestDamageIsShown(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"CafÃ©":                                   "CafÃ© → Café",
		"Plain words, the CafÃ© is open":          "CafÃ© → Café",
		"<p>2014â€“2015 was good</p>":             "<p>2014â€“2015 → <p>2014–2015",
		"a cafÃ© — added by hand":                 "cafÃ©",
		damage(strings.Repeat("日本語", 200), false): damage(strings.Repeat("日本語", 3)+"日", false) + " → " + strings.Repeat("日本語", 3) + "日",
	} {
		var got []string
		transform.Damaged(entry("html", in), func(path, sample string, _ transform.Charset) {
			if path == "content.text" {
				got = append(got, sample)
			}
		})
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%.60q: %q, want %q", in, got, want)
		}
	}
}

func FuzzRepair(f *testing.F) {
	for _, s := range []string{"CafÃ©", "â€™", "Spaß…", "ÃÃÃ", "\xc3\x83\xc2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, c := transform.Repair(s)
		if c != transform.CharsetDamaged && got != s {
			t.Errorf("%q became %q", s, got)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q became invalid", s)
		}
	})
}

func BenchmarkRepair(b *testing.B) {
	s := strings.Repeat("<p>Plain text of an ordinary page, with a few übliche Zeichen.</p>\n", 45)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		transform.Repair(s)
	}
}
