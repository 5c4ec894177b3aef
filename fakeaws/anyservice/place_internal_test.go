package anyservice

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// asked returns what a request in JSON asks, of a fake that may know something already.
func asked(t *testing.T, f *Fake, world *fakeaws.World, pkg, name, body string) []fakeaws.Need {
	t.Helper()
	api, ok := catalog.APIByPackage(pkg)
	require.True(t, ok)
	sent := &wire.Request{Method: http.MethodPost, Path: "/", Header: http.Header{"X-Amz-Target": {api.Target + "." + name}}, Body: []byte(body)}
	op, protocol, err := modelOf(api)().Match(sent)
	require.NoError(t, err)
	all := api.Operations()
	i := slices.IndexFunc(all, func(o *catalog.Operation) bool { return o.Name == name })
	require.GreaterOrEqual(t, i, 0)
	r := &request{
		call: &fakeaws.Call{Service: pkg, Account: "111122223333", Region: "us-east-1", World: world, Caller: &fakeaws.Caller{Principal: enforce.Principal{Type: enforce.User}}},
		msg:  &fakeaws.Message{Request: sent, Operation: op, Protocol: protocol},
	}
	require.NoError(t, r.findOwner())
	needs, err := f.needs(r, operationOf(all[i])())
	require.NoError(t, err)
	require.NotEmpty(t, needs)
	return needs
}

// What is named by the ARN of something above it, or by an alias, is where that is.
func TestResourcesElsewhere(t *testing.T) {
	t.Parallel()
	w := fakeaws.NewWorld(fakeaws.Config{})
	key, err := w.Keys().Create("444455556666", "us-east-1", nil)
	require.NoError(t, err)
	key.SetAlias("alias/ours")
	for _, c := range []struct{ pkg, operation, body, want string }{
		{"ecs", "DescribeServices", `{"cluster":"arn:aws:ecs:eu-west-1:444455556666:cluster/c","services":["web"]}`, "arn:aws:ecs:eu-west-1:444455556666:service/c/web"},
		{"ecs", "DescribeServices", `{"cluster":"c","services":["web"]}`, "arn:aws:ecs:us-east-1:111122223333:service/c/web"},
		{"kms", "Encrypt", `{"KeyId":"alias/none"}`, "arn:aws:kms:us-east-1:111122223333:key/*"},
		{"kms", "Encrypt", `{"KeyId":"arn:aws:kms:us-east-1:444455556666:alias/none"}`, "arn:aws:kms:us-east-1:444455556666:key/*"},
		{"kms", "Encrypt", `{"KeyId":"arn:aws:kms:us-east-1:444455556666:alias/ours"}`, key.ARN},
		{"kms", "CreateAlias", `{"AliasName":"alias/none","TargetKeyId":"` + key.ID + `"}`, "arn:aws:kms:us-east-1:111122223333:alias/none"},
	} {
		assert.Equal(t, c.want, asked(t, new(Fake), w, c.pkg, c.operation, c.body)[0].Resource, c.body)
	}
}

// What is the owner's alone, no policy of a key of another account allows.
func TestKeysOfOtherAccounts(t *testing.T) {
	t.Parallel()
	w := fakeaws.NewWorld(fakeaws.Config{})
	theirs, err := w.Keys().Create("444455556666", "us-east-1", nil)
	require.NoError(t, err)
	ours, err := w.Keys().Create("111122223333", "us-east-1", nil)
	require.NoError(t, err)
	policyOf := func(operation string, key *fakeaws.Key) *enforce.Policy {
		return asked(t, new(Fake), w, "kms", operation, `{"KeyId":"`+key.ARN+`"}`)[0].Policy
	}
	assert.Same(t, theirs.Policy(), policyOf("Encrypt", theirs))
	assert.Same(t, ours.Policy(), policyOf("DisableKey", ours))
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[]}`, policyOf("DisableKey", theirs).Document())
}

// A secret is the same by its name and by its ARN: what is known of it holds for both.
func TestSecretsByNameAndARN(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-"
	for _, told := range []string{arn + "AbCdEf", arn + "??????"} {
		f := new(Fake)
		f.SetTags(told, map[string]string{"env": "dev"})
		for _, name := range []string{"db", arn + "AbCdEf", arn[:len(arn)-1]} {
			n := asked(t, f, nil, "secretsmanager", "GetSecretValue", `{"SecretId":"`+name+`"}`)[0]
			assert.Equal(t, []string{"dev"}, maps.Collect(n.Context.All())["aws:ResourceTag/env"], name)
			assert.False(t, n.Unknown.Key("aws:ResourceTag/env"), name)
		}
		n := asked(t, f, nil, "secretsmanager", "GetSecretValue", `{"SecretId":"db-two"}`)[0]
		assert.True(t, n.Unknown.Key("aws:ResourceTag/env"))
	}
}

// The help of a denial says how a test tells the tags.
func TestHelpOfUntoldTags(t *testing.T) {
	t.Parallel()
	n := asked(t, new(Fake), nil, "dynamodb", "GetItem", `{"TableName":"orders"}`)[0]
	for key, want := range map[string]string{
		"aws:ResourceTag/env":              `acct.SetResourceTags("arn:aws:dynamodb:us-east-1:111122223333:table/orders", map[string]string{"env": …})`,
		"dynamodb:FirstPartitionKeyValues": "AWS knows dynamodb:FirstPartitionKeyValues of the call, and leastpriv does not",
		"aws:PrincipalTag/env":             "",
	} {
		p := enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"`+key+`":"dev"}}}}`, enforce.IdentityPolicy)
		unknown := *n.Unknown
		if want != "" {
			unknown.Key = func(name string) bool { return name == key }
		}
		d := enforce.Evaluate(&enforce.Request{
			Principal: enforce.Principal{Type: enforce.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/a"},
			Action:    n.Action, Resource: n.Resource, Unknown: &unknown,
		}, &enforce.PolicySet{Identity: []*enforce.Policy{p}})
		require.False(t, d.Allowed())
		if want == "" {
			assert.Empty(t, untold(&n, &d))
		} else {
			assert.Contains(t, untold(&n, &d), want)
		}
	}
}
