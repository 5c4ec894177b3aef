package organizations_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

const day = 24 * time.Hour

// invite invites an account, and returns the handshake.
func (w *tree) invite(account string, tags ...types.Tag) *types.Handshake {
	w.t.Helper()
	out, err := w.root.InviteAccountToOrganization(w.t.Context(), &sdk.InviteAccountToOrganizationInput{
		Target: &types.HandshakeParty{Id: &account, Type: types.HandshakePartyTypeAccount}, Notes: aws.String("join us"), Tags: tags,
	})
	require.NoError(w.t, err)
	return out.Handshake
}

func state(t *testing.T, c *sdk.Client, id *string) types.HandshakeState {
	t.Helper()
	out, err := c.DescribeHandshake(t.Context(), &sdk.DescribeHandshakeInput{HandshakeId: id})
	require.NoError(t, err)
	return out.Handshake.State
}

// An account is invited, finds the invitation, accepts it, and is under the
// organization's policies from then on.
func TestInvitation(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		guest := w.acct.NewAccount()
		client := client(guest.Config())
		user := guest.NewUser("u", awstest.Allow("s3:*"))
		require.NoError(t, w.attach(w.policy(scp, "no-s3", denyS3), w.org.RootID()))

		h := w.invite(guest.ID(), types.Tag{Key: aws.String("team"), Value: aws.String("blue")})
		assert.Equal(t, "arn:aws:organizations::"+w.acct.ID()+":handshake/"+w.org.ID()+"/invite/"+*h.Id, *h.Arn)
		assert.Regexp(t, `^h-[0-9a-z]{32}$`, *h.Id)
		assert.Equal(t, 15*day, h.ExpirationTimestamp.Sub(*h.RequestedTimestamp))
		assert.Equal(t, types.ActionTypeInviteAccountToOrganization, h.Action)
		assert.Equal(t, []types.HandshakeParty{
			{Id: aws.String(w.org.ID()), Type: types.HandshakePartyTypeOrganization},
			{Id: aws.String(guest.ID()), Type: types.HandshakePartyTypeAccount},
		}, h.Parties)
		kinds := map[types.HandshakeResourceType]string{}
		for _, r := range append(h.Resources, h.Resources[0].Resources...) {
			kinds[r.Type] = *r.Value
		}
		assert.Equal(t, map[types.HandshakeResourceType]string{
			"ORGANIZATION": w.org.ID(), "ACCOUNT": guest.ID(), "NOTES": "join us", "ORGANIZATION_FEATURE_SET": "ALL",
			"MASTER_EMAIL": "owner@" + w.acct.ID() + ".example.com", "MASTER_NAME": w.acct.ID(),
		}, kinds)

		_, err := s3.NewFromConfig(user.Config()).ListBuckets(ctx, &s3.ListBucketsInput{})
		awstest.AssertAllowed(t, err)
		list, err := client.ListHandshakesForAccount(ctx, &sdk.ListHandshakesForAccountInput{})
		require.NoError(t, err)
		require.Len(t, list.Handshakes, 1)
		assert.Equal(t, types.HandshakeStateOpen, list.Handshakes[0].State)

		accepted, err := client.AcceptHandshake(ctx, &sdk.AcceptHandshakeInput{HandshakeId: h.Id})
		require.NoError(t, err)
		assert.Equal(t, types.HandshakeStateAccepted, accepted.Handshake.State)
		_, err = s3.NewFromConfig(user.Config()).ListBuckets(ctx, &s3.ListBucketsInput{})
		awstest.AssertDenied(t, err, "s3:ListAllMyBuckets")
		out, err := w.root.DescribeAccount(ctx, &sdk.DescribeAccountInput{AccountId: aws.String(guest.ID())})
		require.NoError(t, err)
		assert.Equal(t, types.AccountJoinedMethodInvited, out.Account.JoinedMethod)
		tags, err := w.root.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceId: aws.String(guest.ID())})
		require.NoError(t, err)
		assert.Len(t, tags.Tags, 1)

		w.acct.Advance(30*day - time.Minute)
		assert.Equal(t, types.HandshakeStateAccepted, state(t, w.root, h.Id))
		w.acct.Advance(2 * time.Minute)
		runRows(t, []row{
			{"forgotten", "HandshakeNotFoundException", "", "", call(ctx, w.root.DescribeHandshake, &sdk.DescribeHandshakeInput{HandshakeId: h.Id})},
		})
	})
}

// Who may do what with a handshake, and in which state.
func TestAnswers(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		guest, stranger := w.acct.NewAccount(), client(w.acct.NewAccount().Config())
		c := client(guest.Config())
		accept := func(c *sdk.Client, id *string) func() error {
			return call(ctx, c.AcceptHandshake, &sdk.AcceptHandshakeInput{HandshakeId: id})
		}
		decline := func(c *sdk.Client, id *string) func() error {
			return call(ctx, c.DeclineHandshake, &sdk.DeclineHandshakeInput{HandshakeId: id})
		}
		cancel := func(c *sdk.Client, id *string) func() error {
			return call(ctx, c.CancelHandshake, &sdk.CancelHandshakeInput{HandshakeId: id})
		}
		invite := func(target types.HandshakePartyType, id string) func() error {
			return call(ctx, w.root.InviteAccountToOrganization, &sdk.InviteAccountToOrganizationInput{Target: &types.HandshakeParty{Id: &id, Type: target}})
		}
		h := w.invite(guest.ID())
		const theirs = "You don't have permissions to access this resource."
		runRows(t, []row{
			{"twice", "DuplicateHandshakeException", "", "", invite("ACCOUNT", guest.ID())},
			{"a member", "HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION", "", invite("ACCOUNT", w.member.ID())},
			{"nobody", "InvalidInputException", "TARGET_NOT_SUPPORTED", "", invite("ACCOUNT", "999999999999")},
			{"an organization", "InvalidInputException", "INVALID_PARTY_TYPE_TARGET", "", invite("ORGANIZATION", w.org.ID())},
			{"no address", "InvalidInputException", "INVALID_EMAIL_ADDRESS_TARGET", "", invite("EMAIL", "not.an.address")},
			{"no id", "InvalidInputException", "INVALID_PATTERN", "", accept(c, aws.String("h-!"))},
			{"no handshake", "HandshakeNotFoundException", "", "", accept(c, aws.String("h-12345678"))},
			{"none of the organization's", "HandshakeNotFoundException", "", "", accept(w.root, aws.String("h-12345678"))},
			{"tags twice", "InvalidInputException", "DUPLICATE_TAG_KEY", "", call(ctx, w.root.InviteAccountToOrganization, &sdk.InviteAccountToOrganizationInput{
				Target: &types.HandshakeParty{Id: aws.String("x@example.com"), Type: types.HandshakePartyTypeEmail},
				Tags:   []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}, {Key: aws.String("k"), Value: aws.String("v")}}})},
			{"of others", "HandshakeNotFoundException", "", "", accept(stranger, h.Id)},
			{"a member that has not asked", "HandshakeNotFoundException", "", "", cancel(client(w.member.Config()), h.Id)},
			{"the sender accepts", "AccessDeniedException", "", theirs, accept(w.root, h.Id)},
			{"the sender declines", "AccessDeniedException", "", theirs, decline(w.root, h.Id)},
			{"the recipient cancels", "AccessDeniedException", "", theirs, cancel(c, h.Id)},
			{"declined", "", "", "", decline(c, h.Id)},
			{"declined again", "HandshakeAlreadyInStateException", "", "", decline(c, h.Id)},
			{"accepted after it", "InvalidHandshakeTransitionException", "", "", accept(c, h.Id)},
			{"canceled after it", "InvalidHandshakeTransitionException", "", "", cancel(w.root, h.Id)},
		})
		h = w.invite(guest.ID())
		runRows(t, []row{
			{"canceled", "", "", "", cancel(w.root, h.Id)},
			{"accepted after it", "InvalidHandshakeTransitionException", "", "", accept(c, h.Id)},
		})
		h = w.invite(guest.ID())
		w.acct.Advance(15*day + time.Minute)
		assert.Equal(t, types.HandshakeStateExpired, state(t, c, h.Id))
		h2 := w.invite(guest.ID())
		runRows(t, []row{
			{"expired", "InvalidHandshakeTransitionException", "", "", accept(c, h.Id)},
			{"the next", "", "", "", accept(c, h2.Id)},
			{"by mail, a member", "HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION", "", invite("EMAIL", "OWNER@"+guest.ID()+".example.com")},
		})
		all, err := w.root.ListHandshakesForOrganization(ctx, &sdk.ListHandshakesForOrganizationInput{MaxResults: aws.Int32(3)})
		require.NoError(t, err)
		assert.Len(t, all.Handshakes, 3)
		rest, err := w.root.ListHandshakesForOrganization(ctx, &sdk.ListHandshakesForOrganizationInput{NextToken: all.NextToken})
		require.NoError(t, err)
		assert.Len(t, rest.Handshakes, 1)
		w.acct.Advance(46 * day)
		last := w.invite(w.acct.NewAccount().ID())
		all, err = w.root.ListHandshakesForOrganization(ctx, &sdk.ListHandshakesForOrganizationInput{})
		require.NoError(t, err)
		require.Len(t, all.Handshakes, 1, "the others are forgotten")
		assert.Equal(t, last.Id, all.Handshakes[0].Id)
	})
}

// Members of another organization move, as far as they may leave it.
func TestMovingBetweenOrganizations(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		other := w.acct.NewAccount()
		there := other.NewOrganization()
		guest := w.acct.NewAccount()
		there.Add(guest)
		admin := guest.NewUser("admin", awstest.Allow("organizations:AcceptHandshake"))
		out, err := w.root.InviteAccountToOrganization(ctx, &sdk.InviteAccountToOrganizationInput{
			Target: &types.HandshakeParty{Id: aws.String("owner@" + guest.ID() + ".example.com"), Type: types.HandshakePartyTypeEmail},
		})
		require.NoError(t, err)
		accept := &sdk.AcceptHandshakeInput{HandshakeId: out.Handshake.Id}
		_, err = client(admin.Config()).AcceptHandshake(ctx, accept)
		awstest.AssertDenied(t, err, "organizations:LeaveOrganization")
		admin.Attach(awstest.Allow("organizations:LeaveOrganization"))
		there.AttachSCP("stay", awstest.Deny("organizations:LeaveOrganization"))
		_, err = client(admin.Config()).AcceptHandshake(ctx, accept)
		awstest.AssertDenied(t, err, "organizations:LeaveOrganization")
		there.Detach("stay")
		_, err = client(admin.Config()).AcceptHandshake(ctx, accept)
		awstest.AssertAllowed(t, err)
		now, err := client(guest.Config()).DescribeOrganization(ctx, &sdk.DescribeOrganizationInput{})
		require.NoError(t, err)
		assert.Equal(t, w.org.ID(), *now.Organization.Id)

		administrator := w.acct.NewAccount()
		there.Add(administrator)
		elsewhere := client(other.Config())
		_, err = elsewhere.EnableAWSServiceAccess(ctx, &sdk.EnableAWSServiceAccessInput{ServicePrincipal: aws.String("iam.amazonaws.com")})
		require.NoError(t, err)
		_, err = elsewhere.RegisterDelegatedAdministrator(ctx, &sdk.RegisterDelegatedAdministratorInput{AccountId: aws.String(administrator.ID()), ServicePrincipal: aws.String("iam.amazonaws.com")})
		require.NoError(t, err)
		late := w.acct.NewAccount()
		first := w.invite(late.ID())
		w.org.Add(late)
		runRows(t, []row{
			{"an administrator stays", "ConstraintViolationException", "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", "",
				call(ctx, client(administrator.Config()).AcceptHandshake, &sdk.AcceptHandshakeInput{HandshakeId: w.invite(administrator.ID()).Id})},
			{"a member by now", "HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION", "",
				call(ctx, client(late.Config()).AcceptHandshake, &sdk.AcceptHandshakeInput{HandshakeId: first.Id})},
		})

		h := w.invite(other.ID())
		runRows(t, []row{{"a management account stays", "HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION", "",
			call(ctx, client(other.Config()).AcceptHandshake, &sdk.AcceptHandshakeInput{HandshakeId: h.Id})}})
		assert.Equal(t, types.HandshakeStateOpen, state(t, w.root, h.Id))
	})
}

// What a policy must allow: the operation on the handshake, whose ARN both sides know.
func TestPermissionsOfHandshakes(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		guest := w.acct.NewAccount()
		h := w.invite(guest.ID())
		user := guest.NewUser("u", awstest.Allow("organizations:*").On("arn:aws:organizations::"+w.acct.ID()+":handshake/"+w.org.ID()+"/enable_all_features/*"))
		accept := &sdk.AcceptHandshakeInput{HandshakeId: h.Id}
		_, err := client(user.Config()).AcceptHandshake(ctx, accept)
		awstest.AssertDenied(t, err, "organizations:AcceptHandshake")
		user.Attach(awstest.Allow("organizations:AcceptHandshake").On("arn:aws:organizations::" + w.acct.ID() + ":handshake/" + w.org.ID() + "/invite/*"))
		_, err = client(user.Config()).AcceptHandshake(ctx, accept)
		awstest.AssertAllowed(t, err)
		_, err = client(user.Config()).InviteAccountToOrganization(ctx, &sdk.InviteAccountToOrganizationInput{
			Target: &types.HandshakeParty{Id: aws.String(w.member.ID()), Type: types.HandshakePartyTypeAccount}})
		awstest.AssertDenied(t, err, "organizations:InviteAccountToOrganization")
	})
}

func TestInvitationsADay(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		invite := func(i int) error {
			_, err := w.root.InviteAccountToOrganization(w.t.Context(), &sdk.InviteAccountToOrganizationInput{
				Target: &types.HandshakeParty{Id: aws.String(fmt.Sprintf("a%d@example.com", i)), Type: types.HandshakePartyTypeEmail}})
			return err
		}
		for i := range 20 {
			require.NoError(w.t, invite(i))
		}
		runRows(w.t, []row{{"the next", "HandshakeConstraintViolationException", "HANDSHAKE_RATE_LIMIT_EXCEEDED", "", func() error { return invite(20) }}})
		w.acct.Advance(day + time.Minute)
		require.NoError(w.t, invite(20))
	})
}

// Consolidated billing becomes all features: the invited accounts approve, those
// that were created in the organization need not, the management account confirms.
func TestAllFeatures(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]awstest.Option{"in process": nil, "socket": {awstest.WithSocket()}} {
		for _, confirmation := range []types.ActionType{types.ActionTypeApproveAllFeatures, types.ActionTypeEnableAllFeatures} {
			t.Run(name+" "+string(confirmation), func(t *testing.T) {
				t.Parallel()
				allFeatures(t, awstest.New(t, options...), confirmation)
			})
		}
	}
}

func allFeatures(t *testing.T, acct *awstest.Account, confirmation types.ActionType) {
	ctx, root := t.Context(), client(acct.Config())
	made, err := root.CreateOrganization(ctx, &sdk.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetConsolidatedBilling})
	require.NoError(t, err)
	rooted, err := root.ListRoots(ctx, &sdk.ListRootsInput{})
	require.NoError(t, err)
	created, err := root.CreateAccount(ctx, &sdk.CreateAccountInput{AccountName: aws.String("a"), Email: aws.String("a@example.com")})
	require.NoError(t, err)
	status, err := root.DescribeCreateAccountStatus(ctx, &sdk.DescribeCreateAccountStatusInput{CreateAccountRequestId: created.CreateAccountStatus.Id})
	require.NoError(t, err)
	guests := []*awstest.Account{acct.NewAccount(), acct.NewAccount()}
	w := &tree{t: t, acct: acct, root: root}
	for _, guest := range guests {
		_, err := client(guest.Config()).AcceptHandshake(ctx, &sdk.AcceptHandshakeInput{HandshakeId: w.invite(guest.ID()).Id})
		require.NoError(t, err)
	}
	enable := &sdk.EnablePolicyTypeInput{RootId: rooted.Roots[0].Id, PolicyType: scp}
	runRows(t, []row{
		{"no policies", "PolicyTypeNotAvailableForOrganizationException", "", "", call(ctx, root.EnablePolicyType, enable)},
		{"no closing", "ConstraintViolationException", "", "", call(ctx, root.CloseAccount, &sdk.CloseAccountInput{AccountId: status.CreateAccountStatus.AccountId})},
	})
	out, err := root.EnableAllFeatures(ctx, &sdk.EnableAllFeaturesInput{})
	require.NoError(t, err)
	whole := out.Handshake
	assert.Equal(t, types.HandshakeStateRequested, whole.State)
	assert.Equal(t, []types.HandshakeParty{{Id: made.Organization.Id, Type: types.HandshakePartyTypeOrganization}}, whole.Parties)
	runRows(t, []row{
		{"again", "HandshakeConstraintViolationException", "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION", "", call(ctx, root.EnableAllFeatures, &sdk.EnableAllFeaturesInput{})},
		{"confirmed early", "AccessDeniedException", "", "", call(ctx, root.AcceptHandshake, &sdk.AcceptHandshakeInput{HandshakeId: whole.Id})},
		{"no invitations", "HandshakeConstraintViolationException", "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES", "", call(ctx, root.InviteAccountToOrganization, &sdk.InviteAccountToOrganizationInput{
			Target: &types.HandshakeParty{Id: aws.String("x@example.com"), Type: types.HandshakePartyTypeEmail}})},
		{"two filters", "InvalidInputException", "MAX_LIMIT_EXCEEDED_FILTER", "", call(ctx, root.ListHandshakesForOrganization, &sdk.ListHandshakesForOrganizationInput{
			Filter: &types.HandshakeFilter{ActionType: "INVITE", ParentHandshakeId: whole.Id}})},
	})
	children, err := root.ListHandshakesForOrganization(ctx, &sdk.ListHandshakesForOrganizationInput{Filter: &types.HandshakeFilter{ParentHandshakeId: whole.Id}})
	require.NoError(t, err)
	require.Len(t, children.Handshakes, len(guests))
	for _, guest := range guests {
		assert.Equal(t, types.HandshakeStateRequested, state(t, root, whole.Id))
		list, err := client(guest.Config()).ListHandshakesForAccount(ctx, &sdk.ListHandshakesForAccountInput{Filter: &types.HandshakeFilter{ActionType: types.ActionTypeEnableAllFeatures}})
		require.NoError(t, err)
		require.Len(t, list.Handshakes, 1)
		_, err = client(guest.Config()).AcceptHandshake(ctx, &sdk.AcceptHandshakeInput{HandshakeId: list.Handshakes[0].Id})
		require.NoError(t, err)
	}
	assert.Equal(t, types.HandshakeStateOpen, state(t, root, whole.Id))
	mine, err := root.ListHandshakesForAccount(ctx, &sdk.ListHandshakesForAccountInput{Filter: &types.HandshakeFilter{ActionType: confirmation}})
	require.NoError(t, err)
	require.Len(t, mine.Handshakes, 1)
	_, err = root.AcceptHandshake(ctx, &sdk.AcceptHandshakeInput{HandshakeId: mine.Handshakes[0].Id})
	require.NoError(t, err)
	assert.Equal(t, types.HandshakeStateAccepted, state(t, root, whole.Id))
	now, err := root.DescribeOrganization(ctx, &sdk.DescribeOrganizationInput{})
	require.NoError(t, err)
	assert.Equal(t, types.OrganizationFeatureSetAll, now.Organization.FeatureSet)
	runRows(t, []row{
		{"policies", "", "", "", call(ctx, root.EnablePolicyType, enable)},
		{"again", "HandshakeConstraintViolationException", "ORGANIZATION_ALREADY_HAS_ALL_FEATURES", "", call(ctx, root.EnableAllFeatures, &sdk.EnableAllFeaturesInput{})},
	})
}

// Without invited accounts nobody has to approve; what is canceled takes its
// children along.
func TestAllFeaturesOfFewAccounts(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	ctx, root := t.Context(), client(acct.Config())
	_, err := root.CreateOrganization(ctx, &sdk.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetConsolidatedBilling})
	require.NoError(t, err)
	out, err := root.EnableAllFeatures(ctx, &sdk.EnableAllFeaturesInput{})
	require.NoError(t, err)
	assert.Equal(t, types.HandshakeStateOpen, out.Handshake.State)
	_, err = root.CancelHandshake(ctx, &sdk.CancelHandshakeInput{HandshakeId: out.Handshake.Id})
	require.NoError(t, err)
	list, err := root.ListHandshakesForOrganization(ctx, &sdk.ListHandshakesForOrganizationInput{})
	require.NoError(t, err)
	require.Len(t, list.Handshakes, 2)
	for _, h := range list.Handshakes {
		assert.Equal(t, types.HandshakeStateCanceled, h.State)
	}
	_, err = root.DeleteOrganization(ctx, &sdk.DeleteOrganizationInput{})
	require.NoError(t, err)
}

// A closed account is shown as closed for a while, and its credentials are no more.
func TestCloseAccount(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		user := w.member.NewUser("u", awstest.Allow("*"))
		role := w.member.NewRole("r", awstest.Trust(awstest.Allow("sts:AssumeRole").By("*")))
		assume := &sts.AssumeRoleInput{RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("session")}
		admin := w.acct.NewUser("admin", awstest.Allow("sts:*"))
		session, err := sts.NewFromConfig(admin.Config()).AssumeRole(ctx, assume)
		require.NoError(t, err)
		_, known := w.acct.World().Credential(*session.Credentials.AccessKeyId)
		require.True(t, known)
		closing := &sdk.CloseAccountInput{AccountId: aws.String(w.member.ID())}
		runRows(t, []row{
			{"nobody", "AccountNotFoundException", "", "", call(ctx, w.root.CloseAccount, &sdk.CloseAccountInput{AccountId: aws.String("999999999999")})},
			{"the management account", "ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "", call(ctx, w.root.CloseAccount, &sdk.CloseAccountInput{AccountId: aws.String(w.acct.ID())})},
			{"closed", "", "", "", call(ctx, w.root.CloseAccount, closing)},
			{"closed again", "AccountAlreadyClosedException", "", "", call(ctx, w.root.CloseAccount, closing)},
		})
		out, err := w.root.DescribeAccount(ctx, &sdk.DescribeAccountInput{AccountId: aws.String(w.member.ID())})
		require.NoError(t, err)
		assert.Equal(t, types.AccountStateClosed, out.Account.State)
		assert.Equal(t, types.AccountStatusSuspended, out.Account.Status)
		for _, cfg := range []aws.Config{user.Config(), w.member.Config()} {
			_, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			require.ErrorContains(t, err, "InvalidClientTokenId")
		}
		_, known = w.acct.World().Credential(*session.Credentials.AccessKeyId)
		assert.False(t, known)
		_, err = sts.NewFromConfig(admin.Config()).AssumeRole(ctx, assume)
		awstest.AssertDenied(t, err, "sts:AssumeRole")

		w.acct.Advance(90*day - time.Minute)
		list, err := w.root.ListAccounts(ctx, &sdk.ListAccountsInput{})
		require.NoError(t, err)
		assert.Len(t, list.Accounts, 2)
		w.acct.Advance(2 * time.Minute)
		list, err = w.root.ListAccounts(ctx, &sdk.ListAccountsInput{})
		require.NoError(t, err)
		assert.Len(t, list.Accounts, 1)
	})
}

// At least 250 accounts can be closed in thirty days.
func TestClosingQuota(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	org, root, ctx := acct.NewOrganization(), client(acct.Config()), t.Context()
	for i := range 251 {
		_, err := root.CloseAccount(ctx, &sdk.CloseAccountInput{AccountId: aws.String(org.NewAccount().ID())})
		if i < 250 {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, "ConstraintViolationException")
		require.ErrorContains(t, err, "close account quota")
	}
}
