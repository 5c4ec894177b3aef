package publicpolicy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/publicpolicy"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statement string
		want      bool
	}{
		"everybody":           {`"Effect":"Allow","Principal":"*"`, true},
		"all but one":         {`"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"}`, true},
		"web identities":      {`"Effect":"Allow","Principal":{"Federated":"graph.facebook.com"}`, true},
		"one of them is open": {`"Effect":"Allow","Principal":{"AWS":["111122223333","*"]}`, true},
		"account":             {`"Effect":"Allow","Principal":{"AWS":"111122223333"}`, false},
		"service":             {`"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"}`, false},
		"denies":              {`"Effect":"Deny","Principal":"*"`, false},
		"any case of the key": {`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"AWS:PRINCIPALORGID":"o-abc"}}`, false},
		"open value":          {`"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"aws:SourceVpc":["vpc-1","vpc-?"]}}`, true},
		"variable":            {`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:SourceVpc":"${aws:username}"}}`, true},
		"negated":             {`"Effect":"Allow","Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-abc"}}`, true},
		"if it is there":      {`"Effect":"Allow","Principal":"*","Condition":{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-abc"}}`, true},
		"of none":             {`"Effect":"Allow","Principal":"*","Condition":{"ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-abc/r-1/"}}`, true},
		"of any":              {`"Effect":"Allow","Principal":"*","Condition":{"ForAnyValue:StringEquals":{"aws:PrincipalOrgPaths":"o-abc/r-1/"}}`, false},
		"key of another kind": {`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:Referer":"x"}}`, true},
		"one of two keys":     {`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:Referer":"x","aws:SourceAccount":"111122223333"}}`, false},
	} {
		document := `{"Version":"2012-10-17","Statement":{` + c.statement + `,"Action":"*","Resource":"*"}}`
		d, _ := enforce.ReadDocument(document, enforce.ResourcePolicy, enforce.Source{})
		require.NotNil(t, d, name)
		assert.Equal(t, c.want, publicpolicy.Public(d, publicpolicy.Callers), name)
	}
}
