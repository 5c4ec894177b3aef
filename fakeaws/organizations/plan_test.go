package organizations

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

const (
	ours   = "111111111111" // a management account
	theirs = "222222222222" // another one
	member = "333333333333" // of the first's organization
	guest  = "444444444444" // in none
)

// A world is a World with two organizations, and clients that change them between the
// plan of a call and its performance.
type world struct {
	t     *testing.T
	world *fakeaws.World
	// ours, theirs and guest are clients of the World's own hand in the accounts.
	ours, theirs, guest *sdk.Client
	root, unit, policy  *string
	invitation          *string // of guest
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := worldtest.NewWorld(t, fakeaws.Config{Services: []fakeaws.Service{iam.Service, Service}}, ours, theirs, member, guest)
	as := func(account string) *sdk.Client {
		return sdk.NewFromConfig(worldtest.FixtureConfig(w, account, w.Region()))
	}
	m := &world{t: t, world: w, ours: as(ours), theirs: as(theirs), guest: as(guest)}
	for _, c := range []*sdk.Client{m.ours, m.theirs} {
		_, err := c.CreateOrganization(t.Context(), &sdk.CreateOrganizationInput{})
		require.NoError(t, err)
	}
	require.NoError(t, Of(w).Join(ours, member))
	roots, err := m.ours.ListRoots(t.Context(), &sdk.ListRootsInput{})
	require.NoError(t, err)
	m.root = roots.Roots[0].Id
	unit, err := m.ours.CreateOrganizationalUnit(t.Context(), &sdk.CreateOrganizationalUnitInput{ParentId: m.root, Name: aws.String("unit")})
	require.NoError(t, err)
	m.unit = unit.OrganizationalUnit.Id
	policy, err := m.ours.CreatePolicy(t.Context(), &sdk.CreatePolicyInput{
		Type: types.PolicyTypeServiceControlPolicy, Name: aws.String("p"), Description: aws.String(""), Content: aws.String(worldtest.DenyAll),
	})
	require.NoError(t, err)
	m.policy = policy.Policy.PolicySummary.Id
	invited, err := m.ours.InviteAccountToOrganization(t.Context(), &sdk.InviteAccountToOrganizationInput{
		Target: &types.HandshakeParty{Id: aws.String(guest), Type: types.HandshakePartyTypeAccount},
	})
	require.NoError(t, err)
	m.invitation = invited.Handshake.Id
	return m
}

// planned plans a call of an account, and returns its performance.
func planned[I, O any](m *world, account string, plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error), in I) func() error {
	m.t.Helper()
	acct, _ := m.world.Account(account)
	p, err := plan(&fakeaws.Call{Context: m.t.Context(), World: m.world, Account: account, Caller: acct.Root.Caller}, in)
	require.NoError(m.t, err)
	require.NotEmpty(m.t, p.Needs)
	return func() error {
		_, err := p.Do()
		return err
	}
}

// What is authorized is what is changed: what has gone, moved or been answered since a
// call was planned is not there for it.
func TestPlansOfChangedResources(t *testing.T) {
	t.Parallel()
	rejoin := func(m *world) error {
		_, err := m.ours.RemoveAccountFromOrganization(m.t.Context(), &sdk.RemoveAccountFromOrganizationInput{AccountId: aws.String(member)})
		require.NoError(m.t, err)
		return Of(m.world).Join(ours, member)
	}
	deleteUnit := func(m *world) error {
		_, err := m.ours.DeleteOrganizationalUnit(m.t.Context(), &sdk.DeleteOrganizationalUnitInput{OrganizationalUnitId: m.unit})
		return err
	}
	deletePolicy := func(m *world) error {
		_, err := m.ours.DeletePolicy(m.t.Context(), &sdk.DeletePolicyInput{PolicyId: m.policy})
		return err
	}
	move := func(m *world) error {
		_, err := m.ours.MoveAccount(m.t.Context(), &sdk.MoveAccountInput{AccountId: aws.String(member), SourceParentId: m.root, DestinationParentId: m.unit})
		return err
	}
	join := func(m *world) error { return Of(m.world).Join(theirs, guest) }
	decline := func(m *world) error {
		_, err := m.guest.DeclineHandshake(m.t.Context(), &sdk.DeclineHandshakeInput{HandshakeId: m.invitation})
		return err
	}
	leave := func(m *world) error {
		_, err := m.ours.RemoveAccountFromOrganization(m.t.Context(), &sdk.RemoveAccountFromOrganizationInput{AccountId: aws.String(member)})
		return err
	}
	changeOver := func(m *world) error {
		require.NoError(m.t, leave(m))
		return Of(m.world).Join(theirs, member)
	}
	service := func(m *world) *Fake { return Of(m.world) }
	for _, row := range []struct {
		name string
		plan func(*world) func() error
		then func(*world) error
		code string
	}{
		{"an account comes back as another member", func(m *world) func() error {
			return planned(m, ours, service(m).removeAccountFromOrganization, &sdk.RemoveAccountFromOrganizationInput{AccountId: aws.String(member)})
		}, rejoin, "AccountNotFoundException"},
		{"a closed account has left", func(m *world) func() error {
			return planned(m, ours, service(m).closeAccount, &sdk.CloseAccountInput{AccountId: aws.String(member)})
		}, leave, "AccountNotFoundException"},
		{"an account moves first", func(m *world) func() error {
			return planned(m, ours, service(m).moveAccount, &sdk.MoveAccountInput{AccountId: aws.String(member), SourceParentId: m.root, DestinationParentId: m.unit})
		}, move, "AccountNotFoundException"},
		{"where an account moves goes", func(m *world) func() error {
			return planned(m, ours, service(m).moveAccount, &sdk.MoveAccountInput{AccountId: aws.String(member), SourceParentId: m.root, DestinationParentId: m.unit})
		}, deleteUnit, "DestinationParentNotFoundException"},
		{"an OU goes", func(m *world) func() error {
			return planned(m, ours, service(m).updateOrganizationalUnit, &sdk.UpdateOrganizationalUnitInput{OrganizationalUnitId: m.unit, Name: aws.String("other")})
		}, deleteUnit, "OrganizationalUnitNotFoundException"},
		{"the parent of an OU goes", func(m *world) func() error {
			return planned(m, ours, service(m).createOrganizationalUnit, &sdk.CreateOrganizationalUnitInput{ParentId: m.unit, Name: aws.String("inner")})
		}, deleteUnit, "ParentNotFoundException"},
		{"a tagged OU goes", func(m *world) func() error {
			return planned(m, ours, service(m).tagResource, &sdk.TagResourceInput{ResourceId: m.unit, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
		}, deleteUnit, "TargetNotFoundException"},
		{"a policy goes", func(m *world) func() error {
			return planned(m, ours, service(m).updatePolicy, &sdk.UpdatePolicyInput{PolicyId: m.policy, Name: aws.String("q")})
		}, deletePolicy, "PolicyNotFoundException"},
		{"an attached policy goes", func(m *world) func() error {
			return planned(m, ours, service(m).attachPolicy, &sdk.AttachPolicyInput{PolicyId: m.policy, TargetId: m.unit})
		}, deletePolicy, "PolicyNotFoundException"},
		{"the target of a policy goes", func(m *world) func() error {
			return planned(m, ours, service(m).attachPolicy, &sdk.AttachPolicyInput{PolicyId: m.policy, TargetId: m.unit})
		}, deleteUnit, "TargetNotFoundException"},
		{"the caller leaves", func(m *world) func() error {
			return planned(m, member, service(m).describeOrganization, &sdk.DescribeOrganizationInput{})
		}, leave, "AWSOrganizationsNotInUseException"},
		{"the caller is in another organization", func(m *world) func() error {
			return planned(m, member, service(m).leaveOrganization, &sdk.LeaveOrganizationInput{})
		}, changeOver, "ConcurrentModificationException"},
		{"who accepts an invitation joins elsewhere, without the permission to leave", func(m *world) func() error {
			return planned(m, guest, service(m).acceptHandshake, &sdk.AcceptHandshakeInput{HandshakeId: m.invitation})
		}, join, "ConcurrentModificationException"},
		{"an invitation is declined", func(m *world) func() error {
			return planned(m, guest, service(m).acceptHandshake, &sdk.AcceptHandshakeInput{HandshakeId: m.invitation})
		}, decline, "InvalidHandshakeTransitionException"},
		{"an account has an organization already", func(m *world) func() error {
			return planned(m, guest, service(m).createOrganization, &sdk.CreateOrganizationInput{})
		}, join, "AlreadyInOrganizationException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newWorld(t)
			do := row.plan(m)
			require.NoError(t, row.then(m))
			var api smithy.APIError
			require.ErrorAs(t, do(), &api)
			assert.Equal(t, row.code, api.ErrorCode())
		})
	}
}
