package ses_test

import (
	"context"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/ses"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

func destinationInBucket(role string) *firehosetypes.ExtendedS3DestinationConfiguration {
	return &firehosetypes.ExtendedS3DestinationConfiguration{BucketARN: aws.String("arn:aws:s3:::bucket"), RoleARN: &role}
}

const ruleARN = "arn:aws:ses:" + region + ":" + owner + ":receipt-rule-set/set:receipt-rule/"

// A mail that comes in is stored, published and handed to a function, each as the policies of
// these let SES for the rule.
func TestReceive(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, sns.Service, s3.Service)
	ctx := t.Context()
	client, buckets := awsses.NewFromConfig(c.RootConfig(owner)), awss3.NewFromConfig(c.RootConfig(owner))
	_, err := client.CreateReceiptRuleSet(ctx, &awsses.CreateReceiptRuleSetInput{RuleSetName: aws.String("set")})
	require.NoError(t, err)
	_, err = buckets.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("mail")})
	require.NoError(t, err)
	topic := c.topic(t, "mail", ruleARN+"*")
	function := "arn:aws:lambda:" + region + ":" + owner + ":function:mail"
	rule := func(name string, actions ...v1.ReceiptAction) *awsses.CreateReceiptRuleInput {
		return &awsses.CreateReceiptRuleInput{RuleSetName: aws.String("set"), Rule: &v1.ReceiptRule{Name: &name, Enabled: true, Recipients: []string{"example.com"}, Actions: actions}}
	}
	store := v1.ReceiptAction{S3Action: &v1.S3Action{BucketName: aws.String("mail"), ObjectKeyPrefix: aws.String("in/")}}
	_, err = client.CreateReceiptRule(ctx, rule("store", store))
	refused(t, err, "InvalidS3Configuration", "Could not write to bucket: mail")
	_, err = buckets.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: aws.String("mail"), Policy: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ses.amazonaws.com"},` +
		`"Action":"s3:PutObject","Resource":"arn:aws:s3:::mail/in/*","Condition":{"StringEquals":{"aws:SourceAccount":"` + owner + `","aws:SourceArn":"` + ruleARN + `store"}}}}`)})
	require.NoError(t, err)
	_, err = client.CreateReceiptRule(ctx, rule("other", store))
	refused(t, err, "InvalidS3Configuration", "")
	_, err = client.CreateReceiptRule(ctx, rule("store", v1.ReceiptAction{AddHeaderAction: &v1.AddHeaderAction{HeaderName: aws.String("X-Seen"), HeaderValue: aws.String("yes")}}, store,
		v1.ReceiptAction{SNSAction: &v1.SNSAction{TopicArn: &topic}}, v1.ReceiptAction{LambdaAction: &v1.LambdaAction{FunctionArn: &function, InvocationType: v1.InvocationTypeRequestResponse}}))
	refused(t, err, "InvalidLambdaFunction", "")
	c.World.World.Receive(function, func(_ context.Context, _ *fakeaws.Delivery) ([]byte, error) {
		return []byte(`{"disposition":"STOP_RULE_SET"}`), nil
	})
	_, err = client.CreateReceiptRule(ctx, rule("store", v1.ReceiptAction{AddHeaderAction: &v1.AddHeaderAction{HeaderName: aws.String("X-Seen"), HeaderValue: aws.String("yes")}}, store,
		v1.ReceiptAction{SNSAction: &v1.SNSAction{TopicArn: &topic}}))
	require.NoError(t, err)

	in := &ses.Incoming{Account: owner, Region: region, From: "bob@example.org", Recipients: []string{"help@example.com"}, Raw: []byte("From: bob@example.org\r\nTo: help@example.com\r\nSubject: Help\r\n\r\nHello\r\n"), IP: "192.0.2.1"}
	_, err = ses.Receive(ctx, c.World.World, in)
	require.ErrorContains(t, err, "no active rule set")
	_, err = client.SetActiveReceiptRuleSet(ctx, &awsses.SetActiveReceiptRuleSetInput{RuleSetName: aws.String("set")})
	require.NoError(t, err)
	out, err := ses.Receive(ctx, c.World.World, in)
	require.NoError(t, err)
	assert.Equal(t, []ses.Action{{Rule: "store", Kind: "AddHeader"}, {Rule: "store", Kind: "S3"}, {Rule: "store", Kind: "SNS"}}, out.Actions)
	object, err := buckets.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("mail"), Key: aws.String("in/" + out.MessageID)})
	require.NoError(t, err)
	body, err := io.ReadAll(object.Body)
	require.NoError(t, err)
	assert.Equal(t, "X-Seen: yes\r\n"+string(in.Raw), string(body))
	published := sns.Published(c.World.World, topic)
	require.Len(t, published, 1)
	assert.Contains(t, published[0].Message, `"notificationType":"Received"`)
	assert.Contains(t, published[0].Message, "Hello")

	// What the bucket's policy no longer lets fails, and does not stop the others.
	_, err = buckets.DeleteBucketPolicy(ctx, &awss3.DeleteBucketPolicyInput{Bucket: aws.String("mail")})
	require.NoError(t, err)
	out, err = ses.Receive(ctx, c.World.World, in)
	require.NoError(t, err)
	assert.Contains(t, out.Actions[1].Reason, "AccessDenied")
	assert.Empty(t, out.Actions[2].Reason)
	assert.Len(t, ses.Received(c.World.World, owner, region), 2)

	// A bounce goes back to who sent a mail.
	bounce := &awsses.SendBounceInput{BounceSender: aws.String("mailer@example.com"), OriginalMessageId: &out.MessageID, BouncedRecipientInfoList: []v1.BouncedRecipientInfo{{Recipient: aws.String("help@example.com"), BounceType: v1.BounceTypeDoesNotExist}}}
	_, err = client.SendBounce(ctx, bounce)
	require.NoError(t, err)
	assert.Equal(t, []string{"bob@example.org"}, c.sent()[0].Recipients)
	bounce.OriginalMessageId = aws.String("other")
	_, err = client.SendBounce(ctx, bounce)
	refused(t, err, "MessageRejected", "")

	_, err = client.CreateReceiptFilter(ctx, &awsses.CreateReceiptFilterInput{Filter: &v1.ReceiptFilter{Name: aws.String("block"), IpFilter: &v1.ReceiptIpFilter{Cidr: aws.String("192.0.2.0/24"), Policy: v1.ReceiptFilterPolicyBlock}}})
	require.NoError(t, err)
	_, err = ses.Receive(ctx, c.World.World, in)
	require.ErrorContains(t, err, "filter blocks")
	_, err = client.CreateReceiptFilter(ctx, &awsses.CreateReceiptFilterInput{Filter: &v1.ReceiptFilter{Name: aws.String("one"), IpFilter: &v1.ReceiptIpFilter{Cidr: aws.String("192.0.2.1"), Policy: v1.ReceiptFilterPolicyAllow}}})
	require.NoError(t, err)
	_, err = ses.Receive(ctx, c.World.World, in)
	require.NoError(t, err)
}

// A role of a rule must be passed.
func TestRuleRole(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, s3.Service)
	ctx := t.Context()
	role, err := awsiam.NewFromConfig(c.RootConfig(owner)).CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("store"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ses.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	require.NoError(t, err)
	_, err = awsses.NewFromConfig(c.RootConfig(owner)).CreateReceiptRuleSet(ctx, &awsses.CreateReceiptRuleSetInput{RuleSetName: aws.String("set")})
	require.NoError(t, err)
	_, err = awsses.NewFromConfig(c.user(t, owner, allow(`"ses:*"`, `"*"`, ""))).CreateReceiptRule(ctx, &awsses.CreateReceiptRuleInput{RuleSetName: aws.String("set"), Rule: &v1.ReceiptRule{
		Name: aws.String("r"), Actions: []v1.ReceiptAction{{S3Action: &v1.S3Action{BucketName: aws.String("mail"), IamRoleArn: role.Role.Arn}}},
	}})
	refused(t, err, "AccessDenied", "iam:PassRole")
}

// Rules are in the order that calls give them.
func TestRuleOrder(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	client := awsses.NewFromConfig(c.RootConfig(owner))
	_, err := client.CreateReceiptRuleSet(ctx, &awsses.CreateReceiptRuleSetInput{RuleSetName: aws.String("set")})
	require.NoError(t, err)
	add := func(name string, after *string) {
		_, err := client.CreateReceiptRule(ctx, &awsses.CreateReceiptRuleInput{RuleSetName: aws.String("set"), After: after, Rule: &v1.ReceiptRule{Name: &name, Enabled: true, Actions: []v1.ReceiptAction{{StopAction: &v1.StopAction{Scope: v1.StopScopeRuleSet}}}}})
		require.NoError(t, err)
	}
	names := func() (names []string) {
		out, err := client.DescribeReceiptRuleSet(ctx, &awsses.DescribeReceiptRuleSetInput{RuleSetName: aws.String("set")})
		require.NoError(t, err)
		for _, r := range out.Rules {
			names = append(names, *r.Name)
		}
		return names
	}
	add("a", nil)
	add("b", aws.String("a"))
	add("c", nil)
	assert.Equal(t, []string{"c", "a", "b"}, names())
	_, err = client.SetReceiptRulePosition(ctx, &awsses.SetReceiptRulePositionInput{RuleSetName: aws.String("set"), RuleName: aws.String("c"), After: aws.String("b")})
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "c"}, names())
	_, err = client.ReorderReceiptRuleSet(ctx, &awsses.ReorderReceiptRuleSetInput{RuleSetName: aws.String("set"), RuleNames: []string{"b", "c"}})
	refused(t, err, "InvalidParameterValue", "")
	_, err = client.ReorderReceiptRuleSet(ctx, &awsses.ReorderReceiptRuleSetInput{RuleSetName: aws.String("set"), RuleNames: []string{"b", "c", "a"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"b", "c", "a"}, names())
	_, err = client.SetActiveReceiptRuleSet(ctx, &awsses.SetActiveReceiptRuleSetInput{RuleSetName: aws.String("set")})
	require.NoError(t, err)
	_, err = client.DeleteReceiptRuleSet(ctx, &awsses.DeleteReceiptRuleSetInput{RuleSetName: aws.String("set")})
	refused(t, err, "CannotDelete", "")
	out, err := ses.Receive(ctx, c.World.World, &ses.Incoming{Account: owner, Region: region, From: "x@example.org", Recipients: []string{"a@example.com"}})
	require.NoError(t, err)
	assert.Equal(t, []ses.Action{{Rule: "b", Kind: "Stop"}}, out.Actions)
}
