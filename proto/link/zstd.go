package link

import (
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc/encoding"
)

// Zstd is the name of the compressor on the wire.
const Zstd = "zstd"

// zstdWindow is the memory of one encoder or decoder; batches are about as long.
const zstdWindow = 1 << 20

func init() { encoding.RegisterCompressor(&compressor{}) }

// compressor is zstd at its fastest level, one goroutine, reusing its buffers.
type compressor struct{ encoders, decoders sync.Pool }

func (c *compressor) Name() string { return Zstd }

func (c *compressor) Compress(w io.Writer) (io.WriteCloser, error) {
	if e, ok := c.encoders.Get().(*pooledEncoder); ok {
		e.Reset(w)
		return e, nil
	}
	e, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fmt.Errorf("make zstd encoder: %w", err)
	}
	return &pooledEncoder{e, c}, nil
}

func (c *compressor) Decompress(r io.Reader) (io.Reader, error) {
	if d, ok := c.decoders.Get().(*zstd.Decoder); ok {
		return &pooledDecoder{d, c}, d.Reset(r)
	}
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(MaxMessage+1))
	if err != nil {
		return nil, fmt.Errorf("make zstd decoder: %w", err)
	}
	return &pooledDecoder{d, c}, nil
}

type pooledEncoder struct {
	*zstd.Encoder
	c *compressor
}

func (e *pooledEncoder) Close() error {
	err := e.Encoder.Close()
	e.Reset(nil)
	e.c.encoders.Put(e)
	return err
}

// pooledDecoder reads one message.
type pooledDecoder struct {
	d *zstd.Decoder
	c *compressor
}

// Read gives the decoder back at the end of the message, once; gRPC always reads up to it.
func (p *pooledDecoder) Read(b []byte) (int, error) {
	if p.d == nil {
		return 0, io.EOF
	}
	n, err := p.d.Read(b)
	if err == io.EOF { //nolint:errorlint // io.Reader's contract
		p.c.decoders.Put(p.d)
		p.d = nil
	}
	return n, err
}
