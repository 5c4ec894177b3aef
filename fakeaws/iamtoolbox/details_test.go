package iamtoolbox_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	s3sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	sqssdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/iamtoolbox"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A kind is a way to be denied.
type kind struct {
	name string
	// deny sets the denial up and returns it.
	deny func(t *testing.T, w *world) error

	text             string // without the sentence
	action, resource string
	effect           iamtoolbox.EvaluatedEffect
	// policies are the types of those that were evaluated.
	policies []iamtoolbox.PolicyType
	// uri and sid are those of the policy that matched; an empty uri is that of an inline
	// one, and an empty sid that nothing matched.
	uri, sid string
	attached string // of the policy that matched, or of the first one
}

const (
	allowS3   = `{"Version":"2012-10-17","Statement":{"Sid":"AllowS3","Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	allowRest = `{"Version":"2012-10-17","Statement":{"Sid":"AllowAll","Effect":"Allow","Action":"*","Resource":"*"}}`
	denyS3    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"DenyS3","Effect":"Deny","Action":"s3:*","Resource":"*"}]}`
	denyUsers = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:ListUsers","Resource":"*"}]}`
)

const (
	identity = iamtoolbox.PolicyTypeIdentity
	implicit = iamtoolbox.EvaluatedEffectImplicitDeny
	explicit = iamtoolbox.EvaluatedEffectExplicitDeny
)

var kinds = []kind{
	{
		name:   "no policy",
		deny:   func(t *testing.T, w *world) error { return sendMessage(t, w.alice) },
		text:   "User: " + aliceARN + " is not authorized to perform: sqs:sendmessage on resource: " + queueARN + " because no identity-based policy allows the sqs:sendmessage action",
		action: "sqs:SendMessage", resource: queueARN, effect: implicit,
	},
	{
		name: "an inline policy that allows something else",
		deny: func(t *testing.T, w *world) error {
			w.inline(t, "alice", allowS3)
			return listUsers(t, w.alice)
		},
		text:   "User: " + aliceARN + " is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::" + accountID + ":user/ because no identity-based policy allows the iam:ListUsers action",
		action: "iam:ListUsers", resource: "arn:aws:iam::" + accountID + ":user/", effect: implicit, policies: []iamtoolbox.PolicyType{identity}, attached: aliceARN,
	},
	{
		name: "an inline policy that denies, without a Sid",
		deny: func(t *testing.T, w *world) error {
			w.inline(t, "alice", denyUsers)
			return listUsers(t, w.alice)
		},
		text:   "User: " + aliceARN + " is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::" + accountID + ":user/ with an explicit deny in an identity-based policy",
		action: "iam:ListUsers", resource: "arn:aws:iam::" + accountID + ":user/", effect: explicit, policies: []iamtoolbox.PolicyType{identity}, sid: "Statement1", attached: aliceARN,
	},
	{
		name: "a managed policy that denies",
		deny: func(t *testing.T, w *world) error {
			w.managed(t, "DenyS3", denyS3)
			return getObject(t, w.alice)
		},
		text:   `User: ` + aliceARN + ` is not authorized to perform: s3:GetObject on resource: "` + objectARN + `" with an explicit deny in an identity-based policy: ` + policyARN + "DenyS3",
		action: "s3:GetObject", resource: objectARN, effect: explicit, policies: []iamtoolbox.PolicyType{identity}, uri: policyARN + "DenyS3", sid: "DenyS3", attached: aliceARN,
	},
	{
		name: "a permissions boundary",
		deny: func(t *testing.T, w *world) error {
			w.inline(t, "alice", allowRest)
			made, err := w.iam.CreatePolicy(t.Context(), &iamsdk.CreatePolicyInput{PolicyName: aws.String("Boundary"), PolicyDocument: aws.String(allowS3)})
			require.NoError(t, err)
			_, err = w.iam.PutUserPermissionsBoundary(t.Context(), &iamsdk.PutUserPermissionsBoundaryInput{UserName: aws.String("alice"), PermissionsBoundary: made.Policy.Arn})
			require.NoError(t, err)
			return sendMessage(t, w.alice)
		},
		text:   "User: " + aliceARN + " is not authorized to perform: sqs:sendmessage on resource: " + queueARN + " because no permissions boundary allows the sqs:sendmessage action",
		action: "sqs:SendMessage", resource: queueARN, effect: implicit, policies: []iamtoolbox.PolicyType{identity, iamtoolbox.PolicyTypePermissionsBoundary}, attached: aliceARN,
	},
	{
		name: "a session policy",
		deny: func(t *testing.T, w *world) error {
			w.role(t, "worker", allowRest)
			w.inline(t, "alice", allowRest)
			session, err := assume(t, w.alice, accountID, "worker", aws.String(denyS3))
			require.NoError(t, err)
			return getObject(t, session)
		},
		text:   `User: arn:aws:sts::` + accountID + `:assumed-role/worker/session is not authorized to perform: s3:GetObject on resource: "` + objectARN + `" with an explicit deny in a session policy`,
		action: "s3:GetObject", resource: objectARN, effect: explicit, policies: []iamtoolbox.PolicyType{identity, iamtoolbox.PolicyTypeSession}, sid: "DenyS3",
		attached: "arn:aws:iam::" + accountID + ":role/worker",
	},
	{
		name: "the policy of a bucket",
		deny: func(t *testing.T, w *world) error {
			w.inline(t, "alice", allowRest)
			_, err := w.s3.PutBucketPolicy(t.Context(), &s3sdk.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: aws.String(
				`{"Version":"2012-10-17","Statement":{"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"` + bucketARN + `/*"}}`)})
			require.NoError(t, err)
			return getObject(t, w.alice)
		},
		text:   `User: ` + aliceARN + ` is not authorized to perform: s3:GetObject on resource: "` + objectARN + `" with an explicit deny in a resource-based policy`,
		action: "s3:GetObject", resource: objectARN, effect: explicit, policies: []iamtoolbox.PolicyType{identity, iamtoolbox.PolicyTypeResource}, sid: "Closed", attached: bucketARN,
	},
	{
		name: "the policy of a queue",
		deny: func(t *testing.T, w *world) error {
			w.inline(t, "alice", allowRest)
			_, err := w.sqs.SetQueueAttributes(t.Context(), &sqssdk.SetQueueAttributesInput{QueueUrl: aws.String(queueURL), Attributes: map[string]string{
				"Policy": `{"Version":"2012-10-17","Statement":{"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"` + queueARN + `"}}`}})
			require.NoError(t, err)
			return sendMessage(t, w.alice)
		},
		text:   "User: " + aliceARN + " is not authorized to perform: sqs:sendmessage on resource: " + queueARN + " with an explicit deny in a resource-based policy",
		action: "sqs:SendMessage", resource: queueARN, effect: explicit, policies: []iamtoolbox.PolicyType{identity, iamtoolbox.PolicyTypeResource}, sid: "Closed", attached: queueARN,
	},
	{
		name: "the trust policy of a role",
		deny: func(t *testing.T, w *world) error {
			w.role(t, "worker", "")
			w.inline(t, "alice", denyS3)
			_, err := assume(t, w.alice, accountID, "nobody", nil)
			return err
		},
		text:   "User: " + aliceARN + " is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::" + accountID + ":role/nobody",
		action: "sts:AssumeRole", resource: "arn:aws:iam::" + accountID + ":role/nobody", effect: implicit, policies: []iamtoolbox.PolicyType{identity}, attached: aliceARN,
	},
}

// role makes a role that alice's account may assume, with an inline policy, if any.
func (w *world) role(t testing.TB, name, policy string) {
	t.Helper()
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + accountID + `"},"Action":"sts:AssumeRole"}}`
	_, err := w.iam.CreateRole(t.Context(), &iamsdk.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	if policy != "" {
		_, err := w.iam.PutRolePolicy(t.Context(), &iamsdk.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("own"), PolicyDocument: &policy})
		require.NoError(t, err)
	}
}

// A denial ends with an authorization id, whichever service and policy denies, and its
// details say which policies were asked and what they said: rule 84.
func TestDetailsOfDenials(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
				w := newWorld(t, door)
				k.check(t, w, k.deny(t, w))
			})
		})
	}
}

func (k *kind) check(t *testing.T, w *world, denied error) {
	said, _ := cut(t, denied)
	assert.Equal(t, k.text, said)
	out := w.details(t, denied)
	assert.Nil(t, out.NextToken)
	assert.Equal(t, accountID, text(t, out.RequestContext, "aws:PrincipalAccount"))
	assert.Equal(t, "us-east-1", text(t, out.RequestContext, "aws:RequestedRegion"))
	require.Len(t, out.Evaluations, 1)
	e := out.Evaluations[0]
	assert.Equal(t, k.action, *e.Action)
	assert.Equal(t, k.resource, *e.Resource)
	assert.Equal(t, k.effect, e.EvaluatedEffect)
	assert.Equal(t, accountID, text(t, e.Context, "aws:ResourceAccount"))
	assert.NotContains(t, e.Context, "aws:PrincipalAccount", "it is shared by all evaluations")
	types := []iamtoolbox.PolicyType(nil)
	for _, p := range out.Policies {
		types = append(types, p.Type)
	}
	assert.Equal(t, k.policies, types)
	if k.sid == "" {
		assert.Empty(t, e.MatchedPolicies, "an implicit denial produces no matched policies")
		if len(out.Policies) > 0 {
			assert.Equal(t, []iamtoolbox.AttachedTo{{Arn: aws.String(k.attached)}}, out.Policies[0].AttachedTo)
		}
		return
	}
	require.Len(t, e.MatchedPolicies, 1)
	matched := e.MatchedPolicies[0]
	if k.uri != "" {
		assert.Equal(t, k.uri, *matched.Uri)
	}
	assert.Equal(t, []iamtoolbox.MatchedStatement{{Sid: aws.String(k.sid), EvaluatedEffect: iamtoolbox.StatementEffectDeny}}, matched.MatchedStatements)
	for _, p := range out.Policies {
		if *p.Uri == *matched.Uri {
			assert.Equal(t, k.uri == "", *p.Inline)
			assert.Equal(t, []iamtoolbox.AttachedTo{{Arn: aws.String(k.attached)}}, p.AttachedTo)
		}
	}
}

// What S3 and SQS repeat of a denial by KMS has the id as well.
func TestDetailsOfKeys(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := newWorld(t, worldtest.InProcess)
	key, err := w.Keys().Create(accountID, worldtest.Region, nil)
	require.NoError(t, err)
	_, err = w.s3.PutObject(ctx, &s3sdk.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("key"), Body: strings.NewReader("data"),
		ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(key.ARN)})
	require.NoError(t, err)
	_, err = w.sqs.SetQueueAttributes(ctx, &sqssdk.SetQueueAttributesInput{QueueUrl: aws.String(queueURL), Attributes: map[string]string{"KmsMasterKeyId": key.ARN}})
	require.NoError(t, err)
	w.inline(t, "alice", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*","sqs:*"],"Resource":"*"}}`)

	denied := getObject(t, w.alice)
	said, _ := cut(t, denied)
	assert.Equal(t, "User: "+aliceARN+" is not authorized to perform: kms:Decrypt on resource: "+key.ARN+" because no identity-based policy allows the kms:Decrypt action", said)
	out := w.details(t, denied)
	require.Len(t, out.Evaluations, 2)
	assert.Equal(t, []string{"s3:GetObject", "kms:Decrypt"}, []string{*out.Evaluations[0].Action, *out.Evaluations[1].Action})
	assert.Equal(t, []iamtoolbox.EvaluatedEffect{iamtoolbox.EvaluatedEffectAllow, implicit}, []iamtoolbox.EvaluatedEffect{out.Evaluations[0].EvaluatedEffect, out.Evaluations[1].EvaluatedEffect})
	require.Len(t, out.Evaluations[0].MatchedPolicies, 1)
	assert.Equal(t, iamtoolbox.StatementEffectAllow, out.Evaluations[0].MatchedPolicies[0].MatchedStatements[0].EvaluatedEffect)
	assert.Equal(t, []iamtoolbox.PolicyType{identity, iamtoolbox.PolicyTypeResource}, []iamtoolbox.PolicyType{out.Policies[0].Type, out.Policies[1].Type})
	assert.Equal(t, []iamtoolbox.AttachedTo{{Arn: aws.String(key.ARN)}}, out.Policies[1].AttachedTo)

	denied = sendMessage(t, w.alice)
	events := w.Log().Events()
	id := events[len(events)-1].AuthorizationID
	assert.ErrorContains(t, denied, "with the following authorization id: "+id+" (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException;")
	out, err = w.root.GetRequestAuthorizationDetails(ctx, &iamtoolbox.GetRequestAuthorizationDetailsInput{AuthorizationId: &id})
	require.NoError(t, err)
	assert.Equal(t, "kms:GenerateDataKey", *out.Evaluations[1].Action)
}

// Authorization details are off unless a World is made with IAM Toolbox: then texts are
// what they are with them, without the sentence.
func TestDetailsAreOffByDefault(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			w := newWorldOf(t, worldtest.InProcess, withoutDetails...)
			said, id := cut(t, k.deny(t, w))
			assert.Equal(t, k.text, said)
			assert.Empty(t, id)
			for _, e := range w.Log().Events() {
				assert.Empty(t, e.AuthorizationID)
			}
		})
	}
}
