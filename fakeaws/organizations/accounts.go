package organizations

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// minAge is how old a created account must be to leave ("Minimum age for removal
// of created accounts").
const minAge = 4 * 24 * time.Hour

// ownerEmail is the address of an account that was made without one.
func ownerEmail(account string) string { return "owner@" + account + ".example.com" }

// join puts an account into the root.
func (o *organization) join(account string, m *membership, name string) *node {
	m.joined = o.service.now()
	n := o.add(&node{kind: accountKind, id: account, arn: o.arn("account", o.id, account), name: name, account: m}, o.root)
	o.service.byMember[account] = o
	return n
}

// leave takes an account out of the organization.
func (o *organization) leave(n *node) error {
	switch {
	case n.id == o.management:
		return &types.MasterCannotLeaveOrganizationException{Message: aws.String(managementStays)}
	case n.account.delegated.Len() > 0:
		return violates(types.ConstraintViolationExceptionReasonCannotRemoveDelegatedAdministratorFromOrg, administratorStays)
	case n.account.method == types.AccountJoinedMethodCreated && o.service.now().Sub(n.account.joined) < minAge:
		return violates(types.ConstraintViolationExceptionReasonWaitPeriodActive, tooYoung)
	}
	o.remove(n)
	delete(o.service.byMember, n.id)
	return nil
}

// Join puts an account of the World into the caller's organization, as if it had
// been invited and had accepted. It is for Go code: by AWS's operations an account
// joins with handshakes.
func (s *Fake) Join(ctx context.Context, account string) error {
	if _, there := s.world.Account(account); !there {
		return fmt.Errorf("this World has no account %s", account)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.byMember[fakeaws.CallFrom(ctx).Account]
	switch {
	case o == nil:
		return notInUse()
	case s.byMember[account] != nil:
		return &types.AlreadyInOrganizationException{Message: aws.String(alreadyMember)}
	}
	o.join(account, &membership{email: ownerEmail(account), method: types.AccountJoinedMethodInvited}, account)
	o.publish()
	return nil
}

// member finds an account of the organization.
func (o *organization) member(id *string) (*node, error) {
	if n, ok := o.accounts.Get(*id); ok {
		return n, nil
	}
	return nil, &types.AccountNotFoundException{Message: aws.String(noAccount)}
}

// accountView is an account as AWS describes it. Status is what came before
// State, which AWS has announced to retire. That Paths has the values of
// aws:PrincipalOrgPaths, which end with the last OU, is unverified.
func (o *organization) accountView(n *node) types.Account {
	state, status := types.AccountStateActive, types.AccountStatusActive
	if !n.account.closed.IsZero() {
		state, status = types.AccountStateClosed, types.AccountStatusSuspended
	}
	return types.Account{
		Arn: aws.String(n.arn), Email: aws.String(n.account.email), Id: aws.String(n.id), JoinedMethod: n.account.method,
		JoinedTimestamp: aws.Time(n.account.joined), Name: aws.String(n.name), Paths: []string{o.path(n)},
		State: state, Status: status,
	}
}

// DescribeAccount describes an account of the organization.
func (s *Fake) DescribeAccount(ctx context.Context, in *sdk.DescribeAccountInput) (*sdk.DescribeAccountOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.DescribeAccountOutput, error) {
		n, err := o.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		view := o.accountView(n)
		return &sdk.DescribeAccountOutput{Account: &view}, nil
	})
}

// ListAccounts lists all accounts of the organization.
func (s *Fake) ListAccounts(ctx context.Context, in *sdk.ListAccountsInput) (*sdk.ListAccountsOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListAccountsOutput, error) {
		p, err := paged(o.accounts.Values(), nodeID, in.NextToken, in.MaxResults, o.accountView)
		return &sdk.ListAccountsOutput{Accounts: p.items, NextToken: p.next}, err
	})
}

// ListAccountsForParent lists the accounts that are in the root or an OU
// themselves.
func (s *Fake) ListAccountsForParent(ctx context.Context, in *sdk.ListAccountsForParentInput) (*sdk.ListAccountsForParentOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListAccountsForParentOutput, error) {
		parent, err := o.parent(in.ParentId)
		if err != nil {
			return nil, err
		}
		p, err := paged(parent.contained(accountKind), nodeID, in.NextToken, in.MaxResults, o.accountView)
		return &sdk.ListAccountsForParentOutput{Accounts: p.items, NextToken: p.next}, err
	})
}

// MoveAccount moves an account to the root or another OU.
func (s *Fake) MoveAccount(ctx context.Context, in *sdk.MoveAccountInput) (*sdk.MoveAccountOutput, error) {
	return changing(ctx, s, in, func(o *organization) (*sdk.MoveAccountOutput, error) {
		n, err := o.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		to := o.container(*in.DestinationParentId)
		switch {
		case n.parent.id != *in.SourceParentId:
			return nil, &types.SourceParentNotFoundException{Message: aws.String(noSource)}
		case to == nil:
			return nil, &types.DestinationParentNotFoundException{Message: aws.String(noDestination)}
		case to == n.parent:
			return nil, &types.DuplicateAccountException{Message: aws.String(duplicateAccount)}
		}
		n.parent.children.Delete(n.id)
		to.children.Set(n.id, n)
		n.parent = to
		return &sdk.MoveAccountOutput{}, nil
	})
}

// RemoveAccountFromOrganization makes a member account stand alone.
func (s *Fake) RemoveAccountFromOrganization(ctx context.Context, in *sdk.RemoveAccountFromOrganizationInput) (*sdk.RemoveAccountFromOrganizationOutput, error) {
	return changing(ctx, s, in, func(o *organization) (*sdk.RemoveAccountFromOrganizationOutput, error) {
		n, err := o.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		return &sdk.RemoveAccountFromOrganizationOutput{}, o.leave(n)
	})
}

// LeaveOrganization makes the caller's own account stand alone.
func (s *Fake) LeaveOrganization(ctx context.Context, in *sdk.LeaveOrganizationInput) (*sdk.LeaveOrganizationOutput, error) {
	return changing(ctx, s, in, func(o *organization) (*sdk.LeaveOrganizationOutput, error) {
		return &sdk.LeaveOrganizationOutput{}, o.leave(o.nodes[fakeaws.CallFrom(ctx).Account])
	})
}
