package iam

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// summaryOps are the operations on the summary of an account.
func (s *Fake) summaryOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getAccountSummary),
	}
}

// policiesInUseQuota bounds the managed policies that are attached in an account
// (API page "GetAccountSummary").
const policiesInUseQuota = 10000

// number counts a yes as 1.
func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// getAccountSummary counts the resources of the account, with their quotas.
func (s *Fake) getAccountSummary(call *fakeaws.Call, in *sdk.GetAccountSummaryInput) (*fakeaws.Plan[*sdk.GetAccountSummaryOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.GetAccountSummaryOutput, error) {
		summary := make(map[string]int32)
		for key, n := range a.summary() {
			summary[string(key)] = int32(n)
		}
		return &sdk.GetAccountSummaryOutput{SummaryMap: summary}, nil
	})
}

func (a *account) summary() map[types.SummaryKeyType]int {
	return map[types.SummaryKeyType]int{
		types.SummaryKeyTypeUsers:                             a.users.Len(),
		types.SummaryKeyTypeUsersQuota:                        a.quota(usersQuota),
		types.SummaryKeyTypeGroups:                            a.groups.Len(),
		types.SummaryKeyTypeGroupsQuota:                       a.quota(groupsQuota),
		types.SummaryKeyTypeRoles:                             a.roles.Len(),
		types.SummaryKeyTypeRolesQuota:                        a.quota(rolesQuota),
		types.SummaryKeyTypeInstanceProfiles:                  a.profiles.Len(),
		types.SummaryKeyTypeInstanceProfilesQuota:             a.quota(profilesQuota),
		types.SummaryKeyTypeProviders:                         a.oidc.Len() + a.saml.Len(),
		types.SummaryKeyTypeServerCertificates:                a.signIn.servers.Len(),
		types.SummaryKeyTypeServerCertificatesQuota:           a.quota(serverCertificatesQuota),
		types.SummaryKeyTypePolicies:                          a.policies.Len(),
		types.SummaryKeyTypePoliciesQuota:                     a.quota(policiesQuota),
		types.SummaryKeyTypePolicyVersionsInUse:               a.policiesInUse,
		types.SummaryKeyTypePolicyVersionsInUseQuota:          policiesInUseQuota,
		types.SummaryKeyTypeVersionsPerPolicyQuota:            maxVersions,
		types.SummaryKeyTypePolicySizeQuota:                   managedPolicySize,
		types.SummaryKeyTypeUserPolicySizeQuota:               userKind.inlineSize,
		types.SummaryKeyTypeGroupPolicySizeQuota:              groupKind.inlineSize,
		types.SummaryKeyTypeRolePolicySizeQuota:               roleKind.inlineSize,
		types.SummaryKeyTypeAssumeRolePolicySizeQuota:         a.quota(trustSizeQuota),
		types.SummaryKeyTypeAttachedPoliciesPerUserQuota:      a.quota(userPoliciesQuota),
		types.SummaryKeyTypeAttachedPoliciesPerGroupQuota:     a.quota(groupPoliciesQuota),
		types.SummaryKeyTypeAttachedPoliciesPerRoleQuota:      a.quota(rolePoliciesQuota),
		types.SummaryKeyTypeGroupsPerUserQuota:                a.quota(groupsOfUserQuota),
		types.SummaryKeyTypeAccessKeysPerUserQuota:            maxKeys,
		types.SummaryKeyTypeSigningCertificatesPerUserQuota:   maxSigningCertificates,
		types.SummaryKeyTypeMFADevices:                        a.signIn.mfa.Len(),
		types.SummaryKeyTypeMFADevicesInUse:                   a.devicesInUse,
		types.SummaryKeyTypeAccountMFAEnabled:                 number(len(a.root.user.mfa) > 0),
		types.SummaryKeyTypeAccountAccessKeysPresent:          number(len(a.root.keys) > 0),
		types.SummaryKeyTypeAccountPasswordPresent:            number(a.root.user.login != nil),
		types.SummaryKeyTypeAccountSigningCertificatesPresent: number(len(a.root.user.signing) > 0),
		types.SummaryKeyTypeGlobalEndpointTokenVersion:        1 + number(a.preferences.tokenVersion == types.GlobalEndpointTokenVersionV2Token),
	}
}
