// Package e2e moves the fixtures' real sites with the built programs and asks the real WordPress about the result (build tag accept).
package e2e
