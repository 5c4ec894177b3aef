package anyservice

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

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

// Of services that share a name and a protocol, Action and Version say which is meant, where the
// client does not.
func TestRouteByAction(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"Action=CreateDBSnapshot&Version=2014-10-31":        "rds",
		"Action=DescribeDBInstances&Version=2014-10-31":     "rds",
		"Action=DescribeLoadBalancers&Version=2012-06-01":   "elasticloadbalancing",
		"Action=DescribeLoadBalancers&Version=2015-12-01":   "elasticloadbalancingv2",
		"Action=DescribeTargetGroups&Version=2015-12-01&x=": "elasticloadbalancingv2",
	} {
		name := "rds"
		if strings.Contains(want, "load") {
			name = "elasticloadbalancing"
		}
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		api := route(name, r)
		require.NotNil(t, api)
		assert.Equal(t, want, api.Package, body)
		left, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		assert.Equal(t, body, string(left), "the body is there still")
	}
	broken := httptest.NewRequest("POST", "/", iotest.ErrReader(io.ErrUnexpectedEOF))
	broken.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	require.NotNil(t, route("rds", broken))
	_, err := io.ReadAll(broken.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
