package prove

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

// Within and Except leave resources out. Patterns without a resource in common leave nothing,
// also where no policy looks at the resource.
func TestWithinAndExcept(t *testing.T) {
	t.Parallel()
	all := enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, enforce.IdentityPolicy)
	key := enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, enforce.KeyPolicy)
	const mine, theirs = "arn:aws:s3:::mine/*", "arn:aws:s3:::theirs/*"
	for name, c := range map[string]struct {
		resources, within, except []string
		want                      Verdict
		witness                   string
	}{
		"both":           {[]string{"arn:aws:s3:::m*"}, []string{mine}, nil, Yes, "arn:aws:s3:::mine/"},
		"nothing common": {[]string{theirs}, []string{mine}, nil, No, ""},
		"only within":    {nil, []string{mine}, nil, Yes, "arn:aws:s3:::mine/"},
		"everything":     {nil, []string{mine, "*"}, nil, Yes, ""},
		"except":         {[]string{mine, theirs}, nil, []string{mine}, Yes, "arn:aws:s3:::theirs/"},
		"except all":     {[]string{mine}, nil, []string{"arn:aws:s3:::*"}, No, ""},
		"all but all":    {nil, nil, []string{"*"}, No, ""},
	} {
		for _, set := range []*enforce.PolicySet{{Identity: []*enforce.Policy{all}}, {Identity: []*enforce.Policy{all}, Resource: key}} {
			q := Question{Principals: []enforce.Principal{{Type: enforce.User, Account: "111122223333"}}, Actions: []string{"s3:GetObject"},
				Resources: c.resources, Within: c.within, Except: c.except}
			a, err := Can(t.Context(), set, q)
			require.NoError(t, err, name)
			assert.Equal(t, c.want, a.Verdict, name)
			if a.Witness != nil {
				assert.Contains(t, a.Witness.Resource, c.witness, name)
			}
			assert.Empty(t, a.Missing, name)
		}
	}
	_, err := Can(t.Context(), &enforce.PolicySet{}, Question{Principals: []enforce.Principal{{Type: enforce.User, Account: "111122223333"}},
		Actions: []string{"s3:GetObject"}, Within: []string{"${aws:username}"}})
	require.ErrorContains(t, err, "resource 1")
}

// The accounts that the statements of joined policies name are asked about too.
func TestJoinedPoliciesNameAccounts(t *testing.T) {
	t.Parallel()
	admits := func(account string) *enforce.Policy {
		return enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+account+`"},"Action":"s3:*","Resource":"*"}}`, enforce.BucketPolicy)
	}
	joined := enforce.Join(enforce.BucketPolicy, admits("111122223333"), admits("444455556666"))
	all := enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, enforce.IdentityPolicy)
	a, err := Can(t.Context(), &enforce.PolicySet{Identity: []*enforce.Policy{all}, Resource: joined},
		Question{Anyone: true, Actions: []string{"s3:GetObject"}, ResourceAccount: "777788889999", Where: []enforce.ConditionElement{
			enforce.Condition("StringNotEquals", "aws:PrincipalAccount", "777788889999")}})
	require.NoError(t, err)
	assert.Equal(t, Yes, a.Verdict)
}
