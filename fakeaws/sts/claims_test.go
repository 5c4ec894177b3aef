package sts

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// read is the claims of a token as verifyToken has them.
func read(t testing.TB, text string) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&claims))
	return claims
}

// Which claims become condition keys, and which of them the session keeps.
func TestTokenFacts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		url, claims string
		want        map[string][]string
		lasting     []string
	}{
		"any provider": {"idp.example.com/a", `{"email":"a@b","amr":["mfa","pwd"],"department":"x","repository":"o/r"}`,
			map[string][]string{"idp.example.com/a:email": {"a@b"}, "idp.example.com/a:amr": {"mfa", "pwd"}}, []string{"idp.example.com/a:amr"}},
		"GitHub": {"token.actions.githubusercontent.com", `{"repository":"o/r","repository_id":74,"ref":"refs/heads/main","head_ref":"x"}`,
			map[string][]string{"token.actions.githubusercontent.com:repository": {"o/r"}, "token.actions.githubusercontent.com:repository_id": {"74"}, "token.actions.githubusercontent.com:ref": {"refs/heads/main"}}, nil},
		"GitHub, of an enterprise": {"token.actions.githubusercontent.com/acme", `{"actor":"me"}`,
			map[string][]string{"token.actions.githubusercontent.com/acme:actor": {"me"}}, nil},
		"a host that only begins so": {"token.actions.githubusercontent.com.evil.com", `{"actor":"me"}`, nil, nil},
		"GitLab": {"gitlab.com", `{"project_id":"7","ref_protected":true}`,
			map[string][]string{"gitlab.com:project_id": {"7"}, "gitlab.com:ref_protected": {"true"}}, nil},
		"CircleCI": {"oidc.circleci.com/org/1234", `{"oidc.circleci.com/project-id":"p"}`,
			map[string][]string{"oidc.circleci.com/org/1234:oidc.circleci.com/project-id": {"p"}}, nil},
		"Google": {"accounts.google.com", `{"azp":"party","aud":"app","google":{"organization_number":12}}`,
			map[string][]string{"accounts.google.com:oaud": {"app"}, "accounts.google.com:google/organization_number": {"12"}}, nil},
		"Google without a party": {"accounts.google.com", `{"aud":"app"}`, nil, nil},
		"an object is no value":  {"idp.example.com", `{"email":{"a":1},"amr":{}}`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := tokenFacts(fakeaws.OIDCProvider{ARN: "arn", URL: tc.url}, &webIdentity{audience: "party", subject: "me"}, read(t, tc.claims))
			got, lasting := map[string][]string{}, []string(nil)
			for _, x := range f {
				got[x.key] = x.values
				if x.lasts {
					lasting = append(lasting, x.key)
				}
			}
			want := map[string][]string{"aws:FederatedProvider": {"arn"}, tc.url + ":aud": {"party"}, tc.url + ":sub": {"me"}}
			for k, v := range tc.want {
				want[k] = v
			}
			assert.Equal(t, want, got)
			assert.Equal(t, append([]string{"aws:FederatedProvider", tc.url + ":aud", tc.url + ":sub"}, tc.lasting...), lasting)
		})
	}
}

// Session tags and the source identity in a token, in both of their forms.
func TestTagsInAToken(t *testing.T) {
	t.Parallel()
	in := &sdk.AssumeRoleWithWebIdentityInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/app"), RoleSessionName: aws.String("session")}
	for name, claims := range map[string]string{
		"nested": `{"https://aws.amazon.com/tags":{"principal_tags":{"team":["blue"],"cost":["7"]},"transitive_tag_keys":["team"]},"https://aws.amazon.com/source_identity":"me"}`,
		"flat":   `{"https://aws.amazon.com/tags/principal_tags/team":"blue","https://aws.amazon.com/tags/principal_tags/cost":["7"],"https://aws.amazon.com/tags/transitive_tag_keys":"team","https://aws.amazon.com/source_identity":"me"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := roleInput(in, read(t, claims))
			require.NoError(t, err)
			assert.Equal(t, []fakeaws.Tag{{Key: "cost", Value: "7"}, {Key: "team", Value: "blue"}}, tagsOf(out.Tags))
			assert.Equal(t, []string{"team"}, out.TransitiveTagKeys)
			assert.Equal(t, "me", *out.SourceIdentity)
		})
	}
	for name, claims := range map[string]string{
		"the same key twice":     `{"https://aws.amazon.com/tags":{"principal_tags":{"a":"1","A":"2"}}}`,
		"a key that is too long": `{"https://aws.amazon.com/tags":{"principal_tags":{"` + strings.Repeat("k", 129) + `":"1"}}}`,
		"transitive, but no tag": `{"https://aws.amazon.com/tags":{"transitive_tag_keys":["a"]}}`,
		"a bad source identity":  `{"https://aws.amazon.com/source_identity":"aws:me"}`,
		"no value":               `{"https://aws.amazon.com/tags/principal_tags/a":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := roleInput(in, read(t, claims))
			require.Error(t, err)
		})
	}
}

// Whatever claims a token has, they become keys of its provider only, and tags
// that AssumeRole would take.
func FuzzTokenClaims(f *testing.F) {
	f.Add("token.actions.githubusercontent.com", `{"repository":"o/r","aud":["a"]}`)
	f.Add("accounts.google.com", `{"azp":"a","aud":{},"google":{"organization_number":1e3}}`)
	f.Add("idp.example.com", `{"https://aws.amazon.com/tags":{"principal_tags":{"a":["b"]},"transitive_tag_keys":"a"},"amr":[[1],null,true]}`)
	f.Fuzz(func(t *testing.T, url, text string) {
		claims := jwt.MapClaims{}
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if dec.Decode(&claims) != nil {
			return
		}
		facts := tokenFacts(fakeaws.OIDCProvider{ARN: "arn", URL: url}, &webIdentity{audience: "a", subject: "s"}, claims)
		for _, x := range facts {
			if !strings.HasPrefix(x.key, url+":") && x.key != "aws:FederatedProvider" || len(x.values) == 0 {
				t.Fatalf("fact %+v", x)
			}
		}
		if c := facts.lasting(); c == nil {
			t.Fatal("nothing lasts")
		}
		out, err := roleInput(&sdk.AssumeRoleWithWebIdentityInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/app"), RoleSessionName: aws.String("session")}, claims)
		if err != nil {
			return
		}
		for _, key := range out.TransitiveTagKeys {
			if !slices.ContainsFunc(tagsOf(out.Tags), func(t fakeaws.Tag) bool { return strings.EqualFold(t.Key, key) }) {
				t.Fatalf("transitive %q is no tag", key)
			}
		}
	})
}
