package iam

import (
	"github.com/leastpriv/leastpriv/fakeaws/iam/internal/sshkey"
	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Share[kind]("the kinds are the same in all Worlds"),
	deepcopy.Share[identity]("another name is another identity"),
	deepcopy.Share[gathered]("it never changes: what is gathered anew is another"),
	deepcopy.Share[version]("the version of a policy never changes"),
	deepcopy.Share[sshkey.Key]("it never changes once it is parsed"),
)
