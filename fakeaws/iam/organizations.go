package iam

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// rootAccessOps are the operations on centralized root access.
func (s *Fake) rootAccessOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.enableOrganizationsRootCredentialsManagement),
		fakeaws.Bind(s.disableOrganizationsRootCredentialsManagement),
		fakeaws.Bind(s.enableOrganizationsRootSessions),
		fakeaws.Bind(s.disableOrganizationsRootSessions),
		fakeaws.Bind(s.listOrganizationsFeatures),
	}
}

// principalInOrganizations is IAM as AWS Organizations knows it: with trusted
// access it may manage the root users of member accounts.
const principalInOrganizations = "iam.amazonaws.com"

// noOrganization is the text for an account that is in no organization. Unverified.
const noOrganization = "The request failed because no organization is associated with your account."

// Texts about centralized root access; unverified.
const (
	notAllFeatures     = "The request failed because your organization does not have all features enabled."
	noTrustedAccess    = "The request failed because trusted access is not enabled for IAM in Organizations."
	notAdministrator   = "The request failed because the account making the request is not the management account or delegated administrator account for centralized root access."
	notManagingAccount = "The request failed because the account making the request is not the management account for the organization."
)

// A rootAccess is the centralized root access of an organization as answers have it.
type rootAccess struct {
	id       *string
	features []types.FeatureType
}

// changeRootAccess changes the centralized root access of the organization of the
// caller's account; nil changes nothing.
func (s *Fake) changeRootAccess(a *account, change func(*fakeaws.RootAccess)) (rootAccess, error) {
	m := s.world.Membership(a.id)
	switch {
	case m == nil:
		return rootAccess{}, &types.OrganizationNotFoundException{Message: aws.String(noOrganization)}
	case !m.AllFeatures:
		return rootAccess{}, &types.OrganizationNotInAllFeaturesModeException{Message: aws.String(notAllFeatures)}
	case !m.Trusts(principalInOrganizations):
		return rootAccess{}, &types.ServiceAccessNotEnabledException{Message: aws.String(noTrustedAccess)}
	case !m.Administers(a.id, principalInOrganizations):
		return rootAccess{}, &types.AccountNotManagementOrDelegatedAdministratorException{Message: aws.String(notAdministrator)}
	}
	enabled := s.world.RootAccess(m.ID)
	if change != nil {
		change(&enabled)
		s.world.SetRootAccess(m.ID, enabled)
	}
	features := []types.FeatureType{}
	if enabled.Credentials {
		features = append(features, types.FeatureTypeRootCredentialsManagement)
	}
	if enabled.Sessions {
		features = append(features, types.FeatureTypeRootSessions)
	}
	return rootAccess{aws.String(m.ID), features}, nil
}

// enableRootAccess is changeRootAccess for what the management account alone may do.
func (s *Fake) enableRootAccess(a *account, change func(*fakeaws.RootAccess)) (rootAccess, error) {
	if m := s.world.Membership(a.id); m != nil && a.id != m.Management && m.Administers(a.id, principalInOrganizations) {
		return rootAccess{}, &types.CallerIsNotManagementAccountException{Message: aws.String(notManagingAccount)}
	}
	return s.changeRootAccess(a, change)
}

// enableOrganizationsRootCredentialsManagement lets the management account manage
// the credentials of the root users of member accounts.
func (s *Fake) enableOrganizationsRootCredentialsManagement(call *fakeaws.Call, in *sdk.EnableOrganizationsRootCredentialsManagementInput) (*fakeaws.Plan[*sdk.EnableOrganizationsRootCredentialsManagementOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.EnableOrganizationsRootCredentialsManagementOutput, error) {
		r, err := s.enableRootAccess(a, func(r *fakeaws.RootAccess) { r.Credentials = true })
		return &sdk.EnableOrganizationsRootCredentialsManagementOutput{OrganizationId: r.id, EnabledFeatures: r.features}, err
	})
}

// disableOrganizationsRootCredentialsManagement ends what
// EnableOrganizationsRootCredentialsManagement began.
func (s *Fake) disableOrganizationsRootCredentialsManagement(call *fakeaws.Call, in *sdk.DisableOrganizationsRootCredentialsManagementInput) (*fakeaws.Plan[*sdk.DisableOrganizationsRootCredentialsManagementOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.DisableOrganizationsRootCredentialsManagementOutput, error) {
		r, err := s.changeRootAccess(a, func(r *fakeaws.RootAccess) { r.Credentials = false })
		return &sdk.DisableOrganizationsRootCredentialsManagementOutput{OrganizationId: r.id, EnabledFeatures: r.features}, err
	})
}

// enableOrganizationsRootSessions lets the management account act as the root
// users of member accounts, with sts:AssumeRoot.
func (s *Fake) enableOrganizationsRootSessions(call *fakeaws.Call, in *sdk.EnableOrganizationsRootSessionsInput) (*fakeaws.Plan[*sdk.EnableOrganizationsRootSessionsOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.EnableOrganizationsRootSessionsOutput, error) {
		r, err := s.enableRootAccess(a, func(r *fakeaws.RootAccess) { r.Sessions = true })
		return &sdk.EnableOrganizationsRootSessionsOutput{OrganizationId: r.id, EnabledFeatures: r.features}, err
	})
}

// disableOrganizationsRootSessions ends what EnableOrganizationsRootSessions
// began.
func (s *Fake) disableOrganizationsRootSessions(call *fakeaws.Call, in *sdk.DisableOrganizationsRootSessionsInput) (*fakeaws.Plan[*sdk.DisableOrganizationsRootSessionsOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.DisableOrganizationsRootSessionsOutput, error) {
		r, err := s.changeRootAccess(a, func(r *fakeaws.RootAccess) { r.Sessions = false })
		return &sdk.DisableOrganizationsRootSessionsOutput{OrganizationId: r.id, EnabledFeatures: r.features}, err
	})
}

// listOrganizationsFeatures lists what of centralized root access is enabled.
func (s *Fake) listOrganizationsFeatures(call *fakeaws.Call, in *sdk.ListOrganizationsFeaturesInput) (*fakeaws.Plan[*sdk.ListOrganizationsFeaturesOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.ListOrganizationsFeaturesOutput, error) {
		r, err := s.changeRootAccess(a, nil)
		return &sdk.ListOrganizationsFeaturesOutput{OrganizationId: r.id, EnabledFeatures: r.features}, err
	})
}
