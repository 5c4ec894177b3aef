package idp_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every action of STS brings the condition keys that the Service Authorization
// Reference says it has, those of its resources included, when the request has what
// they tell of. Its templates of identity providers are filled in.
func TestActionsOfSTSBringTheirKeys(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	callEverything(t, acct)
	brought := make(map[string]map[string]bool) // by action
	for _, call := range acct.Calls() {
		for _, d := range call.Decisions {
			action := strings.TrimPrefix(d.Request.Action, "sts:")
			if brought[action] == nil {
				brought[action] = make(map[string]bool)
			}
			for key := range d.Request.Context.All() {
				brought[action][strings.ToLower(key)] = true
			}
		}
	}
	reference, ok := catalog.Lookup("sts")
	require.True(t, ok)
	for _, action := range reference.Actions() {
		switch action.Name {
		case "GetServiceBearerToken":
			continue // AWS's services ask for it, no operation of STS does
		case "GetCallerIdentity", "GetSessionToken":
			assert.Empty(t, action.Keys)
			continue // no policy is asked
		}
		require.NotEmpty(t, brought[action.Name], "nobody asks for sts:%s", action.Name)
		for _, key := range reference.Keys() {
			name := strings.ToLower(filled(key.Name))
			assert.True(t, !action.HasKey(key) || brought[action.Name][name], "sts:%s does not bring %s", action.Name, name)
		}
	}
}

// filled is a key of the reference with its placeholders filled in.
func filled(key string) string {
	return strings.NewReplacer("${TagKey}", "team", "${ContextKey}", "identitystore:UserId", "${Domain}", "acme",
		"${EnterpriseName}", "acme", "${OciUniqueIdentifier}", "0123", "${OrgId}", "1234", "${SubPath}", "acme").Replace(key)
}

// callEverything calls every operation of STS with all there is to say. Most calls
// are denied: what they ask for is logged all the same.
func callEverything(t *testing.T, acct *awstest.Account) {
	t.Helper()
	ctx := t.Context()
	role := acct.NewRole("r", awstest.Tags(map[string]string{"team": "red"}), awstest.Trust(awstest.Allow("sts:*").By("*")))
	user := acct.NewUser("u", awstest.Allow("sts:*"))
	client := sts.NewFromConfig(user.Config())
	tags := []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}
	_, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("session"), ExternalId: aws.String("external"), SourceIdentity: aws.String("me"),
		Tags: tags, TransitiveTagKeys: []string{"team"},
		ProvidedContexts: []ststypes.ProvidedContext{{
			ProviderArn:      aws.String(contextProvider),
			ContextAssertion: aws.String(idp.IdentityCenter(acct).Assertion(idp.IdentityCenterUser{ID: "alice"})),
		}},
	})
	require.NoError(t, err)
	_, err = client.GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("name"), Tags: tags})
	require.NoError(t, err)
	for _, call := range []func() error{
		func() error {
			_, err := client.AssumeRoot(ctx, &sts.AssumeRootInput{TargetPrincipal: aws.String(acct.ID()),
				TaskPolicyArn: &ststypes.PolicyDescriptorType{Arn: aws.String("arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy")}})
			return err
		},
		func() error {
			_, err := client.GetWebIdentityToken(ctx, &sts.GetWebIdentityTokenInput{Audience: []string{"a"}, SigningAlgorithm: aws.String("ES384"), Tags: tags})
			return err
		},
		func() error {
			_, err := client.DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String("x")})
			return err
		},
		func() error {
			_, err := client.GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE")})
			return err
		},
		func() error {
			_, err := client.GetDelegatedAccessToken(ctx, &sts.GetDelegatedAccessTokenInput{TradeInToken: aws.String("token")})
			return err
		},
	} {
		require.Error(t, call()) // after it was authorized
	}
	samlUser := idp.SAMLUser{Name: "alice", SourceIdentity: "me", Tags: map[string]string{"team": "blue"}, TransitiveTags: []string{"team"}, Attributes: everyAttribute}
	// The keys of AssumeRole that are an identity provider's last in its sessions.
	chain := func(session *awstest.Principal, err error) {
		require.NoError(t, err)
		_, err = sts.NewFromConfig(session.Config()).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("chained")})
		require.NoError(t, err)
	}
	chain(idp.SAML(acct, "corp").AssumeRole(role, samlUser))
	reference, _ := catalog.Lookup("sts")
	claims := make(map[string]idp.Claims) // by provider
	for _, key := range reference.Keys() {
		url, claim, _ := strings.Cut(filled(key.Name), ":")
		if strings.Contains(url, ".") {
			if claims[url] == nil {
				claims[url] = idp.Claims{
					"sub": "me", "aud": "sts.amazonaws.com", "https://aws.amazon.com/roles": role.ARN(), "https://aws.amazon.com/source_identity": "me",
					"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"blue"}}, "transitive_tag_keys": []string{"team"}},
				}
			}
			claims[url][claim] = "me"
		}
	}
	for url, tokens := range claims {
		chain(openIDConnect(acct, url, tokens)(role))
	}
}

// openIDConnect makes the provider of a URL and a call with a token of its.
func openIDConnect(acct *awstest.Account, url string, claims idp.Claims) func(*awstest.Principal) (*awstest.Principal, error) {
	switch url {
	case "www.amazon.com", "graph.facebook.com":
		p := idp.AccessTokens(acct, url)
		return func(role *awstest.Principal) (*awstest.Principal, error) {
			return p.AssumeRole(role, p.Token(idp.AccessToken{App: "app", User: "user"}))
		}
	case "accounts.google.com":
		claims["azp"], claims["aud"] = "party", "app"
	}
	var opts []idp.OIDCOption
	if slices.Contains([]string{"accounts.google.com", "cognito-identity.amazonaws.com"}, url) {
		opts = append(opts, idp.NotInIAM())
	}
	p := idp.OIDC(acct, "https://"+url, opts...)
	return func(role *awstest.Principal) (*awstest.Principal, error) { return p.AssumeRole(role, claims) }
}

// everyAttribute has the SAML attributes of AWS's tables.
var everyAttribute = func() map[string][]string {
	names := []string{
		"urn:oid:2.5.4.3", "urn:oid:2.5.4.45", "urn:oid:0.9.2342.19200300.100.1.45", "urn:oid:2.5.4.42", "urn:oid:2.5.4.4",
		"urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:0.9.2342.19200300.100.1.1",
		"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "http://schemas.xmlsoap.org/claims/CommonName",
		"http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid",
	}
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"} {
		names = append(names, "urn:oid:1.3.6.1.4.1.5923.1.1.1."+n)
	}
	for _, n := range []string{"2", "3", "4", "5", "6"} {
		names = append(names, "urn:oid:1.3.6.1.4.1.5923.1.2.1."+n)
	}
	attributes := make(map[string][]string)
	for _, name := range names {
		attributes[name] = []string{"x"}
	}
	return attributes
}()
