package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The example of the command line's reference of "simulate-custom-policy".
func TestSimulateCustomPolicy(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c := w.user(t, "admin", allowAll)
		in := &sdk.SimulateCustomPolicyInput{
			PolicyInputList: []string{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}`},
			ActionNames:     []string{"dynamodb:CreateBackup"},
			ContextEntries: []types.ContextEntry{{
				ContextKeyName: aws.String("aws:CurrentTime"), ContextKeyType: types.ContextKeyTypeEnumDate, ContextKeyValues: []string{"2019-04-25T11:00:00Z"},
			}},
		}
		out, err := c.SimulateCustomPolicy(t.Context(), in)
		require.NoError(t, err)
		require.Len(t, out.EvaluationResults, 1)
		r := out.EvaluationResults[0]
		assert.Equal(t, "dynamodb:CreateBackup", *r.EvalActionName)
		assert.Equal(t, "*", *r.EvalResourceName)
		assert.Equal(t, types.PolicyEvaluationDecisionTypeAllowed, r.EvalDecision)
		assert.Empty(t, r.MissingContextValues)
		assert.Empty(t, r.ResourceSpecificResults)
		require.Len(t, r.MatchedStatements, 1)
		m := r.MatchedStatements[0]
		assert.Equal(t, "PolicyInputList.1", *m.SourcePolicyId)
		assert.Equal(t, types.PolicySourceType("IAM Policy"), m.SourcePolicyType)
		assert.Equal(t, types.Position{Line: 1, Column: 38}, *m.StartPosition)
		assert.Equal(t, types.Position{Line: 1, Column: 167}, *m.EndPosition)

		in.ContextEntries[0].ContextKeyValues[0] = "2010-04-25T11:00:00Z"
		out, err = c.SimulateCustomPolicy(t.Context(), in)
		require.NoError(t, err)
		assert.Equal(t, types.PolicyEvaluationDecisionTypeImplicitDeny, out.EvaluationResults[0].EvalDecision)
		assert.Empty(t, out.EvaluationResults[0].MatchedStatements)

		in.ContextEntries = nil
		out, err = c.SimulateCustomPolicy(t.Context(), in)
		require.NoError(t, err)
		assert.Equal(t, []string{"aws:CurrentTime"}, out.EvaluationResults[0].MissingContextValues)
	})
}

// Where statements stand: after the bracket, after the statement before.
func TestSimulatedPositions(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		out, err := w.iam.SimulateCustomPolicy(w.root, &sdk.SimulateCustomPolicyInput{
			ActionNames: []string{"s3:GetObject"},
			PolicyInputList: []string{`{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow", "Action": "s3:*", "Resource": "*"
        },
        {"Effect": "Allow", "Action": "*", "Resource": "*"}
    ]
}`},
		})
		require.NoError(t, err)
		m := out.EvaluationResults[0].MatchedStatements
		require.Len(t, m, 2)
		assert.Equal(t, []types.Position{{Line: 3, Column: 19}, {Line: 6, Column: 10}, {Line: 6, Column: 10}, {Line: 7, Column: 60}},
			[]types.Position{*m[0].StartPosition, *m[0].EndPosition, *m[1].StartPosition, *m[1].EndPosition})
	})
}

func TestSimulatedResources(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c := w.user(t, "admin", allowAll)
		in := &sdk.SimulateCustomPolicyInput{
			PolicyInputList: []string{
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"},{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/secret"}]}`,
			},
			ActionNames:                        []string{"s3:GetObject", "s3:PutObject"},
			ResourceArns:                       []string{"arn:aws:s3:::b/k", "arn:aws:s3:::b/secret", "arn:aws:s3:::other/k"},
			PermissionsBoundaryPolicyInputList: []string{allow("s3:GetObject", "*")},
			OrderedOrganizationPolicyInputList: []types.OrderedOrganizationPolicyType{
				{ServiceControlPolicyInputList: []string{allowAll}}, {ServiceControlPolicyInputList: []string{allow("s3:*", "*")}},
			},
		}
		out, err := c.SimulateCustomPolicy(t.Context(), in)
		require.NoError(t, err)
		require.Len(t, out.EvaluationResults, 2, "one for each action")
		get, put := out.EvaluationResults[0], out.EvaluationResults[1]
		assert.Equal(t, types.PolicyEvaluationDecisionTypeExplicitDeny, get.EvalDecision, "the most restrictive one")
		assert.Contains(t, *get.EvalResourceName, "arn:${Partition}:s3:::${BucketName}/")
		assert.True(t, get.OrganizationsDecisionDetail.AllowedByOrganizations)
		var decisions []string
		for _, r := range append(get.ResourceSpecificResults, put.ResourceSpecificResults...) {
			decisions = append(decisions, strings.TrimPrefix(*r.EvalResourceName, "arn:aws:s3:::")+" "+string(r.EvalResourceDecision))
		}
		assert.Equal(t, []string{"b/k allowed", "b/secret explicitDeny", "other/k implicitDeny", "b/k implicitDeny", "b/secret explicitDeny", "other/k implicitDeny"}, decisions)
		assert.True(t, get.ResourceSpecificResults[0].PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary)
		assert.False(t, put.ResourceSpecificResults[0].PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary)
		require.Len(t, get.MatchedStatements, 1, "of the deciding effect alone")

		in.OrderedOrganizationPolicyInputList[1].ServiceControlPolicyInputList[0] = allow("sqs:*", "*")
		in.MaxItems = aws.Int32(1)
		pages := sdk.NewSimulateCustomPolicyPaginator(c, in)
		var actions []string
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			require.NoError(t, err)
			for _, r := range page.EvaluationResults {
				actions = append(actions, *r.EvalActionName)
				assert.False(t, r.OrganizationsDecisionDetail.AllowedByOrganizations)
			}
		}
		assert.Equal(t, in.ActionNames, actions)
	})
}

func TestSimulatedResourcePolicy(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		bucket := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`
		in := func(caller string) *sdk.SimulateCustomPolicyInput {
			return &sdk.SimulateCustomPolicyInput{
				PolicyInputList: []string{allow("sqs:*", "*")}, ActionNames: []string{"s3:GetObject"},
				ResourceArns: []string{"arn:aws:s3:::b/k"}, ResourcePolicy: &bucket, CallerArn: &caller,
			}
		}
		out, err := c.SimulateCustomPolicy(ctx, in("arn:aws:iam::111122223333:user/alice"))
		require.NoError(t, err)
		r := out.EvaluationResults[0]
		assert.Equal(t, types.PolicyEvaluationDecisionTypeAllowed, r.EvalDecision)
		assert.Equal(t, "ResourcePolicy", *r.MatchedStatements[0].SourcePolicyId)
		assert.NotNil(t, r.EvalDecisionDetails, "within an account the details are there")
		assert.Empty(t, r.EvalDecisionDetails, "but empty")
		assert.Nil(t, r.ResourceSpecificResults[0].EvalDecisionDetails)

		across := in("arn:aws:iam::111122223333:user/alice")
		across.ResourceOwner = aws.String("arn:aws:iam::444455556666:root")
		out, err = c.SimulateCustomPolicy(ctx, across)
		require.NoError(t, err)
		assert.Equal(t, types.PolicyEvaluationDecisionTypeImplicitDeny, out.EvaluationResults[0].EvalDecision, "rule 44: both accounts must allow")
		assert.Equal(t, map[string]types.PolicyEvaluationDecisionType{"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}, out.EvaluationResults[0].EvalDecisionDetails)
		assert.Equal(t, out.EvaluationResults[0].EvalDecisionDetails, out.EvaluationResults[0].ResourceSpecificResults[0].EvalDecisionDetails)

		across.OrderedOrganizationPolicyInputList = []types.OrderedOrganizationPolicyType{{ServiceControlPolicyInputList: []string{allow("sqs:*", "*")}}}
		out, err = c.SimulateCustomPolicy(ctx, across)
		require.NoError(t, err)
		assert.False(t, out.EvaluationResults[0].OrganizationsDecisionDetail.AllowedByOrganizations)
		assert.Nil(t, out.EvaluationResults[0].EvalDecisionDetails, "a denial by an SCP ends the simulation")
		assert.Nil(t, out.EvaluationResults[0].ResourceSpecificResults[0].EvalDecisionDetails)

		_, err = c.SimulateCustomPolicy(ctx, in("arn:aws:iam::111122223333:role/r"))
		requireError(t, err, "InvalidInput", "Invalid caller - Caller must be an IAM user in this context.")
		elsewhere := in("arn:aws:iam::111122223333:user/alice")
		elsewhere.ResourceArns = append(elsewhere.ResourceArns, "arn:aws:s3:::other/k")
		_, err = c.SimulateCustomPolicy(ctx, elsewhere)
		requireError(t, err, "InvalidInput", "The resource policy is not applicable to the resource arn:aws:s3:::other/k.")
		nobody := in("")
		nobody.CallerArn = nil
		_, err = c.SimulateCustomPolicy(ctx, nobody)
		requireError(t, err, "InvalidInput", "CallerArn is required when ResourcePolicy is specified.")
		session := "arn:aws:sts::111122223333:assumed-role/r/s"
		_, err = c.SimulateCustomPolicy(ctx, in(session))
		requireError(t, err, "InvalidInput", "Invalid ARN provided in the request: "+session)
	})
}

func TestSimulationRefused(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		tests := map[string]struct {
			change func(*sdk.SimulateCustomPolicyInput)
			want   string
		}{
			"policy": {func(in *sdk.SimulateCustomPolicyInput) { in.PolicyInputList[0] = "{}" }, "Syntax errors in policy."},
			"boundaries": {func(in *sdk.SimulateCustomPolicyInput) {
				in.PermissionsBoundaryPolicyInputList = []string{allowAll, allowAll}
			}, "Only one permissions boundary policy can be specified."},
			"owner":            {func(in *sdk.SimulateCustomPolicyInput) { in.ResourceOwner = aws.String("arn:aws:iam::12:root") }, "'arn:aws:iam::12:root' is not a valid as a Resource Owner."},
			"resource":         {func(in *sdk.SimulateCustomPolicyInput) { in.ResourceArns = []string{"i-1"} }, "ResourceNames are not in a valid ARN format: i-1."},
			"wildcard":         {func(in *sdk.SimulateCustomPolicyInput) { in.ActionNames = []string{"ec2:*"} }, "Invalid action name: ec2:*"},
			"no service":       {func(in *sdk.SimulateCustomPolicyInput) { in.ActionNames = []string{"RunInstances"} }, "Invalid action name: RunInstances"},
			"unknown scenario": {func(in *sdk.SimulateCustomPolicyInput) { in.ResourceHandlingOption = aws.String("EC2-Classic") }, "Invalid ResourceHandlingOption: EC2-Classic"},
			"lacking a resource": {func(in *sdk.SimulateCustomPolicyInput) {
				in.ResourceHandlingOption = aws.String("EC2-VPC-EBS")
				in.ResourceArns = []string{"arn:aws:ec2:us-east-1:111122223333:instance/i-1"}
			}, "ResourceHandlingOption EC2-VPC-EBS requires a resource of type image."},
		}
		for name, tc := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				in := &sdk.SimulateCustomPolicyInput{PolicyInputList: []string{allowAll}, ActionNames: []string{"ec2:RunInstances"}}
				tc.change(in)
				_, err := w.iam.SimulateCustomPolicy(w.root, in)
				requireError(t, err, "InvalidInput", tc.want)
			})
		}
	})
}

func TestSimulatePrincipalPolicy(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		w.user(t, "alice", allow("s3:GetObject", "arn:aws:s3:::${aws:username}/*"))
		w.group(t, "devs")
		alice, devs := aws.String("alice"), aws.String("devs")
		_, err := w.iam.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{UserName: alice, GroupName: devs})
		require.NoError(t, err)
		_, err = w.iam.AttachGroupPolicy(w.root, &sdk.AttachGroupPolicyInput{GroupName: devs, PolicyArn: aws.String(w.policy(t, "Queues", allow("sqs:*", "*")))})
		require.NoError(t, err)
		bound := w.policy(t, "bound", allow("s3:*", "*"))
		_, err = w.iam.PutUserPermissionsBoundary(w.root, &sdk.PutUserPermissionsBoundaryInput{UserName: alice, PermissionsBoundary: &bound})
		require.NoError(t, err)
		arn := aws.String("arn:aws:iam::111122223333:user/alice")
		simulate := func(exclude ...types.PolicyIdentifier) map[string]string {
			out, err := c.SimulatePrincipalPolicy(ctx, &sdk.SimulatePrincipalPolicyInput{
				PolicySourceArn: arn, ActionNames: []string{"s3:GetObject", "sqs:SendMessage"},
				ResourceArns: []string{"arn:aws:s3:::alice/k"}, PolicyExclusionList: exclude,
			})
			require.NoError(t, err)
			got := map[string]string{}
			for _, r := range out.EvaluationResults {
				s := string(r.EvalDecision)
				for _, m := range r.MatchedStatements {
					s += " " + *m.SourcePolicyId
				}
				got[*r.EvalActionName] = s
			}
			return got
		}
		assert.Equal(t, map[string]string{"s3:GetObject": "allowed user_alice_a", "sqs:SendMessage": "implicitDeny"}, simulate())
		boundary := &types.PolicyIdentifierMemberPolicyType{Value: types.PolicyIdentifierPolicyTypePermissionBoundary}
		assert.Equal(t, map[string]string{"s3:GetObject": "allowed user_alice_a", "sqs:SendMessage": "allowed Queues"}, simulate(boundary))
		inline := &types.PolicyIdentifierMemberInlinePolicyIdentifier{Value: types.InlinePolicyIdentifierType{
			AttachmentName: aws.String("al*"), AttachmentType: types.AttachmentTypeUser, PolicyName: aws.String("a"),
		}}
		managed := &types.PolicyIdentifierMemberPolicyArn{Value: "arn:aws:iam::111122223333:policy/Queue?"}
		assert.Equal(t, map[string]string{"s3:GetObject": "implicitDeny", "sqs:SendMessage": "implicitDeny"}, simulate(boundary, inline, managed))

		_, err = c.SimulatePrincipalPolicy(ctx, &sdk.SimulatePrincipalPolicyInput{
			PolicySourceArn: arn, ActionNames: []string{"s3:GetObject"},
			PolicyExclusionList: []types.PolicyIdentifier{&types.PolicyIdentifierMemberPolicyArn{Value: "arn:aws:iam::111122223333:policy/*a*"}},
		})
		requireError(t, err, "InvalidInput", "Invalid policy identifier: arn:aws:iam::111122223333:policy/*a*")

		// rule 82: sessions are no sources.
		session := "arn:aws:sts::111122223333:assumed-role/r/s"
		_, err = c.SimulatePrincipalPolicy(ctx, &sdk.SimulatePrincipalPolicyInput{PolicySourceArn: &session, ActionNames: []string{"s3:GetObject"}})
		requireError(t, err, "InvalidInput", "Invalid ARN provided in the request: "+session)
		_, err = c.SimulatePrincipalPolicy(ctx, &sdk.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::444455556666:user/alice"), ActionNames: []string{"s3:GetObject"}})
		requireError(t, err, "InvalidInput", "Invalid Policy Source Arn: caller's account 111122223333 does not have access to policies in account 444455556666")
		_, err = c.SimulatePrincipalPolicy(ctx, &sdk.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::111122223333:user/nobody"), ActionNames: []string{"s3:GetObject"}})
		requireError(t, err, "NoSuchEntity", "The user with name nobody cannot be found.")
	})
}

func TestContextKeysOfPolicies(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		own := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}}`
		more := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"AWS:UserName":"x"}}}}`
		w.user(t, "alice", own)
		custom, err := c.GetContextKeysForCustomPolicy(ctx, &sdk.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{more, own}})
		require.NoError(t, err)
		assert.Equal(t, []string{"aws:SecureTransport", "AWS:UserName"}, custom.ContextKeyNames)
		principal, err := c.GetContextKeysForPrincipalPolicy(ctx, &sdk.GetContextKeysForPrincipalPolicyInput{
			PolicySourceArn: aws.String("arn:aws:iam::111122223333:user/alice"), PolicyInputList: []string{more},
		})
		require.NoError(t, err)
		assert.Equal(t, []string{"aws:username", "aws:SecureTransport"}, principal.ContextKeyNames)
		_, err = c.GetContextKeysForCustomPolicy(ctx, &sdk.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{"{"}})
		requireError(t, err, "InvalidInput", "Syntax errors in policy.")
	})
}
