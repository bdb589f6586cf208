// Command bailey moves a site from one content system to another: it plans, runs and proves migrations between two agents.
package main

import (
	"context"
	"os"

	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/app"
)

func main() {
	link.Unhurried()
	os.Exit(app.Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
