package iam

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
)

// noRoleTemplate is the text for a template that does not exist. Unverified.
const noRoleTemplate = "The role template %s cannot be found."

// withoutTemplate answers the operations on role templates. Only AWS services
// make templates, and those of a World make none.
func withoutTemplate[O any](ctx context.Context, s *Service, in any, arn *string) (*O, error) {
	return inAccount(ctx, s, in, func(*account) (*O, error) {
		return nil, noSuchEntity(noRoleTemplate, *arn)
	})
}

// AcquireRole makes a role out of a template, of which a World has none.
func (s *Service) AcquireRole(ctx context.Context, in *sdk.AcquireRoleInput) (*sdk.AcquireRoleOutput, error) {
	return withoutTemplate[sdk.AcquireRoleOutput](ctx, s, in, in.TemplateArn)
}

// GetRoleTemplateVersion describes a template of roles, of which a World has none.
func (s *Service) GetRoleTemplateVersion(ctx context.Context, in *sdk.GetRoleTemplateVersionInput) (*sdk.GetRoleTemplateVersionOutput, error) {
	return withoutTemplate[sdk.GetRoleTemplateVersionOutput](ctx, s, in, in.TemplateArn)
}
