package pipeline

import (
	"context"
	"iter"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/fetch"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/waits"
)

// Fetcher asks for files where visitors find them. want is the type that a file should have.
type Fetcher interface {
	// Stat reads a file for its length and SHA-256, and keeps nothing of it (Rule 8).
	Stat(ctx context.Context, address, want string) (*fetch.Stat, error)
	// Read yields a file from an offset.
	Read(ctx context.Context, address, want string, offset uint64) iter.Seq2[[]byte, error]
}

// fetched is a file that the source's agent does not have, at its address.
type fetched struct {
	file    *recordv1.File
	address string
	stat    *fetch.Stat
	// code says why it did not come.
	code string
}

// fetchMissing looks for the files of media records that the source's agent does not have at their addresses, and notes in the records
// what is found. It is done before the transformation: some targets hold no media without a file.
func (e *Env) fetchMissing(ctx context.Context, records []*recordv1.Record) (map[string]*fetched, error) {
	if e.Fetch == nil {
		return nil, nil
	}
	found := map[string]*fetched{}
	for part := range chunksOf(incomplete(records), maxChunkRecords) {
		if err := e.locateFiles(ctx, part, found); err != nil {
			return nil, err
		}
	}
	return found, e.fetchAll(ctx, found)
}

func incomplete(records []*recordv1.Record) (all []*recordv1.Record) {
	for _, r := range records {
		for _, f := range r.GetMedia().GetFiles() {
			if f.GetMissing() && f.GetId() != "" {
				all = append(all, r)
				break
			}
		}
	}
	return all
}

// locateFiles asks the source for the addresses of full files. Those of the others lie beside them, as their paths do.
func (e *Env) locateFiles(ctx context.Context, records []*recordv1.Record, found map[string]*fetched) error {
	tokens := make([]string, len(records))
	for i, r := range records {
		tokens[i] = record.Token{Ref: record.KeyOf(r.GetRef())}.Name()
	}
	resolved, err := e.Source.Resolve(ctx, tokens)
	if err != nil {
		return err
	}
	for i, r := range records {
		files := r.GetMedia().GetFiles()
		for _, f := range files {
			if address := e.addressOf(resolved[i].GetText(), files[0], f); f.GetMissing() && f.GetId() != "" && address != "" {
				found[f.GetId()] = &fetched{file: f, address: address}
			}
		}
	}
	return nil
}

// addressOf is the address of a file from that of the first one of its record; empty: it cannot be told.
func (e *Env) addressOf(full string, first, f *recordv1.File) string {
	base, err := url.Parse(e.SourceURL + "/")
	if err != nil || full == "" {
		return ""
	}
	at, err := base.Parse(full)
	if err != nil {
		return ""
	}
	root, ok := strings.CutSuffix(at.Path, "/"+first.GetPath())
	if f != first && !ok {
		return ""
	}
	if ok {
		at.Path, at.RawPath = root+"/"+f.GetPath(), ""
	}
	return at.String()
}

// fetchAll asks for files side by side. What does not come stays missing: the record alone suffers (Rule 4).
func (e *Env) fetchAll(ctx context.Context, found map[string]*fetched) error {
	g, ctx := errgroup.WithContext(ctx)
	var noting sync.Mutex
	for _, f := range found {
		if err := e.files.Acquire(ctx, 1); err != nil {
			return err
		}
		g.Go(func() error {
			defer e.files.Release(1)
			stat, err := e.Fetch.Stat(ctx, f.address, f.file.GetMime())
			if ctx.Err() != nil {
				return ctx.Err()
			}
			waits.Moved(ctx)
			noting.Lock()
			defer noting.Unlock()
			if f.stat = stat; err != nil {
				f.code = migration.ProblemOf(err).Code
				return nil
			}
			f.file.Missing, f.file.Bytes = false, stat.Bytes
			return nil
		})
	}
	return g.Wait()
}

// fill takes over what was found at a file's address, where the agent does not have it.
func (j *fileJob) fill(f *fetched) {
	if j.source.GetExists() || f == nil {
		return
	}
	if j.code = f.code; f.stat != nil {
		j.source = &agentv1.FileStat{Id: j.file.GetId(), Exists: true, Bytes: f.stat.Bytes, Sha256: f.stat.SHA256}
		j.address = f.address
	}
}

// bytesOf yields a file from an offset, from the source's agent or from its address.
func (e *Env) bytesOf(ctx context.Context, j *fileJob, offset uint64) iter.Seq2[[]byte, error] {
	if offset == j.source.GetBytes() {
		return func(func([]byte, error) bool) {}
	}
	if j.address != "" {
		return e.Fetch.Read(ctx, j.address, j.file.GetMime(), offset)
	}
	return e.Source.ReadFile(ctx, j.file.GetId(), offset)
}
