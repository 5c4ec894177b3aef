package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// noOrganization is the text for an account that is in no organization, as those
// of a World are. Unverified.
const noOrganization = "The request failed because no organization is associated with your account."

// outsideOrganization answers the operations on the features of an organization.
func outsideOrganization[O any](ctx context.Context, s *Service, in any) (*O, error) {
	return inAccount(ctx, s, in, func(*account) (*O, error) {
		return nil, &types.OrganizationNotFoundException{Message: aws.String(noOrganization)}
	})
}

// EnableOrganizationsRootCredentialsManagement is refused: an account of a World
// is in no organization.
func (s *Service) EnableOrganizationsRootCredentialsManagement(ctx context.Context, in *sdk.EnableOrganizationsRootCredentialsManagementInput) (*sdk.EnableOrganizationsRootCredentialsManagementOutput, error) {
	return outsideOrganization[sdk.EnableOrganizationsRootCredentialsManagementOutput](ctx, s, in)
}

// DisableOrganizationsRootCredentialsManagement is refused: an account of a
// World is in no organization.
func (s *Service) DisableOrganizationsRootCredentialsManagement(ctx context.Context, in *sdk.DisableOrganizationsRootCredentialsManagementInput) (*sdk.DisableOrganizationsRootCredentialsManagementOutput, error) {
	return outsideOrganization[sdk.DisableOrganizationsRootCredentialsManagementOutput](ctx, s, in)
}

// EnableOrganizationsRootSessions is refused: an account of a World is in no
// organization.
func (s *Service) EnableOrganizationsRootSessions(ctx context.Context, in *sdk.EnableOrganizationsRootSessionsInput) (*sdk.EnableOrganizationsRootSessionsOutput, error) {
	return outsideOrganization[sdk.EnableOrganizationsRootSessionsOutput](ctx, s, in)
}

// DisableOrganizationsRootSessions is refused: an account of a World is in no
// organization.
func (s *Service) DisableOrganizationsRootSessions(ctx context.Context, in *sdk.DisableOrganizationsRootSessionsInput) (*sdk.DisableOrganizationsRootSessionsOutput, error) {
	return outsideOrganization[sdk.DisableOrganizationsRootSessionsOutput](ctx, s, in)
}

// ListOrganizationsFeatures is refused: an account of a World is in no
// organization.
func (s *Service) ListOrganizationsFeatures(ctx context.Context, in *sdk.ListOrganizationsFeaturesInput) (*sdk.ListOrganizationsFeaturesOutput, error) {
	return outsideOrganization[sdk.ListOrganizationsFeaturesOutput](ctx, s, in)
}
