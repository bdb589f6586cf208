package link_test

import (
	"bytes"
	"io"
	"testing"

	"google.golang.org/grpc/encoding"
	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/proto/link"
)

func compress(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := encoding.GetCompressor(link.Zstd).Compress(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestZstdRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		want := bytes.Repeat(rapid.SliceOf(rapid.Byte()).Draw(rt, "piece"), rapid.IntRange(0, 3000).Draw(rt, "times"))
		r, err := encoding.GetCompressor(link.Zstd).Decompress(bytes.NewReader(compress(t, want)))
		if err != nil {
			rt.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
			rt.Fatalf("%d bytes became %d, %v", len(want), len(got), err)
		}
	})
}

// A reader that is read past its end must not touch the decoder, which by then reads another message.
func TestZstdReaderIsDoneAtItsEnd(t *testing.T) {
	t.Parallel()
	c := encoding.GetCompressor(link.Zstd)
	wire := compress(t, []byte("message"))
	var old []io.Reader
	for range 20 {
		r, err := c.Decompress(bytes.NewReader(wire))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range old {
			if n, err := o.Read(make([]byte, 9)); n != 0 || err != io.EOF {
				t.Fatalf("read %d bytes of another message, %v", n, err)
			}
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "message" {
			t.Fatalf("got %q, %v", got, err)
		}
		old = append(old, r)
	}
}

// Foreign bytes end in an error, not in a panic or without end.
func FuzzZstd(f *testing.F) {
	f.Add(compress(f, []byte("message")))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, wire []byte) {
		r, err := encoding.GetCompressor(link.Zstd).Decompress(bytes.NewReader(wire))
		if err != nil {
			return
		}
		if n, _ := io.Copy(io.Discard, io.LimitReader(r, link.MaxMessage+2)); n > link.MaxMessage+1 {
			t.Fatalf("%d bytes came out", n)
		}
	})
}
