package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newKey(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print the public key that reports are signed with",
		Args:  maxArgs(0),
		RunE: with(env, func(_ *cobra.Command, _ []string, s *Services) error {
			key, err := s.Key()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(env.Out, key.Public())
			return err
		}),
	}
}
