package enforce

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

const (
	bucketObject = "arn:aws:s3:::b/k"
	anyKey       = "arn:aws:s3:::b/*"
)

// allowing and nothing are what a layer says.
func allowing(t *testing.T) *Policy { return identity(t, stmt("Allow", "s3:GetObject", anyKey)) }
func nothing() *Policy              { return Empty(IdentityPolicy) }

func bucketAllows(t *testing.T, principal string) *Policy {
	return policy(t, BucketPolicy, stmt("Allow", "s3:GetObject", anyKey, principal))
}

// rule 33: what a resource-based policy in the same account allows, when nothing
// else does.
func TestSameAccountTable(t *testing.T) {
	t.Parallel()
	const (
		iam = "arn:aws:iam::" + account + ":"
		sts = "arn:aws:sts::" + account + ":"
	)
	user, session, federated := userOf(account, "alice"), sessionOf(account, "worker", "s1"), federatedOf(account, "alice", "bob")
	bound := func(set *PolicySet) { set.Boundary = nothing() }
	scoped := func(set *PolicySet) { set.Session = []*Policy{nothing()} }
	permissive := func(set *PolicySet) {
		set.Boundary, set.Session = allowing(t), []*Policy{nothing(), allowing(t)}
	}
	for _, c := range []struct {
		name      string
		caller    Principal
		principal string
		change    func(*PolicySet)
		want      Verdict
		layer     Layer
	}{
		{"rule 33: user ARN", user, aws(iam + "user/alice"), nil, Allowed, ResourceLayer},
		{"rule 33: user ARN is not bound by the boundary", user, aws(iam + "user/alice"), bound, Allowed, ResourceLayer},
		{"rule 33: role ARN", session, aws(iam + "role/worker"), nil, Allowed, ResourceLayer},
		{"rule 33: role ARN in a bucket policy is bound by the boundary", session, aws(iam + "role/worker"), bound, ImplicitDeny, BoundaryLayer},
		{"rule 33: role ARN is bound by session policies", session, aws(iam + "role/worker"), scoped, ImplicitDeny, SessionLayer},
		{"rule 33: role ARN, boundary and session allow", session, aws(iam + "role/worker"), permissive, Allowed, ResourceLayer},
		{"rule 33: session ARN", session, aws(sts + "assumed-role/worker/s1"), nil, Allowed, ResourceLayer},
		{"rule 33: session ARN is not bound by the boundary", session, aws(sts + "assumed-role/worker/s1"), bound, Allowed, ResourceLayer},
		{"rule 33: session ARN is not bound by session policies", session, aws(sts + "assumed-role/worker/s1"), scoped, Allowed, ResourceLayer},
		{"rule 33: issuing user, no session policy", federated, aws(iam + "user/alice"), nil, ImplicitDeny, SessionLayer},
		{"rule 33: issuing user, session policy allows", federated, aws(iam + "user/alice"), permissive, Allowed, ResourceLayer},
		{"rule 33: issuing user, boundary binds", federated, aws(iam + "user/alice"), bound, ImplicitDeny, BoundaryLayer},
		{"rule 33: federated-user ARN", federated, aws(sts + "federated-user/bob"), scoped, Allowed, ResourceLayer},
		{"rule 33: root ARN", rootOf(account), aws(iam + "root"), nil, Allowed, NoLayer},
		{"rule 33: service", serviceCalled("s3.amazonaws.com"), `"Principal":{"Service":"s3.amazonaws.com"}`, nil, Allowed, ResourceLayer},
		{"rule 33: everybody, with a boundary", session, `"Principal":"*"`, bound, Allowed, ResourceLayer},
		{"rule 33: everybody, with a session policy", session, aws("*"), scoped, Allowed, ResourceLayer},
		{"rule 33: account needs an identity-based policy", user, aws(account), nil, ImplicitDeny, IdentityLayer},
		{"rule 33: account root needs an identity-based policy", session, aws(iam + "root"), nil, ImplicitDeny, IdentityLayer},
		{"rule 33: the most favourable row counts", session,
			`"Principal":{"AWS":["` + account + `","` + iam + `role/worker","` + sts + `assumed-role/worker/s1"]}`, bound, Allowed, ResourceLayer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set := &PolicySet{Resource: bucketAllows(t, c.principal)}
			if c.change != nil {
				c.change(set)
			}
			req := ask(c.caller, "s3:GetObject", bucketObject)
			req.ResourceAccount = account
			d := Evaluate(req, set)
			assert.Equal(t, c.want, d.Verdict, d.Explain())
			assert.Equal(t, c.layer, d.Layer)
		})
	}
}

func TestSameAccount(t *testing.T) {
	t.Parallel()
	user := userOf(account, "alice")
	deny := identity(t, stmt("Deny", "s3:*", "*"))
	for _, c := range []struct {
		name   string
		caller Principal
		set    PolicySet
		want   Verdict
		layer  Layer
	}{
		{"rule 39: nothing allows", user, PolicySet{}, ImplicitDeny, IdentityLayer},
		{"rule 39: identity allows", user, PolicySet{Identity: []*Policy{nothing(), allowing(t)}}, Allowed, IdentityLayer},
		{"rule 39: boundary must allow", user, PolicySet{Identity: []*Policy{allowing(t)}, Boundary: nothing()}, ImplicitDeny, BoundaryLayer},
		{"rule 39: session must allow", user, PolicySet{Identity: []*Policy{allowing(t)}, Session: []*Policy{nothing()}}, ImplicitDeny, SessionLayer},
		{"rule 43: session policies add up", user, PolicySet{Identity: []*Policy{allowing(t)}, Session: []*Policy{nothing(), allowing(t)}}, Allowed, IdentityLayer},
		{"rule 43: an empty list of session policies allows nothing", user, PolicySet{Identity: []*Policy{allowing(t)}, Session: []*Policy{}}, ImplicitDeny, SessionLayer},
		{"rule 42: a boundary does not grant", user, PolicySet{Boundary: allowing(t)}, ImplicitDeny, IdentityLayer},
		{"rule 43: a session policy does not grant", user, PolicySet{Session: []*Policy{allowing(t)}}, ImplicitDeny, IdentityLayer},
		{"rule 42: identity or resource", user, PolicySet{Identity: []*Policy{allowing(t)}, Resource: bucketAllows(t, aws(other))}, Allowed, IdentityLayer},
		{"rule 39: explicit deny in identity", user, PolicySet{Identity: []*Policy{allowing(t), deny}}, ExplicitDeny, IdentityLayer},
		{"rule 39: explicit deny in the boundary", user, PolicySet{Identity: []*Policy{allowing(t)}, Boundary: deny}, ExplicitDeny, BoundaryLayer},
		{"rule 39: explicit deny in a session policy", user, PolicySet{Identity: []*Policy{allowing(t)}, Session: []*Policy{allowing(t), deny}}, ExplicitDeny, SessionLayer},
		{"rule 39: explicit deny in the bucket policy", user, PolicySet{Identity: []*Policy{allowing(t)},
			Resource: policy(t, BucketPolicy, stmt("Deny", "s3:*", "*", `"Principal":"*"`))}, ExplicitDeny, ResourceLayer},
		{"rule 34: a Deny for the account is for everybody in it", user, PolicySet{Identity: []*Policy{allowing(t)},
			Resource: policy(t, BucketPolicy, stmt("Deny", "s3:*", "*", aws(account)))}, ExplicitDeny, ResourceLayer},
		{"rule 65: identity is named before resource", user, PolicySet{Identity: []*Policy{deny},
			Resource: policy(t, BucketPolicy, stmt("Deny", "s3:*", "*", `"Principal":"*"`))}, ExplicitDeny, IdentityLayer},
		{"rule 65: identity is named before boundary", user, PolicySet{Boundary: nothing(), Session: []*Policy{nothing()}}, ImplicitDeny, IdentityLayer},
		{"rule 47: root needs no policy", rootOf(account), PolicySet{Boundary: nothing()}, Allowed, NoLayer},
		{"rule 47: a Deny in a resource-based policy binds root", rootOf(account),
			PolicySet{Resource: policy(t, BucketPolicy, stmt("Deny", "s3:*", "*", `"Principal":"*"`))}, ExplicitDeny, ResourceLayer},
		{"rule 54: a federated user without session policies", federatedOf(account, "alice", "bob"),
			PolicySet{Identity: []*Policy{allowing(t)}}, ImplicitDeny, SessionLayer},
		{"rule 54: a federated user with session policies", federatedOf(account, "alice", "bob"),
			PolicySet{Identity: []*Policy{allowing(t)}, Session: []*Policy{allowing(t)}}, Allowed, IdentityLayer},
		{"rule 46: anonymous, no policy", Principal{Type: Anonymous}, PolicySet{Identity: []*Policy{allowing(t)}}, ImplicitDeny, ResourceLayer},
		{"rule 46: anonymous, everybody", Principal{Type: Anonymous}, PolicySet{Resource: bucketAllows(t, `"Principal":"*"`)}, Allowed, ResourceLayer},
		{"rule 46: anonymous is not of the account", Principal{Type: Anonymous}, PolicySet{Resource: bucketAllows(t, aws(account))}, ImplicitDeny, ResourceLayer},
		{"rule 48: service, identity-based policies do not count", serviceCalled("s3.amazonaws.com"), PolicySet{Identity: []*Policy{allowing(t)}}, ImplicitDeny, ResourceLayer},
		{"rule 49: the endpoint must allow", user, PolicySet{Identity: []*Policy{allowing(t)}, Endpoint: Empty(EndpointPolicy)}, ImplicitDeny, EndpointLayer},
		{"rule 49: the endpoint allows", user, PolicySet{Identity: []*Policy{allowing(t)}, Endpoint: policy(t, EndpointPolicy, stmt("Allow", "*", "*", `"Principal":"*"`))}, Allowed, IdentityLayer},
		{"rule 49: the endpoint denies", user, PolicySet{Identity: []*Policy{allowing(t)}, Endpoint: policy(t, EndpointPolicy, stmt("Deny", "*", "*", `"Principal":"*"`))}, ExplicitDeny, EndpointLayer},
		{"rule 49: the endpoint alone does not grant", user, PolicySet{Endpoint: policy(t, EndpointPolicy, stmt("Allow", "*", "*", `"Principal":"*"`))}, ImplicitDeny, IdentityLayer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := ask(c.caller, "s3:GetObject", bucketObject)
			req.ResourceAccount = account
			d := Evaluate(req, &c.set)
			assert.Equal(t, c.want, d.Verdict, d.Explain())
			assert.Equal(t, c.layer, d.Layer)
		})
	}
}

func TestOrganizations(t *testing.T) {
	t.Parallel()
	scp := func(statements ...string) *Policy { return policy(t, ServiceControlPolicy, statements...) }
	full, fullRCP := FullAWSAccess(ServiceControlPolicy), FullAWSAccess(ResourceControlPolicy)
	s3Only, denyGet := scp(stmt("Allow", "s3:*", "*")), scp(stmt("Deny", "s3:GetObject", "*"))
	guard := policy(t, ResourceControlPolicy, stmt("Deny", "s3:*", "*", `"Principal":"*"`,
		`"Condition":{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`))
	linked := sessionOf(account, "aws-service-role/x.amazonaws.com/AWSServiceRoleForX", "s")
	granted := []*Policy{allowing(t)}
	for _, c := range []struct {
		name   string
		caller Principal
		set    PolicySet
		want   Verdict
		layer  Layer
	}{
		{"rule 40: FullAWSAccess", userOf(account, "a"), PolicySet{Identity: granted, SCPs: [][]*Policy{{full}, {full}}}, Allowed, IdentityLayer},
		{"rule 40: every node must allow", userOf(account, "a"), PolicySet{Identity: granted, SCPs: [][]*Policy{{full}, {scp(stmt("Allow", "sqs:*", "*"))}, {full}}}, ImplicitDeny, SCPLayer},
		{"rule 40: a node without policies allows nothing", userOf(account, "a"), PolicySet{Identity: granted, SCPs: [][]*Policy{{full}, {}}}, ImplicitDeny, SCPLayer},
		{"rule 40: the policies of a node add up", userOf(account, "a"), PolicySet{Identity: granted, SCPs: [][]*Policy{{scp(stmt("Allow", "sqs:*", "*")), s3Only}}}, Allowed, IdentityLayer},
		{"rule 40: an SCP does not grant", userOf(account, "a"), PolicySet{SCPs: [][]*Policy{{full}}}, ImplicitDeny, IdentityLayer},
		{"rule 40: deny", userOf(account, "a"), PolicySet{Identity: granted, SCPs: [][]*Policy{{full}, {full, denyGet}}}, ExplicitDeny, SCPLayer},
		{"rule 41: an SCP binds root", rootOf(account), PolicySet{SCPs: [][]*Policy{{full, denyGet}}}, ExplicitDeny, SCPLayer},
		{"rule 41: an SCP binds root, no allow", rootOf(account), PolicySet{SCPs: [][]*Policy{{}}}, ImplicitDeny, SCPLayer},
		{"rule 41: an SCP binds what a bucket policy grants", userOf(account, "a"), PolicySet{Resource: bucketAllows(t, `"Principal":"*"`), SCPs: [][]*Policy{{}}}, ImplicitDeny, SCPLayer},
		{"rule 41: not service-linked roles", linked, PolicySet{Identity: granted, SCPs: [][]*Policy{{denyGet}}, RCPs: [][]*Policy{{guard}}, Boundary: nothing()}, Allowed, IdentityLayer},
		{"rule 41: not anonymous callers", Principal{Type: Anonymous}, PolicySet{Resource: bucketAllows(t, `"Principal":"*"`), SCPs: [][]*Policy{{denyGet}}}, Allowed, ResourceLayer},
		{"rule 41: not services", serviceCalled("s3.amazonaws.com"), PolicySet{Resource: bucketAllows(t, `"Principal":{"Service":"s3.amazonaws.com"}`), SCPs: [][]*Policy{{denyGet}}}, Allowed, ResourceLayer},
		{"rule 41: an RCP binds anonymous callers", Principal{Type: Anonymous}, PolicySet{Resource: bucketAllows(t, `"Principal":"*"`), RCPs: [][]*Policy{{fullRCP, guard}}}, ExplicitDeny, RCPLayer},
		{"rule 41: an RCP binds services unless guarded", serviceCalled("s3.amazonaws.com"), PolicySet{Resource: bucketAllows(t, `"Principal":{"Service":"s3.amazonaws.com"}`), RCPs: [][]*Policy{{fullRCP, guard}}}, Allowed, ResourceLayer},
		{"rule 41: an RCP without an allow", userOf(account, "a"), PolicySet{Identity: granted, RCPs: [][]*Policy{{}}}, ImplicitDeny, RCPLayer},
		{"rule 41: RCPFullAWSAccess", userOf(account, "a"), PolicySet{Identity: granted, RCPs: [][]*Policy{{fullRCP}}}, Allowed, IdentityLayer},
		{"rule 65: SCP before RCP", userOf(account, "a"), PolicySet{Identity: granted, SCPs: [][]*Policy{{full, denyGet}}, RCPs: [][]*Policy{{fullRCP, guard}}}, ExplicitDeny, SCPLayer},
		{"rule 65: implicit, RCP before SCP", userOf(account, "a"), PolicySet{SCPs: [][]*Policy{{}}, RCPs: [][]*Policy{{}}}, ImplicitDeny, RCPLayer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := ask(c.caller, "s3:GetObject", bucketObject)
			req.ResourceAccount = account
			d := Evaluate(req, &c.set)
			assert.Equal(t, c.want, d.Verdict, d.Explain())
			assert.Equal(t, c.layer, d.Layer)
		})
	}
}

func TestCrossAccount(t *testing.T) {
	t.Parallel()
	user := userOf(other, "alice")
	entity := bucketAllows(t, aws("arn:aws:iam::"+other+":user/alice"))
	delegated := bucketAllows(t, aws(other))
	session := bucketAllows(t, aws("arn:aws:sts::"+other+":assumed-role/worker/s1"))
	worker := sessionOf(other, "worker", "s1")
	granted := []*Policy{allowing(t)}
	for _, c := range []struct {
		name   string
		caller Principal
		set    PolicySet
		want   Verdict
		layer  Layer
	}{
		{"rule 44: identity alone", user, PolicySet{Identity: granted}, ImplicitDeny, ResourceLayer},
		{"rule 44: resource alone, entity named", user, PolicySet{Resource: entity}, ImplicitDeny, IdentityLayer},
		{"rule 65: resource alone, account named", user, PolicySet{Resource: delegated}, ImplicitDeny, ResourceLayer},
		{"rule 44: both, entity named", user, PolicySet{Identity: granted, Resource: entity}, Allowed, IdentityLayer},
		{"rule 44: both, account named", user, PolicySet{Identity: granted, Resource: delegated}, Allowed, IdentityLayer},
		{"rule 44: both, everybody", user, PolicySet{Identity: granted, Resource: bucketAllows(t, `"Principal":"*"`)}, Allowed, IdentityLayer},
		{"rule 44: another account", user, PolicySet{Identity: granted, Resource: bucketAllows(t, aws("777788889999"))}, ImplicitDeny, ResourceLayer},
		{"rule 44: the boundary always binds", worker, PolicySet{Identity: granted, Resource: session, Boundary: nothing()}, ImplicitDeny, BoundaryLayer},
		{"rule 44: session policies always bind", worker, PolicySet{Identity: granted, Resource: session, Session: []*Policy{nothing()}}, ImplicitDeny, SessionLayer},
		{"rule 44: a session ARN needs identity too", worker, PolicySet{Resource: session}, ImplicitDeny, IdentityLayer},
		{"rule 44: SCPs of the caller's account", user, PolicySet{Identity: granted, Resource: entity, SCPs: [][]*Policy{{}}}, ImplicitDeny, SCPLayer},
		{"rule 44: RCPs of the resource's account", user, PolicySet{Identity: granted, Resource: entity, RCPs: [][]*Policy{{}}}, ImplicitDeny, RCPLayer},
		{"rule 44: root needs the other side", rootOf(other), PolicySet{}, ImplicitDeny, ResourceLayer},
		{"rule 44: root needs only the other side", rootOf(other), PolicySet{Resource: delegated}, Allowed, ResourceLayer},
		{"rule 45: no account in the ARN, the owner decides", userOf(account, "alice"), PolicySet{Identity: granted}, Allowed, IdentityLayer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := ask(c.caller, "s3:GetObject", bucketObject)
			req.ResourceAccount = account
			d := Evaluate(req, &c.set)
			assert.Equal(t, c.want, d.Verdict, d.Explain())
			assert.Equal(t, c.layer, d.Layer)
		})
	}
}

// rule 50: who may assume a role. rule 53: KMS key policies work alike.
func TestTrust(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::" + account + ":role/target"
	trust := func(principal string) *Policy {
		return policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRole", "", principal))
	}
	mayAssume := []*Policy{identity(t, stmt("Allow", "sts:AssumeRole", role))}
	user, foreign := userOf(account, "alice"), userOf(other, "alice")
	web := Principal{Type: WebIdentity, Service: "accounts.google.com"}
	for _, c := range []struct {
		name   string
		caller Principal
		set    PolicySet
		want   Verdict
		layer  Layer
	}{
		{"rule 50: identity alone never suffices", user, PolicySet{Identity: mayAssume, Resource: trust(aws(other))}, ImplicitDeny, TrustLayer},
		{"rule 50: user named", user, PolicySet{Resource: trust(aws(user.ARN))}, Allowed, TrustLayer},
		{"rule 50: role named", sessionOf(account, "worker", "s"), PolicySet{Resource: trust(aws("arn:aws:iam::" + account + ":role/worker"))}, Allowed, TrustLayer},
		{"rule 50: role named, boundary", sessionOf(account, "worker", "s"), PolicySet{Boundary: nothing(), Resource: trust(aws("arn:aws:iam::" + account + ":role/worker"))}, ImplicitDeny, BoundaryLayer},
		{"rule 50: everybody, same account", user, PolicySet{Resource: trust(`"Principal":"*"`)}, Allowed, TrustLayer},
		{"rule 50: account named, no identity", user, PolicySet{Resource: trust(aws(account))}, ImplicitDeny, IdentityLayer},
		{"rule 50: account named, identity", user, PolicySet{Identity: mayAssume, Resource: trust(aws(account))}, Allowed, IdentityLayer},
		{"rule 50: identity denies", user, PolicySet{Identity: []*Policy{identity(t, stmt("Deny", "sts:*", "*"))}, Resource: trust(aws(user.ARN))}, ExplicitDeny, IdentityLayer},
		{"rule 50: trust denies", user, PolicySet{Resource: policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRole", "", aws(account)), stmt("Deny", "sts:AssumeRole", "", aws(user.ARN)))}, ExplicitDeny, TrustLayer},
		{"rule 50: cross-account, both", foreign, PolicySet{Identity: mayAssume, Resource: trust(aws(other))}, Allowed, IdentityLayer},
		{"rule 50: cross-account, trust alone", foreign, PolicySet{Resource: trust(aws(foreign.ARN))}, ImplicitDeny, IdentityLayer},
		{"rule 50: cross-account, identity alone", foreign, PolicySet{Identity: mayAssume, Resource: trust(aws(account))}, ImplicitDeny, TrustLayer},
		{"rule 51: a role does not trust itself", sessionOf(account, "target", "s"), PolicySet{Identity: mayAssume, Resource: trust(aws(user.ARN))}, ImplicitDeny, TrustLayer},
		{"rule 47: root assumes no role", rootOf(account), PolicySet{Resource: trust(`"Principal":"*"`)}, ImplicitDeny, NoLayer},
		{"rule 50: a service", serviceCalled("ec2.amazonaws.com"), PolicySet{Resource: trust(`"Principal":{"Service":"ec2.amazonaws.com"}`)}, Allowed, TrustLayer},
		{"rule 55: web identity, another action", web, PolicySet{Resource: trust(`"Principal":{"Federated":"accounts.google.com"}`)}, Allowed, TrustLayer},
		{"rule 55: web identity of another provider", web, PolicySet{Resource: trust(`"Principal":{"Federated":"www.amazon.com"}`)}, ImplicitDeny, TrustLayer},
		{"rule 55: SCPs do not bind a web identity", web, PolicySet{Resource: trust(`"Principal":{"Federated":"accounts.google.com"}`), SCPs: [][]*Policy{{}}}, Allowed, TrustLayer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := ask(c.caller, "sts:AssumeRole", role)
			req.ResourceAccount = account
			d := Evaluate(req, &c.set)
			assert.Equal(t, c.want, d.Verdict, d.Explain())
			assert.Equal(t, c.layer, d.Layer)
		})
	}

	key := policy(t, KeyPolicy, stmt("Allow", "kms:Decrypt", "*", aws(user.ARN)))
	mayDecrypt := []*Policy{identity(t, stmt("Allow", "kms:*", "*"))}
	decrypt := func(p Principal) *Request {
		return ask(p, "kms:Decrypt", "arn:aws:kms:us-east-1:"+account+":key/k")
	}
	assert.Equal(t, Allowed, verdict(decrypt(user), &PolicySet{Resource: key}), "rule 53: user named")
	assert.Equal(t, ImplicitDeny, verdict(decrypt(userOf(account, "bob")), &PolicySet{Resource: key, Identity: mayDecrypt}), "rule 53: the account is not admitted")
	assert.Equal(t, ImplicitDeny, verdict(decrypt(rootOf(account)), &PolicySet{Resource: key}), "rule 53: root is not magic")
}

// rule 52: a missing ExternalId does not satisfy a trust policy that asks for one.
func TestExternalID(t *testing.T) {
	t.Parallel()
	user := userOf(account, "alice")
	set := &PolicySet{Resource: policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRole", "", aws(user.ARN), `"Condition":{"StringEquals":{"sts:ExternalId":"secret"}}`))}
	const role = "arn:aws:iam::" + account + ":role/target"
	assert.Equal(t, ImplicitDeny, verdict(ask(user, "sts:AssumeRole", role), set))
	assert.Equal(t, ImplicitDeny, verdict(ask(user, "sts:AssumeRole", role, "sts:ExternalId", "guess"), set))
	assert.Equal(t, Allowed, verdict(ask(user, "sts:AssumeRole", role, "sts:ExternalId", "secret"), set))
}

func TestActionMatching(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, element, action string
		want                  bool
	}{
		{"rule 6: case-insensitive", `"Action":"S3:gETobject"`, "s3:GetObject", true},
		{"rule 6: star", `"Action":"s3:Get*"`, "s3:GetObject", true},
		{"rule 6: star is any run, also none", `"Action":"s3:GetObject*"`, "s3:GetObject", true},
		{"rule 6: question mark", `"Action":"s3:?etObject"`, "s3:GetObject", true},
		{"rule 6: everything", `"Action":"*"`, "s3:GetObject", true},
		{"rule 6: another service", `"Action":"sqs:*"`, "s3:GetObject", false},
		{"rule 6: no name", `"Action":"s3:"`, "s3:GetObject", false},
		{"rule 6: inner space", `"Action":"s3: GetObject"`, "s3:GetObject", false},
		{"rule 5: a list", `"Action":["sqs:*","s3:GetObject"]`, "s3:GetObject", true},
		{"rule 7: NotAction", `"NotAction":"s3:Put*"`, "s3:GetObject", true},
		{"rule 7: NotAction, listed", `"NotAction":["sqs:*","s3:Get*"]`, "s3:GetObject", false},
		{"rule 7: NotAction means other services too", `"NotAction":"s3:*"`, "iam:CreateUser", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := identity(t, `{"Effect":"Allow",`+c.element+`,"Resource":"*"}`)
			assert.Equal(t, c.want, verdict(ask(userOf(account, "a"), c.action, "*"), &PolicySet{Identity: []*Policy{p}}) == Allowed)
		})
	}
}

func TestResourceMatching(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, element, resource string
		want                    bool
	}{
		{"rule 3: an ARN never matches a request without resource", `"Resource":"arn:aws:s3:::b"`, "*", false},
		{"rule 3: NotResource matches a request without resource", `"NotResource":"arn:aws:s3:::b"`, "*", true},
		{"rule 3: * matches a request without resource", `"Resource":"*"`, "*", true},
		{"rule 3: pseudo-ARN of ListBuckets", `"Resource":"arn:aws:s3:::*"`, "arn:aws:s3:::*", true},
		{"rule 3: one bucket is not all buckets", `"Resource":"arn:aws:s3:::b"`, "arn:aws:s3:::*", false},
		{"rule 10: NotResource", `"NotResource":["arn:aws:s3:::a","arn:aws:s3:::b/*"]`, "arn:aws:s3:::b/k", false},
		{"rule 10: NotResource, another", `"NotResource":["arn:aws:s3:::a","arn:aws:s3:::b/*"]`, "arn:aws:s3:::c/k", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := identity(t, `{"Effect":"Allow","Action":"s3:*",`+c.element+`}`)
			assert.Equal(t, c.want, verdict(ask(userOf(account, "a"), "s3:ListAllMyBuckets", c.resource), &PolicySet{Identity: []*Policy{p}}) == Allowed)
		})
	}
}

// A policy that is long enough for an index decides as a short one does.
func TestIndexedPolicy(t *testing.T) {
	t.Parallel()
	var statements []string
	for range 2 * minIndexed {
		statements = append(statements, stmt("Allow", "sqs:SendMessage", "*"), stmt("Deny", "sqs:Purge*", "*"))
	}
	statements = append(statements,
		stmt("Allow", "s3:List*", "arn:aws:s3:::list/*"), stmt("Allow", "s3:*Tagging", "arn:aws:s3:::tags/*"),
		stmt("Allow", "s3:GetObject", "arn:aws:s3:::named/*"), stmt("Allow", "s3:Get*", "arn:aws:s3:::wild/*"),
		`{"Effect":"Allow","NotAction":["s3:Put*","sqs:*"],"Resource":"arn:aws:s3:::not/*"}`,
		stmt("Allow", "*", "arn:aws:s3:::any/*"), stmt("Deny", "S3:GetObject", "arn:aws:s3:::any/secret"))
	set := &PolicySet{Identity: []*Policy{identity(t, statements...)}}
	for resource, want := range map[string]Verdict{
		"named/k": Allowed, "wild/k": Allowed, "not/k": Allowed, "any/k": Allowed, "any/secret": ExplicitDeny, "none/k": ImplicitDeny,
		"list/k": ImplicitDeny, "tags/k": ImplicitDeny,
	} {
		assert.Equal(t, want, verdict(ask(userOf(account, "a"), "s3:GetObject", "arn:aws:s3:::"+resource), set), resource)
	}
	assert.Equal(t, ImplicitDeny, verdict(ask(userOf(account, "a"), "s3:PutObject", "arn:aws:s3:::not/k"), set))
	assert.Equal(t, Allowed, verdict(ask(userOf(account, "a"), "s3:ListParts", "arn:aws:s3:::list/k"), set))
	assert.Equal(t, ImplicitDeny, verdict(ask(userOf(account, "a"), "s3:ListParts", "arn:aws:s3:::wild/k"), set))
	assert.Equal(t, Allowed, verdict(ask(userOf(account, "a"), "s3:PutObjectTagging", "arn:aws:s3:::tags/k"), set))
	assert.Nil(t, newIndex(make([]rule, minIndexed-1)).actions, "a short policy needs no index")
	assert.NotNil(t, set.Identity[0].allows.actions)
	assert.NotNil(t, newIndex(set.Identity[0].allows.rules[:minIndexed]).actions)
	d := Evaluate(ask(userOf(account, "a"), "sqs:SendMessage", "*"), set)
	assert.Equal(t, 1, d.Statement.Number(), "the first of equals decides")
}

// The statement that applies most directly decides, the first of equals,
// wherever the index of a long policy has them.
func TestDecidingStatement(t *testing.T) {
	t.Parallel()
	session := sessionOf(account, "worker", "s1")
	const role = `"Principal":{"AWS":"arn:aws:iam::` + account + `:role/worker"}`
	filler := make([]string, minIndexed)
	for i := range filler {
		filler[i] = stmt("Allow", "s3:PutObject", anyKey, role)
	}
	everybody := `"Principal":"*"`
	for _, c := range []struct {
		name       string
		statements []string
		want       int // counted without the filler
	}{
		{"the first of equals by role", []string{stmt("Allow", "s3:GetObject", anyKey, role), stmt("Allow", "s3:GetObject", anyKey, role)}, 1},
		{"a wildcard before a name", []string{stmt("Allow", "s3:Get*", anyKey, everybody), stmt("Allow", "s3:GetObject", anyKey, everybody)}, 1},
		{"a name before a wildcard", []string{stmt("Allow", "s3:GetObject", anyKey, everybody), stmt("Allow", "s3:Get*", anyKey, everybody)}, 1},
		{"everything before a name", []string{stmt("Allow", "*", anyKey, everybody), stmt("Allow", "s3:GetObject", anyKey, everybody)}, 1},
		{"a less direct one before", []string{stmt("Allow", "s3:Get*", anyKey, role), stmt("Allow", "s3:GetObject", anyKey, everybody)}, 2},
		{"a less direct one after", []string{stmt("Allow", "s3:GetObject", anyKey, everybody), stmt("Allow", "s3:Get*", anyKey, role)}, 1},
		{"a more direct wildcard after", []string{stmt("Allow", "s3:GetObject", anyKey, role), stmt("Allow", "s3:*", anyKey, everybody)}, 2},
		{"one that does not apply before", []string{stmt("Allow", "s3:Get*", "arn:aws:s3:::c/*", everybody), stmt("Allow", "s3:GetObject", anyKey, role)}, 2},
		{"equals by role, a wildcard before a name", []string{stmt("Allow", "s3:Get*", anyKey, role), stmt("Allow", "s3:GetObject", anyKey, role)}, 1},
		{"equals by role, a wildcard after a name", []string{stmt("Allow", "s3:GetObject", anyKey, role), stmt("Allow", "s3:Get*", anyKey, role)}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, before := range [][]string{nil, filler} {
				d := Evaluate(ask(session, "s3:GetObject", bucketObject), &PolicySet{Resource: policy(t, BucketPolicy, append(before[:len(before):len(before)], c.statements...)...)})
				assert.Equal(t, Allowed, d.Verdict)
				assert.Equal(t, ResourceLayer, d.Layer)
				assert.Equal(t, len(before)+c.want, d.Statement.Number())
			}
		})
	}
}

// rule 7: a list without actions names nothing. No policy with one is stored; what
// decides must not depend on that.
func TestNoActions(t *testing.T) {
	t.Parallel()
	var s Statement
	assert.False(t, s.concerns("s3:getobject"))
	s.not.action = true
	assert.False(t, s.concerns("s3:getobject"))
}

// Every layer that takes part says what it would decide alone, also when another
// one has decided.
func TestLayersOfATrustPolicy(t *testing.T) {
	t.Parallel()
	user := userOf(account, "alice")
	set := &PolicySet{
		Identity: []*Policy{identity(t, stmt("Deny", "sts:*", "*"))},
		Resource: policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRole", "", aws(account)), stmt("Deny", "sts:AssumeRole", "", aws(user.ARN))),
	}
	d := Evaluate(ask(user, "sts:AssumeRole", "arn:aws:iam::"+account+":role/target"), set)
	assert.Equal(t, []LayerVerdict{
		{IdentityLayer, ExplicitDeny, set.Identity[0].statements[0]},
		{TrustLayer, ExplicitDeny, set.Resource.statements[1]},
	}, d.Layers())
}

// A statement that allows is no near miss when another layer denies.
func TestNoNearMissOfWhatAllows(t *testing.T) {
	t.Parallel()
	set := &PolicySet{Identity: []*Policy{allowing(t)}, Boundary: identity(t, stmt("Allow", "s3:GetObject", "arn:aws:s3:::c/*"))}
	d := Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), set)
	misses := d.NearMisses()
	if assert.Len(t, misses, 1) {
		assert.Equal(t, "permissions boundary", misses[0].Layer)
	}
}
