package pipeline

import (
	"context"
	"sync"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// crossings are the contents of files that batches on their way bring to the target, by SHA-256.
type crossings struct {
	mu  sync.Mutex
	all map[string]*crossing
}

// crossing is one content. Its files are counted, so that it is forgotten with the last of them (Rule 9).
type crossing struct {
	files int
	// turn is held by who sends the content; sent, which it guards, says that it came over since somebody else asked the target.
	turn chan struct{}
	sent bool
}

// enter must come before the target is asked what it has of files, and leave when none of them will be sent any more.
func (c *crossings) enter(jobs []*fileJob) (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range jobs {
		content := string(j.source.GetSha256())
		if c.all[content] == nil {
			if c.all == nil {
				c.all = map[string]*crossing{}
			}
			c.all[content] = &crossing{turn: make(chan struct{}, 1)}
		}
		j.crossing = c.all[content]
		j.crossing.files++
	}
	return func() { c.leave(jobs) }
}

func (c *crossings) leave(jobs []*fileJob) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range jobs {
		if j.crossing.files--; j.crossing.files == 0 {
			delete(c.all, string(j.source.GetSha256()))
		}
	}
}

// moveOnce sends a file unless its content came over meanwhile: of files with one content, the first is sent, and the target copies
// it for the others.
func (e *Env) moveOnce(ctx context.Context, j *fileJob) (*agentv1.Problem, error) {
	c := j.crossing
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.turn }()
	if c.sent {
		if err := e.statTarget(ctx, []*fileJob{j}, false); err != nil || j.whole() {
			return nil, err
		}
	}
	p, err := e.moveFile(ctx, j)
	c.sent = c.sent || p == nil && err == nil
	return p, err
}
