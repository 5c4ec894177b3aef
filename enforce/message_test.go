package enforce

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	user, session := userOf(account, "alice"), sessionOf(account, "worker", "s1")
	managed := func(kind Kind, arn, statement string) *Policy {
		p, err := Parse(whole(statement), kind, Source{ARN: arn})
		require.NoError(t, err)
		return p
	}
	deny := stmt("Deny", "s3:*", "*")
	const who = "User: arn:aws:iam::" + account + ":user/alice is not authorized to perform: "
	const policyARN = "arn:aws:iam::" + account + ":policy/P"
	for _, c := range []struct {
		name             string
		caller           Principal
		action, resource string
		owner            string
		set              PolicySet
		style            MessageStyle
		want             string
	}{
		{"rule 64: identity", user, "s3:GetObject", bucketObject, "", PolicySet{}, MessageStyle{},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action"},
		{"rule 67: S3 quotes the resource", user, "s3:GetObject", bucketObject, "", PolicySet{}, MessageStyle{QuoteResource: true},
			who + `s3:GetObject on resource: "arn:aws:s3:::b/k" because no identity-based policy allows the s3:GetObject action`},
		{"rule 68: SQS lowers the action", user, "sqs:SendMessage", "arn:aws:sqs:us-east-1:" + account + ":q", "", PolicySet{}, MessageStyle{LowerAction: true},
			who + "sqs:sendmessage on resource: arn:aws:sqs:us-east-1:" + account + ":q because no identity-based policy allows the sqs:sendmessage action"},
		{"rule 68: SNS raises the prefix", user, "sns:Publish", "arn:aws:sns:us-east-1:" + account + ":t", "", PolicySet{}, DenialOf("sns", "sns:Publish").Style,
			"User: " + user.ARN + " is not authorized to perform: SNS:Publish on resource: arn:aws:sns:us-east-1:" + account + ":t because no identity-based policy allows the SNS:Publish action"},
		{"rule 68: SQS across accounts", user, "sqs:SendMessage", "arn:aws:sqs:us-east-1:" + other + ":q", other, PolicySet{}, MessageStyle{LowerAction: true},
			who + "sqs:sendmessage on resource: arn:aws:sqs:us-east-1:" + other + ":q because no resource-based policy allows the sqs:sendmessage action"},
		{"rule 63: a session is named by its session ARN", session, "s3:GetObject", bucketObject, "", PolicySet{}, MessageStyle{},
			"User: " + session.ARN + " is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action"},
		{"rule 63: no resource", user, "s3:ListAllMyBuckets", "arn:aws:s3:::*", "", PolicySet{}, MessageStyle{Name: "-"},
			who + "s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"},
		{"rule 63: the resource *", user, "sts:GetAccessKeyInfo", "*", "", PolicySet{}, MessageStyle{},
			who + "sts:GetAccessKeyInfo because no identity-based policy allows the sts:GetAccessKeyInfo action"},
		{"rule 77: IAM names", user, "iam:GetUser", "arn:aws:iam::" + account + ":user/bob", "", PolicySet{}, MessageStyle{Name: "user bob"},
			who + "iam:GetUser on resource: user bob because no identity-based policy allows the iam:GetUser action"},
		{"rule 64: boundary", user, "s3:GetObject", bucketObject, "", PolicySet{Identity: []*Policy{allowing(t)}, Boundary: nothing()}, MessageStyle{},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k because no permissions boundary allows the s3:GetObject action"},
		{"rule 64: session", user, "s3:GetObject", bucketObject, "", PolicySet{Identity: []*Policy{allowing(t)}, Session: []*Policy{}}, MessageStyle{},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k because no session policy allows the s3:GetObject action"},
		{"rule 40: implicit SCP", user, "s3:GetObject", bucketObject, "", PolicySet{SCPs: [][]*Policy{{}}}, MessageStyle{},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k because no service control policy allows the s3:GetObject action"},
		{"rule 64: endpoint", user, "s3:GetObject", bucketObject, "", PolicySet{Identity: []*Policy{allowing(t)}, Endpoint: Empty(EndpointPolicy)}, MessageStyle{},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k because no VPC endpoint policy allows the s3:GetObject action"},
		{"rule 64: explicit, inline", user, "s3:GetObject", bucketObject, "", PolicySet{Identity: []*Policy{identity(t, deny)}}, MessageStyle{PolicyARN: true},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k with an explicit deny in an identity-based policy"},
		{"rule 66: explicit, managed", user, "s3:GetObject", bucketObject, "", PolicySet{Identity: []*Policy{managed(IdentityPolicy, policyARN, deny)}}, MessageStyle{PolicyARN: true},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k with an explicit deny in an identity-based policy: " + policyARN},
		{"rule 66: switched off", user, "s3:GetObject", bucketObject, "", PolicySet{Identity: []*Policy{managed(IdentityPolicy, policyARN, deny)}}, MessageStyle{},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k with an explicit deny in an identity-based policy"},
		{"rule 66: boundary", user, "s3:GetObject", bucketObject, "", PolicySet{Boundary: managed(IdentityPolicy, policyARN, deny)}, MessageStyle{PolicyARN: true},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k with an explicit deny in a permissions boundary: " + policyARN},
		{"rule 64: explicit, SCP", user, "s3:GetObject", bucketObject, "", PolicySet{SCPs: [][]*Policy{{policy(t, ServiceControlPolicy, deny)}}}, MessageStyle{},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k with an explicit deny in a service control policy"},
		{"rule 68: explicit, queue policy", user, "sqs:SendMessage", "arn:aws:sqs:us-east-1:" + account + ":q", "",
			PolicySet{Resource: policy(t, QueuePolicy, stmt("Deny", "sqs:*", "*", `"Principal":"*"`))}, MessageStyle{LowerAction: true},
			who + "sqs:sendmessage on resource: arn:aws:sqs:us-east-1:" + account + ":q with an explicit deny in a resource-based policy"},
		{"rule 69: STS gives no reason", user, "sts:AssumeRole", "arn:aws:iam::" + account + ":role/r", "",
			PolicySet{Resource: Empty(TrustPolicy)}, MessageStyle{Bare: true},
			who + "sts:AssumeRole on resource: arn:aws:iam::" + account + ":role/r"},
		{"rule 69: the documented reason", user, "sts:AssumeRole", "arn:aws:iam::" + account + ":role/r", "",
			PolicySet{Resource: Empty(TrustPolicy)}, MessageStyle{},
			who + "sts:AssumeRole on resource: arn:aws:iam::" + account + ":role/r because no role trust policy allows the sts:AssumeRole action"},
		{"rule 69: explicit deny of AssumeRole", user, "sts:AssumeRole", "arn:aws:iam::" + account + ":role/r", "",
			PolicySet{Resource: policy(t, TrustPolicy, stmt("Deny", "sts:AssumeRole", "", `"Principal":"*"`))}, MessageStyle{Bare: true},
			who + "sts:AssumeRole on resource: arn:aws:iam::" + account + ":role/r with an explicit deny in the role trust policy"},
		{"rule 63: anonymous", Principal{Type: Anonymous}, "s3:GetObject", bucketObject, account, PolicySet{}, MessageStyle{QuoteResource: true}, "Access Denied"},
		{"rule 63: service", serviceCalled("s3.amazonaws.com"), "sqs:SendMessage", "arn:aws:sqs:us-east-1:" + account + ":q", account, PolicySet{}, MessageStyle{},
			"User: s3.amazonaws.com is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:us-east-1:" + account + ":q because no resource-based policy allows the sqs:SendMessage action"},
		{"rule 84: authorization details", user, "s3:GetObject", bucketObject, "", PolicySet{Identity: []*Policy{managed(IdentityPolicy, policyARN, deny)}},
			MessageStyle{PolicyARN: true, AuthorizationID: "a1b2c3", Region: "eu-west-1"},
			who + "s3:GetObject on resource: arn:aws:s3:::b/k with an explicit deny in an identity-based policy: " + policyARN +
				". Go to https://eu-west-1.console.aws.amazon.com/iam/home?region=eu-west-1#/authorization-details/a1b2c3 for complete details, " +
				"or call the GetRequestAuthorizationDetails API with the following authorization id: a1b2c3"},
		{"rule 84: a caller without a name", Principal{Type: Anonymous}, "s3:GetObject", bucketObject, account, PolicySet{},
			MessageStyle{AuthorizationID: "a1b2c3", Region: "eu-west-1"}, "Access Denied"},
		{"allowed", rootOf(account), "s3:GetObject", bucketObject, "", PolicySet{}, MessageStyle{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := ask(c.caller, c.action, c.resource)
			req.ResourceAccount = c.owner
			d := Evaluate(req, &c.set)
			assert.Equal(t, c.want, d.Message(c.style))
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "implicitDeny explicitDeny allowed Verdict(7)",
		ImplicitDeny.String()+" "+ExplicitDeny.String()+" "+Allowed.String()+" "+Verdict(7).String())
	assert.Equal(t, "Layer(9) Layer(-1) no policy", Layer(9).String()+" "+Layer(-1).String()+" "+NoLayer.String())
	var d Decision
	assert.False(t, d.Allowed(), "the zero Decision denies")
}
