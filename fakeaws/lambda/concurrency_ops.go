package lambda

import (
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) concurrencyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putFunctionConcurrency),
		fakeaws.Bind(s.getFunctionConcurrency),
		fakeaws.Bind(s.deleteFunctionConcurrency),
		fakeaws.Bind(s.putProvisionedConcurrencyConfig),
		fakeaws.Bind(s.getProvisionedConcurrencyConfig),
		fakeaws.Bind(s.deleteProvisionedConcurrencyConfig),
		fakeaws.Bind(s.listProvisionedConcurrencyConfigs),
	}
}

// minUnreserved is how many executions of an account no function can reserve.
const minUnreserved = 100

// putFunctionConcurrency reserves executions for a function, which it has at most then.
func (s *Fake) putFunctionConcurrency(call *fakeaws.Call, in *awslambda.PutFunctionConcurrencyInput) (*fakeaws.Plan[*awslambda.PutFunctionConcurrencyOutput], error) {
	if in.ReservedConcurrentExecutions != nil && *in.ReservedConcurrentExecutions < 0 {
		return nil, validation("1 validation error detected: Value '" + strconv.Itoa(int(*in.ReservedConcurrentExecutions)) +
			"' at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 0")
	}
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.PutFunctionConcurrencyOutput, error) {
		n := *in.ReservedConcurrentExecutions
		if total := t.provisionedTotal(""); n < total {
			return nil, invalidParameter(" ReservedConcurrentExecutions  " + strconv.Itoa(int(n)) + " should not be lower than function's total provisioned concurrency [" + strconv.Itoa(int(total)) + "].")
		}
		if s.unreserved(t.function)-int(n) < minUnreserved && n > 0 {
			return nil, invalidParameter(textReserved)
		}
		t.reserved = &n
		return &awslambda.PutFunctionConcurrencyOutput{ReservedConcurrentExecutions: &n}, nil
	})
}

// unreserved is how many executions of an account other functions than one have not
// reserved. The lock is held.
func (s *Fake) unreserved(but *function) int {
	left := accountConcurrency
	for id, f := range s.functions {
		if f != but && id.account == but.id.account && id.region == but.id.region && f.reserved != nil {
			left -= int(*f.reserved)
		}
	}
	return left
}

func (s *Fake) getFunctionConcurrency(call *fakeaws.Call, in *awslambda.GetFunctionConcurrencyInput) (*fakeaws.Plan[*awslambda.GetFunctionConcurrencyOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.GetFunctionConcurrencyOutput, error) {
		return &awslambda.GetFunctionConcurrencyOutput{ReservedConcurrentExecutions: t.reserved}, nil
	})
}

func (s *Fake) deleteFunctionConcurrency(call *fakeaws.Call, in *awslambda.DeleteFunctionConcurrencyInput) (*fakeaws.Plan[*awslambda.DeleteFunctionConcurrencyOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.DeleteFunctionConcurrencyOutput, error) {
		t.reserved = nil
		return &awslambda.DeleteFunctionConcurrencyOutput{}, nil
	})
}

// A provisioned is the provisioned concurrency of a version or alias. It is ready at once,
// and has no other effect here.
type provisioned struct {
	requested int32
	modified  string
}

// provisionedTotal is what a function has provisioned, but for one qualifier.
func (f *function) provisionedTotal(but string) (total int32) {
	for qualifier, p := range f.warm {
		if qualifier != but {
			total += p.requested
		}
	}
	return total
}

func (s *Fake) putProvisionedConcurrencyConfig(call *fakeaws.Call, in *awslambda.PutProvisionedConcurrencyConfigInput) (*fakeaws.Plan[*awslambda.PutProvisionedConcurrencyConfigOutput], error) {
	return onFunction(s, call, in, in.FunctionName, in.Qualifier, func(t *target) (*awslambda.PutProvisionedConcurrencyConfigOutput, error) {
		v, err := t.qualified()
		if err != nil {
			return nil, err
		}
		if v.number == 0 {
			return nil, invalidParameter(textNoProvisioned)
		}
		n := *in.ProvisionedConcurrentExecutions
		if t.reserved != nil && t.provisionedTotal(t.ref.qualifier)+n > *t.reserved {
			return nil, invalidParameter(textProvisioned)
		}
		p := &provisioned{n, timestamp(s.world.Clock().Now())}
		t.warm[t.ref.qualifier] = p
		return &awslambda.PutProvisionedConcurrencyConfigOutput{
			AllocatedProvisionedConcurrentExecutions: aws.Int32(0), AvailableProvisionedConcurrentExecutions: aws.Int32(0),
			RequestedProvisionedConcurrentExecutions: &n, LastModified: &p.modified, Status: types.ProvisionedConcurrencyStatusEnumInProgress,
		}, nil
	})
}

func (p *provisioned) shown(arn string) types.ProvisionedConcurrencyConfigListItem {
	n := p.requested
	return types.ProvisionedConcurrencyConfigListItem{
		AllocatedProvisionedConcurrentExecutions: &n, AvailableProvisionedConcurrentExecutions: &n, RequestedProvisionedConcurrentExecutions: &n,
		LastModified: aws.String(p.modified), Status: types.ProvisionedConcurrencyStatusEnumReady, FunctionArn: &arn,
	}
}

func (s *Fake) getProvisionedConcurrencyConfig(call *fakeaws.Call, in *awslambda.GetProvisionedConcurrencyConfigInput) (*fakeaws.Plan[*awslambda.GetProvisionedConcurrencyConfigOutput], error) {
	return onFunction(s, call, in, in.FunctionName, in.Qualifier, func(t *target) (*awslambda.GetProvisionedConcurrencyConfigOutput, error) {
		p := t.warm[t.ref.qualifier]
		if p == nil {
			return nil, &types.ProvisionedConcurrencyConfigNotFoundException{Message: aws.String(textNotProvisioned), Type: user}
		}
		return output[awslambda.GetProvisionedConcurrencyConfigOutput](p.shown(t.ref.arn())), nil
	})
}

func (s *Fake) deleteProvisionedConcurrencyConfig(call *fakeaws.Call, in *awslambda.DeleteProvisionedConcurrencyConfigInput) (*fakeaws.Plan[*awslambda.DeleteProvisionedConcurrencyConfigOutput], error) {
	return onFunction(s, call, in, in.FunctionName, in.Qualifier, func(t *target) (*awslambda.DeleteProvisionedConcurrencyConfigOutput, error) {
		delete(t.warm, t.ref.qualifier)
		return &awslambda.DeleteProvisionedConcurrencyConfigOutput{}, nil
	})
}

func (s *Fake) listProvisionedConcurrencyConfigs(call *fakeaws.Call, in *awslambda.ListProvisionedConcurrencyConfigsInput) (*fakeaws.Plan[*awslambda.ListProvisionedConcurrencyConfigsOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.ListProvisionedConcurrencyConfigsOutput, error) {
		shown := make(map[string]types.ProvisionedConcurrencyConfigListItem, len(t.warm))
		for _, qualifier := range slices.Sorted(maps.Keys(t.warm)) {
			shown[qualifier] = t.warm[qualifier].shown(reference{t.id, qualifier}.arn())
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListProvisionedConcurrencyConfigsOutput{ProvisionedConcurrencyConfigs: p.Items, NextMarker: p.Next}, nil
	})
}
