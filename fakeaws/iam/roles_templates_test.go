package iam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const templateARN = "arn:aws:iam::aws:role-template/batch.amazonaws.com/worker:1"

// template is a version of a role template with a part of every kind.
func template(minor int32) types.RoleTemplateVersion {
	return types.RoleTemplateVersion{
		TemplateArn: aws.String(templateARN), TemplateName: aws.String("worker"), MajorVersion: aws.Int32(1), MinorVersion: &minor,
		Enabled: true, VersionEnabled: true,
		RoleNamePattern: aws.String("worker-@{env}"), RolePathPattern: aws.String("/batch/"), RoleDescriptionPattern: aws.String("for @{env}"),
		AssumeRolePolicyDocumentTemplate: aws.String(trustEC2),
		InlinePolicyTemplates: []types.InlinePolicy{{PolicyName: aws.String("read"), PolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::@{bucket}/*"}}`)}},
		ManagedPolicyArns: []string{readOnly},
		RoleTagsTemplate:  []types.TagTemplate{{Key: aws.String("env"), Value: aws.String("@{env}")}},
		ParametersDefinition: []types.ParameterDefinition{
			{Name: aws.String("env"), Type: types.ParameterTypeTypeString, IsRequired: true},
			{Name: aws.String("bucket"), Type: types.ParameterTypeTypeString, DefaultValue: aws.String("logs")},
		},
	}
}

func TestRoleTemplate(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx, arn := t.Context(), aws.String(templateARN)
		c := w.user(t, "admin", allowAll)
		acquire := func(minor *int32, pairs ...string) (*types.Role, error) {
			values := map[string]types.ReplacementValueEntry{}
			for i := 0; i < len(pairs); i += 2 {
				values[pairs[i]] = types.ReplacementValueEntry{Values: []string{pairs[i+1]}}
			}
			out, err := c.AcquireRole(ctx, &sdk.AcquireRoleInput{TemplateArn: arn, TemplateMinorVersion: minor, ReplacementValues: values})
			if err != nil {
				return nil, err
			}
			return out.Role, nil
		}
		_, err := acquire(nil, "env", "prod")
		requireError(t, err, "NoSuchEntity", "The role template "+templateARN+" cannot be found.")
		require.Error(t, w.service.AddRoleTemplate(types.RoleTemplateVersion{TemplateArn: arn}))
		require.NoError(t, w.service.AddRoleTemplate(template(0)))

		got, err := c.GetRoleTemplateVersion(ctx, &sdk.GetRoleTemplateVersionInput{TemplateArn: arn})
		require.NoError(t, err)
		assert.Equal(t, "worker-@{env}", *got.RoleTemplateVersion.RoleNamePattern)
		assert.Len(t, got.RoleTemplateVersion.ParametersDefinition, 2)

		r, err := acquire(nil, "env", "prod")
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:iam::111122223333:role/batch/worker-prod", *r.Arn)
		assert.Equal(t, "for prod", *r.Description)
		assert.Equal(t, templateARN, *r.SourceRoleTemplate.TemplateArn)
		assert.Equal(t, int32(0), *r.SourceRoleTemplate.TemplateMinorVersion)
		assert.Equal(t, []types.Tag{{Key: aws.String("env"), Value: aws.String("prod")}}, r.Tags)
		document, err := c.GetRolePolicy(ctx, &sdk.GetRolePolicyInput{RoleName: r.RoleName, PolicyName: aws.String("read")})
		require.NoError(t, err)
		assert.Contains(t, *document.PolicyDocument, "logs", "the default value")
		attached, err := c.ListAttachedRolePolicies(ctx, &sdk.ListAttachedRolePoliciesInput{RoleName: r.RoleName})
		require.NoError(t, err)
		require.Len(t, attached.AttachedPolicies, 1)

		_, err = acquire(nil, "env", "prod")
		requireError(t, err, "NameConflict", "Role with name worker-prod already exists.")
		_, err = acquire(nil)
		requireError(t, err, "InvalidInput", "The parameter env of the role template has no value.")
		_, err = acquire(nil, "env", "x", "color", "red")
		requireError(t, err, "InvalidInput", "The role template has no parameter color.")
		_, err = acquire(nil, "env", "a b")
		require.ErrorContains(t, err, "The specified value for roleName is invalid.")
		_, err = acquire(aws.Int32(7), "env", "x")
		require.ErrorContains(t, err, "NoSuchEntity")

		broken := template(1)
		broken.ManagedPolicyArns = []string{"arn:aws:iam::aws:policy/None"}
		require.NoError(t, w.service.AddRoleTemplate(broken))
		_, err = acquire(aws.Int32(1), "env", "broken")
		requireError(t, err, "NoSuchEntity", "Policy arn:aws:iam::aws:policy/None does not exist or is not attachable.")
		_, err = c.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("worker-broken")})
		require.ErrorContains(t, err, "NoSuchEntity", "nothing is left behind")
		off := template(2)
		off.VersionEnabled = false
		require.NoError(t, w.service.AddRoleTemplate(off))
		_, err = acquire(nil, "env", "off")
		requireError(t, err, "RoleTemplateDisabled", "The role template "+templateARN+" is disabled.")
	})
}
