package all_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

func TestRulesOfSTS(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	_, err := c.root.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"),
		AssumeRolePolicyDocument: document(`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`)})
	require.NoError(t, err)
	_, err = c.root.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("open"),
		AssumeRolePolicyDocument: document(`{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["sts:AssumeRole","sts:TagSession"]}`)})
	require.NoError(t, err)
	admin := c.user("admin", everything)
	nobody := c.user("nobody", `{"Effect":"Deny","Action":"sts:GetCallerIdentity","Resource":"*"},{"Effect":"Deny","Action":"sts:GetSessionToken","Resource":"*"}`)
	session, err := admin.sts.GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	require.NoError(t, err)
	temporary := c.as(*session.Credentials.AccessKeyId, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken)
	assume := func(as clients, role, name string, change ...func(*sts.AssumeRoleInput)) func() error {
		return func() error {
			in := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/" + role), RoleSessionName: &name}
			for _, f := range change {
				f(in)
			}
			_, err := as.sts.AssumeRole(ctx, in)
			return err
		}
	}
	denied := func(user, role string) string {
		return "User: arn:aws:iam::111122223333:user/" + user + " is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/" + role
	}
	runRows(t, []row{
		{"rule 47: root assumes no role", "AccessDenied", "Roles may not be assumed by root accounts.", assume(c.root, "open", "s1")},
		{"rule 50: identity alone never suffices", "AccessDenied", denied("admin", "r"), assume(admin, "r", "s1")},
		{"rule 50: an account that is named needs identity", "AccessDenied", denied("nobody", "open"), assume(nobody, "open", "s1")},
		{"rule 50: both", "", "", assume(admin, "open", "s1")},
		{"rule 69: a role that does not exist is denied alike", "AccessDenied", denied("admin", "none"), assume(admin, "none", "s1")},
		{"rule 78: never NoSuchEntity", "AccessDenied", denied("nobody", "none"), assume(nobody, "none", "s1")},
		{"rule 55: nobody is denied GetCallerIdentity", "", "", func() error {
			_, err := nobody.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			return err
		}},
		{"rule 54: nobody is denied GetSessionToken", "", "", func() error {
			_, err := nobody.sts.GetSessionToken(ctx, &sts.GetSessionTokenInput{})
			return err
		}},
		{"rule 54: no session token for a session", "AccessDenied", "Cannot call GetSessionToken with session credentials", func() error {
			_, err := temporary.sts.GetSessionToken(ctx, &sts.GetSessionTokenInput{})
			return err
		}},
		{"rule 81: the name of a session", "ValidationError", `1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`,
			assume(admin, "open", "Session1:2")},
		{"rule 81: longer than the role admits", "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
			assume(admin, "open", "s1", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7200) })},
		{"rule 81: an hour when roles are chained, which temporary credentials count as", "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
			assume(temporary, "open", "s1", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7200) })},
	})
}

// rule 61: what authenticates nobody, in the words of each service.
func TestUnknownCallers(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	c.bucket("bucket")
	root, ok := c.Account(account)
	require.True(t, ok)
	stranger, forger := c.as("AKIAIOSFODNN7NOTHERE", secret, ""), c.as(root.Root.AccessKeyID, "not the secret", "")
	const invalid = "The security token included in the request is invalid."
	const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	callIAM := func(as clients) func() error {
		return func() error {
			_, err := as.iam.ListUsers(ctx, &iam.ListUsersInput{})
			return err
		}
	}
	callSTS := func(as clients) func() error {
		return func() error {
			_, err := as.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			return err
		}
	}
	callS3 := func(as clients) func() error {
		return func() error {
			_, err := as.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("bucket")})
			return err
		}
	}
	callSQS := func(as clients) func() error {
		return func() error {
			_, err := as.sqs.ListQueues(ctx, &sqs.ListQueuesInput{})
			return err
		}
	}
	runRows(t, []row{
		{"rule 61: IAM, unknown key", "InvalidClientTokenId", invalid, callIAM(stranger)},
		{"rule 61: STS, unknown key", "InvalidClientTokenId", invalid, callSTS(stranger)},
		{"rule 61: S3, unknown key", "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", callS3(stranger)},
		{"rule 61: SQS, unknown key", "InvalidClientTokenId", invalid, callSQS(stranger)},
		{"rule 61: IAM, bad signature", "SignatureDoesNotMatch", mismatch, callIAM(forger)},
		{"rule 61: STS, bad signature", "SignatureDoesNotMatch", mismatch, callSTS(forger)},
		{"rule 61: S3, bad signature", "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.", callS3(forger)},
		{"rule 61: SQS, bad signature", "SignatureDoesNotMatch", mismatch, callSQS(forger)},
	})
}

// The keys that every request has, and those that only some have.
func TestGlobalKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	alice := c.user("alice", everything)
	out, err := alice.sts.GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	require.NoError(t, err)
	temporary := c.as(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	for _, k := range []struct {
		name, condition string
		as              clients
		want            bool
	}{
		{"rule 32: aws:SecureTransport is true", `"Bool":{"aws:SecureTransport":"true"}`, alice, true},
		{"rule 32: the region is the signature's", `"StringEquals":{"aws:RequestedRegion":"us-east-1"}`, alice, true},
		{"rule 32: aws:CurrentTime and aws:EpochTime", `"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"},"NumericGreaterThan":{"aws:EpochTime":"1577836800"}`, alice, true},
		{"rule 32: aws:ViaAWSService is false", `"Bool":{"aws:ViaAWSService":"false"}`, alice, true},
		{"rule 32: aws:PrincipalAccount and aws:PrincipalArn", `"StringEquals":{"aws:PrincipalAccount":"111122223333"},"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/alice"}`, alice, true},
		{"rule 32: no aws:TokenIssueTime with long-term keys", `"Null":{"aws:TokenIssueTime":"true"}`, alice, true},
		{"rule 32: aws:TokenIssueTime with temporary ones", `"Null":{"aws:TokenIssueTime":"false"}`, temporary, true},
		{"rule 32: no aws:MultiFactorAuthPresent with long-term keys", `"Null":{"aws:MultiFactorAuthPresent":"true"}`, alice, true},
		{"rule 32: aws:MultiFactorAuthPresent is false without a device", `"Bool":{"aws:MultiFactorAuthPresent":"false"}`, temporary, true},
		{"rule 32: no aws:MultiFactorAuthAge without a device", `"Null":{"aws:MultiFactorAuthAge":"true"}`, temporary, true},
		{"rule 32: aws:SourceArn is for services", `"Null":{"aws:SourceArn":"true","aws:SourceAccount":"true"}`, alice, true},
		{"rule 32: aws:PrincipalOrgID is for organizations", `"Null":{"aws:PrincipalOrgID":"false"}`, alice, false},
	} {
		t.Run(k.name, func(t *testing.T) {
			c.grant("alice", `{"Effect":"Allow","Action":"sqs:ListQueues","Resource":"*","Condition":{`+k.condition+`}}`)
			_, err := k.as.sqs.ListQueues(ctx, &sqs.ListQueuesInput{})
			if k.want {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
		})
	}
}

// rule 52: what a trust policy may ask of the call.
func TestTrustPoliciesSeeTheCall(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	_, err := c.root.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"),
		AssumeRolePolicyDocument: document(`{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole",
			"Condition":{"StringEquals":{"sts:ExternalId":"12345"},"StringLike":{"sts:RoleSessionName":"${aws:username}-*"},"Null":{"sts:DurationSeconds":"true"}}}`)})
	require.NoError(t, err)
	alice := c.user("alice", everything)
	const denied = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/r"
	assume := func(name string, external *string) func() error {
		return func() error {
			_, err := alice.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/r"), RoleSessionName: &name, ExternalId: external,
				DurationSeconds: aws.Int32(900)})
			return err
		}
	}
	runRows(t, []row{
		{"rule 52: all is as it asks", "", "", assume("alice-1", aws.String("12345"))},
		{"rule 52: without ExternalId", "AccessDenied", denied, assume("alice-1", nil)},
		{"rule 52: another ExternalId", "AccessDenied", denied, assume("alice-1", aws.String("54321"))},
		{"rule 52: another session name", "AccessDenied", denied, assume("bob-1", aws.String("12345"))},
	})
}
