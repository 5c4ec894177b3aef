package enforce

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The policies of a decision are those of the layers that take part, each with the
// statements that the decision rests on: rule 84.
func TestPolicyEvaluations(t *testing.T) {
	t.Parallel()
	user := userOf(account, "alice")
	mixed := identity(t, stmt("Allow", "s3:*", "*", `"Sid":"A"`), stmt("Deny", "s3:GetObject", "*", `"Sid":"D"`), stmt("Deny", "sqs:*", "*", `"Sid":"E"`), stmt("Allow", "s3:Get*", "*", `"Sid":"F"`))
	scp, bucket := policy(t, ServiceControlPolicy, stmt("Allow", "*", "*", `"Sid":"All"`)), policy(t, BucketPolicy, stmt("Deny", "s3:GetObject", anyKey, `"Principal":"*"`, `"Sid":"B"`))
	type seen struct {
		layer Layer
		node  int
		sids  string
	}
	for name, c := range map[string]struct {
		action string
		set    PolicySet
		want   []seen
	}{
		"an explicit deny": {"s3:GetObject", PolicySet{Identity: []*Policy{allowing(t), mixed}, Resource: bucket, SCPs: [][]*Policy{{scp}, {FullAWSAccess(ServiceControlPolicy), scp}}},
			[]seen{{SCPLayer, 0, ""}, {SCPLayer, 1, ""}, {SCPLayer, 1, ""}, {IdentityLayer, 0, ""}, {IdentityLayer, 0, "D"}, {ResourceLayer, 0, "B"}}},
		"an allow":           {"s3:GetBucketAcl", PolicySet{Identity: []*Policy{mixed}, Boundary: nothing()}, []seen{{IdentityLayer, 0, ""}, {BoundaryLayer, 0, ""}}},
		"an allow by all":    {"s3:GetBucketAcl", PolicySet{Identity: []*Policy{mixed}, SCPs: [][]*Policy{{scp}}}, []seen{{SCPLayer, 0, "All"}, {IdentityLayer, 0, "AF"}}},
		"no allow":           {"sns:Publish", PolicySet{Identity: []*Policy{mixed}}, []seen{{IdentityLayer, 0, ""}}},
		"a misplaced policy": {"s3:GetObject", PolicySet{Identity: []*Policy{bucket}}, []seen{{IdentityLayer, 0, ""}}},
		"none":               {"s3:GetObject", PolicySet{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []seen
			for _, p := range Evaluate(ask(user, c.action, bucketObject), &c.set).PolicyEvaluations() {
				require.NotNil(t, p.Policy)
				sids := ""
				for _, s := range p.Matched {
					sids += s.Sid()
				}
				got = append(got, seen{p.Layer, p.Node, sids})
			}
			assert.Equal(t, c.want, got)
		})
	}
	// A root user may take a policy away that locks it out, whatever the policy says: the Deny does not count.
	root := Evaluate(ask(rootOf(account), "s3:DeleteBucketPolicy", "arn:aws:s3:::b"), &PolicySet{Resource: policy(t, BucketPolicy, stmt("Deny", "s3:*", "arn:aws:s3:::b", `"Principal":"*"`))})
	for _, p := range root.PolicyEvaluations() {
		assert.Empty(t, p.Matched)
	}
	// AWS itself decides, whatever the policies say.
	fixed := Evaluate(ask(user, "sts:GetCallerIdentity", "*"), &PolicySet{Identity: []*Policy{mixed}})
	require.Equal(t, NoLayer, fixed.Layer)
	assert.Empty(t, fixed.PolicyEvaluations())
}

func TestDerivedKeys(t *testing.T) {
	t.Parallel()
	assert.Equal(t, map[string]string{
		"aws:PrincipalAccount": account, "aws:PrincipalArn": "arn:aws:iam::" + account + ":user/alice", "aws:PrincipalIsAWSService": "false",
		"aws:PrincipalType": "User", "aws:ResourceAccount": account, "aws:userid": userOf(account, "alice").UserID, "aws:username": "alice",
	}, maps.Collect(ask(userOf(account, "alice"), "s3:GetObject", bucketObject).DerivedKeys()))
	req := ask(userOf(account, "alice"), "s3:GetObject", bucketObject, "aws:PRINCIPALARN", "another")
	req.Context.SetAbsent("aws:username")
	assert.NotContains(t, maps.Collect(req.DerivedKeys()), "aws:PrincipalArn")
	assert.NotContains(t, maps.Collect(req.DerivedKeys()), "aws:username")
	for range req.DerivedKeys() {
		break
	}
	req.Context.SetMulti("aws:TagKeys", []string{"one"})
	assert.True(t, req.Context.IsMulti("aws:tagkeys"))
	assert.False(t, req.Context.IsMulti("aws:PrincipalArn"))
	assert.False(t, req.Context.IsMulti("aws:Missing"))
}
