package enforce

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Of what is allowed, the parts of the statement that cover it are told, and what to make
// narrower.
func TestExplainGrant(t *testing.T) {
	t.Parallel()
	const iam = "arn:aws:iam::" + account + ":"
	bucket := func(principal, resource string) string { return stmt("Allow", "s3:GetObject", resource, principal) }
	narrow := func(what string) string { return ": narrow " + what + ", or remove the statement" }
	for statement, want := range map[string]string{
		stmt("Allow", "s3:*", "*"):                  `Action "s3:*" and Resource "*"` + narrow("one of them"),
		stmt("Allow", "S3:getobject", "*"):          `Action "S3:getobject" and Resource "*"` + narrow("the Resource"),
		stmt("Allow", "s3:Get?bject", bucketObject): `Action "s3:Get?bject" and Resource "arn:aws:s3:::b/k"` + narrow("the Action"),
		stmt("Allow", "s3:GetObject", bucketObject): `Action "s3:GetObject" and Resource "arn:aws:s3:::b/k": give it a Condition, or remove the statement`,
		`{"Effect":"Allow","NotAction":["sqs:*","sns:*"],"NotResource":["arn:aws:s3:::c","arn:aws:s3:::d"]}`:       `NotAction "sqs:*, sns:*" and NotResource "arn:aws:s3:::c, arn:aws:s3:::d"` + narrow("one of them"),
		`{"Effect":"Allow","Action":["sqs:*","s3:Get*","*"],"Resource":["arn:aws:s3:::c","arn:aws:s3:::b/*","*"]}`: `Action "s3:Get*" and Resource "arn:aws:s3:::b/*"` + narrow("one of them"),
	} {
		d := Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{identity(t, statement)}})
		assert.Equal(t, d.String()+"\n  granted by "+want, d.Explain())
	}
	for principal, want := range map[string]string{
		`"Principal":"*"`: `Principal "*"` + narrow("the Principal"),
		`"Principal":{"AWS":["` + other + `","` + account + `","` + iam + `user/alice"]}`:         `Principal "` + iam + `user/alice": give it a Condition, or remove the statement`,
		`"Principal":{"AWS":["` + iam + `user/alice","` + account + `"]}`:                         `Principal "` + iam + `user/alice": give it a Condition, or remove the statement`,
		`"Principal":{"AWS":["` + iam + `user/alice","` + userOf(account, "alice").UserID + `"]}`: `Principal "` + iam + `user/alice": give it a Condition, or remove the statement`,
	} {
		d := Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Resource: policy(t, ResourcePolicy, bucket(principal, bucketObject))})
		assert.Contains(t, d.Explain(), "\n  identity-based policy    implicitDeny\n  resource-based policy    allowed\n  granted by "+
			`Action "s3:GetObject", Resource "arn:aws:s3:::b/k" and `+want)
	}
	for _, c := range []struct {
		caller    Principal
		principal string
	}{
		{userOf(account, "alice"), account},
		{Principal{Type: User, ARN: iam + "user/alice", Account: account, CanonicalUser: strings.Repeat("a1", 32)}, strings.Repeat("a1", 32)},
	} {
		principal := aws(c.principal)
		if len(c.principal) == 64 {
			principal = `"Principal":{"CanonicalUser":"` + c.principal + `"}`
		}
		req := ask(c.caller, "s3:GetObject", bucketObject)
		d := Evaluate(req, &PolicySet{Resource: policy(t, KeyPolicy, bucket(principal, "*")), Identity: []*Policy{allowing(t)}})
		assert.Contains(t, d.Explain(), "allowed also by resource-based policy, statement 1")
		assert.Contains(t, func() (parts string) {
			d.again(func(e *eval) {
				a, b := e.covering(d.Policies.Resource.Statements()[0])
				parts = a + ": " + b
			})
			return parts
		}(), `Principal "`+c.principal+`": narrow one of them`)
	}
	trust := &PolicySet{Resource: policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRole", "", aws(iam+"user/alice")))}
	d := Evaluate(ask(userOf(account, "alice"), "sts:AssumeRole", iam+"role/r"), trust)
	assert.Contains(t, d.Explain(), `granted by Action "sts:AssumeRole" and Principal "`+iam+`user/alice": give it a Condition`)
}

// Every statement that allows is told, for to remove one does not help.
func TestExplainOtherGrants(t *testing.T) {
	t.Parallel()
	all := stmt("Allow", "s3:*", "*")
	boundary := identity(t, all, all)
	for n, want := range map[int][]string{
		1: nil, 2: {"statement 2"}, 5: {"statement 2", "statement 5"}, 7: {"statement 5", "\n  allowed also by 2 more"},
	} {
		statements := make([]string, n)
		for i := range statements {
			statements[i] = all
		}
		d := Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{identity(t, statements...)}, Boundary: boundary})
		text := d.Explain()
		for _, w := range want {
			assert.Contains(t, text, w)
		}
		assert.Equal(t, min(n-1, 5), strings.Count(text, "allowed also by"), "%s", text)
		assert.NotContains(t, text, "allowed also by permissions boundary")
	}
}

// Of a Deny the parts that cover the request are told, and its conditions with what the
// request has.
func TestExplainDeny(t *testing.T) {
	t.Parallel()
	deny := stmt("Deny", "s3:*", "*", `"Condition":{"Bool":{"aws:SecureTransport":"false"},"StringNotEquals":{"aws:PrincipalTag/team":"ops"}}`)
	d := Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject, "aws:SecureTransport", "false"),
		&PolicySet{Identity: []*Policy{identity(t, deny, stmt("Allow", "*", "*"))}})
	assert.Equal(t, `DENY user/alice s3:GetObject arn:aws:s3:::b/k  explicit deny in identity-based policy, statement 1 (policy:1:38)
  denied by Action "s3:*" and Resource "*"
    Bool aws:SecureTransport wants "false"; the request has "false"
    StringNotEquals aws:PrincipalTag/team wants "ops"; the request has no aws:PrincipalTag/team
  to allow it, change the call so that the deny in identity-based policy, statement 1 (policy:1:38) does not apply (the caller must use TLS; or the caller must be tagged team = "ops"), or give that statement a narrower Resource or Condition`, d.Explain())

	spared := `"NotPrincipal":{"AWS":["` + other + `","arn:aws:iam::` + account + `:user/bob"]}`
	d = Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Resource: policy(t, ResourcePolicy, stmt("Deny", "s3:GetObject", bucketObject, spared))})
	assert.Contains(t, d.Explain(), `denied by Action "s3:GetObject", Resource "arn:aws:s3:::b/k" and NotPrincipal "`+other+`, arn:aws:iam::`+account+`:user/bob"`)

	// Several denials keep the places that they have in their document.
	d = Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{identity(t, stmt("Deny", "s3:*", "*"), stmt("Deny", "*", "*"))}})
	suggestions := d.Suggestions()
	assert.Len(t, suggestions, 3)
	assert.Contains(t, suggestions[1].Narrow, "statement 2")
	assert.Equal(t, 2, suggestions[1].Statement.Number())
}

// An explanation fits on a screen, whatever the policies are.
func TestExplanationsAreShort(t *testing.T) {
	t.Parallel()
	var conditions, values []string
	for i := range 20 {
		conditions = append(conditions, fmt.Sprintf(`"k%d":"v"`, i))
		values = append(values, fmt.Sprintf(`"v%d"`, i))
	}
	many := stmt("Allow", "s3:*", "*", `"Condition":{"StringEquals":{`+strings.Join(conditions, ",")+`}}`)
	one := stmt("Allow", "s3:*", "*", `"Condition":{"StringEquals":{"k":[`+strings.Join(values, ",")+`]}}`)
	d := Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{identity(t, many, one, many, many)}})
	text := d.Explain()
	assert.Contains(t, text, `wants ["v0" "v1" "v2" "v3" "v4" "v5" "v6" "v7"] and 12 more; the request`)
	assert.Contains(t, text, "\n    16 more\n")
	assert.Contains(t, text, "\n  other statements about the action that do not allow it: 2\n")
	assert.Contains(t, text, `the request must have k = "v0" or "v1" or "v2" or "v3" or 16 more; identity-based policy, statement 2`)
	d = Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{identity(t, one, stmt("Allow", "s3:*", "*", `"Condition":{"Null":{"k1":"false","k2":"false","k3":"false"}}`), many)}})
	assert.Equal(t, 13, strings.Count(d.Explain(), "\n"), "there is room for all")
	assert.NotContains(t, d.Explain(), "other statements")
	assert.Equal(t, `["1" "2" "3" "4" "5" "6" "7" "8"]`, quoted(strings.Fields("1 2 3 4 5 6 7 8")))

	denies := make([]string, maxShown+1)
	for i := range denies {
		denies[i] = stmt("Deny", "*", "*")
	}
	for n, want := range map[int]string{maxShown: "", maxShown - 1: "", maxShown + 1: "\n  and 1 more changes"} {
		set := &PolicySet{Identity: []*Policy{identity(t, append(denies[:n:n], stmt("Allow", "*", "*"))...)}}
		d = Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), set)
		assert.Equal(t, want, strings.TrimPrefix(d.Explain()[strings.LastIndex(d.Explain(), "\n"):], "\n  to allow it")[:len(want)])
		assert.Equal(t, want != "", strings.Contains(d.Explain(), "more changes"))
		assert.Equal(t, min(n, maxShown), strings.Count(d.Explain(), "to allow it"))
	}
}
