package sns

import (
	"net/http"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// ownWire is what SNS has of its own on the wire.
var ownWire = fakeaws.Wire{
	MaxBody:   8 << 20, // 1 MiB of message, escaped in a form
	Claims:    isLink,
	Receive:   receive,
	Intercept: intercept,
}

// isLink reports whether a request is one of the links that SNS sends to endpoints: a World
// behind a socket knows them by that alone.
func isLink(r *http.Request) bool {
	q := r.URL.RawQuery
	return r.Method == http.MethodGet && r.URL.Path == "/" &&
		(strings.HasPrefix(q, "Action=Unsubscribe&SubscriptionArn=") || strings.HasPrefix(q, "Action=ConfirmSubscription&TopicArn="))
}

// receive completes the links that SNS sends to endpoints, to confirm a subscription and to
// end it: they name no version of the API, and need no signature.
func receive(x *fakeaws.Exchange) {
	q := x.Request.RawQuery
	if x.Signature == nil && isLink(x.HTTP) && !strings.Contains(q, "&Version=") {
		x.Request.RawQuery = q + "&Version=2010-03-31"
	}
}

// intercept answers the address of the certificate that verifies what SNS sends.
func intercept(x *fakeaws.Exchange, _ bool) (*wire.Response, error) {
	if x.HTTP.Method != http.MethodGet || !strings.HasPrefix(x.HTTP.URL.Path, "/SimpleNotificationService-") || x.HTTP.URL.Path != "/"+certificateName() {
		return nil, nil
	}
	resp := &wire.Response{Status: http.StatusOK, Header: http.Header{}, Body: certificatePEM()}
	resp.Set("Content-Type", "application/x-pem-file")
	return resp, nil
}
