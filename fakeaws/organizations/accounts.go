package organizations

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) accountOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.describeAccount),
		fakeaws.Bind(s.listAccounts),
		fakeaws.Bind(s.listAccountsForParent),
		fakeaws.Bind(s.moveAccount),
		fakeaws.Bind(s.removeAccountFromOrganization),
		fakeaws.Bind(s.leaveOrganization),
	}
}

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

// Join puts an account of the World into the organization of a management account, as
// if it had been invited and had accepted. It is for Go code: by AWS's operations an
// account joins with handshakes.
func (s *Fake) Join(management, account string) error {
	if _, there := s.world.Account(account); !there {
		return fmt.Errorf("this World has no account %s", account)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.byMember[management]
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
func (r *request) member(id *string) (*node, error) {
	if n := r.get(id).node; n != nil && n.kind == accountKind {
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

// describeAccount describes an account of the organization.
func (s *Fake) describeAccount(call *fakeaws.Call, in *sdk.DescribeAccountInput) (*fakeaws.Plan[*sdk.DescribeAccountOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.AccountId}}, func(r *request) (*sdk.DescribeAccountOutput, error) {
		n, err := r.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		view := r.accountView(n)
		return &sdk.DescribeAccountOutput{Account: &view}, nil
	})
}

// listAccounts lists all accounts of the organization.
func (s *Fake) listAccounts(call *fakeaws.Call, in *sdk.ListAccountsInput) (*fakeaws.Plan[*sdk.ListAccountsOutput], error) {
	return onOrganization(s, call, in, readers, about{}, func(r *request) (*sdk.ListAccountsOutput, error) {
		p, err := paged(r.accounts.Values(), nodeID, in.NextToken, in.MaxResults, r.accountView)
		return &sdk.ListAccountsOutput{Accounts: p.Items, NextToken: p.Next}, err
	})
}

// listAccountsForParent lists the accounts that are in the root or an OU
// themselves.
func (s *Fake) listAccountsForParent(call *fakeaws.Call, in *sdk.ListAccountsForParentInput) (*fakeaws.Plan[*sdk.ListAccountsForParentOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.ParentId}}, func(r *request) (*sdk.ListAccountsForParentOutput, error) {
		parent, err := r.parent(in.ParentId)
		if err != nil {
			return nil, err
		}
		p, err := paged(parent.contained(accountKind), nodeID, in.NextToken, in.MaxResults, r.accountView)
		return &sdk.ListAccountsForParentOutput{Accounts: p.Items, NextToken: p.Next}, err
	})
}

// moveAccount moves an account to the root or another OU.
func (s *Fake) moveAccount(call *fakeaws.Call, in *sdk.MoveAccountInput) (*fakeaws.Plan[*sdk.MoveAccountOutput], error) {
	return changing(s, call, in, management, about{ids: []*string{in.AccountId, in.DestinationParentId, in.SourceParentId}}, func(r *request) (*sdk.MoveAccountOutput, error) {
		n, err := r.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		to := r.container(in.DestinationParentId)
		switch {
		case r.container(in.SourceParentId) == nil:
			return nil, &types.SourceParentNotFoundException{Message: aws.String(noSource)}
		case n.parent.id != *in.SourceParentId: // not there, which users know of accounts that were moved before
			return nil, &types.AccountNotFoundException{Message: aws.String(noAccount)}
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

// removeAccountFromOrganization makes a member account stand alone.
func (s *Fake) removeAccountFromOrganization(call *fakeaws.Call, in *sdk.RemoveAccountFromOrganizationInput) (*fakeaws.Plan[*sdk.RemoveAccountFromOrganizationOutput], error) {
	return changing(s, call, in, management, about{ids: []*string{in.AccountId}}, func(r *request) (*sdk.RemoveAccountFromOrganizationOutput, error) {
		n, err := r.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		return &sdk.RemoveAccountFromOrganizationOutput{}, r.leave(n)
	})
}

// leaveOrganization makes the caller's own account stand alone.
func (s *Fake) leaveOrganization(call *fakeaws.Call, in *sdk.LeaveOrganizationInput) (*fakeaws.Plan[*sdk.LeaveOrganizationOutput], error) {
	return changing(s, call, in, everyone, about{}, func(r *request) (*sdk.LeaveOrganizationOutput, error) {
		return &sdk.LeaveOrganizationOutput{}, r.leave(r.nodes[call.Account])
	})
}
