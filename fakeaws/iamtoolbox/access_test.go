package iamtoolbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	orgsdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	s3sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	sqssdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iamtoolbox"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

var roleTags = []iamtypes.Tag{{Key: aws.String("secret"), Value: aws.String("project")}}

const noDetails = "The requested authorization details do not exist in this region or have expired."

func detailsOf(t testing.TB, config aws.Config, id string) (*iamtoolbox.GetRequestAuthorizationDetailsOutput, error) {
	return iamtoolbox.NewFromConfig(config).GetRequestAuthorizationDetails(t.Context(), &iamtoolbox.GetRequestAuthorizationDetailsInput{AuthorizationId: &id})
}

func policyOf(t testing.TB, config aws.Config, id, uri string) (*iamtoolbox.GetRequestAuthorizationPolicyOutput, error) {
	return iamtoolbox.NewFromConfig(config).GetRequestAuthorizationPolicy(t.Context(), &iamtoolbox.GetRequestAuthorizationPolicyInput{AuthorizationId: &id, PolicyUri: &uri})
}

// The caller needs the permissions, and the denial of one has details of its own.
func TestDetailsNeedPermission(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		w := newWorld(t, door)
		id := idOf(t, sendMessage(t, w.alice))
		_, err := detailsOf(t, w.alice, id)
		said, second := cut(t, err)
		assert.Equal(t, "User: "+aliceARN+" is not authorized to perform: iam:GetRequestAuthorizationDetails on resource: * because no identity-based policy allows the iam:GetRequestAuthorizationDetails action", said)
		assert.NotEqual(t, id, second)
		out := w.details(t, err)
		require.Len(t, out.Evaluations, 1)
		assert.Equal(t, "iam:GetRequestAuthorizationDetails", *out.Evaluations[0].Action)
		assert.Empty(t, *out.Evaluations[0].Resource, "the action is not resource-specific")

		w.inline(t, "alice", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetRequestAuthorizationDetails","Resource":"*"}}`)
		_, err = detailsOf(t, w.alice, id)
		require.NoError(t, err)
		_, err = policyOf(t, w.alice, id, policyARN+"any")
		said, _ = cut(t, err)
		assert.Equal(t, "User: "+aliceARN+" is not authorized to perform: iam:GetRequestAuthorizationPolicy on resource: * because no identity-based policy allows the iam:GetRequestAuthorizationPolicy action", said)

		w.inline(t, "alice", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetRequestAuthorization*","Resource":"*"}}`)
		_, err = policyOf(t, w.alice, id, policyARN+"any")
		worldtest.RequireError(t, err, "ResourceNotFoundException", "The requested policy does not exist in the authorization details.")
		last := w.Log().Events()
		assert.Equal(t, []any{"iam-toolbox", "GetRequestAuthorizationPolicy"}, []any{last[len(last)-1].Service, last[len(last)-1].Operation})
	})
}

// Nobody learns of a denial without its id, in another region or in another account,
// and the answer is the same.
func TestDetailsOfNothing(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		w := newWorld(t, door)
		id := idOf(t, sendMessage(t, w.alice))
		root, elsewhere := w.RootConfig(accountID), w.RootConfig(accountID)
		elsewhere.Region = "eu-west-1"
		for _, tt := range []struct {
			name   string
			config aws.Config
			id     string
		}{
			{"an unknown id", root, strings.Repeat("a", 27)},
			{"a part of the id", root, id[:26]},
			{"more than the id", root, id + "a"},
			{"another region", elsewhere, id},
			{"another account", w.RootConfig(otherID), id},
		} {
			_, err := detailsOf(t, tt.config, tt.id)
			worldtest.RequireError(t, err, "ResourceNotFoundException", noDetails)
			_, err = policyOf(t, tt.config, tt.id, "any")
			worldtest.RequireError(t, err, "ResourceNotFoundException", noDetails)
		}
		_, err := detailsOf(t, root, "EXAMPLE")
		worldtest.RequireError(t, err, "ValidationException", "1 validation error detected: Value 'EXAMPLE' at 'authorizationId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0123456789abcdefghijklmnopqrstuvwxyz]+")
		long := strings.Repeat("a", 257)
		_, err = detailsOf(t, root, long)
		worldtest.RequireError(t, err, "ValidationException", "1 validation error detected: Value '"+long+"' at 'authorizationId' failed to satisfy constraint: Member must have length less than or equal to 256")
		_, err = w.root.GetRequestAuthorizationDetails(t.Context(), &iamtoolbox.GetRequestAuthorizationDetailsInput{AuthorizationId: &id, NextToken: aws.String("?")})
		worldtest.RequireError(t, err, "ValidationException", "Invalid nextToken.")
		_, err = w.root.GetRequestAuthorizationPolicy(t.Context(), &iamtoolbox.GetRequestAuthorizationPolicyInput{AuthorizationId: &id})
		worldtest.RequireError(t, err, "ValidationException", "1 validation error detected: Value null at 'policyUri' failed to satisfy constraint: Member must not be null")
		if door == worldtest.InProcess { // on a socket nothing says which service an unsigned request is for
			anonymous := root
			anonymous.Credentials = aws.AnonymousCredentials{}
			_, err = detailsOf(t, anonymous, id)
			worldtest.RequireError(t, err, "MissingAuthenticationTokenException", "Request is missing Authentication Token")
		}
	})
}

// Policies are told as they were when the call was denied, also those of the session and
// without an ARN.
func TestPoliciesOfDetails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldtest.InProcess)
	w.managed(t, "DenyS3", denyS3)
	w.inline(t, "alice", "{ \"Version\": \"2012-10-17\", \"Statement\": "+`[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}] }`)
	denied := getObject(t, w.alice)
	out, root := w.details(t, denied), w.RootConfig(accountID)
	_, err := w.iam.DetachUserPolicy(t.Context(), &iamsdk.DetachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String(policyARN + "DenyS3")})
	require.NoError(t, err)
	_, err = w.iam.DeletePolicy(t.Context(), &iamsdk.DeletePolicyInput{PolicyArn: aws.String(policyARN + "DenyS3")})
	require.NoError(t, err)
	documents := map[bool]json.RawMessage{}
	for _, p := range out.Policies {
		got, err := policyOf(t, root, idOf(t, denied), *p.Uri)
		require.NoError(t, err)
		documents[*p.Inline] = got.PolicyDocument
	}
	assert.Equal(t, map[bool]json.RawMessage{
		false: json.RawMessage(denyS3),
		true:  json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`),
	}, documents)
	assert.Equal(t, out, w.details(t, denied), "they stay as they are")
}

// Of what another account has, its policies and the tags of its resources, the details
// tell nothing.
func TestDetailsAcrossAccounts(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		w := newWorld(t, door)
		other := w.RootConfig(otherID)
		queues := sqssdk.NewFromConfig(other)
		_, err := queues.CreateQueue(t.Context(), &sqssdk.CreateQueueInput{QueueName: aws.String("theirs"), Tags: map[string]string{"secret": "project"}, Attributes: map[string]string{
			"Policy": `{"Version":"2012-10-17","Statement":{"Sid":"Hidden","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}}`}})
		require.NoError(t, err)
		_, err = iamsdk.NewFromConfig(other).CreateRole(t.Context(), &iamsdk.CreateRoleInput{RoleName: aws.String("theirs"), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + accountID + `"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"secret"}}}}`),
			Tags: roleTags})
		require.NoError(t, err)
		w.inline(t, "alice", allowRest)
		send := func() error {
			_, err := sqssdk.NewFromConfig(w.alice).SendMessage(t.Context(), &sqssdk.SendMessageInput{
				QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/" + otherID + "/theirs"), MessageBody: aws.String("hello")})
			return err
		}
		role := func(name string) error {
			_, err := assume(t, w.alice, otherID, name, nil)
			return err
		}
		for name, denied := range map[string]error{"a queue": send(), "a role": role("theirs"), "no role": role("nobody")} {
			out := w.details(t, denied)
			require.Len(t, out.Evaluations, 1, name)
			assert.Empty(t, out.Evaluations[0].Context, name)
			assert.Empty(t, out.Evaluations[0].MatchedPolicies, name)
			require.Len(t, out.Policies, 1, name)
			assert.Equal(t, identity, out.Policies[0].Type, name)
			_, err := detailsOf(t, other, idOf(t, denied))
			worldtest.RequireError(t, err, "ResourceNotFoundException", noDetails)
			_, err = policyOf(t, other, idOf(t, denied), *out.Policies[0].Uri)
			worldtest.RequireError(t, err, "ResourceNotFoundException", noDetails)
		}
		assert.Equal(t, w.details(t, role("theirs")).Evaluations[0].EvaluatedEffect, w.details(t, role("nobody")).Evaluations[0].EvaluatedEffect)

		// S3 explains a denial only within the account or the organization of the resource.
		_, err = s3sdk.NewFromConfig(other).CreateBucket(t.Context(), &s3sdk.CreateBucketInput{Bucket: aws.String("theirs")})
		require.NoError(t, err)
		_, err = s3sdk.NewFromConfig(w.alice).ListObjectsV2(t.Context(), &s3sdk.ListObjectsV2Input{Bucket: aws.String("theirs")})
		said, id := cut(t, err)
		assert.Equal(t, []string{"Access Denied", ""}, []string{said, id})
		// Who signs nothing has no account that could read the details.
		anonymous := w.alice
		anonymous.Credentials = aws.AnonymousCredentials{}
		said, id = cut(t, sendMessage(t, anonymous))
		assert.Contains(t, said, "Access to the resource")
		assert.Empty(t, id)
		said, id = cut(t, getObject(t, anonymous))
		assert.Equal(t, []string{"Access Denied", ""}, []string{said, id})
		events := w.Log().Events()
		for _, e := range events[len(events)-3:] {
			assert.Empty(t, e.AuthorizationID)
		}
	})
}

// In an organization all its accounts may read the details of a denial, and see the
// policies of the organization and of the resource's account. Who has left it may not.
func TestDetailsInAnOrganization(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := newWorld(t, worldtest.InProcess)
	org := orgsdk.NewFromConfig(worldtest.FixtureConfig(w.World.World, otherID, worldtest.Region))
	o, err := org.CreateOrganization(ctx, &orgsdk.CreateOrganizationInput{})
	require.NoError(t, err)
	handshake, err := org.InviteAccountToOrganization(ctx, &orgsdk.InviteAccountToOrganizationInput{Target: &orgtypes.HandshakeParty{Id: aws.String(accountID), Type: orgtypes.HandshakePartyTypeAccount}})
	require.NoError(t, err)
	_, err = orgsdk.NewFromConfig(worldtest.FixtureConfig(w.World.World, accountID, worldtest.Region)).AcceptHandshake(ctx, &orgsdk.AcceptHandshakeInput{HandshakeId: handshake.Handshake.Id})
	require.NoError(t, err)
	roots, err := org.ListRoots(ctx, &orgsdk.ListRootsInput{})
	require.NoError(t, err)
	_, err = org.EnablePolicyType(ctx, &orgsdk.EnablePolicyTypeInput{PolicyType: orgtypes.PolicyTypeResourceControlPolicy, RootId: roots.Roots[0].Id})
	require.NoError(t, err)
	attach := func(kind orgtypes.PolicyType, document, target string) string {
		p, err := org.CreatePolicy(ctx, &orgsdk.CreatePolicyInput{Name: aws.String("p-" + string(kind)), Description: aws.String(""), Type: kind, Content: &document})
		require.NoError(t, err)
		_, err = org.AttachPolicy(ctx, &orgsdk.AttachPolicyInput{PolicyId: p.Policy.PolicySummary.Id, TargetId: &target})
		require.NoError(t, err)
		return *p.Policy.PolicySummary.Arn
	}
	w.inline(t, "alice", allowRest)
	scp := attach(orgtypes.PolicyTypeServiceControlPolicy, `{"Version":"2012-10-17","Statement":{"Sid":"NoUsers","Effect":"Deny","Action":"iam:*","Resource":"*"}}`, accountID)
	rcp := attach(orgtypes.PolicyTypeResourceControlPolicy, `{"Version":"2012-10-17","Statement":{"Sid":"NoQueues","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}}`, *roots.Roots[0].Id)

	byUsers, byQueues := listUsers(t, w.alice), sendMessage(t, w.alice)
	other := w.RootConfig(otherID) // the management account: no SCP is for it
	for _, tt := range []struct {
		denied   error
		uri, sid string
		kind     iamtoolbox.PolicyType
		attached string
	}{
		{byUsers, scp, "NoUsers", iamtoolbox.PolicyTypeServiceControl, "account/" + *o.Organization.Id + "/" + accountID},
		{byQueues, rcp, "NoQueues", iamtoolbox.PolicyTypeResourceControl, "root/" + *o.Organization.Id + "/" + *roots.Roots[0].Id},
	} {
		out, err := detailsOf(t, other, idOf(t, tt.denied))
		require.NoError(t, err)
		require.Len(t, out.Evaluations, 1)
		assert.Equal(t, *o.Organization.Id, text(t, out.RequestContext, "aws:PrincipalOrgID"))
		assert.JSONEq(t, `["`+*o.Organization.Id+"/"+*roots.Roots[0].Id+`/"]`, string(out.RequestContext["aws:PrincipalOrgPaths"]), "it is multivalued")
		assert.Equal(t, explicit, out.Evaluations[0].EvaluatedEffect)
		assert.Equal(t, []iamtoolbox.MatchedPolicy{{Uri: &tt.uri, MatchedStatements: []iamtoolbox.MatchedStatement{{Sid: &tt.sid, EvaluatedEffect: iamtoolbox.StatementEffectDeny}}}}, out.Evaluations[0].MatchedPolicies)
		found := false
		for _, p := range out.Policies {
			if *p.Uri == tt.uri {
				found = true
				assert.Equal(t, iamtoolbox.PolicyInfo{Type: tt.kind, Inline: aws.Bool(false), Uri: &tt.uri,
					AttachedTo: []iamtoolbox.AttachedTo{{Arn: aws.String("arn:aws:organizations::" + otherID + ":" + tt.attached)}}}, p)
			}
		}
		assert.True(t, found)
		_, err = policyOf(t, other, idOf(t, tt.denied), tt.uri)
		require.NoError(t, err)
	}

	w.Clock().Advance(5 * 24 * time.Hour) // an account stays four days
	_, err = org.RemoveAccountFromOrganization(ctx, &orgsdk.RemoveAccountFromOrganizationInput{AccountId: aws.String(accountID)})
	require.NoError(t, err)
	_, err = detailsOf(t, other, idOf(t, byUsers))
	require.NoError(t, err, "the principal of the call belongs to the organization that was recorded")
	_, err = detailsOf(t, w.RootConfig(accountID), idOf(t, byUsers))
	worldtest.RequireError(t, err, "ResourceNotFoundException", noDetails)
}

// Details are kept as long as the World's log has the call, which has the id too.
func TestDetailsAreKeptWithTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldtest.InProcess)
	denied := sendMessage(t, w.alice)
	id := idOf(t, denied)
	events := w.Log().Events()
	assert.Equal(t, id, events[len(events)-1].AuthorizationID)
	w.Clock().Advance(25 * time.Hour)
	w.details(t, denied)
	second := idOf(t, sendMessage(t, w.alice))
	for range 4096 - 1 { // as many calls as the log remembers, with the second denial
		_, err := w.sqs.ListQueues(t.Context(), &sqssdk.ListQueuesInput{})
		require.NoError(t, err)
	}
	root := w.RootConfig(accountID)
	_, found := w.FindAuthorization(second, accountID, worldtest.Region)
	assert.True(t, found)
	_, err := detailsOf(t, root, id)
	worldtest.RequireError(t, err, "ResourceNotFoundException", noDetails)
	w.Log().Reset()
	_, err = detailsOf(t, root, second)
	worldtest.RequireError(t, err, "ResourceNotFoundException", noDetails)
}

// A mode that lets denied calls pass gives no id, and neither does a service that calls
// as itself.
func TestDetailsOfWhatIsNotRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldtest.InProcess)
	_, err := w.Do(t.Context(), fakeaws.ServiceCall{Principal: "s3.amazonaws.com", Region: worldtest.Region}.Actor(),
		&sqssdk.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("hello")})
	_, id := cut(t, err)
	assert.Empty(t, id)

	soft := worldtest.NewWorld(t, fakeaws.Config{Mode: fakeaws.Soft, Services: append([]fakeaws.Service{iamtoolbox.Service}, withoutDetails...)})
	root := iamsdk.NewFromConfig(worldtest.FixtureConfig(soft, accountID, worldtest.Region))
	_, err = root.CreateUser(t.Context(), &iamsdk.CreateUserInput{UserName: aws.String("alice")})
	require.NoError(t, err)
	key, err := root.CreateAccessKey(t.Context(), &iamsdk.CreateAccessKeyInput{UserName: aws.String("alice")})
	require.NoError(t, err)
	config := (&worldtest.World{World: soft}).Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
	config.HTTPClient = soft.Door()
	require.NoError(t, listUsers(t, config))
	events := soft.Log().Events()
	assert.True(t, events[len(events)-1].Denied)
	assert.Empty(t, events[len(events)-1].AuthorizationID)
}
