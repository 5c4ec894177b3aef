package fakeaws

import "github.com/leastpriv/leastpriv/enforce"

// A Need is one permission that a call requires.
type Need = enforce.Need
