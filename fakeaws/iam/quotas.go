package iam

import "fmt"

// A quota bounds what an account may have. Those here can be raised, in a World
// further than in AWS, which never raises the users of an account, and the others up to
// a maximum (User Guide "IAM and AWS STS quotas").
type quota int

const (
	usersQuota quota = iota
	groupsQuota
	rolesQuota
	policiesQuota
	profilesQuota
	serverCertificatesQuota
	oidcProvidersQuota
	samlProvidersQuota
	userPoliciesQuota
	groupPoliciesQuota
	rolePoliciesQuota
	groupsOfUserQuota
	trustSizeQuota
	quotaCount
)

// quotaTable has the name of each quota in Service Quotas, its name in IAM's
// message when it is exceeded, and its default.
var quotaTable = [quotaCount]struct {
	name, code string
	value      int
}{
	usersQuota:              {"Users per account", "UsersPerAccount", 5000},
	groupsQuota:             {"Groups per account", "GroupsPerAccount", 300},
	rolesQuota:              {"Roles per account", "RolesPerAccount", 1000},
	policiesQuota:           {"Customer managed policies per account", "PoliciesPerAccount", 1500},
	profilesQuota:           {"Instance profiles per account", "InstanceProfilesPerAccount", 1000},
	serverCertificatesQuota: {"Server certificates per account", quotaServerCerts, 20},
	oidcProvidersQuota:      {"OpenId connect providers per account", quotaOIDCProviders, 100},
	samlProvidersQuota:      {"SAML providers per account", quotaSAMLProviders, 100},
	userPoliciesQuota:       {"Managed policies per user", "PoliciesPerUser", 10},
	groupPoliciesQuota:      {"Managed policies per group", "PoliciesPerGroup", 10},
	rolePoliciesQuota:       {"Managed policies per role", "PoliciesPerRole", 10},
	groupsOfUserQuota:       {"IAM groups per user", "GroupsPerUser", 10},
	trustSizeQuota:          {"Role trust policy length", "ACLSizePerRole", 2048},
}

// SetQuota changes a quota of an account, by its name in Service Quotas: "Roles
// per account". What the account has already stays.
func (s *Fake) SetQuota(accountID, name string, value int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for q := range quotaTable {
		if quotaTable[q].name == name {
			a := s.account(accountID)
			if a.quotas == nil {
				a.quotas = make(map[quota]int)
			}
			a.quotas[quota(q)] = value
			return nil
		}
	}
	return fmt.Errorf("iam has no quota %q that can be set; it has %q", name, quotaNames())
}

func quotaNames() []string {
	names := make([]string, len(quotaTable))
	for q := range quotaTable {
		names[q] = quotaTable[q].name
	}
	return names
}

// quota is how much of something the account may have.
func (a *account) quota(q quota) int {
	if n, set := a.quotas[q]; set {
		return n
	}
	return quotaTable[q].value
}

// checkQuota refuses what would be more than the account may have, when it has n of it.
func (a *account) checkQuota(q quota, n int) error {
	if limit := a.quota(q); n >= limit {
		return quotaExceeded(quotaTable[q].code, limit)
	}
	return nil
}
