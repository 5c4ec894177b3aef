package anyservice

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// EventBridge and CloudWatch Events have one target and sign for one name: the client says
// which it is, or else it is the one that has more operations.
func TestRouteOfServicesWithOneTarget(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"aws-sdk-go-v2/1.47.7 ua/2.1 os/linux lang/go#1.26 api/eventbridge#1.55.9":      "eventbridge",
		"aws-sdk-go-v2/1.47.7 ua/2.1 os/linux lang/go#1.26 api/cloudwatchevents#1.55.9": "cloudwatchevents",
		"Boto3/1.40 md/Botocore#1.40": "eventbridge",
	} {
		for _, signedFor := range []string{"events", ""} {
			r := httptest.NewRequest("POST", "/", nil)
			r.Header.Set("X-Amz-Target", "AWSEvents.PutEvents")
			r.Header.Set("User-Agent", agent)
			api := route(signedFor, r)
			require.NotNil(t, api)
			assert.Equal(t, want, api.Package, agent)
		}
	}
}
