package enforce

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrincipalGrades(t *testing.T) {
	t.Parallel()
	session := sessionOf(account, "path/worker", "s1")
	for _, c := range []struct {
		name      string
		principal string
		caller    Principal
		want      grade
	}{
		{"rule 33: user", "arn:aws:iam::" + account + ":user/alice", userOf(account, "alice"), directly},
		{"rule 33: another user", "arn:aws:iam::" + account + ":user/Alice", userOf(account, "alice"), unnamed},
		{"rule 33: role", "arn:aws:iam::" + account + ":role/path/worker", session, byIssuer},
		{"rule 33: a path has characters that names have not", "arn:aws:iam::" + account + ":role/${x}/worker", sessionOf(account, "${x}/worker", "s1"), byIssuer},
		{"rule 33: role without its path", "arn:aws:iam::" + account + ":role/worker", session, unnamed},
		{"rule 33: session", "arn:aws:sts::" + account + ":assumed-role/worker/s1", session, directly},
		{"rule 33: another session", "arn:aws:sts::" + account + ":assumed-role/worker/s2", session, unnamed},
		{"rule 33: issuing user", "arn:aws:iam::" + account + ":user/alice", federatedOf(account, "alice", "bob"), byIssuer},
		{"rule 33: federated user", "arn:aws:sts::" + account + ":federated-user/bob", federatedOf(account, "alice", "bob"), directly},
		{"rule 33: everybody", "*", session, directly},
		{"rule 34: account id", account, session, byAccount},
		{"rule 34: account root", "arn:aws:iam::" + account + ":root", userOf(account, "alice"), byAccount},
		{"rule 34: another account", other, session, unnamed},
		{"rule 35: everybody is anonymous too", "*", Principal{Type: Anonymous}, directly},
		{"rule 37: unique id of a user", userOf(account, "alice").UserID, userOf(account, "alice"), directly},
		{"rule 37: unique id of a role", "AROAEXAMPLEWORKER" + account, session, byIssuer},
		{"rule 37: the shortest unique id", "AIDAEXAMPLE12345", Principal{Type: User, UserID: "AIDAEXAMPLE12345"}, directly},
		{"rule 37: part of a unique id", "AROAEXAMPLEWORKER", session, unnamed},
		{"rule 46: an account is not an anonymous caller", account, Principal{Type: Anonymous}, unnamed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, ok := compilePrincipal(PrincipalElement{"AWS", Text{Value: c.principal}})
			require.True(t, ok)
			assert.Equal(t, c.want, p.names(&c.caller))
		})
	}
}

func TestPrincipalTypes(t *testing.T) {
	t.Parallel()
	web := Principal{Type: WebIdentity, Service: "accounts.google.com"}
	saml := Principal{Type: SAMLIdentity, Service: "arn:aws:iam::" + account + ":saml-provider/idp"}
	for _, c := range []struct {
		name, kind, value string
		caller            Principal
		want              grade
	}{
		{"rule 38: service", "Service", "s3.amazonaws.com", serviceCalled("s3.amazonaws.com"), directly},
		{"rule 38: another service", "Service", "sns.amazonaws.com", serviceCalled("s3.amazonaws.com"), unnamed},
		{"rule 38: a role session is no service", "Service", "s3.amazonaws.com", sessionOf(account, "s3", "s3.amazonaws.com"), unnamed},
		{"rule 38: web identity", "Federated", "accounts.google.com", web, directly},
		{"rule 38: SAML", "Federated", saml.Service, saml, directly},
		{"rule 38: a provider is nobody else", "Federated", "accounts.google.com", serviceCalled("accounts.google.com"), unnamed},
		{"rule 38: canonical user", "CanonicalUser", rootOf(account).CanonicalUser, rootOf(account), byAccount},
		{"rule 38: another canonical user", "CanonicalUser", "ab", rootOf(account), unnamed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, ok := compilePrincipal(PrincipalElement{c.kind, Text{Value: c.value}})
			require.True(t, ok)
			assert.Equal(t, c.want, p.names(&c.caller))
		})
	}
}

func TestInvalidPrincipals(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"", "alice", "1234", "arn:aws:iam::" + account + ":user/*", "arn:aws:iam::*:root",
		"arn:aws:iam::" + account + ":group/g", "arn:aws:iam::" + account + ":user/", "arn:aws:sts::" + account + ":assumed-role/r",
		"arn:aws:iam::" + account + ":user/${aws:username}", "arn:aws:iam::" + account + ":role/team/a b",
		"arn:aws:sts::" + account + ":assumed-role/r/*", "arn:aws:s3:::b", "arn:aws:iam::123:root", "AGPAEXAMPLEEXAMPLE12", "AIDAEXAMPLE1234",
		"arn:aws:iam::" + account + ":assumed-role/r/s", "arn:aws:sts::" + account + ":user/a/b", "arn:aws:sts::" + account + ":role/r"} {
		_, ok := compilePrincipal(PrincipalElement{"AWS", Text{Value: p}})
		assert.False(t, ok, p)
	}
	for _, kind := range []string{"Service", "Federated", "CanonicalUser"} {
		_, ok := compilePrincipal(PrincipalElement{kind, Text{Value: "*"}})
		assert.False(t, ok, kind)
	}
}

func TestNotPrincipal(t *testing.T) {
	t.Parallel()
	deny := func(principals string) *Policy {
		return policy(t, BucketPolicy, stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/*", `"Principal":"*"`),
			stmt("Deny", "s3:GetObject", "arn:aws:s3:::b/*", `"NotPrincipal":{"AWS":[`+principals+`]}`))
	}
	const root = `"arn:aws:iam::` + account + `:root"`
	const user = `"arn:aws:iam::` + account + `:user/alice"`
	const role = `"arn:aws:iam::` + account + `:role/worker"`
	const federated = `"arn:aws:sts::` + account + `:federated-user/bob"`
	roleID, _, _ := strings.Cut(sessionOf(account, "worker", "s1").UserID, ":")
	roleID = `"` + roleID + `"`
	const session = `"arn:aws:sts::` + account + `:assumed-role/worker/s1"`
	boundary := identity(t, stmt("Allow", "*", "*"))
	for _, c := range []struct {
		name, principals string
		caller           Principal
		boundary         *Policy
		want             Verdict
	}{
		{"rule 36: everyone else is denied", user, userOf(account, "bob"), nil, ExplicitDeny},
		{"rule 36: the user is exempt", user, userOf(account, "alice"), nil, Allowed},
		{"rule 36: the user is exempt, account listed too", user + "," + root, userOf(account, "alice"), nil, Allowed},
		{"rule 36: the account alone exempts no user", root, userOf(account, "alice"), nil, ExplicitDeny},
		{"rule 36: the account exempts its root", root, rootOf(account), nil, Allowed},
		{"rule 36: no session by its role alone", role, sessionOf(account, "worker", "s1"), nil, ExplicitDeny},
		{"rule 36: no session by itself alone", session, sessionOf(account, "worker", "s1"), nil, ExplicitDeny},
		{"rule 36: a session by its role and itself", role + "," + session, sessionOf(account, "worker", "s1"), nil, Allowed},
		{"rule 36: a session by its role's id and itself", roleID + "," + session, sessionOf(account, "worker", "s1"), nil, Allowed},
		{"rule 36: another session", role + "," + session, sessionOf(account, "worker", "s2"), nil, ExplicitDeny},
		{"rule 36: a federated user by its user and itself", user + "," + federated, federatedOf(account, "alice", "bob"), nil, Allowed},
		{"rule 36: no federated user by itself alone", federated, federatedOf(account, "alice", "bob"), nil, ExplicitDeny},
		{"rule 36: no federated user by its user alone", user, federatedOf(account, "alice", "bob"), nil, ExplicitDeny},
		{"rule 36: anonymous is denied", user, Principal{Type: Anonymous}, nil, ExplicitDeny},
		{"rule 36: everybody listed is everybody exempt", `"*"`, userOf(account, "alice"), nil, Allowed},
		{"rule 36: a boundary always denies", user, userOf(account, "alice"), boundary, ExplicitDeny},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := ask(c.caller, "s3:GetObject", "arn:aws:s3:::b/k")
			req.ResourceAccount = account
			assert.Equal(t, c.want, verdict(req, &PolicySet{Resource: deny(c.principals), Boundary: c.boundary}))
		})
	}
}

func TestPolicyPrincipals(t *testing.T) {
	t.Parallel()
	p := policy(t, TrustPolicy, `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":["*","`+account+`"],"Service":"ec2.amazonaws.com"}}`,
		`{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"accounts.google.com"}}`)
	assert.Equal(t, []PrincipalRef{{"AWS", account}, {"Service", "ec2.amazonaws.com"}, {"Federated", "accounts.google.com"}}, p.Principals())
	c := policy(t, BucketPolicy, stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/*", `"Principal":{"CanonicalUser":"ab12"}`))
	assert.Equal(t, []PrincipalRef{{"CanonicalUser", "ab12"}}, c.Principals())
}
