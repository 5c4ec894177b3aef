package enforce

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a condition demands of the caller, and what spares one from a Deny with it.
func TestDemands(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string][2]string{
		`"StringEquals":{"sts:ExternalId":"x"}`:                      {`the caller must send sts:ExternalId = "x"`, `the caller must send sts:ExternalId other than "x"`},
		`"StringNotEquals":{"aws:PrincipalTag/team":["a","b"]}`:      {`the caller must be tagged team other than "a" or "b"`, `the caller must be tagged team = "a" or "b"`},
		`"StringEqualsIgnoreCase":{"aws:RequestTag/team":"a"}`:       {`the call must set the tag team = "a"`, `the call must set the tag team other than "a"`},
		`"StringNotEqualsIgnoreCase":{"aws:ResourceTag/team":"a"}`:   {`the resource must be tagged team other than "a"`, `the resource must be tagged team = "a"`},
		`"StringLike":{"s3:ExistingObjectTag/team":"a*"}`:            {`the resource must be tagged team like "a*"`, `the resource must be tagged team not like "a*"`},
		`"StringNotLike":{"s3:BucketTag/team":"a*"}`:                 {`the resource must be tagged team not like "a*"`, `the resource must be tagged team like "a*"`},
		`"StringEquals":{"iam:ResourceTag/team":"a"}`:                {`the resource must be tagged team = "a"`, `the resource must be tagged team other than "a"`},
		`"StringEquals":{"other:Tag/team":"a"}`:                      {`the request must have other:Tag/team = "a"`, `the request must have other:Tag/team other than "a"`},
		`"StringLike":{"s3:prefix":"2026/*"}`:                        {`call with prefix like "2026/*"`, `call with prefix not like "2026/*"`},
		`"StringEquals":{"s3:delimiter":"/"}`:                        {`call with delimiter = "/"`, `call with delimiter other than "/"`},
		`"NumericLessThan":{"s3:max-keys":"10"}`:                     {`call with max-keys < "10"`, `call with max-keys >= "10"`},
		`"NumericLessThanEquals":{"x:n":"10"}`:                       {`the request must have x:n <= "10"`, `the request must have x:n > "10"`},
		`"NumericGreaterThan":{"x:n":"10"}`:                          {`the request must have x:n > "10"`, `the request must have x:n <= "10"`},
		`"DateGreaterThanEquals":{"aws:CurrentTime":"2026-01-01"}`:   {`the request must have aws:CurrentTime >= "2026-01-01"`, `the request must have aws:CurrentTime < "2026-01-01"`},
		`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`:                  {`the address of the caller must be in "10.0.0.0/8"`, `the address of the caller must be outside "10.0.0.0/8"`},
		`"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}`:               {`the address of the caller must be outside "10.0.0.0/8"`, `the address of the caller must be in "10.0.0.0/8"`},
		`"BinaryEquals":{"x:b":"aGVsbG8="}`:                          {`the request must have x:b = "aGVsbG8="`, `the request must have x:b other than "aGVsbG8="`},
		`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::1:role/*"}`:     {`the caller must be one with aws:PrincipalArn like "arn:aws:iam::1:role/*"`, `the caller must be one with aws:PrincipalArn not like "arn:aws:iam::1:role/*"`},
		`"StringEquals":{"aws:username":"a"}`:                        {`the caller must be one with aws:username = "a"`, `the caller must be one with aws:username other than "a"`},
		`"StringEquals":{"aws:userid":"a"}`:                          {`the caller must be one with aws:userid = "a"`, `the caller must be one with aws:userid other than "a"`},
		`"Bool":{"aws:SecureTransport":"true"}`:                      {"the caller must use TLS", `the request must have aws:SecureTransport other than "true"`},
		`"Bool":{"aws:SecureTransport":"false"}`:                     {`the request must have aws:SecureTransport = "false"`, "the caller must use TLS"},
		`"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}`:       {"the caller must authenticate with MFA", `the request must have aws:MultiFactorAuthPresent other than "true"`},
		`"Bool":{"aws:MultiFactorAuthPresent":["true","false"]}`:     {`the request must have aws:MultiFactorAuthPresent = "true" or "false"`, `the request must have aws:MultiFactorAuthPresent other than "true" or "false"`},
		`"StringLike":{"aws:SecureTransport":"true"}`:                {`the request must have aws:SecureTransport like "true"`, `the request must have aws:SecureTransport not like "true"`},
		`"Bool":{"aws:ViaAWSService":"true"}`:                        {`the request must have aws:ViaAWSService = "true"`, `the request must have aws:ViaAWSService other than "true"`},
		`"Null":{"x:k":"true"}`:                                      {"the request must not have x:k", "the request must have x:k"},
		`"Null":{"x:k":"false"}`:                                     {"the request must have x:k", "the request must not have x:k"},
		`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`:      {`ForAllValues:StringEquals aws:TagKeys "a" or "b" must hold`, `ForAllValues:StringEquals aws:TagKeys "a" or "b" must not hold`},
		`"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a","b"]}`: {`ForAnyValue:StringLikeIfExists aws:TagKeys "a" or "b" must hold`, `ForAnyValue:StringLikeIfExists aws:TagKeys "a" or "b" must not hold`},
	} {
		s := identity(t, stmt("Allow", "*", "*", `"Condition":{`+condition+`}`)).Statements()[0]
		require.Len(t, s.conditions, 1)
		assert.Equal(t, want[0], s.conditions[0].demand(false))
		assert.Equal(t, want[1], s.conditions[0].demand(true))
	}
	for name, o := range operators {
		_, known := o.relation()
		assert.Equal(t, o.null, !known, name)
	}
}

// Where a statement fails by its conditions alone, no other is suggested.
func TestSuggestionsKeepConditions(t *testing.T) {
	t.Parallel()
	const team = `"Condition":{"StringEquals":{"aws:PrincipalTag/team":"ops"}}`
	const must = `the caller must be tagged team = "ops"`
	elsewhere, here := stmt("Allow", "s3:*", "arn:aws:s3:::b/other", team), stmt("Allow", "s3:*", "*", team)
	plain := `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k"}`
	kept := plain[:len(plain)-1] + `,` + team + `}`
	theirs := func(who string) *Policy {
		return policy(t, BucketPolicy, stmt("Allow", "s3:GetObject", anyKey, who, team))
	}
	for name, c := range map[string]struct {
		set  PolicySet
		want []Suggestion
	}{
		"it fits":          {PolicySet{Identity: []*Policy{identity(t, elsewhere, here)}}, []Suggestion{{Layer: IdentityLayer, Call: must}}},
		"another resource": {PolicySet{Identity: []*Policy{identity(t, elsewhere)}}, []Suggestion{{Layer: IdentityLayer, Add: kept, Call: must}}},
		"the nearer one":   {PolicySet{Identity: []*Policy{identity(t, elsewhere, stmt("Allow", "s3:*", "arn:aws:s3:::c"))}}, []Suggestion{{Layer: IdentityLayer, Add: kept, Call: must}}},
		"the one of two that asks less": {PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:*", "*", `"Condition":{"StringEquals":{"aws:PrincipalTag/team":"ops","x:k":"v"}}`), here)}},
			[]Suggestion{{Layer: IdentityLayer, Call: must}}},
		"another action":                   {PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:PutObject", "*", team))}}, []Suggestion{{Layer: IdentityLayer, Add: plain}}},
		"the bucket's own":                 {PolicySet{Resource: theirs(aws("arn:aws:iam::" + account + ":user/a"))}, []Suggestion{{Layer: ResourceLayer, Call: must}}},
		"the bucket's, for the account":    {PolicySet{Resource: theirs(aws(account))}, []Suggestion{{Layer: IdentityLayer, Add: plain}}},
		"the bucket's, for another":        {PolicySet{Resource: theirs(aws("arn:aws:iam::" + account + ":user/b"))}, []Suggestion{{Layer: IdentityLayer, Add: plain}}},
		"the caller's before the bucket's": {PolicySet{Identity: []*Policy{identity(t, here)}, Resource: theirs(`"Principal":"*"`)}, []Suggestion{{Layer: IdentityLayer, Call: must}}},
		"levels": {PolicySet{Identity: []*Policy{allowing(t)}, SCPs: [][]*Policy{{}, {fullSCP}, {policy(t, ServiceControlPolicy, here)}, {}}},
			[]Suggestion{{Layer: SCPLayer, Levels: []int{1}, Add: plain}, {Layer: SCPLayer, Levels: []int{3}, Call: must}, {Layer: SCPLayer, Levels: []int{4}, Add: plain}}},
		"levels alike": {PolicySet{Identity: []*Policy{allowing(t)}, SCPs: [][]*Policy{{}, {fullSCP}, {}}}, []Suggestion{{Layer: SCPLayer, Levels: []int{1, 3}, Add: plain}}},
		"levels of other conditions": {PolicySet{Identity: []*Policy{allowing(t)}, SCPs: [][]*Policy{{policy(t, ServiceControlPolicy, here)}, {policy(t, ServiceControlPolicy, here)}}},
			[]Suggestion{{Layer: SCPLayer, Levels: []int{1}, Call: must}, {Layer: SCPLayer, Levels: []int{2}, Call: must}}},
	} {
		req := ask(userOf(account, "a"), "s3:GetObject", bucketObject)
		req.ResourceAccount = account
		d := Evaluate(req, &c.set)
		got := d.Suggestions()
		for i := range got {
			if got[i].Add == "" {
				assert.NotNil(t, got[i].Statement, name)
				assert.Contains(t, got[i].String(), got[i].Call+"; "+describe(got[i].Layer, got[i].Statement)+" then allows")
			}
			got[i].Statement = nil
		}
		assert.Equal(t, c.want, got, name)
		assert.Equal(t, got[0].Add != "" && got[0].Call == "", d.Suggest() == got[0].Add, name)
	}

	// The first of equals is the nearest, and one for the caller before one for the resource.
	d := Evaluate(ask(userOf(account, "a"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{identity(t, here, here)}})
	assert.Equal(t, 1, d.Suggestions()[0].Statement.Number())
	foreign := ask(userOf(other, "z"), "s3:GetObject", bucketObject)
	foreign.ResourceAccount = account
	d = Evaluate(foreign, &PolicySet{Identity: []*Policy{allowing(t)}, Resource: policy(t, BucketPolicy,
		stmt("Allow", "s3:GetObject", bucketObject, aws(account)), stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/x", aws(other), team))})
	assert.Contains(t, d.Suggestions()[0].Add, team)

	// Across accounts the bucket's policy does not allow alone.
	req := ask(userOf(other, "z"), "s3:GetObject", bucketObject)
	req.ResourceAccount = account
	both := policy(t, BucketPolicy, stmt("Allow", "s3:GetObject", anyKey, aws(other)), stmt("Allow", "s3:GetObject", anyKey, `"Principal":"*"`, team))
	d = Evaluate(req, &PolicySet{Resource: both})
	require.Len(t, d.Suggestions(), 1)
	assert.Equal(t, plain, d.Suggestions()[0].Add)
}

// A statement for the caller's account needs an identity-based policy besides it. Where the
// next step is a statement that allows alone, it is the only one that is suggested.
func TestSuggestionsLeaveOutWhatIsNotNeeded(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::" + account + ":role/r"
	conditional := func(principal, value string) string {
		return stmt("Allow", "sts:AssumeRole", "", principal, `"Condition":{"StringEquals":{"sts:ExternalId":"`+value+`"}}`)
	}
	forAccount, forAll := conditional(aws(account), "1"), conditional(`"Principal":"*"`, "2")
	for name, c := range map[string]struct {
		statements []string
		identity   bool
		want       []int // statements of the trust policy
	}{
		"one for all after it":     {[]string{forAccount, forAll}, false, []int{2}},
		"two that are equal":       {[]string{forAccount, forAll, forAll}, false, []int{2}},
		"one for all before it":    {[]string{forAll, forAccount}, false, []int{1}},
		"the caller may assume it": {[]string{forAccount, forAll}, true, []int{1}},
		"the account alone":        {[]string{forAccount}, false, []int{1, 0}},
	} {
		set := PolicySet{Resource: policy(t, TrustPolicy, c.statements...)}
		if c.identity {
			set.Identity = []*Policy{identity(t, stmt("Allow", "sts:*", "*"))}
		}
		req := ask(userOf(account, "a"), "sts:AssumeRole", role)
		req.ResourceAccount = account
		var got []int
		for _, s := range Evaluate(req, &set).Suggestions() {
			n := 0
			if s.Layer == TrustLayer {
				n = s.Statement.Number()
			}
			got = append(got, n)
		}
		assert.Equal(t, c.want, got, name)
	}
}

// A Principal that is more than the caller is limited to the caller by what the request
// tells of it.
func TestSuggestionsAreForTheCaller(t *testing.T) {
	t.Parallel()
	const oidc = "arn:aws:iam::" + account + ":oidc-provider/token.example.com"
	const role = "arn:aws:iam::" + account + ":role/r"
	deep := `"Principal":{"Federated":"` + oidc + `"}`
	for name, c := range map[string]struct {
		req  *Request
		set  PolicySet
		want string
	}{
		"a service": {ask(serviceCalled("sns.amazonaws.com"), "sqs:SendMessage", "arn:aws:sqs:::q", "aws:SourceArn", "arn:${x}", "aws:SourceAccount", account), PolicySet{Resource: Empty(QueuePolicy)},
			`"Condition":{"StringEquals":{"aws:SourceArn":"arn:${$}{x}","aws:SourceAccount":"` + account + `"}}`},
		"an identity of OIDC": {ask(Principal{Type: WebIdentity, Service: oidc}, "sts:AssumeRoleWithWebIdentity", role, "token.example.com:sub", "me", "token.example.com:aud", "app"), PolicySet{Resource: Empty(TrustPolicy)},
			`"Condition":{"StringEquals":{"token.example.com:aud":"app","token.example.com:sub":"me"}}`},
		"an identity of Google": {ask(Principal{Type: WebIdentity, Service: "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity", role, "accounts.google.com:sub", "me"), PolicySet{Resource: Empty(TrustPolicy)},
			`"Condition":{"StringEquals":{"accounts.google.com:sub":"me"}}`},
		"an identity of SAML": {ask(Principal{Type: SAMLIdentity, Service: "arn:aws:iam::" + account + ":saml-provider/p"}, "sts:AssumeRoleWithSAML", role, "saml:sub", "me"), PolicySet{Resource: Empty(TrustPolicy)},
			`"Condition":{"StringEquals":{"saml:sub":"me"}}`},
		"a listed value stays": {ask(Principal{Type: WebIdentity, Service: oidc}, "sts:AssumeRoleWithWebIdentity", role, "token.example.com:sub", "me", "token.example.com:aud", "app"),
			PolicySet{Resource: policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRoleWithWebIdentity", "", `"Principal":{"Federated":"arn:aws:iam::`+account+`:oidc-provider/x"}`, `"Condition":{"StringEquals":{"token.example.com:aud":["app","b"]},"StringLike":{"token.example.com:sub":"m*"}}`))},
			`"Condition":{"StringEquals":{"token.example.com:aud":["app","b"],"token.example.com:sub":"me"},"StringLike":{"token.example.com:sub":"m*"}}`},
		"another value is wanted": {ask(Principal{Type: WebIdentity, Service: oidc}, "sts:AssumeRoleWithWebIdentity", role, "token.example.com:sub", "me"),
			PolicySet{Resource: policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRoleWithWebIdentity", "", `"Principal":{"Federated":"arn:aws:iam::`+account+`:oidc-provider/x"}`, `"Condition":{"StringLike":{"token.example.com:sub":"x*"}}`))},
			`"Condition":{"StringLike":{"token.example.com:sub":"x*"}}`},
	} {
		d := Evaluate(c.req, &c.set)
		suggestions := d.Suggestions()
		require.NotEmpty(t, suggestions, name)
		assert.Contains(t, suggestions[0].Add, c.want+"}", name)
	}
	// What has several values tells of no one caller.
	req := ask(Principal{Type: WebIdentity, Service: oidc}, "sts:AssumeRoleWithWebIdentity", role)
	req.Context.SetMulti("token.example.com:sub", []string{"a", "b"})
	d := Evaluate(req, &PolicySet{Resource: policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRole", "", deep))})
	assert.NotContains(t, d.Suggestions()[0].Add, "Condition")

	// A federated user is named itself, not the user behind it; a session without its role too.
	const key = "arn:aws:kms:us-east-1:" + account + ":key/k"
	for _, caller := range []Principal{federatedOf(account, "alice", "bob"), {Type: AssumedRole, ARN: "arn:aws:sts::" + account + ":assumed-role/r/s", Account: account}} {
		d = Evaluate(ask(caller, "kms:Decrypt", key), &PolicySet{Resource: Empty(KeyPolicy)})
		assert.Contains(t, d.Suggestions()[0].Add, `"Principal":{"AWS":"`+caller.ARN+`"}`)
	}

	// Text of an older document is no variable in a newer one.
	old := MustParse(`{"Statement":`+stmt("Allow", "s3:*", "arn:aws:s3:::x", `"Condition":{"StringEquals":{"x:k":"${aws:username}"}}`)+`}`, IdentityPolicy)
	d = Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{old}})
	assert.Contains(t, d.Suggestions()[0].Add, `"x:k":"${$}{aws:username}"`)
	assert.Equal(t, version2012, d.Suggestions()[0].Version)
	d = Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{allowing(t)}, Boundary: old})
	assert.Contains(t, d.Suggestions()[0].Add, `"x:k":"${aws:username}"`)
	newer := identity(t, stmt("Allow", "s3:*", "arn:aws:s3:::x", `"Condition":{"StringEquals":{"x:k":"${aws:username}"}}`))
	d = Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject), &PolicySet{Identity: []*Policy{newer}})
	assert.Contains(t, d.Suggestions()[0].Add, `"x:k":"${aws:username}"`)
	oldBucket := MustParse(`{"Statement":`+stmt("Allow", "sqs:*", "arn:aws:sqs:::q", `"Principal":"*"`)+`}`, QueuePolicy)
	service := ask(serviceCalled("sns.amazonaws.com"), "sns:X", "arn:aws:sqs:::q", "aws:SourceArn", "arn:${x}")
	d = Evaluate(service, &PolicySet{Resource: oldBucket})
	assert.Contains(t, d.Suggestions()[0].Add, `"aws:SourceArn":"arn:${x}"`)
	oldTrust := MustParse(`{"Statement":`+stmt("Allow", "sts:AssumeRole", "", aws(other))+`}`, TrustPolicy)
	d = Evaluate(ask(serviceCalled("sns.amazonaws.com"), "sts:AssumeRole", role, "aws:SourceArn", "arn:${x}"), &PolicySet{Resource: oldTrust})
	assert.Contains(t, d.Suggestions()[0].Add, `"aws:SourceArn":"arn:${x}"`)
}
