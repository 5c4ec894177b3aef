package dynamodb

import (
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Share[item]("a write puts another in its place"),
	deepcopy.Share[record]("it never changes"),
	deepcopy.Share[forward]("it never changes"),
	deepcopy.Share[undo]("it never changes"),
	deepcopy.Share[transaction]("it never changes"),
	deepcopy.By("its trees share the nodes that neither has changed since",
		func(c *deepcopy.Copier, dst, src *btree.Map[string, *item]) {
			if c.Frozen {
				frozen := *src
				src = &frozen // Copy writes to it
			}
			*dst = *src.Copy()
		}),
)
