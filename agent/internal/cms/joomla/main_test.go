package joomla

import (
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }
