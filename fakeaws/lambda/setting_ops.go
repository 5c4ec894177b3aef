package lambda

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) settingOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getAccountSettings),
		fakeaws.Bind(s.putFunctionRecursionConfig),
		fakeaws.Bind(s.getFunctionRecursionConfig),
		fakeaws.Bind(s.putRuntimeManagementConfig),
		fakeaws.Bind(s.getRuntimeManagementConfig),
	}
}

// The default quotas of an account in a region.
const (
	totalCodeSize = 80530636800
	zippedSize    = 52428800
)

// getAccountSettings tells of the quotas of an account and of what it has.
func (s *Fake) getAccountSettings(call *fakeaws.Call, in *awslambda.GetAccountSettingsInput) (*fakeaws.Plan[*awslambda.GetAccountSettingsOutput], error) {
	return onResource(s, call, in, "*", func() (*awslambda.GetAccountSettingsOutput, error) {
		left, usage := int32(accountConcurrency), &types.AccountUsage{}
		for id, f := range s.functions {
			if id.account != call.Account || id.region != call.Region {
				continue
			}
			usage.FunctionCount++
			usage.TotalCodeSize += f.latest.CodeSize
			for _, v := range f.published {
				usage.TotalCodeSize += v.CodeSize
			}
			if f.reserved != nil {
				left -= *f.reserved
			}
		}
		for id, l := range s.layers {
			if id.account == call.Account && id.region == call.Region {
				for _, v := range l.versions {
					usage.TotalCodeSize += v.Content.CodeSize
				}
			}
		}
		return &awslambda.GetAccountSettingsOutput{AccountUsage: usage, AccountLimit: &types.AccountLimit{
			CodeSizeUnzipped: maxUnzipped, CodeSizeZipped: zippedSize, ConcurrentExecutions: accountConcurrency, TotalCodeSize: totalCodeSize, UnreservedConcurrentExecutions: &left,
		}}, nil
	})
}

// putFunctionRecursionConfig stores what is done about loops. They are not looked for here:
// Settle gives up when what is due has no end.
func (s *Fake) putFunctionRecursionConfig(call *fakeaws.Call, in *awslambda.PutFunctionRecursionConfigInput) (*fakeaws.Plan[*awslambda.PutFunctionRecursionConfigOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.PutFunctionRecursionConfigOutput, error) {
		t.recursion = in.RecursiveLoop
		return &awslambda.PutFunctionRecursionConfigOutput{RecursiveLoop: t.recursion}, nil
	})
}

func (s *Fake) getFunctionRecursionConfig(call *fakeaws.Call, in *awslambda.GetFunctionRecursionConfigInput) (*fakeaws.Plan[*awslambda.GetFunctionRecursionConfigOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.GetFunctionRecursionConfigOutput, error) {
		return &awslambda.GetFunctionRecursionConfigOutput{RecursiveLoop: t.recursion}, nil
	})
}

// A runtimeVersion is how the runtime of a version is updated. It never changes.
type runtimeVersion struct {
	update types.UpdateRuntimeOn
	arn    *string
}

func (s *Fake) putRuntimeManagementConfig(call *fakeaws.Call, in *awslambda.PutRuntimeManagementConfigInput) (*fakeaws.Plan[*awslambda.PutRuntimeManagementConfigOutput], error) {
	return onFunction(s, call, in, in.FunctionName, in.Qualifier, func(t *target) (*awslambda.PutRuntimeManagementConfigOutput, error) {
		if _, err := t.qualified(); err != nil {
			return nil, err
		}
		if (in.UpdateRuntimeOn == types.UpdateRuntimeOnManual) != (in.RuntimeVersionArn != nil) {
			return nil, invalidParameter("You must specify the RuntimeVersionArn if, and only if, UpdateRuntimeOn is Manual.")
		}
		t.pinned[t.asyncKey()] = &runtimeVersion{in.UpdateRuntimeOn, in.RuntimeVersionArn}
		return &awslambda.PutRuntimeManagementConfigOutput{FunctionArn: aws.String(t.ref.arn()), UpdateRuntimeOn: in.UpdateRuntimeOn, RuntimeVersionArn: in.RuntimeVersionArn}, nil
	})
}

func (s *Fake) getRuntimeManagementConfig(call *fakeaws.Call, in *awslambda.GetRuntimeManagementConfigInput) (*fakeaws.Plan[*awslambda.GetRuntimeManagementConfigOutput], error) {
	return onFunction(s, call, in, in.FunctionName, in.Qualifier, func(t *target) (*awslambda.GetRuntimeManagementConfigOutput, error) {
		if _, err := t.qualified(); err != nil {
			return nil, err
		}
		out := &awslambda.GetRuntimeManagementConfigOutput{FunctionArn: aws.String(t.ref.arn()), UpdateRuntimeOn: types.UpdateRuntimeOnAuto}
		if r := t.pinned[t.asyncKey()]; r != nil {
			out.UpdateRuntimeOn, out.RuntimeVersionArn = r.update, r.arn
		}
		return out, nil
	})
}
