package ses

import (
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// maxBody is how long a request may be: 40 MB of message, in base64 ("Service quotas in Amazon
// SES": the maximum message size of version 2; of version 1 it is 10 MB).
const maxBody = 56 << 20

// ownWire is what SES has of its own on the wire.
var ownWire = fakeaws.Wire{MaxBody: maxBody, Resolve: resolve, Endpoint: endpoint}

// pathV2 begins the paths of version 2.
const pathV2 = "/v2/email/"

func resolve(name string, r *http.Request) (service, schema string, ok bool) {
	if name == "ses" && strings.HasPrefix(r.URL.Path, pathV2) {
		return nameV2, nameV2, true
	}
	return "", "", false
}

// endpoint reads the hosts of both versions: email.REGION.amazonaws.com.
func endpoint(host string) (fakeaws.Endpoint, bool) {
	rest, ok := strings.CutPrefix(host, "email.")
	if !ok {
		rest, ok = strings.CutPrefix(host, "email-fips.")
	}
	if !ok {
		return fakeaws.Endpoint{}, false
	}
	region, ok := strings.CutSuffix(rest, ".amazonaws.com")
	if !ok {
		if region, ok = strings.CutSuffix(rest, ".api.aws"); !ok {
			return fakeaws.Endpoint{}, false
		}
	}
	if strings.Contains(region, ".") {
		return fakeaws.Endpoint{}, false
	}
	return fakeaws.Endpoint{Service: "ses", Region: region}, true
}

func init() {
	wire.RegisterUnion(types.SigningSchemeMemberDefaultScheme{}, types.SigningSchemeMemberSmimeScheme{})
}
