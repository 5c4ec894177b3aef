package s3

import (
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/acl"
	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Share[object]("a change puts a changed copy in its place"),
	deepcopy.Share[data]("its pieces never change"),
	deepcopy.Share[acl.ACL]("its grants never change, and what it keeps of them follows from them"),
	deepcopy.Share[func(a, b *multipart) bool]("it compares two uploads, and refers to nothing"),
	deepcopy.By("its trees share the nodes that neither has changed since, and copy the histories in those that they change",
		func(c *deepcopy.Copier, dst, src *btree.Map[string, history]) {
			if c.Frozen {
				frozen := *src
				src = &frozen // Copy writes to it
			}
			*dst = *src.Copy()
		}),
	deepcopy.By("what waits to be sent is sent by the call that caused it, in the World of the call",
		func(_ *deepcopy.Copier, dst, src *outbox) { dst.sequence = src.sequence }),
)
