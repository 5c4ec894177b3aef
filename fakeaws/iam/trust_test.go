package iam

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

func TestReplacePrincipal(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::111122223333:user/u"
	tests := map[string]struct{ document, want string }{
		"one":       {`{"Statement":{"Principal":{"AWS":"ARN"}}}`, `{"Statement":{"Principal":{"AWS":"ID"}}}`},
		"in a list": {`{"Statement":[ {"Principal":{"AWS":[ "x", "ARN" ,"ARN"]} } ]}`, `{"Statement":[ {"Principal":{"AWS":[ "x", "ID" ,"ID"]} } ]}`},
		"others stay": {
			`{"Id":"ARN","Statement":[{"Sid":"ARN","Condition":{"ArnEquals":{"aws:PrincipalArn":"ARN","Principal":["ARN"]}},"Principal":{"Service":"x","AWS":"ARN"},"Action":"ARN"}]}`,
			`{"Id":"ARN","Statement":[{"Sid":"ARN","Condition":{"ArnEquals":{"aws:PrincipalArn":"ARN","Principal":["ARN"]}},"Principal":{"Service":"x","AWS":"ID"},"Action":"ARN"}]}`,
		},
		"longer ARNs stay": {`{"Statement":{"Principal":{"AWS":["ARNx"]}}}`, `{"Statement":{"Principal":{"AWS":["ARNx"]}}}`},
		"escaped":          {`{"Statement":{"Principal":{"AWS":"arn:aws:iam::111122223333:user\/u"}}}`, `{"Statement":{"Principal":{"AWS":"ID"}}}`},
		"empty keys":       {`{"":{"":["ARN"]},"Statement":{"Principal":{"AWS":"ARN"}}}`, `{"":{"":["ARN"]},"Statement":{"Principal":{"AWS":"ID"}}}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fill := strings.NewReplacer("ARN", arn, "ID", "AIDAEXAMPLE")
			// The Id element's name is no placeholder.
			document, want := strings.ReplaceAll(tc.document, `"Id"`, `"I"`), strings.ReplaceAll(tc.want, `"Id"`, `"I"`)
			assert.Equal(t, fill.Replace(want), replacePrincipal(fill.Replace(document), arn, "AIDAEXAMPLE"))
		})
	}
}

// Replacing twice gives back what was; nothing else moves.
func FuzzReplacePrincipal(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/u"},"Action":"sts:AssumeRole"}}`)
	f.Add(`{"Statement":[{"Principal":{"AWS":["arn:aws:iam::111122223333:user/u","*"]},"Effect":"Allow","Action":"sts:*","Condition":{"StringEquals":{"a:b":"arn:aws:iam::111122223333:user/u"}}}]}`)
	f.Add(`{"Statement":[`)
	f.Add(`]`)
	f.Fuzz(func(t *testing.T, document string) {
		const arn, id = "arn:aws:iam::111122223333:user/u", "AIDAAAAAAAAAAAAAAAAAA"
		if _, err := enforce.Parse(document, enforce.TrustPolicy, enforce.Source{}); err != nil || strings.Contains(document, id) || strings.Contains(document, `\`) {
			return
		}
		replaced := replacePrincipal(document, arn, id)
		assert.Equal(t, document, replacePrincipal(replaced, id, arn))
		p, err := enforce.Parse(replaced, enforce.TrustPolicy, enforce.Source{})
		require.NoError(t, err)
		for _, ref := range p.Principals() {
			assert.NotEqual(t, arn, ref.Value)
		}
	})
}
