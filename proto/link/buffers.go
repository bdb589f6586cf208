package link

import (
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/mem"
)

// bufferBits are the sizes of pooled message buffers, as powers of two. gRPC's own have nothing between 32 KiB and 1 MiB, so
// that a message of 40 KiB holds 1 MiB (Rule 9).
var bufferBits = []uint8{8, 12, 14, 15, 16, 17, 18, 19, 20}

func init() {
	pool, err := mem.NewBinaryTieredBufferPool(bufferBits...)
	if err != nil {
		// Only a wrong list of sizes can be the cause.
		panic(err)
	}
	experimental.SetDefaultBufferPool(pool)
}
