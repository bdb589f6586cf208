//go:build !linux

package link

// Unhurried does nothing where the setting is not known.
func Unhurried() {}
