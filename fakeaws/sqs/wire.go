package sqs

import (
	"net/http"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// ownWire is what SQS has of its own on the wire.
var ownWire = fakeaws.Wire{
	Endpoint: endpointOf,
	// What is posted to the URL of a queue.
	Claims:  func(r *http.Request) bool { return fakeaws.IsQueryForm(r) && r.URL.Path != "/" },
	MaxBody: 8 << 20, // 1 MiB of message, escaped in JSON or a form
	// The JSON protocol keeps the statuses of Query.
	Styles: map[wire.Protocol]sigv4.Style{wire.AWSJSON10: sigv4.SQSJSON},
}

// endpointOf reads the hosts that SQS had first: "queue.amazonaws.com" and
// "us-west-2.queue.amazonaws.com". They do not decide the region of a signature.
func endpointOf(host string) (fakeaws.Endpoint, bool) {
	name, ok := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), "queue.amazonaws.com")
	ok = ok && (name == "" || strings.Count(name, ".") == 1 && name[len(name)-1] == '.')
	return fakeaws.Endpoint{Service: "sqs"}, ok
}
