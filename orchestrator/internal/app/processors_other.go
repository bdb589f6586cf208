//go:build !unix

package app

import "time"

func processorTime() (used time.Duration, known bool) { return 0, false }
