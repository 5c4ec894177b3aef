package dynamodb

import (
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// maxBody is how long a request may be: 16 MB of items of a BatchWriteItem, whose binaries
// are in base64 ("Quotas": a request has at most 16 MB).
const maxBody = 24 << 20

// ownWire is what DynamoDB has of its own on the wire.
var ownWire = fakeaws.Wire{MaxBody: maxBody, Resolve: resolve, Endpoint: endpoint}

// targetOfStreams begins the X-Amz-Target of DynamoDB Streams, whose requests are signed for
// dynamodb too.
const targetOfStreams = "DynamoDBStreams_20120810."

func resolve(name string, r *http.Request) (service, schema string, ok bool) {
	if name == "dynamodb" && strings.HasPrefix(r.Header.Get("X-Amz-Target"), targetOfStreams) {
		return streamsName, streamsName, true
	}
	return "", "", false
}

// endpoint reads the hosts that are not of the usual form: streams.dynamodb.REGION, and
// ACCOUNT.ddb.REGION, which SDKs call that know the account.
func endpoint(host string) (fakeaws.Endpoint, bool) {
	rest, ok := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	if !ok {
		return fakeaws.Endpoint{}, false
	}
	region, ok := strings.CutPrefix(rest, "streams.dynamodb.")
	if !ok {
		var account string
		if account, region, ok = strings.Cut(rest, ".ddb."); !ok || !awsid.IsDigits(account) {
			return fakeaws.Endpoint{}, false
		}
	}
	if strings.Contains(region, ".") {
		return fakeaws.Endpoint{}, false
	}
	return fakeaws.Endpoint{Service: "dynamodb", Region: region}, true
}

func init() {
	wire.RegisterUnion(
		types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberB{},
		types.AttributeValueMemberSS{}, types.AttributeValueMemberNS{}, types.AttributeValueMemberBS{},
		types.AttributeValueMemberM{}, types.AttributeValueMemberL{},
		types.AttributeValueMemberNULL{}, types.AttributeValueMemberBOOL{},
		streamtypes.AttributeValueMemberS{}, streamtypes.AttributeValueMemberN{}, streamtypes.AttributeValueMemberB{},
		streamtypes.AttributeValueMemberSS{}, streamtypes.AttributeValueMemberNS{}, streamtypes.AttributeValueMemberBS{},
		streamtypes.AttributeValueMemberM{}, streamtypes.AttributeValueMemberL{},
		streamtypes.AttributeValueMemberNULL{}, streamtypes.AttributeValueMemberBOOL{},
	)
}
