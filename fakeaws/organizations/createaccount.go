package organizations

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) createAccountOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createAccount),
		fakeaws.Bind(s.createGovCloudAccount),
		fakeaws.Bind(s.describeCreateAccountStatus),
		fakeaws.Bind(s.listCreateAccountStatus),
	}
}

// defaultRole is the role that a created account has from the beginning.
const defaultRole = "OrganizationAccountAccessRole"

// administrator is the policy of that role.
const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// createAccount makes a member account, with a role in it that the management
// account may assume. The answer says that the request is in progress, as AWS's
// does; DescribeCreateAccountStatus then says how it ended. IamUserAccessToBilling decides
// about the billing console, which is not part of the World.
func (s *Fake) createAccount(call *fakeaws.Call, in *sdk.CreateAccountInput) (*fakeaws.Plan[*sdk.CreateAccountOutput], error) {
	wanted := creation{name: in.AccountName, email: in.Email, role: in.RoleName, tags: in.Tags}
	return creating(s, call, in, wanted, func(status *types.CreateAccountStatus) *sdk.CreateAccountOutput {
		return &sdk.CreateAccountOutput{CreateAccountStatus: status}
	})
}

// createGovCloudAccount makes a member account, and one in AWS GovCloud (US) that is
// associated with it. The latter is in a partition that no World has: only its id is
// known. AWS asks for a management account that has an account in GovCloud itself;
// here all have.
func (s *Fake) createGovCloudAccount(call *fakeaws.Call, in *sdk.CreateGovCloudAccountInput) (*fakeaws.Plan[*sdk.CreateGovCloudAccountOutput], error) {
	wanted := creation{name: in.AccountName, email: in.Email, role: in.RoleName, tags: in.Tags, govCloud: true}
	return creating(s, call, in, wanted, func(status *types.CreateAccountStatus) *sdk.CreateGovCloudAccountOutput {
		return &sdk.CreateGovCloudAccountOutput{CreateAccountStatus: status}
	})
}

// A creation is what is asked of a new account.
type creation struct {
	name, email, role *string
	tags              []types.Tag
	govCloud          bool
}

// creating plans an operation that makes an account.
func creating[O any](s *Fake, call *fakeaws.Call, in any, wanted creation, out func(*types.CreateAccountStatus) O) (*fakeaws.Plan[O], error) {
	var account *string
	plan, err := changing(s, call, in, management, about{tags: wanted.tags, creates: true}, func(r *request) (none O, err error) {
		asked, ended, err := r.create(wanted)
		if err != nil {
			return none, err
		}
		account = ended.AccountId
		return out(asked), nil
	})
	if err != nil {
		return nil, err
	}
	create := plan.Do
	plan.Do = func() (O, error) {
		answer, err := create()
		if err != nil || account == nil {
			return answer, err
		}
		return answer, s.makeAccessRole(call, *account, wanted.role)
	}
	return plan, nil
}

// create makes an account. It returns the request as the answer to it shows it, and
// as it ended.
func (r *request) create(wanted creation) (asked, ended *types.CreateAccountStatus, err error) {
	s := r.fake
	if strings.HasPrefix(aws.ToString(wanted.role), "AWSServiceRoleFor") {
		return nil, nil, invalidInput(types.InvalidInputExceptionReasonInvalidRoleName, reservedRole)
	}
	var tags tagSet
	if err := tags.put(wanted.tags); err != nil {
		return nil, nil, err
	}
	now := s.now()
	asked = &types.CreateAccountStatus{
		AccountName: wanted.name, Id: aws.String("car-" + s.world.IDs().Lower(32)), RequestedTimestamp: aws.Time(now),
		State: types.CreateAccountStateInProgress,
	}
	copied := *asked
	ended = &copied
	ended.CompletedTimestamp = aws.Time(now)
	r.requests.Set(*ended.Id, ended)
	if s.emailTaken(*wanted.email) {
		ended.State, ended.FailureReason = types.CreateAccountStateFailed, types.CreateAccountFailureReasonEmailAlreadyExists
		return asked, ended, nil
	}
	account := s.newAccount()
	ended.State, ended.AccountId = types.CreateAccountStateSucceeded, &account
	if wanted.govCloud {
		ended.GovCloudAccountId = aws.String(s.world.IDs().Digits(12))
	}
	n := r.join(account, &membership{email: *wanted.email, method: types.AccountJoinedMethodCreated}, *wanted.name)
	n.tags = tags
	return asked, ended, nil
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

// makeAccessRole makes the role through which the management account gets into a
// new account. The lock is not held.
func (s *Fake) makeAccessRole(call *fakeaws.Call, account string, name *string) error {
	if name == nil {
		name = aws.String(defaultRole)
	}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` +
		fakeaws.ARN("iam", "", call.Account, "root") + `"},"Action":"sts:AssumeRole"}]}`
	inside := s.world.Fixture(account, s.world.Region())
	if _, err := fakeaws.Do[iamsdk.CreateRoleOutput](call, s.world, inside, &iamsdk.CreateRoleInput{
		RoleName: name, AssumeRolePolicyDocument: &trust,
	}); err != nil {
		return err
	}
	_, err := fakeaws.Do[iamsdk.AttachRolePolicyOutput](call, s.world, inside, &iamsdk.AttachRolePolicyInput{
		RoleName: name, PolicyArn: aws.String(administrator),
	})
	return err
}

// describeCreateAccountStatus says how the creation of an account went.
func (s *Fake) describeCreateAccountStatus(call *fakeaws.Call, in *sdk.DescribeCreateAccountStatusInput) (*fakeaws.Plan[*sdk.DescribeCreateAccountStatusOutput], error) {
	return onOrganization(s, call, in, readers, about{}, func(r *request) (*sdk.DescribeCreateAccountStatusOutput, error) {
		status, ok := r.requests.Get(*in.CreateAccountRequestId)
		if !ok {
			return nil, &types.CreateAccountStatusNotFoundException{Message: aws.String(noRequest)}
		}
		return &sdk.DescribeCreateAccountStatusOutput{CreateAccountStatus: status}, nil
	})
}

// listCreateAccountStatus lists the creations of accounts that ended in one of
// the given states.
func (s *Fake) listCreateAccountStatus(call *fakeaws.Call, in *sdk.ListCreateAccountStatusInput) (*fakeaws.Plan[*sdk.ListCreateAccountStatusOutput], error) {
	return onOrganization(s, call, in, readers, about{}, func(r *request) (*sdk.ListCreateAccountStatusOutput, error) {
		wanted := make(map[types.CreateAccountState]bool)
		for _, state := range in.States {
			wanted[state] = true
		}
		var found []*types.CreateAccountStatus
		r.requests.Scan(func(_ string, status *types.CreateAccountStatus) bool {
			if len(wanted) == 0 || wanted[status.State] {
				found = append(found, status)
			}
			return true
		})
		id := func(r *types.CreateAccountStatus) string { return *r.Id }
		p, err := paged(found, id, in.NextToken, in.MaxResults, func(r *types.CreateAccountStatus) types.CreateAccountStatus { return *r })
		return &sdk.ListCreateAccountStatusOutput{CreateAccountStatuses: p.Items, NextToken: p.Next}, err
	})
}
