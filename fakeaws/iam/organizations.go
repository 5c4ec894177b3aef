package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

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

// rootAccess performs an operation on the centralized root access of the caller's
// organization, which change may alter; nil only asks.
func (s *Fake) rootAccess(ctx context.Context, change func(*fakeaws.RootAccess)) (id *string, features []types.FeatureType, err error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.world.Membership(call.Account)
	switch {
	case m == nil:
		return nil, nil, &types.OrganizationNotFoundException{Message: aws.String(noOrganization)}
	case !m.AllFeatures:
		return nil, nil, &types.OrganizationNotInAllFeaturesModeException{Message: aws.String(notAllFeatures)}
	case !m.Trusts(principalInOrganizations):
		return nil, nil, &types.ServiceAccessNotEnabledException{Message: aws.String(noTrustedAccess)}
	case !m.Administers(call.Account, principalInOrganizations):
		return nil, nil, &types.AccountNotManagementOrDelegatedAdministratorException{Message: aws.String(notAdministrator)}
	}
	enabled := s.world.RootAccess(m.ID)
	if change != nil {
		change(&enabled)
		s.world.SetRootAccess(m.ID, enabled)
	}
	features = []types.FeatureType{}
	if enabled.Credentials {
		features = append(features, types.FeatureTypeRootCredentialsManagement)
	}
	if enabled.Sessions {
		features = append(features, types.FeatureTypeRootSessions)
	}
	return aws.String(m.ID), features, nil
}

// enableRootAccess is rootAccess for what the management account alone may do.
func (s *Fake) enableRootAccess(ctx context.Context, change func(*fakeaws.RootAccess)) (*string, []types.FeatureType, error) {
	call := fakeaws.CallFrom(ctx)
	if m := s.world.Membership(call.Account); m != nil && call.Account != m.Management && m.Administers(call.Account, principalInOrganizations) {
		return nil, nil, &types.CallerIsNotManagementAccountException{Message: aws.String(notManagingAccount)}
	}
	return s.rootAccess(ctx, change)
}

// EnableOrganizationsRootCredentialsManagement lets the management account manage
// the credentials of the root users of member accounts.
func (s *Fake) EnableOrganizationsRootCredentialsManagement(ctx context.Context, _ *sdk.EnableOrganizationsRootCredentialsManagementInput) (*sdk.EnableOrganizationsRootCredentialsManagementOutput, error) {
	id, features, err := s.enableRootAccess(ctx, func(r *fakeaws.RootAccess) { r.Credentials = true })
	return &sdk.EnableOrganizationsRootCredentialsManagementOutput{OrganizationId: id, EnabledFeatures: features}, err
}

// DisableOrganizationsRootCredentialsManagement ends what
// EnableOrganizationsRootCredentialsManagement began.
func (s *Fake) DisableOrganizationsRootCredentialsManagement(ctx context.Context, _ *sdk.DisableOrganizationsRootCredentialsManagementInput) (*sdk.DisableOrganizationsRootCredentialsManagementOutput, error) {
	id, features, err := s.rootAccess(ctx, func(r *fakeaws.RootAccess) { r.Credentials = false })
	return &sdk.DisableOrganizationsRootCredentialsManagementOutput{OrganizationId: id, EnabledFeatures: features}, err
}

// EnableOrganizationsRootSessions lets the management account act as the root
// users of member accounts, with sts:AssumeRoot.
func (s *Fake) EnableOrganizationsRootSessions(ctx context.Context, _ *sdk.EnableOrganizationsRootSessionsInput) (*sdk.EnableOrganizationsRootSessionsOutput, error) {
	id, features, err := s.enableRootAccess(ctx, func(r *fakeaws.RootAccess) { r.Sessions = true })
	return &sdk.EnableOrganizationsRootSessionsOutput{OrganizationId: id, EnabledFeatures: features}, err
}

// DisableOrganizationsRootSessions ends what EnableOrganizationsRootSessions
// began.
func (s *Fake) DisableOrganizationsRootSessions(ctx context.Context, _ *sdk.DisableOrganizationsRootSessionsInput) (*sdk.DisableOrganizationsRootSessionsOutput, error) {
	id, features, err := s.rootAccess(ctx, func(r *fakeaws.RootAccess) { r.Sessions = false })
	return &sdk.DisableOrganizationsRootSessionsOutput{OrganizationId: id, EnabledFeatures: features}, err
}

// ListOrganizationsFeatures lists what of centralized root access is enabled.
func (s *Fake) ListOrganizationsFeatures(ctx context.Context, _ *sdk.ListOrganizationsFeaturesInput) (*sdk.ListOrganizationsFeaturesOutput, error) {
	id, features, err := s.rootAccess(ctx, nil)
	return &sdk.ListOrganizationsFeaturesOutput{OrganizationId: id, EnabledFeatures: features}, err
}
