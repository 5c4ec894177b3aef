package iam_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every operation of the client has a row.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, op := range newWorld(t).service.Ops() {
		assert.False(t, have[op.Name], "%s has two rows", op.Name)
		have[op.Name] = true
	}
	client := reflect.TypeFor[*sdk.Client]()
	for i := range client.NumMethod() {
		m := client.Method(i)
		if m.Type.NumIn() == 4 && strings.HasSuffix(m.Type.In(2).String(), "."+m.Name+"Input") {
			assert.True(t, have[m.Name], m.Name)
		}
	}
}

// rule 77: which resource is evaluated and how it is printed.
func TestDeniedFederation(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		u := w.user(t, "nobody")
		_, err := w.iam.CreateInstanceProfile(w.root, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("web"), Path: aws.String("/eng/")})
		require.NoError(t, err)
		web, app, job := aws.String("web"), aws.String("app"), aws.String("01234567-0123-0123-0123-0123456789ab")
		oidc, saml := aws.String("arn:aws:iam::111122223333:oidc-provider/example.com"), aws.String("arn:aws:iam::111122223333:saml-provider/corp")
		template := aws.String("arn:aws:iam::aws:role-template/s/t:1")
		alice := aws.String("arn:aws:iam::111122223333:user/eng/alice")
		id := aws.String("0123456789abcdef")
		tags := []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
		tests := []struct {
			action, resource string
			call             func(context.Context) error
		}{
			{"CreateInstanceProfile", "arn:aws:iam::111122223333:instance-profile/x/p", call(u.CreateInstanceProfile, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("p"), Path: aws.String("/x/")})},
			{"GetInstanceProfile", "instance profile web", call(u.GetInstanceProfile, &sdk.GetInstanceProfileInput{InstanceProfileName: web})},
			{"AddRoleToInstanceProfile", "instance profile web", call(u.AddRoleToInstanceProfile, &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: web, RoleName: app})},
			{"RemoveRoleFromInstanceProfile", "instance profile web", call(u.RemoveRoleFromInstanceProfile, &sdk.RemoveRoleFromInstanceProfileInput{InstanceProfileName: web, RoleName: app})},
			{"TagInstanceProfile", "instance profile web", call(u.TagInstanceProfile, &sdk.TagInstanceProfileInput{InstanceProfileName: web, Tags: tags})},
			{"ListInstanceProfiles", "arn:aws:iam::111122223333:instance-profile/", call(u.ListInstanceProfiles, &sdk.ListInstanceProfilesInput{})},
			{"ListInstanceProfilesForRole", "role app", call(u.ListInstanceProfilesForRole, &sdk.ListInstanceProfilesForRoleInput{RoleName: app})},
			{"CreateOpenIDConnectProvider", *oidc, call(u.CreateOpenIDConnectProvider, &sdk.CreateOpenIDConnectProviderInput{Url: aws.String("https://example.com/")})},
			{"GetOpenIDConnectProvider", *oidc, call(u.GetOpenIDConnectProvider, &sdk.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: oidc})},
			{"ListOpenIDConnectProviders", "arn:aws:iam::111122223333:oidc-provider/*", call(u.ListOpenIDConnectProviders, &sdk.ListOpenIDConnectProvidersInput{})},
			{"CreateSAMLProvider", *saml, call(u.CreateSAMLProvider, &sdk.CreateSAMLProviderInput{Name: aws.String("corp"), SAMLMetadataDocument: metadata("", "")})},
			{"DeleteSAMLProvider", *saml, call(u.DeleteSAMLProvider, &sdk.DeleteSAMLProviderInput{SAMLProviderArn: saml})},
			{"CreateServiceLinkedRole", "arn:aws:iam::111122223333:role/aws-service-role/es.amazonaws.com/AWSServiceRoleForAmazonElasticsearchService", call(u.CreateServiceLinkedRole, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("es.amazonaws.com")})},
			{"DeleteServiceLinkedRole", "role app", call(u.DeleteServiceLinkedRole, &sdk.DeleteServiceLinkedRoleInput{RoleName: app})},
			{"GetServiceLinkedRoleDeletionStatus", "arn:aws:iam::111122223333:role/aws-service-role/s/R", call(u.GetServiceLinkedRoleDeletionStatus, &sdk.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: aws.String("task/aws-service-role/s/R/1")})},
			{"SetSecurityTokenServicePreferences", "*", call(u.SetSecurityTokenServicePreferences, &sdk.SetSecurityTokenServicePreferencesInput{GlobalEndpointTokenVersion: "v2Token"})},
			{"ListOrganizationsFeatures", "*", call(u.ListOrganizationsFeatures, &sdk.ListOrganizationsFeaturesInput{})},
			{"EnableOutboundWebIdentityFederation", "*", call(u.EnableOutboundWebIdentityFederation, &sdk.EnableOutboundWebIdentityFederationInput{})},
			{"AssociateDelegationRequest", "arn:aws:iam::111122223333:delegation-request/0123456789abcdef", call(u.AssociateDelegationRequest, &sdk.AssociateDelegationRequestInput{DelegationRequestId: id})},
			{"ListDelegationRequests", "*", call(u.ListDelegationRequests, &sdk.ListDelegationRequestsInput{})},
			{"AcquireRole", *template, call(u.AcquireRole, &sdk.AcquireRoleInput{TemplateArn: template})},
			{"GenerateServiceLastAccessedDetails", *alice, call(u.GenerateServiceLastAccessedDetails, &sdk.GenerateServiceLastAccessedDetailsInput{Arn: alice})},
			{"GetServiceLastAccessedDetails", "*", call(u.GetServiceLastAccessedDetails, &sdk.GetServiceLastAccessedDetailsInput{JobId: job})},
			{"ListPoliciesGrantingServiceAccess", *alice, call(u.ListPoliciesGrantingServiceAccess, &sdk.ListPoliciesGrantingServiceAccessInput{Arn: alice, ServiceNamespaces: []string{"s3"}})},
			{"GenerateOrganizationsAccessReport", "arn:aws:iam::111122223333:access-report/o-a1b2c3d4e5/r-f6g7h8i9", call(u.GenerateOrganizationsAccessReport, &sdk.GenerateOrganizationsAccessReportInput{EntityPath: aws.String("o-a1b2c3d4e5/r-f6g7h8i9")})},
			{"SimulateCustomPolicy", "*", call(u.SimulateCustomPolicy, &sdk.SimulateCustomPolicyInput{ActionNames: []string{"s3:GetObject"}, PolicyInputList: []string{allowAll}})},
			{"SimulatePrincipalPolicy", *alice, call(u.SimulatePrincipalPolicy, &sdk.SimulatePrincipalPolicyInput{ActionNames: []string{"s3:GetObject"}, PolicySourceArn: alice})},
			{"GetContextKeysForPrincipalPolicy", *alice, call(u.GetContextKeysForPrincipalPolicy, &sdk.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: alice})},
		}
		for _, tc := range tests {
			t.Run(tc.action, func(t *testing.T) {
				t.Parallel()
				requireError(t, tc.call(t.Context()), "AccessDenied", "User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: iam:"+tc.action+
					" on resource: "+tc.resource+" because no identity-based policy allows the iam:"+tc.action+" action")
			})
		}
	})
}

// The condition keys of these actions.
func TestFederationConditionKeys(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		condition := func(action, block string) string {
			return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:` + action + `","Resource":"*","Condition":{` + block + `}}}`
		}
		tag := func(value string) []types.Tag { return []types.Tag{{Key: aws.String("team"), Value: &value}} }
		u := w.user(t, "u",
			condition("CreateServiceLinkedRole", `"StringLike":{"iam:AWSServiceName":"es.*"}`),
			condition("*InstanceProfile", `"StringEquals":{"aws:RequestTag/team":"blue"}`),
			condition("GetInstanceProfile", `"StringEquals":{"iam:ResourceTag/team":"blue"}`),
			condition("GenerateOrganizationsAccessReport", `"StringEquals":{"iam:OrganizationsPolicyId":"p-abcd1234"}`),
			condition("CreateDelegationRequest", `"NumericLessThanEquals":{"iam:DelegationDuration":"3600"},"StringLike":{"iam:NotificationChannel":"arn:aws:sns:*","iam:TemplateArn":"*"}`))
		service := func(name string) func(context.Context) error {
			return call(u.CreateServiceLinkedRole, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: &name})
		}
		profile := func(name, value string) func(context.Context) error {
			return call(u.CreateInstanceProfile, &sdk.CreateInstanceProfileInput{InstanceProfileName: &name, Tags: tag(value)})
		}
		report := func(id *string) func(context.Context) error {
			return call(u.GenerateOrganizationsAccessReport, &sdk.GenerateOrganizationsAccessReportInput{EntityPath: aws.String("o-a1b2c3d4e5/r-f6g7h8i9"), OrganizationsPolicyId: id})
		}
		delegate := func(seconds int32) func(context.Context) error {
			return call(u.CreateDelegationRequest, &sdk.CreateDelegationRequestInput{
				Description: aws.String("d"), NotificationChannel: aws.String("arn:aws:sns:us-east-1:111122223333:t"),
				Permissions:         &types.DelegationPermission{PolicyTemplateArn: aws.String("arn:aws:iam:::delegation-template/t")},
				RequestorWorkflowId: aws.String("workflow"), SessionDuration: &seconds,
			})
		}
		for _, name := range []string{"red", "blue"} {
			_, err := w.iam.CreateInstanceProfile(w.root, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("is-" + name), Tags: tag(name)})
			require.NoError(t, err)
		}
		get := func(name string) func(context.Context) error {
			return call(u.GetInstanceProfile, &sdk.GetInstanceProfileInput{InstanceProfileName: &name})
		}
		tests := map[string]struct{ allowed, denied func(context.Context) error }{
			"iam:AWSServiceName":        {service("es.amazonaws.com"), service("ecs.amazonaws.com")},
			"aws:RequestTag":            {profile("a", "blue"), profile("b", "red")},
			"iam:ResourceTag":           {get("is-blue"), get("is-red")},
			"iam:OrganizationsPolicyId": {report(aws.String("p-abcd1234")), report(nil)},
			"iam:DelegationDuration":    {delegate(3600), delegate(7200)},
		}
		for name, tc := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				require.NoError(t, tc.allowed(t.Context()))
				assert.ErrorContains(t, tc.denied(t.Context()), "AccessDenied")
			})
		}
	})
}
