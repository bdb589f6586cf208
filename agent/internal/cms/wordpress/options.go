package wordpress

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// changeOption changes an option under a lock on its row, so that parallel transactions do so one after the other.
func (s *Site) changeOption(ctx context.Context, u *cms.Unit, name, autoload string, change func(old string) string) error {
	old, err := cmssql.Column[string](ctx, u.Tx, s.sql("SELECT option_value FROM {options} WHERE option_name = ?")+s.lock(), name)
	if err != nil {
		return err
	}
	if len(old) == 0 {
		now := change("")
		if err := u.Keep(ctx, option(name)); err != nil {
			return err
		}
		_, err := u.Tx.Exec(ctx, s.sql("INSERT INTO {options} (option_name, option_value, autoload) VALUES (?, ?, ?)"), name, now, autoload)
		return err
	}
	now := change(old[0])
	if now == old[0] {
		return nil
	}
	if err := u.Keep(ctx, option(name)); err != nil {
		return err
	}
	_, err = u.Tx.Exec(ctx, s.sql("UPDATE {options} SET option_value = ? WHERE option_name = ?"), now, name)
	return err
}

// setOption sets an option.
func (s *Site) setOption(ctx context.Context, u *cms.Unit, name, value string) error {
	return s.changeOption(ctx, u, name, "yes", func(string) string { return value })
}
