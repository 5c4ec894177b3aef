package iam_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

const (
	orgID   = "o-a1b2c3d4e5"
	orgPath = orgID + "/r-ab12/ou-ab12-11111111/"
	scpARN  = "arn:aws:organizations::444455556666:policy/o-a1b2c3d4e5/service_control_policy/p-abcd1234"
)

// organize puts the first account into an OU of the organization of the other
// one, under a service control policy.
func (w *world) organize(t *testing.T, document string, change func(*fakeaws.Organization)) {
	t.Helper()
	scp, err := enforce.Parse(document, enforce.ServiceControlPolicy, enforce.Source{ARN: scpARN})
	require.NoError(t, err)
	full := enforce.FullAWSAccess(enforce.ServiceControlPolicy)
	o := &fakeaws.Organization{ID: orgID, Management: otherID, AllFeatures: true, Trusted: []string{"iam.amazonaws.com"}}
	if change != nil {
		change(o)
	}
	w.SetOrganization(orgID, []*fakeaws.Membership{
		{Organization: o, Account: otherID, Path: orgID + "/r-ab12/"},
		{Organization: o, Account: accountID, Path: orgPath, SCPs: [][]*enforce.Policy{{full}, {full}, {full, scp}}},
	})
}

// The simulator evaluates the service control policies of the account.
func TestSimulatePrincipalInOrganization(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c := w.user(t, "alice", allowAll)
		simulate := func(exclude ...types.PolicyIdentifier) []types.EvaluationResult {
			out, err := c.SimulatePrincipalPolicy(t.Context(), &sdk.SimulatePrincipalPolicyInput{
				PolicySourceArn: aws.String("arn:aws:iam::111122223333:user/alice"), ActionNames: []string{"s3:GetObject", "sqs:SendMessage"},
				ContextEntries:      []types.ContextEntry{{ContextKeyName: aws.String("aws:RequestedRegion"), ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{"us-east-1"}}},
				PolicyExclusionList: exclude,
			})
			require.NoError(t, err)
			return out.EvaluationResults
		}
		for _, r := range simulate() {
			assert.Equal(t, types.PolicyEvaluationDecisionTypeAllowed, r.EvalDecision)
			assert.Nil(t, r.OrganizationsDecisionDetail, "in no organization")
		}
		w.organize(t, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}}}`, nil)
		got := simulate()
		assert.Equal(t, types.PolicyEvaluationDecisionTypeExplicitDeny, got[0].EvalDecision)
		assert.False(t, got[0].OrganizationsDecisionDetail.AllowedByOrganizations)
		assert.Equal(t, types.PolicyEvaluationDecisionTypeAllowed, got[1].EvalDecision)
		assert.True(t, got[1].OrganizationsDecisionDetail.AllowedByOrganizations)

		got = simulate(&types.PolicyIdentifierMemberPolicyArn{Value: scpARN})
		assert.Equal(t, types.PolicyEvaluationDecisionTypeAllowed, got[0].EvalDecision, "without that policy")
		got = simulate(&types.PolicyIdentifierMemberPolicyArn{Value: "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"})
		assert.Equal(t, types.PolicyEvaluationDecisionTypeImplicitDeny, got[1].EvalDecision, "no other policy allows anything")
		got = simulate(&types.PolicyIdentifierMemberPolicyType{Value: types.PolicyIdentifierPolicyTypeScp})
		assert.Equal(t, types.PolicyEvaluationDecisionTypeAllowed, got[0].EvalDecision)
		assert.Nil(t, got[0].OrganizationsDecisionDetail)
	})
}

func TestOrganizationsRootFeatures(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx, management, member := t.Context(), w.rootOf(otherID), w.rootOf(accountID)
		enable := func(c *sdk.Client) error {
			return second(c.EnableOrganizationsRootCredentialsManagement(ctx, &sdk.EnableOrganizationsRootCredentialsManagementInput{}))
		}
		list := func(c *sdk.Client) ([]types.FeatureType, error) {
			out, err := c.ListOrganizationsFeatures(ctx, &sdk.ListOrganizationsFeaturesInput{})
			if err != nil {
				return nil, err
			}
			assert.Equal(t, orgID, *out.OrganizationId)
			return out.EnabledFeatures, nil
		}
		const allow = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
		refused := func(c *sdk.Client, code string, change func(*fakeaws.Organization)) {
			w.organize(t, allow, change)
			require.ErrorContains(t, enable(c), code)
		}
		refused(member, "AccountNotManagementOrDelegatedAdministratorException", nil)
		refused(member, "CallerIsNotManagementAccountException", func(o *fakeaws.Organization) {
			o.Delegated = map[string][]string{accountID: {"iam.amazonaws.com"}}
		})
		refused(management, "ServiceAccessNotEnabledException", func(o *fakeaws.Organization) { o.Trusted = nil })
		refused(management, "OrganizationNotInAllFeaturesModeException", func(o *fakeaws.Organization) { o.AllFeatures = false })

		w.organize(t, allow, nil)
		require.NoError(t, enable(management))
		require.NoError(t, enable(management), "twice is no error")
		_, err := management.EnableOrganizationsRootSessions(ctx, &sdk.EnableOrganizationsRootSessionsInput{})
		require.NoError(t, err)
		on, err := list(management)
		require.NoError(t, err)
		assert.Equal(t, []types.FeatureType{types.FeatureTypeRootCredentialsManagement, types.FeatureTypeRootSessions}, on)
		_, err = management.DisableOrganizationsRootCredentialsManagement(ctx, &sdk.DisableOrganizationsRootCredentialsManagementInput{})
		require.NoError(t, err)
		on, err = list(management)
		require.NoError(t, err)
		assert.Equal(t, []types.FeatureType{types.FeatureTypeRootSessions}, on)
		_, err = management.DisableOrganizationsRootSessions(ctx, &sdk.DisableOrganizationsRootSessionsInput{})
		require.NoError(t, err)
		_, err = list(member)
		require.ErrorContains(t, err, "AccountNotManagementOrDelegatedAdministratorException")
	})
}

func TestOrganizationsAccessReport(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx, management := t.Context(), w.rootOf(otherID)
		report := func(c *sdk.Client, path string, policy *string, sort types.SortKeyType) *sdk.GetOrganizationsAccessReportOutput {
			job, err := c.GenerateOrganizationsAccessReport(ctx, &sdk.GenerateOrganizationsAccessReportInput{EntityPath: &path, OrganizationsPolicyId: policy})
			require.NoError(t, err)
			all := &sdk.GetOrganizationsAccessReportOutput{}
			in := &sdk.GetOrganizationsAccessReportInput{JobId: job.JobId, SortKey: sort, MaxItems: aws.Int32(1000)}
			for {
				out, err := c.GetOrganizationsAccessReport(ctx, in)
				require.NoError(t, err)
				out.AccessDetails = append(all.AccessDetails, out.AccessDetails...)
				all = out
				if in.Marker = out.Marker; in.Marker == nil {
					return all
				}
			}
		}
		only := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","s3:GetObject"],"Resource":"*"}]}`
		w.organize(t, only, nil)
		policy := aws.String("p-abcd1234")

		failed := report(w.rootOf(accountID), orgPath+accountID, nil, "")
		assert.Equal(t, types.JobStatusTypeFailed, failed.JobStatus, "not the management account")

		one := report(management, orgID+"/r-ab12/ou-ab12-11111111/"+accountID, policy, "")
		require.Equal(t, types.JobStatusTypeCompleted, one.JobStatus)
		assert.Equal(t, int32(2), *one.NumberOfServicesAccessible)
		assert.Equal(t, int32(1), *one.NumberOfServicesNotAccessed)
		iamUse := one.AccessDetails[0]
		assert.Equal(t, "iam", *iamUse.ServiceNamespace)
		assert.Equal(t, orgPath+accountID, *iamUse.EntityPath)
		assert.Equal(t, int32(1), *iamUse.TotalAuthenticatedEntities)
		assert.WithinDuration(t, w.Clock().Now(), *iamUse.LastAuthenticatedTime, time.Minute)
		assert.Equal(t, "s3", *one.AccessDetails[1].ServiceNamespace)
		assert.Nil(t, one.AccessDetails[1].LastAuthenticatedTime)

		ou := report(management, orgID+"/r-ab12/ou-ab12-11111111", nil, types.SortKeyTypeLastAuthenticatedTimeDescending)
		assert.Greater(t, int(*ou.NumberOfServicesAccessible), 300, "the OU has the policy that allows everything")
		assert.Equal(t, "iam", *ou.AccessDetails[0].ServiceNamespace)
		assert.Len(t, ou.AccessDetails, int(*ou.NumberOfServicesAccessible))
		none := report(management, orgID+"/r-ab12/ou-ab12-22222222", nil, "")
		assert.Empty(t, none.AccessDetails)
		self := report(management, orgID+"/r-ab12/"+otherID, policy, "")
		assert.Greater(t, int(*self.NumberOfServicesAccessible), 300, "the management account is not limited")
	})
}
