package awstest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// asked are actions with the calls that need them, on resources that every World of the
// property has.
var asked = map[string]func(tb awstest.TB, cfg aws.Config, url, role string){
	"s3:GetObject": func(tb awstest.TB, cfg aws.Config, _, _ string) {
		_, _ = s3.NewFromConfig(cfg).GetObject(tb.Context(), &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("a")})
	},
	"s3:PutObject": func(tb awstest.TB, cfg aws.Config, _, _ string) {
		_, _ = s3.NewFromConfig(cfg).PutObject(tb.Context(), &s3.PutObjectInput{Bucket: aws.String("reports"), Key: aws.String("a"), Body: strings.NewReader("x")})
	},
	"s3:DeleteObject": func(tb awstest.TB, cfg aws.Config, _, _ string) {
		_, _ = s3.NewFromConfig(cfg).DeleteObject(tb.Context(), &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: aws.String("b")})
	},
	"s3:GetObjectTagging": func(tb awstest.TB, cfg aws.Config, _, _ string) {
		_, _ = s3.NewFromConfig(cfg).GetObjectTagging(tb.Context(), &s3.GetObjectTaggingInput{Bucket: aws.String("reports"), Key: aws.String("a")})
	},
	"s3:ListBucket": func(tb awstest.TB, cfg aws.Config, _, _ string) {
		_, _ = s3.NewFromConfig(cfg).ListObjectsV2(tb.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("reports")})
	},
	"s3:GetBucketLocation": func(tb awstest.TB, cfg aws.Config, _, _ string) {
		_, _ = s3.NewFromConfig(cfg).GetBucketLocation(tb.Context(), &s3.GetBucketLocationInput{Bucket: aws.String("reports")})
	},
	"sqs:SendMessage": func(tb awstest.TB, cfg aws.Config, url, _ string) {
		_, _ = sqs.NewFromConfig(cfg).SendMessage(tb.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x")})
	},
	"sqs:ListQueueTags": func(tb awstest.TB, cfg aws.Config, url, _ string) {
		_, _ = sqs.NewFromConfig(cfg).ListQueueTags(tb.Context(), &sqs.ListQueueTagsInput{QueueUrl: &url})
	},
	"sts:AssumeRole": func(tb awstest.TB, cfg aws.Config, _, role string) {
		_, _ = sts.NewFromConfig(cfg).AssumeRole(tb.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("job")})
	},
	"iam:GetRole": func(tb awstest.TB, cfg aws.Config, _, _ string) {
		_, _ = iam.NewFromConfig(cfg).GetRole(tb.Context(), &iam.GetRoleInput{RoleName: aws.String("target")})
	},
}

// conditions are those of the property: on keys that requests bring without a call's input.
var conditions = [][3]string{
	{"StringEquals", "aws:PrincipalTag/team", "blue"}, {"StringEquals", "s3:ExistingObjectTag/class", "open"}, {"StringNotEquals", "s3:ExistingObjectTag/class", "open"},
	{"StringEquals", "aws:ResourceTag/team", "blue"}, {"IpAddress", "aws:SourceIp", "127.0.0.0/8"}, {"NotIpAddress", "aws:SourceIp", "127.0.0.0/8"},
	{"Bool", "aws:SecureTransport", "true"}, {"StringEquals", "s3:authType", "REST-HEADER"}, {"StringNotEquals", "s3:signatureversion", "AWS4-HMAC-SHA256"},
	{"NumericGreaterThan", "s3:TlsVersion", "1.2"}, {"StringEquals", "aws:RequestedRegion", "us-east-1"}, {"StringNotEquals", "aws:ResourceAccount", "111111111111"},
	{"StringLike", "aws:PrincipalArn", "*worker"}, {"Null", "aws:TokenIssueTime", "true"}, {"StringEquals", "aws:userid", "x"}, {"Bool", "aws:ViaAWSService", "false"},
	{"StringEquals", "aws:PrincipalAccount", "111111111111"}, {"DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"}, {"Null", "aws:PrincipalOrgID", "false"},
	{"StringEquals", "iam:ResourceTag/team", "blue"}, {"Bool", "s3:ObjectCreationOperation", "true"}, {"Null", "s3:ResourceAccount", "true"},
}

func drawGrant(t *rapid.T, actions, principals []string) awstest.Statement {
	list := rapid.SliceOfNDistinct(rapid.SampledFrom(actions), 1, 4, rapid.ID).Draw(t, "actions")
	s := awstest.Allow(list...)
	if rapid.IntRange(0, 3).Draw(t, "effect") == 0 {
		s = awstest.Deny(list...)
	}
	if rapid.Bool().Draw(t, "conditional") {
		c := rapid.SampledFrom(conditions).Draw(t, "condition")
		s = s.If(c[0], c[1], c[2])
	}
	if principals != nil {
		s = s.By(rapid.SampledFrom(principals).Draw(t, "principal"))
	}
	return s
}

// drawPolicy draws a policy of the actions of a service, or of all with the prefix "".
func drawPolicy(t *rapid.T, prefix string, resources, principals []string) awstest.Policy {
	var actions []string
	for action := range asked {
		if strings.HasPrefix(action, prefix) {
			actions = append(actions, action)
		}
	}
	statements := make([]awstest.Statement, rapid.IntRange(1, 3).Draw(t, "statements"))
	for i := range statements {
		statements[i] = drawGrant(t, slices.Sorted(slices.Values(actions)), principals)
		if resources != nil {
			statements[i] = statements[i].On(resources...)
		}
	}
	return awstest.Statements(statements...)
}

// Whatever the policies of all layers say, Can says what the call is told, and AssertNever
// never says of what is allowed that it cannot be.
func TestCanSaysWhatAnyCallIsTold(t *testing.T) {
	t.Parallel()
	verdicts := map[bool]int{}
	rapid.Check(t, func(rt *rapid.T) {
		tb := &recorder{name: t.Name()}
		defer tb.end()
		acct := awstest.New(tb)
		member := acct.NewAccount()
		if rapid.Bool().Draw(rt, "organization") {
			acct.NewOrganization().Add(member)
			member.AttachSCP("scp", drawPolicy(rt, "", nil, nil))
		}
		bucket := bucketOf(rt, member)
		queue := member.SQS().CreateQueue("jobs", nil)
		team := awstest.Tags(map[string]string{"team": "blue"})
		user := member.NewUser("worker", drawPolicy(rt, "", nil, nil), team)
		bounded := member.NewUser("bounded", drawPolicy(rt, "", nil, nil), awstest.Boundary(drawPolicy(rt, "", nil, nil)))
		role := member.NewRole("worker", drawPolicy(rt, "", nil, nil), team)
		session := role.NewSession("job", drawPolicy(rt, "", nil, nil))
		foreign := acct.NewUser("worker", drawPolicy(rt, "", nil, nil), team)
		callers := []*awstest.Principal{user, bounded, role, session, foreign, member.Root(), member.Anonymous()}
		principals := []string{user.ARN(), role.ARN(), foreign.ARN(), member.ID(), acct.ID(), "*"}
		target := member.NewRole("target", team, awstest.Trust(drawGrant(rt, []string{"sts:AssumeRole"}, principals[:5])))
		if rapid.Bool().Draw(rt, "bucket policy") {
			bucket.SetPolicy(drawPolicy(rt, "s3:", []string{bucket.ARN(), bucket.ARN() + "/*"}, principals))
		}
		if rapid.Bool().Draw(rt, "queue policy") {
			queue.SetPolicy(drawGrant(rt, []string{"sqs:SendMessage"}, principals))
		}
		require.Empty(rt, tb.errors)
		for _, p := range rapid.Permutation(callers).Draw(rt, "callers")[:2] {
			for action, call := range asked {
				first := len(acct.Calls())
				call(tb, p.Config(), queue.URL(), target.ARN())
				for _, made := range acct.Calls()[first:] {
					for _, d := range made.Decisions {
						if d.Request.Action != action {
							continue // what a call needs besides
						}
						got := p.Can(action, d.Request.Resource)
						if d.Verdict != got.Decision.Verdict {
							rt.Fatalf("%s as %s: the call says\n%s\nand Can says\n%s", action, p.ARN(), d.Explain(), got.Explain())
						}
						if got.Allowed && awstest.AssertNever(&recorder{}, p, action, awstest.On(d.Request.Resource)) {
							rt.Fatalf("%s as %s can never be, says AssertNever, and the call says\n%s", action, p.ARN(), d.Explain())
						}
						verdicts[got.Allowed]++
					}
				}
			}
		}
		require.Empty(rt, tb.errors)
	})
	t.Log(fmt.Sprint(verdicts))
	require.Positive(t, verdicts[true])
	require.Positive(t, verdicts[false])
}

// bucketOf makes the bucket of the property: with ACLs or without, and with two objects.
func bucketOf(t *rapid.T, acct *awstest.Account) *awstest.Bucket {
	in := &s3.CreateBucketInput{Bucket: aws.String("reports")}
	acls := rapid.Bool().Draw(t, "ACLs")
	if acls {
		in.ObjectOwnership = s3types.ObjectOwnershipObjectWriter
	}
	_, err := s3.NewFromConfig(acct.Config()).CreateBucket(acct.TB().Context(), in)
	require.NoError(t, err)
	bucket := acct.S3().Bucket("reports")
	bucket.AllowPublicAccess()
	put := &s3.PutObjectInput{Bucket: aws.String("reports"), Key: aws.String("a"), Body: strings.NewReader("x"), Tagging: aws.String("class=open")}
	if acls && rapid.Bool().Draw(t, "public") {
		put.ACL = s3types.ObjectCannedACLPublicRead
	}
	bucket.PutObject(put)
	bucket.Put("b", "y")
	return bucket
}
