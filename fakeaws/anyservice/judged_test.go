package anyservice_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
)

// An instance profile passes its role: which one, IAM knows.
func TestPassRoleOfInstanceProfile(t *testing.T) {
	t.Parallel()
	l := newLab(t, anyservice.Services{})
	ctx := t.Context()
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	_, err := l.iam.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("web"), AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	for _, name := range []string{"profile", "empty"} {
		_, err = l.iam.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String(name)})
		require.NoError(t, err)
	}
	_, err = l.iam.AddRoleToInstanceProfile(ctx, &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("profile"), RoleName: aws.String("web")})
	require.NoError(t, err)
	run := func(profile string) sent {
		return form("ec2", "Action=RunInstances&Version=2016-11-15&ImageId=ami-1&MinCount=1&MaxCount=1&IamInstanceProfile."+profile)
	}
	pass := func(resource string) string { return policyOf(allow("ec2:*", "*"), allow("iam:PassRole", resource)) }
	without, one, all := l.user("without", policyOf(allow("ec2:*", "*"))), l.user("one", pass("arn:aws:iam::111122223333:role/web")), l.user("all", pass("arn:aws:iam::111122223333:role/*"))
	for _, c := range []struct {
		profile string
		by      aws.Credentials
		code    string
	}{
		{"Name=profile", without, "UnauthorizedOperation"},
		{"Name=profile", one, "NotImplemented"},
		{"Arn=arn:aws:iam::111122223333:instance-profile/profile", without, "UnauthorizedOperation"},
		{"Arn=arn:aws:iam::111122223333:instance-profile/profile", one, "NotImplemented"},
		{"Name=empty", without, "NotImplemented"},  // it passes no role
		{"Name=web", one, "UnauthorizedOperation"}, // a profile that is not there, though a role is
		{"Name=unknown", one, "UnauthorizedOperation"},
		{"Name=unknown", all, "NotImplemented"},
	} {
		assert.Equal(t, c.code, l.do("process", c.by, run(c.profile)).code, c.profile)
	}
}

// What a Deny on the policy of a table says holds for its indexes, also in questions.
func TestGuardKnowsWhatCallsKnow(t *testing.T) {
	t.Parallel()
	l := newLab(t, anyservice.Services{})
	table := "arn:aws:dynamodb:us-east-1:111122223333:table/orders"
	other, _ := l.world.Other("dynamodb")
	fake := other.(*anyservice.Fake)
	p, err := l.world.Bind(enforce.MustParse(policyOf(`{"Effect":"Deny","Principal":"*","Action":"dynamodb:Query","Resource":"*"}`), enforce.ResourcePolicy))
	require.NoError(t, err)
	fake.SetPolicy(table, p)
	need, err := fake.Guard(nil, "dynamodb:Query", table+"/index/by-date")
	require.NoError(t, err)
	assert.NotNil(t, need.Policy)
}

// A statement of which it cannot be told what it does is refused.
func TestUnknownStatement(t *testing.T) {
	t.Parallel()
	l := newLab(t, anyservice.Services{})
	for _, statement := range []string{"", "DROP TABLE orders", "-- SELECT\\nDELETE FROM orders"} {
		a := l.do("process", l.root(account), target("dynamodb", "DynamoDB_20120810.ExecuteStatement", `{"Statement":"`+statement+`"}`))
		assert.Equal(t, "ValidationException", a.code, "%s: %s", statement, a.message)
	}
}

// Tags in a call about something else are not those of what its first permission is on.
func TestTagsOfSomethingElse(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`<a/>`)) }))
	defer server.Close()
	l := newLab(t, upstreams(t, "*", server.URL))
	user := l.user("u", policyOf(allow("rds:*", "*"), `{"Effect":"Deny","Action":"rds:DeleteDBInstance","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/env":"prod"}}}`))
	call := func(body string) answer { return l.do("process", user, form("rds", body+"&Version=2014-10-31")) }
	a := call("Action=CreateDBSnapshot&DBInstanceIdentifier=main&DBSnapshotIdentifier=s1&Tags.Tag.1.Key=env&Tags.Tag.1.Value=dev")
	require.Equal(t, http.StatusOK, a.status, a.message)
	assert.Equal(t, "AccessDenied", call("Action=DeleteDBInstance&DBInstanceIdentifier=main").code, "nobody has said how the database is tagged")
	require.Equal(t, http.StatusOK, call("Action=AddTagsToResource&ResourceName=arn:aws:rds:us-east-1:111122223333:db:main&Tags.Tag.1.Key=env&Tags.Tag.1.Value=dev").status)
	assert.Equal(t, http.StatusOK, call("Action=DeleteDBInstance&DBInstanceIdentifier=main").status)
}

// What was judged is what an upstream gets: nothing in the request names another operation,
// path or host.
func TestUpstreamGetsWhatWasJudged(t *testing.T) {
	t.Parallel()
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got = r
	}))
	defer server.Close()
	l := newLab(t, upstreams(t, "*", server.URL))
	s := target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"a"}`)
	s.path = "/?Action=DeleteTable&TableName=b"
	s.header["X-Http-Method-Override"], s.header["X-Forwarded-Host"], s.header["X-Rewrite-Url"] = "DELETE", "s3.amazonaws.com", "/other"
	l.do("process", l.root(account), s)
	require.NotNil(t, got)
	assert.Equal(t, "DynamoDB_20120810.GetItem", got.Header.Get("X-Amz-Target"))
	assert.Empty(t, got.URL.RawQuery)
	for _, name := range []string{"X-Http-Method-Override", "X-Forwarded-Host", "X-Rewrite-Url", "Smithy-Protocol"} {
		assert.Empty(t, got.Header.Get(name), name)
	}
	invoke := sent{"lambda", http.MethodPost, "/2015-03-31/functions/worker/invocations", "{}", map[string]string{"X-Amz-Target": "AWSLambda.DeleteFunction"}}
	l.do("process", l.root(account), invoke)
	assert.Empty(t, got.Header.Get("X-Amz-Target"))
	got = nil
	tags := sent{"lambda", http.MethodGet, "/2017-03-31/tags/x%2F..%2F..%2F2015-03-31%2Ffunctions", "", nil}
	assert.Equal(t, "ValidationException", l.do("process", l.root(account), tags).code)
	assert.Nil(t, got)
}
