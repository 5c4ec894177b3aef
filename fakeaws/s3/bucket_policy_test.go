package s3

import (
	"fmt"
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// statement makes a policy of one statement from its elements.
func statement(elements string) string {
	return `{"Version":"2012-10-17","Statement":[{` + elements + `}]}`
}

const publicRead = `"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"`

func (l *lab) setPolicy(ctx *fakeaws.Call, doc string) error {
	_, err := l.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: ptr("bucket"), Policy: &doc})
	return err
}

func (l *lab) open(t testing.TB) {
	t.Helper()
	_, err := l.DeletePublicAccessBlock(l.ctx, &awss3.DeletePublicAccessBlockInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
}

func TestBucketPolicy(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	in := &awss3.GetBucketPolicyInput{Bucket: ptr("bucket")}
	_, err := l.GetBucketPolicy(l.ctx, in)
	e := requireCode(t, err, "NoSuchBucketPolicy", 404)
	assert.Equal(t, "The bucket policy does not exist", e.Message, "rule 74")
	assert.Equal(t, "bucket", field(e, "BucketName"))

	doc := statement(`"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"]`)
	require.NoError(t, l.setPolicy(l.as(owner, region), doc))
	out, err := l.GetBucketPolicy(l.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, doc, *out.Policy)

	_, err = l.PutBucketPolicy(l.ctx, &awss3.PutBucketPolicyInput{Bucket: ptr("bucket"), Policy: &doc, ContentMD5: ptr(helloMD5)})
	e = requireCode(t, err, "BadDigest", 400)
	assert.Equal(t, "5eb63bbbe01eeed093cb22bb8f5acdc3", field(e, "ExpectedDigest"))

	_, err = l.GetBucketPolicy(l.as(stranger, region), in)
	e = requireCode(t, err, "MethodNotAllowed", 405)
	assert.Equal(t, "The specified method is not allowed against this resource.", e.Message, "rule 47")

	_, err = l.DeleteBucketPolicy(l.ctx, &awss3.DeleteBucketPolicyInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
	_, err = l.GetBucketPolicy(l.ctx, in)
	requireCode(t, err, "NoSuchBucketPolicy", 404)
}

func TestPolicyIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ doc, text string }{
		"other bucket":        {statement(`"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"`), "Policy has invalid resource"},
		"longer name":         {statement(`"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::buckets/*"`), "Policy has invalid resource"},
		"any bucket":          {statement(`"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::*"`), "Policy has invalid resource"},
		"everything":          {statement(`"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*"`), "Policy has invalid resource"},
		"other service":       {statement(`"Effect":"Deny","Principal":"*","Action":"sqs:SendMessage","Resource":"arn:aws:s3:::bucket/*"`), "Policy has invalid action"},
		"no such action":      {statement(`"Effect":"Deny","Principal":"*","Action":"s3:GetObjects","Resource":"arn:aws:s3:::bucket/*"`), "Policy has invalid action"},
		"action of objects":   {statement(`"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket"`), "Action does not apply to any resource(s) in statement"},
		"action of buckets":   {statement(`"Effect":"Deny","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bucket/*"`), "Action does not apply to any resource(s) in statement"},
		"one of two actions":  {statement(`"Effect":"Deny","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::bucket/*"`), "Action does not apply to any resource(s) in statement"},
		"not JSON":            {"policy", "Policies must be valid JSON and the first byte must be '{'"},
		"empty":               {"", "Policies must be valid JSON and the first byte must be '{'"},
		"no statement":        {"{}", "Missing required field Statement"},
		"larger than allowed": {statement(publicRead + `,"Sid":"` + strings.Repeat("s", 20<<10) + `"`), "Normalized policy document exceeds the maximum allowed size"},
	} {
		t.Run("rule 74: "+name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.bucketNamed(t, "bucket")
			l.open(t)
			e := requireCode(t, l.setPolicy(l.as(owner, region), c.doc), "MalformedPolicy", 400)
			assert.Equal(t, c.text, e.Message)
		})
	}
}

func TestPolicyIsAccepted(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"wildcards":   statement(`"Effect":"Deny","Principal":"*","Action":["s3:Get*","s3:P?tObject"],"Resource":"arn:aws:s3:::bucket/*"`),
		"both levels": statement(`"Effect":"Deny","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"]`),
		"any case":    statement(`"Effect":"Deny","Principal":"*","Action":"S3:getobject","Resource":"arn:aws:s3:::bucket/*"`),
		"prefix":      statement(`"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::bucket*"`),
		"variable":    statement(`"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::bucket/${aws:username}/*"`),
		"elsewhere":   statement(`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::777788889999:role/r"},"Action":"s3:*","Resource":"arn:aws:s3:::bucket/*"`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.bucketNamed(t, "bucket")
			require.NoError(t, l.setPolicy(l.as(owner, region), doc))
		})
	}
}

func TestPublicPolicies(t *testing.T) {
	t.Parallel()
	allow := func(principal, condition string) string {
		s := `"Effect":"Allow","Principal":` + principal + `,"Action":"s3:GetObject","Resource":"*"`
		if condition != "" {
			s += `,"Condition":` + condition
		}
		return statement(s)
	}
	for name, c := range map[string]struct {
		doc  string
		want bool
	}{
		"everybody":            {allow(`"*"`, ""), true},
		"everybody as AWS":     {allow(`{"AWS":["*"]}`, ""), true},
		"web identities":       {allow(`{"Federated":"graph.facebook.com"}`, ""), true},
		"account":              {allow(`{"AWS":"111122223333"}`, ""), false},
		"service":              {allow(`{"Service":"cloudtrail.amazonaws.com"}`, ""), false},
		"one of them is open":  {allow(`{"AWS":["111122223333","*"]}`, ""), true},
		"VPC with wildcard":    {allow(`"*"`, `{"StringLike":{"aws:SourceVpc":"vpc-*"}}`), true},
		"VPC":                  {allow(`"*"`, `{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}`), false},
		"one value is open":    {allow(`"*"`, `{"StringLike":{"aws:SourceVpc":["vpc-1","vpc-*"]}}`), true},
		"variable":             {allow(`"*"`, `{"StringEquals":{"aws:SourceVpc":"${aws:username}"}}`), true},
		"organization":         {allow(`"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-abc"}}`), false},
		"negated":              {allow(`"*"`, `{"StringNotEquals":{"aws:PrincipalOrgID":"o-abc"}}`), true},
		"if it is there":       {allow(`"*"`, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-abc"}}`), true},
		"key of another kind":  {allow(`"*"`, `{"StringEquals":{"aws:Referer":"x"}}`), true},
		"network":              {allow(`"*"`, `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`), false},
		"half of the internet": {allow(`"*"`, `{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}`), true},
		"IPv6 network":         {allow(`"*"`, `{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}`), false},
		"broad IPv6 network":   {allow(`"*"`, `{"IpAddress":{"aws:SourceIp":"2000::/3"}}`), true},
		"address":              {allow(`"*"`, `{"IpAddress":{"aws:SourceIp":"203.0.113.7"}}`), false},
		"access points":        {allow(`"*"`, `{"ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:123456789012:accesspoint/*"}}`), false},
		"denies":               {statement(`"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"`), false},
	} {
		d, _ := enforce.ReadDocument(c.doc, enforce.BucketPolicy, enforce.Source{})
		require.NotNil(t, d, name)
		assert.Equal(t, c.want, isPublic(d), name)
	}
}

func TestBlockPublicAccess(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", hello)
	doc := statement(publicRead)
	e := requireCode(t, l.setPolicy(l.as(owner, region), doc), "AccessDenied", 403)
	assert.Equal(t, `User: arn:aws:iam::111122223333:root is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::bucket" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`, e.Message, "rule 67")

	l.open(t)
	require.NoError(t, l.setPolicy(l.as(owner, region), doc))
	in := &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key")}
	policyFor := func(call *fakeaws.Call) *enforce.Policy {
		needs, err := needsOf(l.fake.getObject(call, in))
		require.NoError(t, err)
		return needs[0].Policy
	}
	assert.Equal(t, doc, policyFor(l.anonymous()).Document())
	assert.Equal(t, doc, policyFor(l.as(stranger, region)).Document())

	_, err := l.PutPublicAccessBlock(l.ctx, &awss3.PutPublicAccessBlockInput{Bucket: ptr("bucket"),
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{RestrictPublicBuckets: ptr(true)}})
	require.NoError(t, err)
	assert.Empty(t, policyFor(l.anonymous()).Statements(), "rule 58: RestrictPublicBuckets")
	assert.Empty(t, policyFor(l.as(stranger, region)).Statements(), "rule 58: cross-account as well")
	assert.Len(t, policyFor(l.as(owner, region)).Statements(), 1)

	deny := `"Sid":"deny","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/secret"`
	require.NoError(t, l.setPolicy(l.as(owner, region), `{"Version":"2012-10-17","Statement":[{`+publicRead+`},{`+deny+`}]}`))
	left := policyFor(l.as(stranger, region)).Statements()
	require.Len(t, left, 1, "what the policy denies stays denied")
	assert.Equal(t, "deny", left[0].Sid())
	assert.Len(t, policyFor(l.as(owner, region)).Statements(), 2)
}

func FuzzPolicyDoc(f *testing.F) {
	for i := range 3 {
		f.Add(statement(fmt.Sprintf(`"Effect":"Allow","Principal":{"AWS":"%d"},"Action":"s3:*","Resource":"arn:aws:s3:::bucket/*"`, i)))
	}
	f.Add(statement(publicRead))
	f.Add(`{"Statement":{"Principal":null,"Condition":{"Bool":{"a":true}}}}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, doc string) {
		_, err := enforce.Parse(doc, enforce.BucketPolicy, enforce.Source{})
		if err != nil {
			requireCode(t, malformedPolicy(err), "MalformedPolicy", 400)
		}
		if d, _ := enforce.ReadDocument(doc, enforce.BucketPolicy, enforce.Source{}); d != nil {
			isPublic(d) // must not panic, whatever the document holds
		}
	})
}
