package lambda

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) eventInvokeOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putFunctionEventInvokeConfig),
		fakeaws.Bind(s.updateFunctionEventInvokeConfig),
		fakeaws.Bind(s.getFunctionEventInvokeConfig),
		fakeaws.Bind(s.deleteFunctionEventInvokeConfig),
		fakeaws.Bind(s.listFunctionEventInvokeConfigs),
	}
}

// An asyncConfig is how a version or alias is invoked asynchronously. It never changes:
// another is stored in its place.
type asyncConfig struct {
	types.FunctionEventInvokeConfig
}

// asyncKey is the qualifier under which a config is kept: without one it is that of $LATEST.
func (t *target) asyncKey() string {
	if t.ref.qualifier == "" {
		return latestVersion
	}
	return t.ref.qualifier
}

// putFunctionEventInvokeConfig stores a config. What is not sent is the default.
func (s *Fake) putFunctionEventInvokeConfig(call *fakeaws.Call, in *awslambda.PutFunctionEventInvokeConfigInput) (*fakeaws.Plan[*awslambda.PutFunctionEventInvokeConfigOutput], error) {
	return configuring[awslambda.PutFunctionEventInvokeConfigOutput](s, call, in, output[awslambda.UpdateFunctionEventInvokeConfigInput](in), false)
}

// updateFunctionEventInvokeConfig changes a config. What is not sent stays.
func (s *Fake) updateFunctionEventInvokeConfig(call *fakeaws.Call, in *awslambda.UpdateFunctionEventInvokeConfigInput) (*fakeaws.Plan[*awslambda.UpdateFunctionEventInvokeConfigOutput], error) {
	return configuring[awslambda.UpdateFunctionEventInvokeConfigOutput](s, call, in, in, true)
}

// configuring plans a change of a config. The execution role must be allowed to send to the
// destinations, which is asked with no lock held.
func configuring[O any](s *Fake, call *fakeaws.Call, checked any, in *awslambda.UpdateFunctionEventInvokeConfigInput, update bool) (*fakeaws.Plan[*O], error) {
	t, err := s.target(call, checked, in.FunctionName, in.Qualifier, "lambda:"+call.Operation)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*O]{Needs: []fakeaws.Need{t.need}, Do: func() (*O, error) {
		if in.DestinationConfig == nil && in.MaximumEventAgeInSeconds == nil && in.MaximumRetryAttempts == nil {
			return nil, invalidParameter(textEmptyConfig)
		}
		role, err := s.roleFor(t)
		if err != nil {
			return nil, err
		}
		if err := s.checkDestinations(call, t.ref, role, in.DestinationConfig); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := t.exists(); err != nil {
			return nil, err
		}
		c := &asyncConfig{types.FunctionEventInvokeConfig{FunctionArn: aws.String(reference{t.id, t.asyncKey()}.arn()), DestinationConfig: &types.DestinationConfig{OnSuccess: &types.OnSuccess{}, OnFailure: &types.OnFailure{}}}}
		if update {
			old := t.async[t.asyncKey()]
			if old == nil {
				return nil, noAsyncConfig(t)
			}
			*c = *old
		}
		set(&c.MaximumEventAgeInSeconds, in.MaximumEventAgeInSeconds)
		set(&c.MaximumRetryAttempts, in.MaximumRetryAttempts)
		set(&c.DestinationConfig, in.DestinationConfig)
		c.LastModified = aws.Time(s.world.Clock().Now().Truncate(time.Millisecond))
		t.async[t.asyncKey()] = c
		return output[O](c.FunctionEventInvokeConfig), nil
	}}, nil
}

// roleFor is the execution role of the version that a call means.
func (s *Fake) roleFor(t *target) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := t.exists(); err != nil {
		return "", err
	}
	v, err := t.qualified()
	if err != nil {
		return "", err
	}
	return v.roleOf(), nil
}

// checkDestinations refuses destinations that Lambda cannot send to as the role.
func (s *Fake) checkDestinations(call *fakeaws.Call, ref reference, role string, c *types.DestinationConfig) error {
	if c == nil {
		return nil
	}
	var all []string
	if c.OnSuccess != nil {
		all = append(all, aws.ToString(c.OnSuccess.Destination))
	}
	if c.OnFailure != nil {
		all = append(all, aws.ToString(c.OnFailure.Destination))
	}
	for i, to := range all {
		if to == "" {
			continue
		}
		parsed, err := awsarn.Parse(to)
		name, known := sending[parsed.Service]
		if err != nil || !known || strings.HasSuffix(to, ".fifo") || parsed.Service == "s3" && i == 0 && c.OnSuccess != nil {
			return invalidParameter(textDestination)
		}
		if parsed.Service == "lambda" && strings.HasPrefix(to+":", ref.id.arn()+":") {
			return invalidParameter(textDestination)
		}
		if parsed.Service == "s3" {
			if !s.roleMay(call, ref.id, role, "s3:PutObject", to+"/aws/lambda/async/"+ref.id.name+"/record") {
				return invalidParameter("The provided execution role does not have permissions to call " + name[0] + " on " + name[1])
			}
			continue
		}
		if err := s.checkSending(call, ref.id, role, to); err != nil {
			return err
		}
	}
	return nil
}

func noAsyncConfig(t *target) error {
	return resourceNotFound("The function " + reference{t.ref.id, t.asyncKey()}.arn() + " doesn't have an EventInvokeConfig")
}

func (s *Fake) getFunctionEventInvokeConfig(call *fakeaws.Call, in *awslambda.GetFunctionEventInvokeConfigInput) (*fakeaws.Plan[*awslambda.GetFunctionEventInvokeConfigOutput], error) {
	t, err := s.target(call, in, in.FunctionName, in.Qualifier, "lambda:GetFunctionEventInvokeConfig")
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslambda.GetFunctionEventInvokeConfigOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.GetFunctionEventInvokeConfigOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.exists() != nil || t.async[t.asyncKey()] == nil {
			return nil, noAsyncConfig(t)
		}
		return output[awslambda.GetFunctionEventInvokeConfigOutput](t.async[t.asyncKey()].FunctionEventInvokeConfig), nil
	}}, nil
}

func (s *Fake) deleteFunctionEventInvokeConfig(call *fakeaws.Call, in *awslambda.DeleteFunctionEventInvokeConfigInput) (*fakeaws.Plan[*awslambda.DeleteFunctionEventInvokeConfigOutput], error) {
	return onFunction(s, call, in, in.FunctionName, in.Qualifier, func(t *target) (*awslambda.DeleteFunctionEventInvokeConfigOutput, error) {
		if t.async[t.asyncKey()] == nil {
			return nil, noAsyncConfig(t)
		}
		delete(t.async, t.asyncKey())
		return &awslambda.DeleteFunctionEventInvokeConfigOutput{}, nil
	})
}

func (s *Fake) listFunctionEventInvokeConfigs(call *fakeaws.Call, in *awslambda.ListFunctionEventInvokeConfigsInput) (*fakeaws.Plan[*awslambda.ListFunctionEventInvokeConfigsOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.ListFunctionEventInvokeConfigsOutput, error) {
		shown := make(map[string]types.FunctionEventInvokeConfig, len(t.async))
		for qualifier, c := range t.async {
			shown[qualifier] = c.FunctionEventInvokeConfig
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListFunctionEventInvokeConfigsOutput{FunctionEventInvokeConfigs: p.Items, NextMarker: p.Next}, nil
	})
}
