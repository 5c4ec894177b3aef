package fakeaws

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/enforce"
)

// What an account is in does not take the condition keys away that a session brings, as
// those of its identity provider.
func TestOrganizationKeepsTheKeysOfSessions(t *testing.T) {
	t.Parallel()
	m := &Membership{Organization: &Organization{ID: "o-1"}, Account: "111122223333", Path: "o-1/r-1/"}
	m.setKeys()
	all := &members{m.Account: m}
	for name, call := range map[string]*Call{
		"aws:PrincipalOrgID": {Account: m.Account, Caller: someone},
		"aws:SourceOrgID":    {Caller: someone, source: &ServiceCall{SourceAccount: m.Account}},
	} {
		session := new(enforce.Context)
		session.Set("saml:aud", "https://signin.aws.amazon.com/saml")
		global, set := enforce.Context{Base: session}, new(enforce.PolicySet)
		global.Set("aws:SecureTransport", "true")
		all.limit(call, set, &global)
		got := maps.Collect(global.All())
		assert.Equal(t, []string{"o-1"}, got[name])
		assert.Equal(t, []string{"https://signin.aws.amazon.com/saml"}, got["saml:aud"], name)
		assert.Equal(t, []string{"true"}, got["aws:SecureTransport"])

		other, none := new(enforce.Context), new(enforce.PolicySet)
		all.limit(call, none, other)
		assert.Equal(t, []string{"o-1"}, maps.Collect(other.All())[name])
		assert.Len(t, maps.Collect(other.All()), 2, "what all calls share is as it was")
	}
}
