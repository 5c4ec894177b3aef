package organizations

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// defaultRole is the role that a created account has from the beginning.
const defaultRole = "OrganizationAccountAccessRole"

// administrator is the policy of that role.
const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// CreateAccount makes a member account, with a role in it that the management
// account may assume. The answer says that the request is in progress, as AWS's
// does; who asks next learns how it ended. IamUserAccessToBilling decides about
// the billing console, which no call of the World can see.
func (s *Fake) CreateAccount(ctx context.Context, in *sdk.CreateAccountInput) (*sdk.CreateAccountOutput, error) {
	account := ""
	out, err := changing(ctx, s, in, func(o *organization) (*sdk.CreateAccountOutput, error) {
		if strings.HasPrefix(aws.ToString(in.RoleName), "AWSServiceRoleFor") {
			return nil, invalidInput(types.InvalidInputExceptionReasonInvalidRoleName, reservedRole)
		}
		var tags tagSet
		if err := tags.put(in.Tags); err != nil {
			return nil, err
		}
		now := s.now()
		request := &types.CreateAccountStatus{
			AccountName: in.AccountName, Id: aws.String("car-" + s.world.IDs().Lower(32)), RequestedTimestamp: aws.Time(now),
			State: types.CreateAccountStateInProgress,
		}
		answer := *request
		request.CompletedTimestamp = aws.Time(now)
		if s.emailTaken(*in.Email) {
			request.State, request.FailureReason = types.CreateAccountStateFailed, types.CreateAccountFailureReasonEmailAlreadyExists
		} else {
			account = s.newAccount()
			request.State, request.AccountId = types.CreateAccountStateSucceeded, aws.String(account)
			n := o.join(account, &membership{email: *in.Email, method: types.AccountJoinedMethodCreated}, *in.AccountName)
			n.tags = tags
		}
		o.requests.Set(*request.Id, request)
		return &sdk.CreateAccountOutput{CreateAccountStatus: &answer}, nil
	})
	if account != "" {
		err = s.makeAccessRole(ctx, account, in.RoleName)
	}
	return out, err
}

// newAccount makes an account of the World with a new id.
func (s *Fake) newAccount() string {
	for {
		id := s.world.IDs().Digits(12)
		if _, err := s.world.AddAccount(id, "", ""); err == nil {
			return id
		}
	}
}

// emailTaken reports whether an account of any organization has an address.
func (s *Fake) emailTaken(email string) bool {
	for id, o := range s.byMember {
		if strings.EqualFold(o.nodes[id].account.email, email) {
			return true
		}
	}
	return false
}

// An identities is what a new account needs of the World's IAM.
type identities interface {
	CreateRole(context.Context, *iamsdk.CreateRoleInput) (*iamsdk.CreateRoleOutput, error)
	AttachRolePolicy(context.Context, *iamsdk.AttachRolePolicyInput) (*iamsdk.AttachRolePolicyOutput, error)
}

// makeAccessRole makes the role through which the management account gets into a
// new account. The lock is not held.
func (s *Fake) makeAccessRole(ctx context.Context, account string, name *string) error {
	iam, ok := s.world.Fake("iam").(identities)
	if !ok {
		return nil // a World whose IAM has no roles
	}
	if name == nil {
		name = aws.String(defaultRole)
	}
	management := fakeaws.CallFrom(ctx).Account
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` +
		fakeaws.ARN("iam", "", management, "root") + `"},"Action":"sts:AssumeRole"}]}`
	background := s.world.Background(account, s.world.Region())
	if _, err := iam.CreateRole(background, &iamsdk.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: &trust}); err != nil {
		return err
	}
	_, err := iam.AttachRolePolicy(background, &iamsdk.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(administrator)})
	return err
}

// DescribeCreateAccountStatus says how the creation of an account went.
func (s *Fake) DescribeCreateAccountStatus(ctx context.Context, in *sdk.DescribeCreateAccountStatusInput) (*sdk.DescribeCreateAccountStatusOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.DescribeCreateAccountStatusOutput, error) {
		request, ok := o.requests.Get(*in.CreateAccountRequestId)
		if !ok {
			return nil, &types.CreateAccountStatusNotFoundException{Message: aws.String(noRequest)}
		}
		return &sdk.DescribeCreateAccountStatusOutput{CreateAccountStatus: request}, nil
	})
}

// ListCreateAccountStatus lists the creations of accounts that ended in one of
// the given states.
func (s *Fake) ListCreateAccountStatus(ctx context.Context, in *sdk.ListCreateAccountStatusInput) (*sdk.ListCreateAccountStatusOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListCreateAccountStatusOutput, error) {
		wanted := make(map[types.CreateAccountState]bool)
		for _, state := range in.States {
			wanted[state] = true
		}
		var found []*types.CreateAccountStatus
		o.requests.Scan(func(_ string, request *types.CreateAccountStatus) bool {
			if len(wanted) == 0 || wanted[request.State] {
				found = append(found, request)
			}
			return true
		})
		id := func(r *types.CreateAccountStatus) string { return *r.Id }
		p, err := paged(found, id, in.NextToken, in.MaxResults, func(r *types.CreateAccountStatus) types.CreateAccountStatus { return *r })
		return &sdk.ListCreateAccountStatusOutput{CreateAccountStatuses: p.items, NextToken: p.next}, err
	})
}
