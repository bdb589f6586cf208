// Package fake is the example platform driver.
package fake
