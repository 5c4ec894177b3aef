package organizations_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/organizations"
)

// Whatever is done to an organization: the policies that the World evaluates are
// those that AWS's operations list from the account up to the root, and a path is
// the parents' ids.
func TestWorldMindsWhatIsAttached(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := all.NewWorld(fakeaws.Config{})
		const management = "111122223333"
		_, err := w.AddAccount(management, "", "")
		require.NoError(t, err)
		s, ctx := sdk.NewFromConfig(worldtest.FixtureConfig(w, management, w.Region())), context.Background()
		_, err = s.CreateOrganization(ctx, &sdk.CreateOrganizationInput{})
		require.NoError(t, err)
		roots, err := s.ListRoots(ctx, &sdk.ListRootsInput{})
		require.NoError(t, err)
		root := roots.Roots[0].Id
		containers, accounts, policies := []string{*root}, []string{management}, []string{full, fullRCP}
		pick := func(from []string) *string { return aws.String(rapid.SampledFrom(from).Draw(t, "pick")) }
		anywhere := func() *string { return pick(append(slices.Clone(containers), accounts...)) }
		n := 0
		// Refusals are of no interest here; what they leave behind is.
		t.Repeat(map[string]func(*rapid.T){
			"unit": func(*rapid.T) {
				n++
				if out, err := s.CreateOrganizationalUnit(ctx, &sdk.CreateOrganizationalUnitInput{ParentId: pick(containers), Name: aws.String(fmt.Sprint(n))}); err == nil {
					containers = append(containers, *out.OrganizationalUnit.Id)
				}
			},
			"account": func(*rapid.T) {
				n++
				id := fmt.Sprintf("%012d", n)
				_, err := w.AddAccount(id, "", "")
				require.NoError(t, err)
				require.NoError(t, organizations.Of(w).Join(management, id))
				accounts = append(accounts, id)
			},
			"move": func(*rapid.T) {
				id := pick(accounts)
				from, err := s.ListParents(ctx, &sdk.ListParentsInput{ChildId: id})
				require.NoError(t, err)
				_, _ = s.MoveAccount(ctx, &sdk.MoveAccountInput{AccountId: id, SourceParentId: from.Parents[0].Id, DestinationParentId: pick(containers)})
			},
			"delete": func(*rapid.T) {
				id := pick(containers)
				if _, err := s.DeleteOrganizationalUnit(ctx, &sdk.DeleteOrganizationalUnitInput{OrganizationalUnitId: id}); err == nil {
					containers = slices.DeleteFunc(containers, func(c string) bool { return c == *id })
				}
			},
			"policy": func(t *rapid.T) {
				n++
				in := &sdk.CreatePolicyInput{Type: scp, Content: aws.String(denyS3), Name: aws.String(fmt.Sprint(n)), Description: aws.String("")}
				if rapid.Bool().Draw(t, "rcp") {
					in.Type, in.Content = rcp, aws.String(denyRCP)
				}
				out, err := s.CreatePolicy(ctx, in)
				require.NoError(t, err)
				policies = append(policies, *out.Policy.PolicySummary.Id)
			},
			"update": func(*rapid.T) {
				n++
				_, _ = s.UpdatePolicy(ctx, &sdk.UpdatePolicyInput{PolicyId: pick(policies), Content: aws.String(strings.Replace(denyRCP, "s3:*", fmt.Sprintf("s3:Get%d", n), 1))})
			},
			"attach": func(*rapid.T) {
				_, _ = s.AttachPolicy(ctx, &sdk.AttachPolicyInput{PolicyId: pick(policies), TargetId: anywhere()})
			},
			"detach": func(*rapid.T) {
				_, _ = s.DetachPolicy(ctx, &sdk.DetachPolicyInput{PolicyId: pick(policies), TargetId: anywhere()})
			},
			"enable": func(t *rapid.T) {
				_, _ = s.EnablePolicyType(ctx, &sdk.EnablePolicyTypeInput{RootId: root, PolicyType: rapid.SampledFrom([]types.PolicyType{scp, rcp}).Draw(t, "type")})
			},
			"disable": func(t *rapid.T) {
				_, _ = s.DisablePolicyType(ctx, &sdk.DisablePolicyTypeInput{RootId: root, PolicyType: rapid.SampledFrom([]types.PolicyType{scp, rcp}).Draw(t, "type")})
			},
			"": func(t *rapid.T) {
				for _, id := range accounts {
					checkMembership(ctx, t, s, w.Membership(id), id, id == management)
				}
			},
		})
	})
}

func checkMembership(ctx context.Context, t *rapid.T, s *sdk.Client, m *fakeaws.Membership, account string, exempt bool) {
	levels := []string{account}
	for at := account; !strings.HasPrefix(at, "r-"); {
		out, err := s.ListParents(ctx, &sdk.ListParentsInput{ChildId: &at})
		require.NoError(t, err)
		at = *out.Parents[0].Id
		levels = append(levels, at)
	}
	slices.Reverse(levels)
	require.Equal(t, m.ID+"/"+strings.Join(levels[:len(levels)-1], "/")+"/", m.Path)
	roots, err := s.ListRoots(ctx, &sdk.ListRootsInput{})
	require.NoError(t, err)
	for kind, got := range map[types.PolicyType][][]*enforce.Policy{scp: m.SCPs, rcp: m.RCPs} {
		enabled := slices.ContainsFunc(roots.Roots[0].PolicyTypes, func(p types.PolicyTypeSummary) bool { return p.Type == kind })
		if !enabled || exempt {
			require.Nil(t, got)
			continue
		}
		require.Len(t, got, len(levels))
		for i, level := range levels {
			out, err := s.ListPoliciesForTarget(ctx, &sdk.ListPoliciesForTargetInput{TargetId: &level, Filter: kind})
			require.NoError(t, err)
			require.NotEmpty(t, out.Policies, "every level keeps one")
			require.Len(t, got[i], len(out.Policies))
			for j, p := range out.Policies {
				described, err := s.DescribePolicy(ctx, &sdk.DescribePolicyInput{PolicyId: p.Id})
				require.NoError(t, err)
				require.Equal(t, *p.Arn, got[i][j].Source().ARN)
				require.Equal(t, *described.Policy.Content, got[i][j].Document())
			}
		}
	}
}
