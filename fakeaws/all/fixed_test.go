package all_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// An asker has credentials of a caller whom policies allow, or deny, everything.
type asker struct {
	config aws.Config
	simulation
}

type simulation struct {
	principal string // as ParsePrincipal takes it
	temporary bool   // those of GetSessionToken
	policies  enforce.PolicySet
}

// rule 83: what AWS decides whatever the policies say is decided alike by a call and by
// the evaluator, for every operation of IAM and STS and every kind of credentials.
func TestFixedVerdictsAreThoseOfTheServices(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"iam", "sts"} {
		for _, effect := range []string{"Allow", "Deny"} {
			t.Run(service+"/"+effect, func(t *testing.T) {
				t.Parallel()
				w := newFilled(t)
				callers := w.callers(t, effect)
				for _, op := range w.Fake(service).Ops() {
					o := newOperation(t, service, op.Name)
					for name, c := range callers {
						w.sameVerdict(t, o, name, c, effect)
					}
				}
			})
		}
	}
}

// sameVerdict calls an operation, and asks the evaluator whether it may be called. Where
// policies allow everything, a denial is AWS's own; where they deny it, so is a success.
func (f *filled) sameVerdict(t *testing.T, o operation, name string, c asker, effect string) {
	t.Helper()
	if proven[operationName{o.service, o.name}] {
		return // not by its credentials
	}
	err := o.call(t.Context(), c.config, f.input(t, o))
	e := f.last()
	require.Equal(t, o.name, e.Operation)
	principal, parseErr := enforce.ParsePrincipal(c.principal)
	require.NoError(t, parseErr)
	s := enforce.Simulation{Principal: principal, Policies: c.policies, Actions: []string{o.service + ":" + o.name}}
	if c.temporary {
		s.Context.Set("aws:TokenIssueTime", "2026-01-01T00:00:00Z")
	}
	decisions, simulateErr := enforce.Simulate(&s)
	require.NoError(t, simulateErr)
	fixed := decisions[0].Layer == enforce.NoLayer && principal.Type != enforce.Root || principal.Type == enforce.Root && !decisions[0].Allowed()
	if effect == "Deny" {
		if fixed && decisions[0].Allowed() {
			assert.NoError(t, err, "%s by %s", o.name, name)
		} else {
			assert.Error(t, err, "%s by %s", o.name, name)
		}
		return
	}
	refused := e.Code == "InvalidClientTokenId" && strings.HasPrefix(e.Message, "The security token") ||
		e.Code == "AccessDenied" && (strings.HasSuffix(e.Message, " with session credentials") || e.Message == "Roles may not be assumed by root accounts.")
	assert.Equal(t, refused, fixed && !decisions[0].Allowed(), "%s by %s: %s: %s; %s", o.name, name, e.Code, e.Message, decisions[0])
}

// callers makes credentials of every kind, of callers whose policies allow or deny everything.
func (f *filled) callers(t *testing.T, effect string) map[string]asker {
	t.Helper()
	ctx := t.Context()
	hand := worldtest.FixtureConfig(f.World.World, worldtest.Account, worldtest.Region)
	client := iam.NewFromConfig(hand)
	everything := `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Action":"*","Resource":"*"}}`
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + worldtest.Account + `"},"Action":"sts:*"}}`
	name, policy := aws.String("asker"), aws.String("everything")
	_, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: name})
	require.NoError(t, err)
	_, err = client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	require.NoError(t, err)
	user := f.Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
	of := func(c *ststypes.Credentials) aws.Config {
		return f.Config(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	}

	// Temporary credentials are made while nothing denies them.
	_, err = client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: policy, PolicyDocument: aws.String(worldtest.AllowAll)})
	require.NoError(t, err)
	asUser := sts.NewFromConfig(user)
	token, err := asUser.GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	require.NoError(t, err)
	federated, err := asUser.GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: name, Policy: &everything})
	require.NoError(t, err)
	role, err := asUser.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + worldtest.Account + ":role/asker"), RoleSessionName: name})
	require.NoError(t, err)
	_, err = client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: policy, PolicyDocument: &everything})
	require.NoError(t, err)
	_, err = client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: policy, PolicyDocument: &everything})
	require.NoError(t, err)

	set := enforce.PolicySet{Identity: []*enforce.Policy{enforce.MustParse(everything, enforce.IdentityPolicy)}, NoResourcePolicy: true}
	both := set
	both.Session = []*enforce.Policy{enforce.MustParse(everything, enforce.SessionPolicy)}
	callers := map[string]asker{
		"a user":           {user, simulation{"arn:aws:iam::" + worldtest.Account + ":user/asker", false, set}},
		"a user's session": {of(token.Credentials), simulation{"arn:aws:iam::" + worldtest.Account + ":user/asker", true, set}},
		"a role session":   {of(role.Credentials), simulation{"arn:aws:sts::" + worldtest.Account + ":assumed-role/asker/asker", false, set}},
		"a federated user": {of(federated.Credentials), simulation{"arn:aws:sts::" + worldtest.Account + ":federated-user/asker", false, both}},
	}
	if effect == "Allow" { // policies do not deny anything to root
		callers["root"] = asker{f.RootConfig(worldtest.Account), simulation{"arn:aws:iam::" + worldtest.Account + ":root", false, enforce.PolicySet{NoResourcePolicy: true}}}
	}
	return callers
}
