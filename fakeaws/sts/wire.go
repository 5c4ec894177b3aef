package sts

import (
	"net/http"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// ownWire is what STS has of its own on the wire: unsigned requests of the Query
// protocol are for it, which alone has operations for those who have no key.
var ownWire = fakeaws.Wire{
	Claims: func(r *http.Request) bool { return fakeaws.IsQueryForm(r) && r.URL.Path == "/" },
}
