package enforce

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const objectARN = "arn:aws:s3:::reports/q3.csv"

// Each layer takes the policies that can be there, and a policy of another kind denies:
// one without principals would otherwise be for everybody.
func TestPoliciesOfAnotherKindDeny(t *testing.T) {
	t.Parallel()
	everything := stmt("Allow", "*", "*")
	toEverybody := stmt("Allow", "*", "*", `"Principal":"*"`)
	policies := map[Kind]*Policy{
		IdentityPolicy: policy(t, IdentityPolicy, everything), ManagedPolicy: policy(t, ManagedPolicy, everything),
		SessionPolicy: policy(t, SessionPolicy, everything), ServiceControlPolicy: fullSCP, ResourceControlPolicy: fullRCP,
		ResourcePolicy: policy(t, ResourcePolicy, toEverybody), BucketPolicy: policy(t, BucketPolicy, stmt("Allow", "s3:*", "*", `"Principal":"*"`)),
		QueuePolicy: policy(t, QueuePolicy, toEverybody), KeyPolicy: policy(t, KeyPolicy, toEverybody),
		TrustPolicy:    policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRole", "", `"Principal":"*"`)),
		EndpointPolicy: policy(t, EndpointPolicy, toEverybody), Kind(0): {},
	}
	first := identity(t, everything) // what is wrong may stand behind what is right
	for _, c := range []struct {
		layer Layer
		takes []Kind
		put   func(set *PolicySet, p *Policy)
	}{
		{IdentityLayer, []Kind{IdentityPolicy, ManagedPolicy}, func(set *PolicySet, p *Policy) { set.Identity = []*Policy{first, p} }},
		{BoundaryLayer, []Kind{IdentityPolicy, ManagedPolicy}, func(set *PolicySet, p *Policy) { set.Boundary = p }},
		{SessionLayer, []Kind{IdentityPolicy, ManagedPolicy, SessionPolicy}, func(set *PolicySet, p *Policy) { set.Session = []*Policy{first, p} }},
		{ResourceLayer, []Kind{ResourcePolicy, BucketPolicy, QueuePolicy, KeyPolicy, TrustPolicy}, func(set *PolicySet, p *Policy) { set.Resource = p }},
		{SCPLayer, []Kind{ServiceControlPolicy}, func(set *PolicySet, p *Policy) { set.SCPs = [][]*Policy{{fullSCP}, {fullSCP, p}} }},
		{RCPLayer, []Kind{ResourceControlPolicy}, func(set *PolicySet, p *Policy) { set.RCPs = [][]*Policy{{fullRCP}, {fullRCP, p}} }},
		{EndpointLayer, []Kind{EndpointPolicy}, func(set *PolicySet, p *Policy) { set.Endpoint = p }},
	} {
		takes := make(map[Kind]bool)
		for _, k := range c.takes {
			takes[k] = true
		}
		for kind, p := range policies {
			set := &PolicySet{Identity: []*Policy{first}}
			c.put(set, p)
			req := ask(userOf(account, "alice"), "s3:GetObject", objectARN)
			d := Evaluate(req, set)
			if takes[kind] {
				assert.NotEqual(t, ExplicitDeny, d.Verdict, "%s as %s", kind, c.layer)
				require.NoError(t, d.Err())
				continue
			}
			assert.Equal(t, Decision{Verdict: ExplicitDeny, Layer: c.layer, Policy: p, Request: req, Policies: set}, d, "%s as %s", kind, c.layer)
			assert.EqualError(t, d.Err(), withArticle(kind.String())+" is given as "+c.layer.String())
			assert.Equal(t, ExplicitDeny, verdict(ask(rootOf(account), "s3:GetObject", objectARN), set), "the root user too")
		}
	}
}

// A decision about a policy of another kind can be read like every other.
func TestPolicyOfAnotherKindIsExplained(t *testing.T) {
	t.Parallel()
	p := MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, IdentityPolicy)
	req := ask(userOf(account, "alice"), "s3:GetObject", objectARN)
	d := Evaluate(req, &PolicySet{Resource: p})
	const why = "an identity-based policy is given as resource-based policy"
	assert.Equal(t, "DENY user/alice s3:GetObject "+objectARN+"  "+why, d.String())
	assert.Contains(t, d.Explain(), why)
	assert.Equal(t, "User: "+req.Principal.ARN+" is not authorized to perform: s3:GetObject on resource: "+objectARN+
		" with an explicit deny in a resource-based policy", d.Message(MessageStyle{PolicyARN: true}))
	assert.Empty(t, d.Matched())
	denies := policy(t, IdentityPolicy, stmt("Deny", "s3:*", "*"))
	several := Evaluate(req, &PolicySet{Identity: []*Policy{p, denies}, Resource: p, Boundary: p})
	assert.Equal(t, []LayerVerdict{
		{IdentityLayer, ExplicitDeny, denies.Statements()[0]}, {ResourceLayer, ExplicitDeny, nil}, {BoundaryLayer, Allowed, p.Statements()[0]},
	}, several.Layers())
	assert.Empty(t, several.Matched(), "that Deny did not decide")
	bounded := Evaluate(req, &PolicySet{Identity: []*Policy{p}, Boundary: Empty(IdentityPolicy)})
	assert.Empty(t, bounded.Matched(), "nothing has the effect of an implicit denial")
	assert.Empty(t, d.Suggestions(), "no statement helps")
	assert.Empty(t, d.Suggest())
	text, err := json.Marshal(d)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"reason":"`+why+`"`)
	// What is decided next knows nothing of it.
	assert.Equal(t, Allowed, verdict(req, &PolicySet{Identity: []*Policy{p}}))
}

// Roles and KMS keys always have a policy of their own: a request without it is denied,
// whatever identity-based policies allow.
func TestMissingTrustAndKeyPolicies(t *testing.T) {
	t.Parallel()
	const role, key = "arn:aws:iam::" + account + ":role/r", "arn:aws:kms:us-east-1:" + account + ":key/k"
	admin := &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "*", "*"))}}
	const noTrust, noKey = "the trust policy of the role is missing", "the policy of the key is missing"
	for _, c := range []struct {
		action, resource string
		layer            Layer
		missing          string
	}{
		{"sts:AssumeRole", role, TrustLayer, noTrust},
		{"STS:assumerole", role, TrustLayer, noTrust},
		{"sts:TagSession", role, TrustLayer, noTrust},
		{"sts:SetSourceIdentity", role, TrustLayer, noTrust},
		{"sts:SetContext", role, TrustLayer, noTrust},
		{"sts:AssumeRoleWithWebIdentity", role, TrustLayer, noTrust},
		{"kms:Decrypt", key, ResourceLayer, noKey},
		{"kms:CreateAlias", key, ResourceLayer, noKey},
		// These have no policy of their own.
		{"kms:CreateAlias", "arn:aws:kms:us-east-1:" + account + ":alias/a", IdentityLayer, ""},
		{"kms:Decrypt", "arn:aws:payment-cryptography:us-east-1:" + account + ":key/k", IdentityLayer, ""},
		{"sts:AssumeRole", "arn:aws:rolesanywhere:us-east-1:" + account + ":role/r", IdentityLayer, ""},
		{"kms:RetireGrant", key, IdentityLayer, ""}, // the grant says who may
		{"kms:ListKeys", "*", IdentityLayer, ""},
		{"sts:AssumeRoot", "arn:aws:iam::" + account + ":root", IdentityLayer, ""},
		{"sts:AssumeRoot", role, IdentityLayer, ""},
		{"sts:GetAccessKeyInfo", "*", IdentityLayer, ""},
		{"iam:PassRole", role, IdentityLayer, ""},
		{"iam:GetRole", role, IdentityLayer, ""},
		{"sts:AssumeRole", "*", IdentityLayer, ""},
		{"s3:GetObject", objectARN, IdentityLayer, ""},
	} {
		for _, p := range []Principal{userOf(account, "alice"), rootOf(account), sessionOf(account, "worker", "s")} {
			d := Evaluate(ask(p, c.action, c.resource), admin)
			if p.Type == Root && d.fixed() != nil { // who assumes no role at all
				assert.Equal(t, ImplicitDeny, d.Verdict, d.String())
				continue
			}
			if c.missing == "" {
				assert.True(t, d.Allowed(), d.String())
				assert.NoError(t, d.Err())
				continue
			}
			assert.Equal(t, ImplicitDeny, d.Verdict, d.String())
			assert.Equal(t, c.layer, d.Layer)
			assert.EqualError(t, d.Err(), c.missing)
			assert.Contains(t, d.String(), "  "+c.missing)
		}
		ownPolicyIsAside := *admin
		ownPolicyIsAside.NoResourcePolicy = true
		assert.Equal(t, Allowed, verdict(ask(userOf(account, "alice"), c.action, c.resource), &ownPolicyIsAside), c.action)
	}
	// An explicit Deny is named before.
	d := Evaluate(ask(userOf(account, "alice"), "sts:AssumeRole", role), &PolicySet{Identity: []*Policy{identity(t, stmt("Deny", "*", "*"))}})
	assert.Equal(t, ExplicitDeny, d.Verdict)
	assert.NoError(t, d.Err())
	// Callers without policies of their own are denied by the same layer.
	d = Evaluate(ask(Principal{Type: WebIdentity, Service: "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity", role), &PolicySet{})
	assert.Equal(t, TrustLayer, d.Layer)
	assert.EqualError(t, d.Err(), noTrust)
	d = Evaluate(ask(userOf(other, "bob"), "sts:AssumeRole", role), admin)
	assert.Equal(t, TrustLayer, d.Layer)
	// What Suggestions say, allows.
	for _, request := range []*Request{ask(userOf(account, "alice"), "sts:AssumeRole", role), ask(userOf(account, "alice"), "kms:Decrypt", key)} {
		all := Evaluate(request, &PolicySet{}).Suggestions()
		require.Len(t, all, 1)
		kind := KeyPolicy
		if all[0].Layer == TrustLayer {
			kind = TrustPolicy
		}
		own := MustParse(`{"Version":"2012-10-17","Statement":[`+all[0].Add+`]}`, kind)
		assert.Equal(t, Allowed, verdict(request, &PolicySet{Resource: own}))
	}
	// A policy that is there and allows nothing is not missing.
	d = Evaluate(ask(userOf(account, "alice"), "sts:AssumeRole", role), &PolicySet{Resource: Empty(TrustPolicy)})
	assert.Equal(t, TrustLayer, d.Layer)
	assert.NoError(t, d.Err())
}

// RestrictPublicBuckets leaves a public policy in force for the owner's account and AWS
// services; for others only what it denies.
func TestRestrictPublicBuckets(t *testing.T) {
	t.Parallel()
	p := policy(t, BucketPolicy, stmt("Allow", "s3:*", objectARN, `"Principal":"*"`), stmt("Deny", "s3:PutObject", objectARN, `"Principal":"*"`))
	for _, c := range []struct {
		caller   Principal
		get, put Verdict
	}{
		{userOf(account, "alice"), Allowed, ExplicitDeny},
		{rootOf(account), Allowed, ExplicitDeny},
		{serviceCalled("cloudfront.amazonaws.com"), Allowed, ExplicitDeny},
		{Principal{Type: Anonymous}, ImplicitDeny, ExplicitDeny},
		{userOf(other, "bob"), ImplicitDeny, ExplicitDeny},
	} {
		set := &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:GetObject", "*"))}, Resource: p.RestrictPublicBuckets(&c.caller, account)}
		req := ask(c.caller, "s3:GetObject", objectARN)
		req.ResourceAccount = account
		if c.caller.Account == account && c.caller.Type != Root {
			set.Identity = nil // the bucket's policy alone decides
		}
		assert.Equal(t, c.get, verdict(req, set), c.caller)
		req.Action = "s3:PutObject"
		assert.Equal(t, c.put, verdict(req, set), c.caller)
	}
	assert.Nil(t, (*Policy)(nil).RestrictPublicBuckets(&Principal{Type: Anonymous}, account))
}
