package iam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"
)

// Trust in a provider that everybody uses must say whom of its users is meant, when
// a role is made and when its trust policy is changed.
func TestSharedProviders(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		const (
			oidc   = "arn:aws:iam::111122223333:oidc-provider/"
			github = oidc + "token.actions.githubusercontent.com"
			sub    = `"token.actions.githubusercontent.com:sub"`
		)
		refusal := func(principal, key string) string {
			return "Trust policy with trusted principal " + principal + " must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, " + key + " which is not scoped to all."
		}
		noSub := refusal(github, "token.actions.githubusercontent.com:sub")
		for name, tc := range map[string]struct{ principal, condition, want string }{
			"a repository":          {github, `{"StringEquals":{` + sub + `:"repo:o/r:ref:refs/heads/main"}}`, ""},
			"a pattern":             {github, `{"StringLike":{` + sub + `:["repo:o/*","repo:p/*"]}}`, ""},
			"all repositories":      {github, `{"StringLike":{` + sub + `:"repo:*"}}`, ""},
			"another case":          {github, `{"StringEqualsIgnoreCase":{"TOKEN.actions.githubusercontent.com:SUB":"repo:o/r"}}`, ""},
			"no condition":          {github, `{}`, noSub},
			"another claim":         {github, `{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`, noSub},
			"everybody":             {github, `{"StringLike":{` + sub + `:"*"}}`, noSub},
			"or everybody":          {github, `{"StringLike":{` + sub + `:["repo:o/*","*?"]}}`, noSub},
			"nobody else":           {github, `{"StringNotEquals":{` + sub + `:"repo:o/r"}}`, noSub},
			"if it is there":        {github, `{"StringEqualsIfExists":{` + sub + `:"repo:o/r"}}`, noSub},
			"of all values":         {github, `{"ForAllValues:StringEquals":{` + sub + `:"repo:o/r"}}`, noSub},
			"an enterprise":         {github + "/acme", `{"StringEquals":{` + sub + `:"repo:o/r"}}`, refusal(github+"/acme", "token.actions.githubusercontent.com/acme:sub")},
			"Cognito":               {"cognito-identity.amazonaws.com", `{"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}`, refusal("cognito-identity.amazonaws.com", "cognito-identity.amazonaws.com:aud")},
			"Cognito, a pool":       {"cognito-identity.amazonaws.com", `{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:x"}}`, ""},
			"Vercel":                {oidc + "oidc.vercel.com", `{"StringEquals":{"oidc.vercel.com:sub":"x"}}`, refusal(oidc+"oidc.vercel.com", "oidc.vercel.com:aud")},
			"Vercel, of a team":     {oidc + "oidc.vercel.com/team", `{}`, ""},
			"Sentinel":              {oidc + "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", `{}`, refusal(oidc+"sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", "sts:RoleSessionName")},
			"Sentinel, a workspace": {oidc + "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", `{"StringLike":{"sts:RoleSessionName":"MicrosoftSentinel_*"}}`, ""},
			"a cluster":             {oidc + "oidc.eks.us-east-1.amazonaws.com/id/0123", `{}`, ""},
			"a host that begins so": {oidc + "token.actions.githubusercontent.com.example.com", `{}`, ""},
			"one of several":        {`x","` + github, `{}`, noSub},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				by := `["` + tc.principal + `"]`
				if name == "one of several" {
					by = `["` + oidc + `idp.example.com","` + github + `"]`
				}
				document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":` + by + `},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + tc.condition + `}]}`
				role := aws.String("r" + w.IDs().Hex(8))
				_, err := w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: &document})
				if tc.want != "" {
					requireError(t, err, "MalformedPolicyDocument", tc.want)
					_, err = w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(
						`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`)})
					require.NoError(t, err)
				} else {
					require.NoError(t, err)
				}
				_, err = w.iam.UpdateAssumeRolePolicy(w.root, &sdk.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: &document})
				if tc.want != "" {
					requireError(t, err, "MalformedPolicyDocument", tc.want)
				} else {
					require.NoError(t, err)
				}
			})
		}
	})
}
