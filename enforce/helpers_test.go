package enforce

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const account, other = "111122223333", "444455556666"

func userOf(account, name string) Principal {
	return Principal{Type: User, ARN: "arn:aws:iam::" + account + ":user/" + name, Account: account,
		UserID: "AIDAEXAMPLE" + strings.ToUpper(name) + account, UserName: name}
}

func sessionOf(account, role, session string) Principal {
	name := role[strings.LastIndexByte(role, '/')+1:]
	return Principal{Type: AssumedRole, ARN: "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + session,
		IssuerARN: "arn:aws:iam::" + account + ":role/" + role, Account: account,
		UserID: "AROAEXAMPLE" + strings.ToUpper(name) + account + ":" + session}
}

func federatedOf(account, issuer, name string) Principal {
	return Principal{Type: FederatedUser, ARN: "arn:aws:sts::" + account + ":federated-user/" + name,
		IssuerARN: "arn:aws:iam::" + account + ":user/" + issuer, Account: account, UserID: account + ":" + name}
}

func rootOf(account string) Principal {
	return Principal{Type: Root, ARN: "arn:aws:iam::" + account + ":root", Account: account, UserID: account,
		CanonicalUser: strings.Repeat(account[:4], 16)}
}

func serviceCalled(name string) Principal { return Principal{Type: Service, Service: name} }

// identity makes an identity-based policy of statements, which stmt writes.
func identity(t testing.TB, statements ...string) *Policy {
	return policy(t, IdentityPolicy, statements...)
}

// policy makes a policy of any kind of statements.
func policy(t testing.TB, kind Kind, statements ...string) *Policy {
	t.Helper()
	p, err := Parse(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`, kind, Source{})
	require.NoError(t, err)
	return p
}

// stmt writes a statement; more has further elements as JSON.
func stmt(effect, action, resource string, more ...string) string {
	parts := append([]string{`"Effect":"` + effect + `"`, `"Action":"` + action + `"`}, more...)
	if resource != "" {
		parts = append(parts, `"Resource":"`+resource+`"`)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func aws(principal string) string { return `"Principal":{"AWS":"` + principal + `"}` }

func ask(p Principal, action, resource string, keys ...string) *Request {
	req := &Request{Principal: p, Action: action, Resource: resource}
	for i := 0; i+1 < len(keys); i += 2 {
		req.Context.Set(keys[i], keys[i+1])
	}
	return req
}

func verdict(req *Request, set *PolicySet) Verdict {
	d := Evaluate(req, set)
	return d.Verdict
}
