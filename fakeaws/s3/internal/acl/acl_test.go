package acl

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

var (
	owner    = strings.Repeat("a", 64)
	stranger = strings.Repeat("b", 64)
)

func reasonOf(t testing.TB, err error) Reason {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	return e.Reason
}

func TestGrantsAreTheCallersToChange(t *testing.T) {
	t.Parallel()
	a := Private(owner)
	grants := a.Grants()
	*grants[0].Grantee.ID, grants[0].Permission = stranger, types.PermissionRead
	assert.Equal(t, []types.Grant{grantTo(owner, types.PermissionFullControl)}, a.Grants())
}

func TestWhoACLsAreOpenTo(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ public, open bool }{
		"private":                   {},
		"public-read":               {true, true},
		"public-read-write":         {true, true},
		"authenticated-read":        {true, true},
		"aws-exec-read":             {false, true},
		"bucket-owner-read":         {false, true},
		"bucket-owner-full-control": {false, true},
	} {
		a, ok := Canned(name, owner, stranger)
		require.True(t, ok, name)
		assert.Equal(t, want.public, a.Public(), name)
		assert.Equal(t, want.open, a.Open(owner), name)
	}
	for _, name := range []string{"bucket-owner-read", "bucket-owner-full-control"} {
		for _, bucketOwner := range []string{"", owner} { // of a bucket, and of the bucket owner's own object
			a, ok := Canned(name, owner, bucketOwner)
			require.True(t, ok, name)
			assert.False(t, a.Open(owner), name)
		}
	}
	_, ofObject := Canned("log-delivery-write", owner, stranger)
	_, ofBucket := Canned("log-delivery-write", owner, "")
	assert.False(t, ofObject)
	assert.True(t, ofBucket)
}

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	read := func(value string) []Header { return Headers(nil, &value, nil, nil, nil) }
	document := func(ownedBy string, grants ...types.Grant) *types.AccessControlPolicy {
		return &types.AccessControlPolicy{Owner: &types.Owner{ID: &ownedBy}, Grants: grants}
	}
	many := make([]types.Grant, maxGrants+1)
	for i := range many {
		many[i] = grantTo(stranger, types.PermissionRead)
	}
	for name, c := range map[string]struct {
		request Request
		want    Reason
	}{
		"canned and header":    {Request{Canned: "private", Headers: read("id=" + owner)}, TwoWays},
		"canned and document":  {Request{Canned: "private", Document: document(owner)}, UnexpectedDocument},
		"unknown":              {Request{Canned: "secret"}, InvalidArgument},
		"no grantee":           {Request{Headers: read(owner)}, InvalidArgument},
		"unknown grantee":      {Request{Headers: read("name=bob")}, InvalidArgument},
		"e-mail address":       {Request{Headers: read("emailAddress=bob@example.com")}, EmailGrantee},
		"no canonical id":      {Request{Headers: read("id=bob")}, InvalidArgument},
		"no group":             {Request{Headers: read("uri=http://example.com")}, InvalidArgument},
		"of another":           {Request{Document: document(stranger)}, OtherOwner},
		"of nobody":            {Request{Document: new(types.AccessControlPolicy)}, Malformed},
		"grant to nobody":      {Request{Document: document(owner, types.Grant{Permission: types.PermissionRead})}, Malformed},
		"grant of nothing":     {Request{Document: document(owner, grantTo(stranger, ""))}, Malformed},
		"grant of no right":    {Request{Document: document(owner, grantTo("nobody", "ALL"))}, Malformed},
		"grant to no id":       {Request{Document: document(owner, types.Grant{Permission: types.PermissionRead, Grantee: &types.Grantee{Type: types.TypeCanonicalUser}})}, Malformed},
		"grant to no group":    {Request{Document: document(owner, grantToGroup("", types.PermissionRead))}, Malformed},
		"grant to an address":  {Request{Document: document(owner, types.Grant{Permission: types.PermissionRead, Grantee: &types.Grantee{Type: types.TypeAmazonCustomerByEmail}})}, EmailGrantee},
		"of no user":           {Request{Document: document("bob")}, InvalidArgument},
		"too many":             {Request{Document: document(owner, many...)}, TooManyGrants},
		"of objects, to a log": {Request{Canned: "log-delivery-write"}, InvalidArgument},
	} {
		err := c.request.Check()
		if err == nil {
			_, err = c.request.ACL(owner, stranger)
		}
		assert.Equal(t, c.want, reasonOf(t, err), name)
	}
}

// TestWhoIsNotThere: errors name a grantee as the request has it.
func TestWhoIsNotThere(t *testing.T) {
	t.Parallel()
	document := func(ownedBy string, grants ...types.Grant) Request {
		return Request{Document: &types.AccessControlPolicy{Owner: &types.Owner{ID: &ownedBy}, Grants: grants}}
	}
	read := func(value string) Request { return Request{Headers: Headers(nil, &value, nil, nil, nil)} }
	const group = "http://acs.amazonaws.com/groups/s3/None"
	for argument, requests := range map[string][]Request{
		"CanonicalUser/ID": {document("bob"), document(owner, grantTo("bob", types.PermissionRead))},
		"id":               {read(`id="bob"`)},
		"Group/URI":        {document(owner, grantToGroup(group, types.PermissionRead))},
		"uri":              {read(`uri="` + group + `"`)},
	} {
		for _, r := range requests {
			var e *Error
			require.ErrorAs(t, r.Check(), &e, argument)
			assert.Equal(t, argument, e.Argument)
			assert.Contains(t, []string{"bob", group}, e.Value)
		}
	}
}

func TestGrantHeaders(t *testing.T) {
	t.Parallel()
	r := Request{Headers: Headers(aws.String(`id="`+owner+`"`), nil, nil, nil, nil)}
	require.True(t, r.Given())
	require.NoError(t, r.Check())
	assert.True(t, r.OnlyFullControlOf(owner))
	assert.False(t, r.OnlyFullControlOf(stranger))
	a, err := r.ACL(stranger, owner)
	require.NoError(t, err)
	assert.Equal(t, []types.Grant{grantTo(owner, types.PermissionFullControl)}, a.Grants())
	assert.False(t, new(Request).Given())
}

// TestPolicies: what is about an object is about no other one, whatever its key.
func TestPolicies(t *testing.T) {
	t.Parallel()
	a, _ := Canned("public-read", owner, "")
	const arn = "arn:aws:s3:::bucket/a*"
	allows := func(p *enforce.Policy, action, resource string) bool {
		d := enforce.Evaluate(&enforce.Request{
			Principal: enforce.Principal{Type: enforce.Anonymous}, Action: action, Resource: resource, ResourceAccount: "111122223333",
		}, &enforce.PolicySet{Resource: p})
		return d.Allowed()
	}
	object := a.ObjectPolicy(arn, true)
	assert.True(t, allows(object, "s3:GetObject", arn))
	assert.False(t, allows(object, "s3:GetObject", "arn:aws:s3:::bucket/ab"))
	assert.False(t, allows(object, "s3:PutObject", arn))
	assert.False(t, allows(a.ObjectPolicy(arn, false), "s3:GetObject", arn), "grants to everybody are ignored")
	bucket := a.BucketPolicy("arn:aws:s3:::bucket", true)
	assert.True(t, allows(bucket, "s3:ListBucket", "arn:aws:s3:::bucket"))
	assert.False(t, allows(bucket, "s3:PutObject", "arn:aws:s3:::bucket/a"))
	assert.Same(t, bucket, a.BucketPolicy("arn:aws:s3:::bucket", true))
	writers, _ := Canned("public-read-write", owner, "")
	removal := writers.RemovalPolicy("arn:aws:s3:::bucket", true)
	assert.True(t, allows(removal, "s3:DeleteObject", arn))
	assert.False(t, allows(removal, "s3:DeleteObjectVersion", arn))
	assert.False(t, allows(writers.RemovalPolicy("arn:aws:s3:::bucket", false), "s3:DeleteObject", arn))
	assert.False(t, allows(a.RemovalPolicy("arn:aws:s3:::bucket", true), "s3:DeleteObject", arn), "readers")
	var none *ACL
	assert.Nil(t, none.ObjectPolicy(arn, true))
}

func FuzzGrantees(f *testing.F) {
	for _, s := range []string{`id="a"`, `id=a, uri="http://acs.amazonaws.com/groups/global/AllUsers"`, `emailAddress="a@b.c"`, "id", ",", "id=\"", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		grants, err := (&Header{"read", types.PermissionRead, header}).grants()
		if err != nil {
			require.Contains(t, []Reason{InvalidArgument, EmailGrantee}, reasonOf(t, err))
			return
		}
		require.Len(t, grants, strings.Count(header, ",")+1, "none is lost")
		for _, g := range grants {
			require.Equal(t, types.PermissionRead, g.Permission)
		}
	})
}
