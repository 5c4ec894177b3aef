package s3

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func TestEventPrincipals(t *testing.T) {
	t.Parallel()
	us, them := ownerAccount{ID: owner}, customerPrincipal(stranger)
	by := func(p enforce.Principal) *fakeaws.Call {
		return &fakeaws.Call{Caller: &fakeaws.Caller{Principal: p}, SourceIP: "192.0.2.1"}
	}
	for name, tc := range map[string]struct {
		event              types.Event
		call               *fakeaws.Call
		principal, address string
	}{
		"user":          {"s3:ObjectCreated:Put", by(enforce.Principal{Type: enforce.User, UserID: "AIDAEXAMPLE"}), "AWS:AIDAEXAMPLE", "192.0.2.1"},
		"session":       {"s3:ObjectCreated:Put", by(enforce.Principal{Type: enforce.AssumedRole, UserID: "AROAEXAMPLE:me"}), "AWS:AROAEXAMPLE:me", "192.0.2.1"},
		"root":          {"s3:ObjectCreated:Put", by(enforce.Principal{Type: enforce.Root, Account: stranger, UserID: stranger}), them, "192.0.2.1"},
		"nobody":        {"s3:ObjectCreated:Put", by(enforce.Principal{Type: enforce.Anonymous}), "Anonymous", "192.0.2.1"},
		"service":       {"s3:ObjectCreated:Put", by(enforce.Principal{Type: enforce.Service, Service: "logs.amazonaws.com"}), "logs.amazonaws.com", "logs.amazonaws.com"},
		"S3 itself":     {"s3:LifecycleExpiration:Delete", nil, "s3.amazonaws.com", "s3.amazonaws.com"},
		"restored":      {"s3:ObjectRestore:Completed", nil, customerPrincipal(owner), "s3.amazonaws.com"},
		"restore ended": {"s3:ObjectRestore:Delete", nil, "s3.amazonaws.com", "s3.amazonaws.com"},
	} {
		what := occurrence{event: tc.event, call: tc.call}
		assert.Equal(t, tc.principal, what.principal(us), name)
		assert.Equal(t, tc.address, what.address(), name)
	}
	assert.NotEqual(t, customerID(owner), customerID(stranger))
}

// Only the destinations of queues get events, each of those that its filter and its events
// name.
func TestWanted(t *testing.T) {
	t.Parallel()
	filter := func(name types.FilterRuleName, value string) *types.NotificationConfigurationFilter {
		return &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{{Name: name, Value: &value}}}}
	}
	for _, tc := range []struct {
		listens types.Event
		filter  *types.NotificationConfigurationFilter
		event   types.Event
		want    bool
	}{
		{"s3:ObjectCreated:*", nil, "s3:ObjectCreated:Copy", true},
		{"s3:ObjectCreated:Put", nil, "s3:ObjectCreated:Copy", false},
		{"s3:ObjectRemoved:*", nil, "s3:ObjectCreated:Copy", false},
		{"s3:ObjectRemoved:Delete", nil, "s3:ObjectRemoved:DeleteMarkerCreated", false},
		{"s3:LifecycleTransition", nil, "s3:LifecycleTransition", true},
		{"s3:ObjectCreated:*", filter("Prefix", "im"), "s3:ObjectCreated:Put", true},
		{"s3:ObjectCreated:*", filter("Prefix", "mages"), "s3:ObjectCreated:Put", false},
		{"s3:ObjectCreated:*", filter("Suffix", ".jpg"), "s3:ObjectCreated:Put", true},
		{"s3:ObjectCreated:*", filter("Suffix", ".JPG"), "s3:ObjectCreated:Put", false},
	} {
		assert.Equal(t, tc.want, wanted([]types.Event{tc.listens}, tc.filter, tc.event, "images/a.jpg"), "%v", tc)
	}
}
