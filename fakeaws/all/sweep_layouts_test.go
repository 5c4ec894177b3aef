package all_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// The accounts of the sweep beside the victim's and worldtest.Other, the foreign one.
const (
	management = "777788889999" // of the victim's organization, where the victim is a member
	limited    = "888899990000" // a member under an SCP that denies everything
)

const denyResources = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":["kms:*","s3:*","secretsmanager:*","sqs:*","sts:*"],"Resource":"*"}}`

// A stranger is a caller who must neither change nor learn anything of the victim.
type stranger struct {
	name   string
	config aws.Config
	// may reports whether a permission may be allowed to the caller.
	may func(*enforce.Request) bool
	// identity is what the caller knows: its key, and what GetCallerIdentity tells it.
	identity string
	// services are those that the caller is a stranger to; nil is all.
	services []string
	clients  map[string]any
}

// client makes the caller's client of a service once.
func (s *stranger) client(service string) any {
	if s.clients == nil {
		s.clients = map[string]any{}
	}
	if s.clients[service] == nil {
		s.clients[service] = clientsOf[service](s.config)
	}
	return s.clients[service]
}

func nothing(*enforce.Request) bool { return false }

// own are permissions on what is not the victim's: a caller of another account has them in
// its own.
func own(r *enforce.Request) bool { return r.Owner() != worldtest.Account }

// uncontrolled are permissions that no resource control policy applies to: those of IAM
// and AWS Organizations, those on no resource, like the lists of all buckets and queues, and
// of KMS kms:RetireGrant and all on the keys that services of AWS have in the account.
func uncontrolled(r *enforce.Request) bool {
	for key, values := range r.Context.All() {
		if key == "kms:ResourceAliases" && slices.Contains(values, "alias/aws/secretsmanager") {
			return true
		}
	}
	if r.Action == "kms:RetireGrant" {
		return true
	}
	service, _, _ := strings.Cut(r.Action, ":")
	resource := r.Resource[strings.LastIndexByte(r.Resource, ':')+1:]
	return service == "iam" || service == "organizations" || resource == "*" || resource == ""
}

// layouts are the Worlds of the sweep, with those who are strangers in them.
var layouts = map[string]func(testing.TB) (*victim, []stranger){
	// The victim shares nothing.
	"closed resources": func(t testing.TB) (*victim, []stranger) {
		v := newVictim(t, worldtest.Account, false)
		return v, append(v.insiders(t), v.foreigners(t)...)
	},
	// The victim's resources are everybody's, but the caller is denied them.
	"open resources": func(t testing.TB) (*victim, []stranger) {
		v := newVictim(t, worldtest.Account, true)
		_, err := v.AddAccount(limited, "", "")
		require.NoError(t, err)
		v.invite(t, limited)
		limitedAdmin := v.admin(t, limited, "admin", nil)
		v.forbid(t, limited, orgtypes.PolicyTypeServiceControlPolicy, worldtest.DenyAll)
		return v, []stranger{
			{name: "an admin under an SCP", config: limitedAdmin, may: nothing},
			{name: "the root user under an SCP", config: v.recorded(v.RootConfig(limited)), may: nothing},
			{name: "a user whom a policy denies everything", config: v.admin(t, worldtest.Account, "denied", denies("denied")), may: nothing},
		}
	},
	"a victim under an SCP": func(t testing.TB) (*victim, []stranger) {
		v := newVictim(t, management, true)
		admin := v.admin(t, worldtest.Account, "admin", nil)
		v.forbid(t, worldtest.Account, orgtypes.PolicyTypeServiceControlPolicy, worldtest.DenyAll)
		return v, []stranger{
			{name: "its admin", config: admin, may: nothing},
			{name: "its root user", config: v.recorded(v.RootConfig(worldtest.Account)), may: nothing},
		}
	},
	"a victim under an RCP": func(t testing.TB) (*victim, []stranger) {
		v := newVictim(t, management, true)
		admin := v.admin(t, worldtest.Account, "admin", nil)
		v.forbid(t, worldtest.Account, orgtypes.PolicyTypeResourceControlPolicy, denyResources)
		controlled := stranger{name: "its admin", config: admin, may: uncontrolled, services: []string{"kms", "s3", "s3-control", "secretsmanager", "sqs"}}
		return v, append(v.foreigners(t), controlled)
	},
	"a victim that is closed": func(t testing.TB) (*victim, []stranger) {
		v := newVictim(t, management, true)
		admin := v.admin(t, worldtest.Account, "admin", nil)
		root := v.recorded(v.RootConfig(worldtest.Account))
		strangers := v.foreigners(t)
		v.CloseAccount(worldtest.Account)
		return v, append(strangers, stranger{name: "its admin", config: admin, may: nothing}, stranger{name: "its root user", config: root, may: nothing})
	},
}

// denies gives a user a policy that denies everything.
func denies(user string) func(*iam.Client) {
	return func(client *iam.Client) {
		_, err := client.PutUserPolicy(context.Background(), &iam.PutUserPolicyInput{UserName: &user, PolicyName: aws.String("deny"), PolicyDocument: aws.String(worldtest.DenyAll)})
		if err != nil {
			panic(err)
		}
	}
}

// insiders are callers of the victim's account who have no permission.
func (v *victim) insiders(t testing.TB) []stranger {
	t.Helper()
	bounded := v.admin(t, worldtest.Account, "bounded", func(client *iam.Client) {
		// The name is in no text of IAM, so that it tells of the victim.
		policy, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("deny-everything"), PolicyDocument: aws.String(worldtest.DenyAll)})
		require.NoError(t, err)
		_, err = client.PutUserPermissionsBoundary(t.Context(), &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("bounded"), PermissionsBoundary: policy.Policy.Arn})
		require.NoError(t, err)
	})
	admin := v.admin(t, worldtest.Account, "admin", nil)
	session, err := sts.NewFromConfig(admin).GetFederationToken(t.Context(), &sts.GetFederationTokenInput{Name: aws.String("session"), Policy: aws.String(worldtest.DenyAll)})
	require.NoError(t, err)
	inactive := v.admin(t, worldtest.Account, "inactive", nil)
	credentials, err := inactive.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	_, err = iam.NewFromConfig(worldtest.FixtureConfig(v.World.World, worldtest.Account, worldtest.Region)).UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{
		UserName: aws.String("inactive"), AccessKeyId: &credentials.AccessKeyID, Status: "Inactive"})
	require.NoError(t, err)
	return []stranger{
		{name: "a user without policies", config: v.recorded(v.user), may: nothing},
		{name: "a user whom a policy denies everything", config: v.admin(t, worldtest.Account, "denied", denies("denied")), may: nothing},
		{name: "a user whom a boundary denies everything", config: bounded, may: nothing},
		{name: "a session whose policy denies everything", config: v.recorded(v.Config(*session.Credentials.AccessKeyId, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken)), may: nothing},
		{name: "an inactive key", config: inactive, may: nothing},
	}
}

// foreigners are callers of no account and of another one, in which they may do everything.
func (v *victim) foreigners(t testing.TB) []stranger {
	t.Helper()
	return []stranger{
		{name: "nobody", config: v.recorded(v.anonymous), may: nothing},
		{name: "a foreign admin", config: v.admin(t, worldtest.Other, "admin", nil), may: own},
		{name: "a foreign root user", config: v.recorded(v.RootConfig(worldtest.Other)), may: own},
	}
}
