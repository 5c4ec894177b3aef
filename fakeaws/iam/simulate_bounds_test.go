package iam_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func numbered(n int, prefix string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = prefix + strconv.Itoa(i)
	}
	return all
}

// The lists of the policy simulator are as long as they may be, and one longer.
func TestSimulationIsBounded(t *testing.T) {
	t.Parallel()
	const (
		allow = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
		scps  = "orderedOrganizationPolicyInputList"
	)
	repeated := func(n int) []string { return strings.Split(strings.Repeat(allow+"\n", n-1)+allow, "\n") }
	statements := func(n int) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Repeat(`{"Effect":"Allow","Action":"*","Resource":"*"},`, n-1) + `{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	}
	w := newWorld(t)
	for name, test := range map[string]struct {
		set  func(in *sdk.SimulateCustomPolicyInput, n int)
		most int
		list string // that is too long; empty: the work is too much
	}{
		"actions":   {func(in *sdk.SimulateCustomPolicyInput, n int) { in.ActionNames = numbered(n, "s3:A") }, 1000, "actionNames"},
		"resources": {func(in *sdk.SimulateCustomPolicyInput, n int) { in.ResourceArns = numbered(n, "arn:aws:s3:::b") }, 1000, "resourceArns"},
		"policies":  {func(in *sdk.SimulateCustomPolicyInput, n int) { in.PolicyInputList = repeated(n) }, 100, "policyInputList"},
		"context entries": {func(in *sdk.SimulateCustomPolicyInput, n int) {
			for _, name := range numbered(n, "aws:RequestTag/") {
				in.ContextEntries = append(in.ContextEntries, types.ContextEntry{ContextKeyName: aws.String(name), ContextKeyType: "string", ContextKeyValues: []string{"v"}})
			}
		}, 1000, "contextEntries"},
		"levels": {func(in *sdk.SimulateCustomPolicyInput, n int) {
			for range n {
				in.OrderedOrganizationPolicyInputList = append(in.OrderedOrganizationPolicyInputList, types.OrderedOrganizationPolicyType{ServiceControlPolicyInputList: []string{allow}})
			}
		}, 100, scps},
		"policies of a level": {func(in *sdk.SimulateCustomPolicyInput, n int) {
			in.OrderedOrganizationPolicyInputList = []types.OrderedOrganizationPolicyType{{ServiceControlPolicyInputList: repeated(n)}}
		}, 100, scps},
		"matched statements": {func(in *sdk.SimulateCustomPolicyInput, n int) {
			in.ResourceArns = numbered(100, "arn:aws:s3:::b")
			in.PolicyInputList = []string{statements(n)}
		}, 100, ""},
		"values of a key": {func(in *sdk.SimulateCustomPolicyInput, n int) {
			in.ResourceArns = numbered(1000, "arn:aws:s3:::b")
			in.ContextEntries = []types.ContextEntry{{ContextKeyName: aws.String("aws:TagKeys"), ContextKeyType: "stringList", ContextKeyValues: []string{strings.Repeat("v", 64*n)}}}
		}, (3<<20)/(1000*len(allow)) - 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulate := func(n int) error {
				in := &sdk.SimulateCustomPolicyInput{ActionNames: []string{"s3:GetObject"}, PolicyInputList: []string{allow}}
				test.set(in, n)
				_, err := w.iam.SimulateCustomPolicy(w.root, in)
				return err
			}
			require.NoError(t, simulate(test.most))
			err := simulate(test.most + 1)
			if test.list == "" {
				worldtest.RequireError(t, err, "InvalidInput", "The policies, resources and context entries are too many to simulate at once.")
				return
			}
			worldtest.RequireError(t, err, "ValidationError", "1 validation error detected: Value at '"+test.list+
				"' failed to satisfy constraint: Member must have length less than or equal to "+strconv.Itoa(test.most))
		})
	}
	t.Run("exclusions", func(t *testing.T) {
		t.Parallel()
		simulate := func(n int) error {
			in := &sdk.SimulatePrincipalPolicyInput{ActionNames: []string{"s3:GetObject"}, PolicySourceArn: aws.String("arn:aws:iam::" + worldtest.Account + ":user/bob")}
			for range n {
				in.PolicyExclusionList = append(in.PolicyExclusionList, &types.PolicyIdentifierMemberPolicyArn{Value: "arn:aws:iam::aws:policy/*"})
			}
			_, err := w.iam.SimulatePrincipalPolicy(w.root, in)
			return err
		}
		w.user(t, "bob", allow)
		require.NoError(t, simulate(100))
		worldtest.RequireError(t, simulate(101), "ValidationError", "1 validation error detected: Value at 'policyExclusionList' failed to satisfy constraint: Member must have length less than or equal to 100")
	})
}

// A page ends where it has cost enough, however many results it was asked for, and the
// pages together have each action once.
func TestSimulationGoesByPage(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		in := &sdk.SimulateCustomPolicyInput{
			PolicyInputList: []string{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`},
			ActionNames:     numbered(23, "s3:A"), ResourceArns: numbered(600, "arn:aws:s3:::b"), MaxItems: aws.Int32(1000),
		}
		var got []string
		for pages := 1; ; pages++ {
			out, err := w.iam.SimulateCustomPolicy(w.root, in)
			require.NoError(t, err)
			for _, r := range out.EvaluationResults {
				got = append(got, *r.EvalActionName)
				assert.Len(t, r.ResourceSpecificResults, 600)
			}
			if !out.IsTruncated {
				assert.Equal(t, 3, pages, "of eight actions, 4,800 decisions each")
				break
			}
			in.Marker = out.Marker
		}
		assert.Equal(t, in.ActionNames, got)
		in.Marker = aws.String("MDAwMDA5OTk") // beyond the last
		_, err := w.iam.SimulateCustomPolicy(w.root, in)
		assert.ErrorContains(t, err, "ValidationError")
	})
}

// A leaving is the context of a caller who is gone after some looks.
type leaving struct {
	context.Context
	looks, last int
}

func (l *leaving) Err() error {
	if l.looks++; l.looks > l.last {
		return context.Canceled
	}
	return nil
}

// A simulation ends when its caller has gone, in the midst of its decisions.
func TestSimulationIsCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := &sdk.SimulateCustomPolicyInput{
		PolicyInputList: []string{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`},
		ActionNames:     []string{"s3:GetObject"}, ResourceArns: numbered(1000, "arn:aws:s3:::b"),
	}
	ctx := &leaving{Context: t.Context(), last: 500}
	_, err := w.Do(ctx, w.Fixture(worldtest.Account, worldtest.Region), in)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 501, ctx.looks, "nothing is decided any more")
	ctx = &leaving{Context: t.Context(), last: 2000}
	_, err = w.Do(ctx, w.Fixture(worldtest.Account, worldtest.Region), in)
	require.NoError(t, err)
}
