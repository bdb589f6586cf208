// Command bailey-agent gives the orchestrator access to one site: typed records and files, and nothing else.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/baileybridge/bailey/agent/internal/app"
	"github.com/baileybridge/bailey/proto/link"
)

func main() {
	link.Unhurried()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
