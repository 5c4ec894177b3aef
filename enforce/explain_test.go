package enforce

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	p, err := Parse(`{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Team", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
     "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["data", "ops"]}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::c/*"}
  ]
}`, IdentityPolicy, Source{Name: "reader", File: "reader.json"})
	require.NoError(t, err)
	req := ask(sessionOf(account, "worker", "s1"), "s3:GetObject", bucketObject, "aws:SourceIp", "203.0.113.7")
	d := Evaluate(req, &PolicySet{Identity: []*Policy{p}, Boundary: nothing()})
	assert.Equal(t, "DENY role/worker s3:GetObject arn:aws:s3:::b/k  no identity-based policy allows it", d.String())
	assert.Equal(t, `DENY role/worker s3:GetObject arn:aws:s3:::b/k  no identity-based policy allows it
  identity-based policy    implicitDeny
  permissions boundary     implicitDeny
  not allowed by identity-based policy reader, Team (reader.json:4:5):
    StringEquals aws:PrincipalTag/team wants ["data" "ops"]; the request has no aws:PrincipalTag/team
    IpAddress aws:SourceIp wants "10.0.0.0/8"; the request has "203.0.113.7"
  not allowed by identity-based policy reader, statement 2 (reader.json:6:5):
    it names other resources: "arn:aws:s3:::c/*", not "arn:aws:s3:::b/k"; the resource is "c/*" there, and "b/k" in the request
  to allow it, the caller must be tagged team = "data" or "ops"; and the address of the caller must be in "10.0.0.0/8"; identity-based policy reader, Team (reader.json:4:5) then allows
  to allow it, the permissions boundary must allow it too: add to it: {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k"}`, d.Explain())
	assert.Equal(t, []string{"aws:PrincipalTag/team"}, d.MissingKeys())
	assert.Equal(t, d.Suggestions()[0].String(), d.Suggest())

	data, err := json.Marshal(&d)
	require.NoError(t, err)
	var decoded struct {
		Verdict, Layer, Reason string
		MissingKeys            []string
		NearMisses             []NearMiss
		Layers                 []struct{ Layer, Verdict string }
		Suggestions            []Suggestion
	}
	require.NoError(t, json.Unmarshal(data, &decoded))
	assert.Equal(t, "implicitDeny", decoded.Verdict)
	assert.Equal(t, "identity-based policy", decoded.Layer)
	assert.Len(t, decoded.NearMisses, 2)
	assert.Len(t, decoded.Layers, 2)
	assert.Len(t, decoded.Suggestions, 2)
	assert.Equal(t, "203.0.113.7", decoded.NearMisses[0].Unmet[1].Actual[0])
}

func TestExplainDenyAndAllow(t *testing.T) {
	t.Parallel()
	allow, err := Parse(whole(stmt("Allow", "s3:*", "*")), IdentityPolicy, Source{ARN: "arn:aws:iam::aws:policy/AmazonS3FullAccess"})
	require.NoError(t, err)
	bucket := policy(t, BucketPolicy, stmt("Deny", "s3:GetObject", anyKey, `"Principal":"*"`, `"Sid":"NoReads"`))
	set := &PolicySet{Identity: []*Policy{allow}, Resource: bucket}
	d := Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), set)
	assert.Equal(t, "DENY user/alice s3:GetObject arn:aws:s3:::b/k  explicit deny in resource-based policy, NoReads (policy:1:38)", d.String())
	assert.Equal(t, "to allow it, change the call so that the deny in resource-based policy, NoReads (policy:1:38) does not apply, or give that statement a narrower Resource or Condition", d.Suggest())
	assert.Equal(t, bucket, d.Policy)
	data, err := json.Marshal(&d)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"statement":{"policy":"bucket policy","statement":"NoReads","line":1,"column":38}`)
	layers := d.Layers()
	require.Len(t, layers, 2)
	assert.Equal(t, LayerVerdict{IdentityLayer, Allowed, allow.Statements()[0]}, layers[0])
	assert.Equal(t, LayerVerdict{ResourceLayer, ExplicitDeny, bucket.Statements()[0]}, layers[1])

	d = Evaluate(ask(userOf(account, "alice"), "s3:PutObject", bucketObject), set)
	assert.Equal(t, "ALLOW user/alice s3:PutObject arn:aws:s3:::b/k  allowed by identity-based policy arn:aws:iam::aws:policy/AmazonS3FullAccess, statement 1 (policy:1:38)", d.String())
	assert.Empty(t, d.Suggest())
	assert.Empty(t, d.NearMisses())

	d = Evaluate(ask(rootOf(account), "s3:PutObject", bucketObject), &PolicySet{})
	assert.Equal(t, "ALLOW root s3:PutObject arn:aws:s3:::b/k  the root user needs no policy in its own account", d.String())
	_, err = json.Marshal(&d)
	require.NoError(t, err)
}

// What is suggested, when it is done, allows the request.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	deny := stmt("Deny", "s3:*", "*")
	everybodyDenied := stmt("Deny", "s3:*", "*", `"Principal":"*"`)
	const resource = `"Resource":"arn:aws:s3:::b/k"}`
	identityAdd := `{"Effect":"Allow","Action":"s3:GetObject",` + resource
	named := func(principal string) string {
		return `{"Effect":"Allow","Principal":` + principal + `,"Action":"s3:GetObject",` + resource
	}
	guarded := func(principal, arn string) string {
		return strings.TrimSuffix(named(principal), "}") + `,"Condition":{"StringEquals":{"aws:PrincipalArn":"` + arn + `"}}}`
	}
	for _, c := range []struct {
		name   string
		caller Principal
		owner  string
		set    PolicySet
		want   []string // Add or Attach of each, "-" for Remove
	}{
		{"identity", userOf(account, "a"), account, PolicySet{}, []string{identityAdd}},
		{"session and boundary", userOf(account, "a"), account, PolicySet{Session: []*Policy{}, Boundary: nothing()}, []string{identityAdd, identityAdd, identityAdd}},
		{"federated user", federatedOf(account, "a", "b"), account, PolicySet{}, []string{identityAdd, identityAdd}},
		{"SCP", userOf(account, "a"), account, PolicySet{Identity: []*Policy{allowing(t)}, SCPs: [][]*Policy{{}, {FullAWSAccess(ServiceControlPolicy)}}}, []string{identityAdd}},
		{"RCP", userOf(account, "a"), account, PolicySet{Identity: []*Policy{allowing(t)}, RCPs: [][]*Policy{{}}}, []string{rcpFullAWSAccess}},
		{"endpoint", userOf(account, "a"), account, PolicySet{Identity: []*Policy{allowing(t)}, Endpoint: Empty(EndpointPolicy)}, []string{guarded(`"*"`, "arn:aws:iam::"+account+":user/a")}},
		{"across accounts", sessionOf(other, "worker", "s"), account, PolicySet{}, []string{named(`{"AWS":"arn:aws:iam::` + other + `:role/worker"}`), identityAdd}},
		{"across accounts, delegated", userOf(other, "a"), account, PolicySet{Resource: bucketAllows(t, aws(other))}, []string{identityAdd}},
		{"anonymous", Principal{Type: Anonymous}, account, PolicySet{}, []string{signTheCall}},
		{"service", serviceCalled("sns.amazonaws.com"), account, PolicySet{}, []string{named(`{"Service":"sns.amazonaws.com"}`)}},
		{"web identity", Principal{Type: WebIdentity, Service: "accounts.google.com"}, account, PolicySet{}, []string{named(`{"Federated":"accounts.google.com"}`)}},
		{"root abroad", rootOf(other), account, PolicySet{}, []string{guarded(`{"AWS":"arn:aws:iam::`+other+`:root"}`, "arn:aws:iam::"+other+":root")}},
		{"denies everywhere", userOf(account, "a"), account, PolicySet{
			Identity: []*Policy{allowing(t), identity(t, deny)}, Session: []*Policy{allowing(t), identity(t, deny)},
			Boundary: identity(t, stmt("Allow", "*", "*"), deny), Resource: policy(t, BucketPolicy, everybodyDenied),
			Endpoint: policy(t, EndpointPolicy, everybodyDenied, stmt("Allow", "*", "*", `"Principal":"*"`)),
			SCPs:     [][]*Policy{{FullAWSAccess(ServiceControlPolicy), policy(t, ServiceControlPolicy, deny)}},
			RCPs:     [][]*Policy{{FullAWSAccess(ResourceControlPolicy), policy(t, ResourceControlPolicy, everybodyDenied)}},
		}, []string{"-", "-", "-", "-", "-", "-", "-"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := ask(c.caller, "s3:GetObject", bucketObject)
			req.ResourceAccount = c.owner
			before := c.set
			d := Evaluate(req, &c.set)
			var got []string
			for _, s := range d.Suggestions() {
				if s.Narrow != "" {
					s.Add = "-"
				}
				if s.Add == "-" {
					s.Call = ""
				}
				got = append(got, s.Add+s.Attach+s.Call)
				assert.Empty(t, s.Version)
			}
			assert.Equal(t, c.want, got)
			assert.Equal(t, before, c.set, "the set is unchanged")
			assert.NotEmpty(t, d.Suggest())
			assert.NotEmpty(t, d.Explain())
		})
	}

	// A statement for a trust policy of an old Version has nothing to escape, and
	// goes into that document.
	oldTrust := &PolicySet{Resource: MustParse(`{"Statement":`+stmt("Allow", "sts:AssumeRole", "", aws(other))+`}`, TrustPolicy)}
	assume := ask(userOf(account, "a"), "sts:AssumeRole", "arn:aws:iam::"+account+":role/r*")
	oldDecision := Evaluate(assume, oldTrust)
	require.Len(t, oldDecision.Suggestions(), 1)
	assert.Empty(t, oldDecision.Suggestions()[0].Version)
	require.True(t, oldTrust.apply(TrustLayer, 0, oldDecision.Suggestions()[0].Add))
	assert.Equal(t, Allowed, verdict(assume, oldTrust))
	assert.Len(t, oldTrust.Resource.Statements(), 2)
	assert.Equal(t, version2008, oldTrust.Resource.Version())

	trust := Evaluate(ask(userOf(account, "a"), "sts:AssumeRole", "arn:aws:iam::"+account+":role/r"), &PolicySet{Resource: Empty(TrustPolicy)})
	assert.Equal(t, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+account+`:user/a"},"Action":"sts:AssumeRole"}`, trust.Suggest())
	none := Evaluate(ask(userOf(account, "a"), "nonsense", "*"), &PolicySet{})
	assert.Len(t, none.Suggestions(), 1, "what cannot be a statement ends the search")
}

// A statement is suggested in the language of the document that it is for.
func TestSuggestionsKnowTheVersion(t *testing.T) {
	t.Parallel()
	old := func(kind Kind, statement string) *Policy {
		return MustParse(`{"Version":"2008-10-17","Statement":`+statement+`}`, kind)
	}
	elsewhere := stmt("Allow", "s3:GetObject", "arn:aws:s3:::other")
	bucketElsewhere := stmt("Allow", "s3:GetObject", "arn:aws:s3:::other", `"Principal":"*"`)
	all := identity(t, stmt("Allow", "*", "*"))
	const odd, escaped, narrowest = "arn:aws:s3:::b/a*?${k}$", "arn:aws:s3:::b/a${*}${?}${$}{k}$", "arn:aws:s3:::b/a??${k}$"
	for name, c := range map[string]struct {
		resource, want, version string
		caller                  Principal
		set                     PolicySet
	}{
		"plain, no policy":              {bucketObject, bucketObject, "", userOf(account, "a"), PolicySet{}},
		"no policy":                     {odd, escaped, version2012, userOf(account, "a"), PolicySet{}},
		"a new policy":                  {odd, escaped, "", userOf(account, "a"), PolicySet{Identity: []*Policy{identity(t, elsewhere)}}},
		"an old policy":                 {odd, escaped, version2012, userOf(account, "a"), PolicySet{Identity: []*Policy{old(IdentityPolicy, elsewhere)}}},
		"an old session policy":         {odd, escaped, version2012, userOf(account, "a"), PolicySet{Identity: []*Policy{all}, Session: []*Policy{old(SessionPolicy, elsewhere)}}},
		"a new bucket policy":           {odd, escaped, "", userOf(other, "z"), PolicySet{Identity: []*Policy{all}, Resource: policy(t, BucketPolicy, bucketElsewhere)}},
		"an old bucket policy":          {odd, narrowest, "", userOf(other, "z"), PolicySet{Identity: []*Policy{all}, Resource: old(BucketPolicy, bucketElsewhere)}},
		"a bucket policy of no version": {odd, narrowest, "", userOf(other, "z"), PolicySet{Identity: []*Policy{all}, Resource: MustParse(`{"Statement":`+bucketElsewhere+`}`, BucketPolicy)}},
		"no bucket policy":              {odd, escaped, version2012, userOf(other, "z"), PolicySet{Identity: []*Policy{all}}},
		"old and new session policies":  {odd, escaped, version2012, userOf(account, "a"), PolicySet{Identity: []*Policy{all}, Session: []*Policy{identity(t, elsewhere), old(SessionPolicy, elsewhere)}}},
		"a new session policy":          {odd, escaped, "", userOf(account, "a"), PolicySet{Identity: []*Policy{all}, Session: []*Policy{identity(t, elsewhere)}}},
		"an old boundary":               {odd, narrowest, "", userOf(account, "a"), PolicySet{Identity: []*Policy{all}, Boundary: old(IdentityPolicy, elsewhere)}},
		"an old endpoint policy":        {odd, narrowest, "", userOf(account, "a"), PolicySet{Identity: []*Policy{all}, Endpoint: old(EndpointPolicy, bucketElsewhere)}},
		"an SCP":                        {odd, escaped, "", userOf(account, "a"), PolicySet{Identity: []*Policy{all}, SCPs: [][]*Policy{{}}}},
		"all buckets":                   {"arn:aws:s3:::*", "arn:aws:s3:::*", "", userOf(account, "a"), PolicySet{}},
		"all log groups":                {"arn:aws:logs:us-east-1:1:log-group:*", "arn:aws:logs:us-east-1:1:log-group:*", "", userOf(account, "a"), PolicySet{}},
		"a key that ends like that":     {"arn:aws:s3:::b/a:*", "arn:aws:s3:::b/a:${*}", version2012, userOf(account, "a"), PolicySet{}},
		"any resource":                  {"*", "*", "", userOf(account, "a"), PolicySet{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := ask(c.caller, "s3:GetObject", c.resource)
			req.ResourceAccount = account
			d := Evaluate(req, &c.set)
			suggestions := d.Suggestions()
			require.Len(t, suggestions, 1)
			assert.Contains(t, suggestions[0].Add, `"Resource":"`+c.want+`"`)
			assert.Equal(t, c.version, suggestions[0].Version)
			changed := c.set
			require.True(t, changed.apply(suggestions[0].Layer, 0, suggestions[0].Add))
			assert.Equal(t, Allowed, verdict(req, &changed))
		})
	}
}

func TestSuggestionTexts(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Suggestion{
		"to allow it, add to the identity-based policy: {}":                                                                                    {Layer: IdentityLayer, Add: "{}"},
		"to allow it, add to the identity-based policy: {}; and sign":                                                                          {Layer: IdentityLayer, Add: "{}", Call: "sign"},
		"to allow it, add to the identity-based policy, in a document of Version 2012-10-17: {}":                                               {Layer: IdentityLayer, Add: "{}", Version: version2012},
		"to allow it, the organization must allow it too: add to a service control policy of level 1, 3 of its path (1 is the root): {}":       {Layer: SCPLayer, Levels: []int{1, 3}, Add: "{}"},
		"to allow it, the permissions boundary must allow it too: add to it: {}":                                                               {Layer: BoundaryLayer, Add: "{}"},
		"to allow it, the VPC endpoint policy must allow it too: add to it: {}":                                                                {Layer: EndpointLayer, Add: "{}"},
		"to allow it, the session policies must allow it too: add to one of them: {}":                                                          {Layer: SessionLayer, Add: "{}"},
		"to allow it, attach arn to each level of the resource's organization; no other resource control policy can allow":                     {Layer: RCPLayer, Attach: "arn"},
		"to allow it, change the call so that the deny in x does not apply, or give that statement a narrower Resource or Condition":           {Layer: RCPLayer, Narrow: "x"},
		"to allow it, change the call so that the deny in x does not apply (use TLS), or give that statement a narrower Resource or Condition": {Layer: RCPLayer, Narrow: "x", Call: "use TLS"},
		"to allow it, sign": {Layer: ResourceLayer, Call: "sign"},
	} {
		assert.Equal(t, want, s.String())
	}
	d := Evaluate(ask(userOf(account, "a"), "s3:GetObject", bucketObject), &PolicySet{RCPs: [][]*Policy{{}}})
	assert.Contains(t, d.Suggest(), "attach "+rcpFullAWSAccess)
}

func TestLabels(t *testing.T) {
	t.Parallel()
	for want, src := range map[string]Source{
		"inline": {Name: "inline", ARN: "a", File: "f"}, "arn:p": {ARN: "arn:p", File: "f"}, "p.json": {File: "p.json"}, "identity-based policy": {},
	} {
		p, err := Parse(whole(stmt("Allow", "*", "*")), IdentityPolicy, src)
		require.NoError(t, err)
		assert.Equal(t, want, p.Label())
	}
}

// Every layer that takes part has a verdict of its own and near misses, and no
// other has.
func TestLayers(t *testing.T) {
	t.Parallel()
	miss := stmt("Allow", "s3:GetObject", "arn:aws:s3:::other")
	theirMiss := stmt("Allow", "s3:GetObject", "arn:aws:s3:::other", `"Principal":"*"`)
	set := func() *PolicySet {
		return &PolicySet{
			Identity: []*Policy{identity(t, miss)}, Session: []*Policy{policy(t, SessionPolicy, miss)}, Boundary: identity(t, miss),
			Resource: policy(t, BucketPolicy, theirMiss), Endpoint: policy(t, EndpointPolicy, theirMiss),
			SCPs: [][]*Policy{{policy(t, ServiceControlPolicy, miss)}}, RCPs: [][]*Policy{{FullAWSAccess(ResourceControlPolicy)}},
		}
	}
	roleSet := &PolicySet{Resource: policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRole", "", aws(other)))}
	trustRequest := ask(userOf(account, "a"), "sts:AssumeRole", "arn:aws:iam::"+account+":role/r")
	linked := sessionOf(account, "aws-service-role/x.amazonaws.com/L", "s")
	for name, c := range map[string]struct {
		req    *Request
		set    *PolicySet
		want   []Layer
		misses int
	}{
		"a user":                {ask(userOf(account, "a"), "s3:GetObject", bucketObject), set(), []Layer{SCPLayer, RCPLayer, IdentityLayer, ResourceLayer, BoundaryLayer, SessionLayer, EndpointLayer}, 6},
		"root":                  {ask(rootOf(account), "s3:GetObject", bucketObject), set(), []Layer{SCPLayer, RCPLayer, ResourceLayer, SessionLayer, EndpointLayer}, 4},
		"a service":             {ask(serviceCalled("x"), "s3:GetObject", bucketObject), set(), []Layer{RCPLayer, ResourceLayer, BoundaryLayer, SessionLayer, EndpointLayer}, 4},
		"a service-linked role": {ask(linked, "s3:GetObject", bucketObject), set(), []Layer{IdentityLayer, ResourceLayer, SessionLayer, EndpointLayer}, 4},
		"a user without more":   {ask(userOf(account, "a"), "s3:GetObject", bucketObject), &PolicySet{}, []Layer{IdentityLayer}, 0},
		"a federated user":      {ask(federatedOf(account, "a", "b"), "s3:GetObject", bucketObject), &PolicySet{}, []Layer{IdentityLayer, SessionLayer}, 0},
		"a trust policy":        {trustRequest, roleSet, []Layer{IdentityLayer, TrustLayer}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.req.ResourceAccount = account
			d := Evaluate(c.req, c.set)
			var layers []Layer
			for _, l := range d.Layers() {
				layers = append(layers, l.Layer)
				assert.Equal(t, l.Layer == RCPLayer, l.Verdict == Allowed, l.Layer)
			}
			assert.Equal(t, c.want, layers)
			assert.Len(t, d.NearMisses(), c.misses)
		})
	}

	allowed := &PolicySet{Identity: []*Policy{allowing(t)}, SCPs: [][]*Policy{{}}, RCPs: [][]*Policy{{}}}
	d := Evaluate(ask(userOf(account, "a"), "s3:GetObject", bucketObject), allowed)
	verdicts := make(map[Layer]Verdict)
	for _, l := range d.Layers() {
		verdicts[l.Layer] = l.Verdict
	}
	assert.Equal(t, map[Layer]Verdict{SCPLayer: ImplicitDeny, RCPLayer: ImplicitDeny, IdentityLayer: Allowed}, verdicts)
}

// A condition is explained under the name that the policy has it by.
func TestUnmetConditions(t *testing.T) {
	t.Parallel()
	condition := `"Condition":{"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":["a","c"]},"DateLessThan":{"aws:CurrentTime":"2020"}}`
	req := ask(userOf(account, "a"), "s3:GetObject", bucketObject, "aws:CurrentTime", "2026-01-01T00:00:00Z")
	req.Context.SetMulti("aws:TagKeys", []string{"b"})
	d := Evaluate(req, &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:*", "*", condition))}})
	require.Len(t, d.NearMisses(), 1)
	assert.Equal(t, []Unmet{
		{"ForAnyValue:StringEqualsIfExists", "aws:TagKeys", []string{"a"}, []string{"b"}, nil},
		{"ForAllValues:StringEquals", "aws:TagKeys", []string{"a", "c"}, []string{"b"}, nil},
		{"DateLessThan", "aws:CurrentTime", []string{"2020"}, []string{"2026-01-01T00:00:00Z"}, nil},
	}, d.NearMisses()[0].Unmet)
}

// A line names a session by its role, and others by themselves.
func TestDecisionNamesTheCaller(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Principal{
		"user/alice":             userOf(account, "alice"),
		"role/jobs/worker":       sessionOf(account, "jobs/worker", "s1"),
		"assumed-role/worker/s1": {Type: AssumedRole, ARN: "arn:aws:sts::" + account + ":assumed-role/worker/s1", Account: account},
		"federated-user/bob":     federatedOf(account, "alice", "bob"),
		"s3.amazonaws.com":       serviceCalled("s3.amazonaws.com"),
		"anonymous":              {Type: Anonymous},
	} {
		d := Evaluate(ask(p, "s3:GetObject", bucketObject), &PolicySet{})
		assert.Contains(t, d.String(), "DENY "+want+" s3:GetObject ")
	}
}

// A search for a way through ends, though each step takes one Deny of many away.
func TestSuggestionsEnd(t *testing.T) {
	t.Parallel()
	denies := make([]string, 2*maxSuggestions)
	for i := range denies {
		denies[i] = stmt("Deny", "*", "*")
	}
	d := Evaluate(ask(userOf(account, "a"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{identity(t, denies...)}})
	assert.Len(t, d.Suggestions(), maxSuggestions)
}

// A near miss names other principals; an endpoint and an organization take part.
func TestNearMissOfOtherPrincipal(t *testing.T) {
	t.Parallel()
	req := ask(userOf(other, "alice"), "s3:GetObject", bucketObject)
	req.ResourceAccount = account
	set := &PolicySet{
		Resource: bucketAllows(t, aws(account)),
		Endpoint: policy(t, EndpointPolicy, stmt("Allow", "*", "*", `"Principal":"*"`)),
		SCPs:     [][]*Policy{{FullAWSAccess(ServiceControlPolicy)}, {}},
		RCPs:     [][]*Policy{{FullAWSAccess(ResourceControlPolicy)}},
	}
	d := Evaluate(req, set)
	assert.Contains(t, d.Explain(), "it names other principals")
	verdicts := make(map[Layer]Verdict)
	for _, l := range d.Layers() {
		verdicts[l.Layer] = l.Verdict
	}
	assert.Equal(t, map[Layer]Verdict{SCPLayer: ImplicitDeny, RCPLayer: Allowed, IdentityLayer: ImplicitDeny,
		ResourceLayer: ImplicitDeny, EndpointLayer: Allowed}, verdicts)
}

// What came close to allowing is told where an Allow is missing and would help.
func TestNearMissesOfOtherDenials(t *testing.T) {
	t.Parallel()
	elsewhere := []*Policy{identity(t, stmt("Allow", "iam:GetUser", "arn:aws:iam::"+account+":user/other"))}
	req := ask(federatedOf(account, "alice", "bob"), "iam:GetUser", "arn:aws:iam::"+account+":user/alice")
	d := Evaluate(req, &PolicySet{Identity: elsewhere, Session: elsewhere})
	assert.Equal(t, ImplicitDeny, d.Verdict)
	assert.Empty(t, d.NearMisses(), "no policy helps")
	assert.Empty(t, d.Layers())
	req = ask(userOf(account, "alice"), "iam:GetUser", "arn:aws:iam::"+account+":user/alice")
	d = Evaluate(req, &PolicySet{Identity: append(elsewhere, identity(t, stmt("Deny", "iam:*", "*")))})
	assert.Equal(t, ExplicitDeny, d.Verdict)
	assert.Empty(t, d.NearMisses(), "a Deny decides")
	d = Evaluate(req, &PolicySet{Identity: elsewhere})
	assert.Len(t, d.NearMisses(), 1)
}
