package organizations_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

func TestPolicies(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		create := func(kind types.PolicyType, name, document string) func() error {
			return call(ctx, w.root.CreatePolicy, &sdk.CreatePolicyInput{Type: kind, Name: &name, Content: &document, Description: aws.String("")})
		}
		id := w.policy(scp, "no-s3", denyS3)
		other := w.policy(scp, "other", denyS3)
		described, err := w.root.DescribePolicy(ctx, &sdk.DescribePolicyInput{PolicyId: &id})
		require.NoError(t, err)
		assert.Equal(t, &types.Policy{Content: aws.String(denyS3), PolicySummary: &types.PolicySummary{
			Arn: aws.String("arn:aws:organizations::000000000000:policy/" + w.org.ID() + "/service_control_policy/" + id),
			Id:  &id, Name: aws.String("no-s3"), Description: aws.String("d"), Type: scp,
		}}, described.Policy)
		aws1, err := w.root.DescribePolicy(ctx, &sdk.DescribePolicyInput{PolicyId: aws.String(full)})
		require.NoError(t, err)
		assert.True(t, aws1.Policy.PolicySummary.AwsManaged)
		assert.Equal(t, "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", *aws1.Policy.PolicySummary.Arn)
		const malformed = "The provided policy document does not meet the requirements of the specified policy type."
		long := func(size int) string {
			const head, tail = `{"Version":"2012-10-17","Statement":{"Sid":"S","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, `}`
			return head + strings.Repeat(" ", size-len(head)-len(tail)) + tail
		}
		longSCP := func(size int) string {
			return strings.Replace(long(size+len(`"Principal":"*",`)), `"Principal":"*",`, "", 1)
		}
		update := func(id string, name, content *string) func() error {
			return call(ctx, w.root.UpdatePolicy, &sdk.UpdatePolicyInput{PolicyId: &id, Name: name, Content: content})
		}
		runRows(t, []row{
			{"the name is taken", "DuplicatePolicyException", "", "A policy with the specified name and type already exists.", create(scp, "no-s3", denyS3)},
			{"not for another type", "", "", "", create(rcp, "no-s3", denyRCP)},
			{"not JSON", "MalformedPolicyDocumentException", "", malformed, create(scp, "x", "{")},
			{"a principal", "MalformedPolicyDocumentException", "", malformed, create(scp, "x", denyRCP)},
			{"RCPs deny only", "MalformedPolicyDocumentException", "", malformed, create(rcp, "x", strings.Replace(denyRCP, "Deny", "Allow", 1))},
			{"RCPs name the service", "MalformedPolicyDocumentException", "", malformed, create(rcp, "x", strings.Replace(denyRCP, "s3:*", "*", 1))},
			{"RCPs are for everybody", "MalformedPolicyDocumentException", "", malformed, create(rcp, "x", strings.Replace(denyRCP, `"Principal":"*"`, `"Principal":{"AWS":"111122223333"}`, 1))},
			{"as long as may be", "", "", "", create(scp, "long", longSCP(10240))},
			{"one longer", "ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED", "", create(scp, "x", longSCP(10241))},
			{"an RCP as long as may be", "", "", "", create(rcp, "long", long(5120))},
			{"an RCP one longer", "ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED", "", create(rcp, "x", long(5121))},
			{"no such policy", "PolicyNotFoundException", "", "You specified a policy that doesn't exist.", update("p-00000000", nil, nil)},
			{"AWS's own", "InvalidInputException", "IMMUTABLE_POLICY", "", update(full, aws.String("x"), nil)},
			{"AWS's own stays", "InvalidInputException", "IMMUTABLE_POLICY", "", call(ctx, w.root.DeletePolicy, &sdk.DeletePolicyInput{PolicyId: aws.String(full)})},
			{"another's name", "DuplicatePolicyException", "", "", update(other, aws.String("no-s3"), nil)},
			{"its own name", "", "", "", update(other, aws.String("other"), aws.String(allowAll))},
			{"attached", "", "", "", func() error { return w.attach(id, w.org.RootID()) }},
			{"in use", "PolicyInUseException", "", "", call(ctx, w.root.DeletePolicy, &sdk.DeletePolicyInput{PolicyId: &id})},
			{"deleted", "", "", "", call(ctx, w.root.DeletePolicy, &sdk.DeletePolicyInput{PolicyId: &other})},
			{"gone", "PolicyNotFoundException", "", "", call(ctx, w.root.DescribePolicy, &sdk.DescribePolicyInput{PolicyId: &other})},
		})
		listed, err := w.root.ListPolicies(ctx, &sdk.ListPoliciesInput{Filter: scp})
		require.NoError(t, err)
		var names []string
		for _, p := range listed.Policies {
			names = append(names, *p.Name)
		}
		assert.ElementsMatch(t, []string{"FullAWSAccess", "no-s3", "long"}, names)
		targets, err := w.root.ListTargetsForPolicy(ctx, &sdk.ListTargetsForPolicyInput{PolicyId: &id})
		require.NoError(t, err)
		assert.Equal(t, []types.PolicyTargetSummary{{
			Arn: aws.String("arn:aws:organizations::000000000000:root/" + w.org.ID() + "/" + w.org.RootID()), Name: aws.String("Root"),
			TargetId: aws.String(w.org.RootID()), Type: types.TargetTypeRoot,
		}}, targets.Targets)
	})
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx, member := w.t, w.t.Context(), w.member.ID()
		on := func(kind types.PolicyType, target string) []string {
			out, err := w.root.ListPoliciesForTarget(ctx, &sdk.ListPoliciesForTargetInput{Filter: kind, TargetId: &target})
			require.NoError(t, err)
			var ids []string
			for _, p := range out.Policies {
				ids = append(ids, *p.Id)
			}
			return ids
		}
		attach := func(policy, target string) func() error { return func() error { return w.attach(policy, target) } }
		detach := func(policy, target string) func() error { return func() error { return w.detach(policy, target) } }
		var scps, rcps []string
		for i := range 10 {
			scps = append(scps, w.policy(scp, fmt.Sprint("scp", i), denyS3))
			rcps = append(rcps, w.policy(rcp, fmt.Sprint("rcp", i), denyRCP))
		}
		rows := []row{
			{"twice", "DuplicatePolicyAttachmentException", "", "A policy with the specified name and type already exists.", attach(full, member)},
			{"no such policy", "PolicyNotFoundException", "", "", attach("p-00000000", member)},
			{"no such target", "TargetNotFoundException", "", "", attach(scps[0], "123456789012")},
			{"not attached", "PolicyNotAttachedException", "", "", detach(scps[0], member)},
			{"the last SCP", "ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.", detach(full, member)},
			{"RCPFullAWSAccess", "InvalidInputException", "NON_DETACHABLE_POLICY", "", detach(fullRCP, member)},
		}
		for i := range 9 {
			rows = append(rows, row{"ten SCPs", "", "", "", attach(scps[i], member)})
		}
		for i := range 4 {
			rows = append(rows, row{"five RCPs", "", "", "", attach(rcps[i], member)})
		}
		rows = append(rows,
			row{"an eleventh SCP", "ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "You have attached the maximum number of policies to the specified target.", attach(scps[9], member)},
			row{"a sixth RCP", "ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "", attach(rcps[4], member)},
			row{"another one may go", "", "", "", detach(full, member)},
		)
		runRows(t, rows)
		assert.ElementsMatch(t, scps[:9], on(scp, member))
		assert.ElementsMatch(t, append([]string{fullRCP}, rcps[:4]...), on(rcp, member))

		// What is disabled is detached, and comes back as AWS's own policy alone.
		root := w.org.RootID()
		kinds := func(change func() error) []types.PolicyTypeSummary {
			require.NoError(t, change())
			out, err := w.root.ListRoots(ctx, &sdk.ListRootsInput{})
			require.NoError(t, err)
			return out.Roots[0].PolicyTypes
		}
		enable := func(kind types.PolicyType, root string) func() error {
			return call(ctx, w.root.EnablePolicyType, &sdk.EnablePolicyTypeInput{RootId: &root, PolicyType: kind})
		}
		disable := call(ctx, w.root.DisablePolicyType, &sdk.DisablePolicyTypeInput{RootId: &root, PolicyType: scp})
		runRows(t, []row{
			{"enabled", "PolicyTypeAlreadyEnabledException", "", "", enable(scp, root)},
			{"no such root", "RootNotFoundException", "", "", enable(scp, "r-none")},
		})
		assert.Len(t, kinds(disable), 1)
		assert.Empty(t, on(scp, member))
		assert.Nil(t, w.acct.World().Membership(member).SCPs)
		const disabled = "This operation can be performed only for enabled policy types."
		runRows(t, []row{
			{"disabled", "PolicyTypeNotEnabledException", "", disabled, attach(scps[0], member)},
			{"disabled already", "PolicyTypeNotEnabledException", "", disabled, disable},
			{"nothing is in use", "", "", "", call(ctx, w.root.DeletePolicy, &sdk.DeletePolicyInput{PolicyId: &scps[0]})},
		})
		assert.Len(t, kinds(enable(scp, root)), 2)
		for _, target := range []string{root, member, w.acct.ID()} {
			assert.Equal(t, []string{full}, on(scp, target))
		}
	})
}

// A policy that is updated decides anew where it is attached.
func TestUpdatedPolicies(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		id := w.policy(scp, "p", denyS3)
		require.NoError(t, w.attach(id, w.org.RootID()))
		user := w.member.NewUser("user", awstest.Allow("*"))
		roots := func() error {
			_, err := client(user.Config()).DescribeOrganization(ctx, &sdk.DescribeOrganizationInput{})
			return err
		}
		awstest.AssertAllowed(t, roots())
		_, err := w.root.UpdatePolicy(ctx, &sdk.UpdatePolicyInput{PolicyId: &id, Content: aws.String(strings.Replace(denyS3, "s3:*", "organizations:*", 1))})
		require.NoError(t, err)
		awstest.AssertDenied(t, roots(), "organizations:DescribeOrganization")
		require.NoError(t, w.detach(id, w.org.RootID()))
		awstest.AssertAllowed(t, roots())
	})
}
