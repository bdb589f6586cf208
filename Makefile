# Bailey moves a site from one content system to another. `make help` lists what can be done.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO        ?= go
FIXTURES  ?= $(abspath ../shared/fixtures)
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
MODULE    := github.com/baileybridge/bailey
# Without the tag grpc brings a page of traces that nobody serves, and with it a sixth of the program.
BUILD      = CGO_ENABLED=0 $(GO) build -tags grpcnotrace -trimpath -ldflags "-s -w -X $(MODULE)/agent/internal/app.Version=$(VERSION) -X $(MODULE)/orchestrator/internal/app.version=$(VERSION)"
# CGO off: sqlc's parser of PostgreSQL then needs no C compiler.
SQLC      := CGO_ENABLED=0 $(GO) tool -modfile=deploy/tools/sqlc/go.mod sqlc
LINT      := $(GO) tool -modfile=deploy/tools/go.mod golangci-lint
SUDO      := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Programs that tests need, and the Debian packages that bring them.
PACKAGES  := mariadb-server mariadb-client wordpress wordpress-theme-twentytwentyone php-cli php-mysql php-gd php-xml php-mbstring sqlite3 postgresql hugo
# Temporal's development server, which tests start: built once, into a cache outside the checkout.
TEMPORAL  := github.com/temporalio/cli/cmd/temporal@v1.5.1
CACHE     := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/bailey/bin
# Compares the README's support matrix with declarations and results, or writes it.
MATRIX     = $(GO) test -count=1 ./agent/internal/cms/all -run 'TestMatrix(OfLogins)?$$'
# What runs with the race detector: the packages that share state between goroutines.
RACE      := ./proto/... ./agent/internal/cms ./agent/internal/guard/... ./agent/internal/ledger/... ./agent/internal/server/... \
             ./orchestrator/internal/pipeline/... ./orchestrator/internal/engine/... ./orchestrator/internal/remote/... ./orchestrator/internal/store/...

.PHONY: help deps build test race accept million demo bench chaos matrix lint generate check clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install what the tests need and this machine lacks (Debian packages, Temporal's development server)
	@missing=""; for p in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null || { echo "these Debian packages are missing and apt-get is not there:$$missing" >&2; exit 1; }; \
	  echo "installing:$$missing"; $(SUDO) apt-get -qq update; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing; fi
	@$(GO) version -m $(CACHE)/temporal 2>/dev/null | grep -q "temporalio/cli[[:space:]]$(lastword $(subst @, ,$(TEMPORAL)))[[:space:]]" || { \
	  echo "building $(TEMPORAL) (some minutes, once)"; GOBIN=$(CACHE) CGO_ENABLED=0 $(GO) install $(TEMPORAL); }

build: ## build both programs into bin/
	@mkdir -p bin
	$(BUILD) -o bin/bailey-agent ./agent
	$(BUILD) -o bin/bailey ./orchestrator

test: deps ## run the tests
	$(GO) test -timeout 20m ./...

race: ## run the tests of what is shared between goroutines with the race detector
	@command -v gcc >/dev/null || { $(SUDO) apt-get -qq update; $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends gcc libc6-dev; }
	CGO_ENABLED=1 $(GO) test -race -short -timeout 20m $(RACE)

accept: deps build ## move real sites and ask the real WordPress about the result (FIXTURES=folder)
	BIN=$(CURDIR)/bin FIXTURES=$(FIXTURES) $(GO) test -tags accept -count=1 -timeout 45m -v ./deploy/e2e

million: deps build ## move very many small records, kill in the middle, and watch memory and store (RECORDS=1000000)
	RECORDS=$(or $(RECORDS),1000000) BIN=$(CURDIR)/bin FIXTURES=$(FIXTURES) $(GO) test -tags accept -count=1 -timeout 5h -v -run 'TestMillion$$' ./deploy/e2e

demo: build ## move a sample WordPress site to Ghost before your eyes (needs only Go)
	@$(GO) run ./deploy/demo

bench: deps build ## measure against mariadb-dump on a large generated site (POSTS=50000 COMMENTS=200000 USERS=500 TERMS=1000 ROUNDS=3 WORKERS=…)
	$(GO) run ./deploy/bench

chaos: deps build ## kill, freeze and cut off every process of N migrations and compare what is left (N=200 SEED=… replays; LANES=2)
	@$(GO) run ./deploy/chaos -n $(or $(N),200) -seed $(or $(SEED),0) -lanes $(or $(LANES),2) $(if $(KEEP),-keep $(KEEP))

matrix: ## make the support matrix in the README again, from what drivers declare and what make accept has shown
	$(MATRIX) -update

lint: ## run the linters
	$(LINT) run ./...

generate: ## make the generated code again
	cd proto && $(GO) tool buf generate
	$(SQLC) generate -f orchestrator/internal/store/sqlc.yaml

check: ## check that generated code, the wire and go.mod are as they should be
	$(GO) tool buf lint
	@out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; (cd proto && $(GO) tool buf generate -o "$$out"); \
	(cd proto && find . -name '*.pb.go') | sort > "$$out/names.have"; (cd "$$out" && find . -name '*.pb.go') | sort > "$$out/names.want"; \
	diff "$$out/names.want" "$$out/names.have" && while read -r f; do diff -q "$$out/$$f" "proto/$$f"; done < "$$out/names.want" \
	|| { echo "generated code is not current: run make generate" >&2; exit 1; }
	$(SQLC) diff -f orchestrator/internal/store/sqlc.yaml
	@if git rev-parse -q --verify 'HEAD~1:proto' >/dev/null 2>&1; then $(GO) tool buf breaking --against '.git#ref=HEAD~1'; \
	else echo "no earlier commit with proto/: nothing to compare the wire with"; fi
	$(MATRIX)
	$(GO) mod tidy -diff
	$(GO) vet -tags accept,bench ./...

clean: ## remove what was built
	rm -rf bin .cache
