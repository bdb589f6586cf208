package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/guard"
	"github.com/baileybridge/bailey/agent/internal/server"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"
)

// Keys of the log.
const (
	keyPlatform = "platform"
	keyRole     = "role"
	keyListen   = "listen"
)

type serving struct {
	where                            where
	role, listen, linkFile, identity string
	level                            string
	maxRate                          int
	valid                            time.Duration
	stdout, stderr                   io.Writer
	parsedRole                       agentv1.Role
	parsedLevel                      zapcore.Level
}

func serveCommand(drivers []cms.Driver) *cobra.Command {
	s := &serving{}
	c := &cobra.Command{Use: "serve", Short: "Serve a site to the orchestrator and print the link to it", Args: cobra.NoArgs}
	f := c.Flags()
	f.StringVar(&s.where.dir, "site", "", "folder of the site; platform and database are found by its configuration file")
	f.StringVar(&s.where.platform, "platform", "", "platform, when only the database can be reached")
	f.StringVar(&s.where.flavour, "flavour", "", "take the folder as one of hugo, jekyll or eleventy, also when it is empty yet")
	f.StringVar(&s.where.dsn, "dsn", "", "database: mysql://user:password@host:3306/name, postgres://user:password@host:5432/name or sqlite:/path/to.db")
	f.StringVar(&s.where.prefix, "prefix", "", "prefix of table names")
	f.StringVar(&s.where.files, "files", "", "folder of uploads")
	f.StringVar(&s.where.baseURL, "base-url", "", "public address of the site, when the site states another")
	f.StringVar(&s.role, "role", "", "source (is read only) or target (is written)")
	f.StringVar(&s.listen, "listen", "127.0.0.1:0", "address and port to listen on")
	f.StringVar(&s.linkFile, "link-file", "", "also write the link to this file (mode 0600)")
	f.StringVar(&s.identity, "identity", "", "keep key and token in this file (mode 0600), so that the link stays the same after a restart on the same port")
	f.DurationVar(&s.valid, "valid", 30*24*time.Hour, "how long the link lets in; 0: for ever")
	f.IntVar(&s.maxRate, "max-rate", 0, "records per second at most; 0: no limit")
	f.StringVar(&s.level, "log-level", "info", "debug, info, warn or error")
	c.RunE = func(c *cobra.Command, _ []string) error {
		s.stdout, s.stderr, s.where.prefixSet = c.OutOrStdout(), c.ErrOrStderr(), f.Changed("prefix")
		if err := s.check(); err != nil {
			return err
		}
		return s.run(c.Context(), drivers)
	}
	return c
}

func (s *serving) check() error {
	var ok bool
	if s.parsedRole, ok = link.ParseRole(s.role); !ok {
		return usage("say --role source or --role target")
	}
	if s.maxRate < 0 || s.valid < 0 {
		return usage("--max-rate and --valid must not be negative")
	}
	if err := s.parsedLevel.UnmarshalText([]byte(s.level)); err != nil {
		return usage("no log level %q; there are debug, info, warn and error", s.level)
	}
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return usage("--listen wants host:port")
	}
	return nil
}

func (s *serving) run(ctx context.Context, drivers []cms.Driver) error {
	d, settings, err := s.where.find(drivers)
	if err != nil {
		return err
	}
	settings.Writable = s.parsedRole == agentv1.Role_ROLE_TARGET
	guard.LimitProcessors()
	guard.LimitMemory(settings.Database.Dialect.InProcess())
	logs := server.NewRing()
	log := newLog(s.parsedLevel, zapcore.AddSync(s.stderr), logs)
	var srv *server.Server
	site, err := open(ctx, d, settings, s.where.dsn != "" && !s.where.prefixSet, func(site cms.Site) (err error) {
		srv, err = server.New(ctx, server.Config{Driver: d, Site: site, Settings: *settings, Role: s.parsedRole, Version: Version, Log: log, Logs: logs})
		return err
	})
	if err != nil {
		return err
	}
	err = s.serve(ctx, srv, log, settings)
	return errors.Join(err, srv.Close(), site.Close())
}

func newLog(level zapcore.Level, to, ring zapcore.WriteSyncer) *zap.Logger {
	cfg := zap.NewProductionEncoderConfig()
	cfg.EncodeTime = zapcore.ISO8601TimeEncoder
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(cfg), zap.CombineWriteSyncers(zapcore.Lock(to), ring), level))
}

func (s *serving) serve(ctx context.Context, srv *server.Server, log *zap.Logger, settings *cms.Settings) error {
	opts, err := loadIdentity(s.identity, time.Now(), s.expiry(time.Now()))
	if err != nil {
		return err
	}
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return &link.Error{Code: "cannot_listen", Cause: "cannot listen on " + s.listen, Fix: "choose a free port with --listen, or 127.0.0.1:0 for any"}
	}
	opts.Role, opts.Log = s.parsedRole, log
	if err := s.announce(opts.Link(reachable(lis.Addr()))); err != nil {
		return errors.Join(err, lis.Close())
	}
	log.Info("serving", zap.String(keyPlatform, settings.Platform), zap.String(keyRole, s.role), zap.Stringer(keyListen, lis.Addr()))
	err = link.Serve(ctx, lis, opts, func(to grpc.ServiceRegistrar) {
		agentv1.RegisterAgentServiceServer(guard.New(log, s.maxRate).Around(to), srv)
	})
	log.Info("stopped")
	return err
}

// expiry is when the link stops to let in, to the second; zero: never.
func (s *serving) expiry(now time.Time) time.Time {
	if s.valid == 0 {
		return time.Time{}
	}
	return now.Add(s.valid).Truncate(time.Second)
}

// reachable is the address to be dialled: a name where the agent listens on all of them.
func reachable(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	if !ok || !t.IP.IsUnspecified() {
		return a.String()
	}
	name, err := os.Hostname()
	if err != nil {
		name = "localhost"
	}
	return net.JoinHostPort(name, fmt.Sprint(t.Port))
}

// announce hands the link out: one line on standard output and, if wanted, a file that only its owner may read.
func (s *serving) announce(l link.Link) error {
	if s.linkFile != "" {
		if err := writePrivate(s.linkFile, []byte(l.Reveal()+"\n")); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(s.stdout, l.Reveal())
	return err
}
