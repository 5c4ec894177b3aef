package lambda

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) signingOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createCodeSigningConfig),
		fakeaws.Bind(s.getCodeSigningConfig),
		fakeaws.Bind(s.updateCodeSigningConfig),
		fakeaws.Bind(s.deleteCodeSigningConfig),
		fakeaws.Bind(s.listCodeSigningConfigs),
		fakeaws.Bind(s.putFunctionCodeSigningConfig),
		fakeaws.Bind(s.getFunctionCodeSigningConfig),
		fakeaws.Bind(s.deleteFunctionCodeSigningConfig),
		fakeaws.Bind(s.listFunctionsByCodeSigningConfig),
	}
}

// A signingConfig says who must have signed the code of functions. It is stored: no code is
// verified.
type signingConfig struct {
	types.CodeSigningConfig
	place
	tags map[string]string
}

func (c *signingConfig) guard(need *fakeaws.Need) {
	for key, value := range c.tags {
		need.Context.Set("aws:ResourceTag/"+key, value)
	}
}

func noSigningConfig(arn string) error {
	return &types.CodeSigningConfigNotFoundException{Message: aws.String("Code signing config not found: " + arn), Type: user}
}

func (s *Fake) createCodeSigningConfig(call *fakeaws.Call, in *awslambda.CreateCodeSigningConfigInput) (*fakeaws.Plan[*awslambda.CreateCodeSigningConfigOutput], error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return onResource(s, call, in, "*", func() (*awslambda.CreateCodeSigningConfigOutput, error) {
		const length = 17
		id := "csc-" + s.world.IDs().Lower(length)
		c := &signingConfig{place: place{call.Account, call.Region}, tags: maps.Clone(in.Tags)}
		c.CodeSigningConfig = types.CodeSigningConfig{
			CodeSigningConfigId: &id, CodeSigningConfigArn: aws.String(fakeaws.ARN("lambda", call.Region, call.Account, "code-signing-config:"+id)),
			AllowedPublishers: in.AllowedPublishers, CodeSigningPolicies: in.CodeSigningPolicies, Description: in.Description,
			LastModified: aws.String(timestamp(s.world.Clock().Now())),
		}
		if c.CodeSigningPolicies == nil {
			c.CodeSigningPolicies = &types.CodeSigningPolicies{UntrustedArtifactOnDeployment: types.CodeSigningPolicyWarn}
		}
		s.signing[*c.CodeSigningConfigArn] = c
		shown := c.CodeSigningConfig
		return &awslambda.CreateCodeSigningConfigOutput{CodeSigningConfig: &shown}, nil
	}, requestTags(in.Tags))
}

// onSigning plans an operation on a code signing config.
func onSigning[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*signingConfig) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	need := fakeaws.Need{Action: "lambda:" + call.Operation, Resource: *arn, ResourceAccount: accountOf(*arn)}
	c := s.signing[*arn]
	if c != nil {
		c.guard(&need)
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c == nil || s.signing[*arn] != c {
			return none, noSigningConfig(*arn)
		}
		return do(c)
	}}, nil
}

func (s *Fake) getCodeSigningConfig(call *fakeaws.Call, in *awslambda.GetCodeSigningConfigInput) (*fakeaws.Plan[*awslambda.GetCodeSigningConfigOutput], error) {
	return onSigning(s, call, in, in.CodeSigningConfigArn, func(c *signingConfig) (*awslambda.GetCodeSigningConfigOutput, error) {
		shown := c.CodeSigningConfig
		return &awslambda.GetCodeSigningConfigOutput{CodeSigningConfig: &shown}, nil
	})
}

func (s *Fake) updateCodeSigningConfig(call *fakeaws.Call, in *awslambda.UpdateCodeSigningConfigInput) (*fakeaws.Plan[*awslambda.UpdateCodeSigningConfigOutput], error) {
	return onSigning(s, call, in, in.CodeSigningConfigArn, func(c *signingConfig) (*awslambda.UpdateCodeSigningConfigOutput, error) {
		set(&c.AllowedPublishers, in.AllowedPublishers)
		set(&c.CodeSigningPolicies, in.CodeSigningPolicies)
		set(&c.Description, in.Description)
		c.LastModified = aws.String(timestamp(s.world.Clock().Now()))
		shown := c.CodeSigningConfig
		return &awslambda.UpdateCodeSigningConfigOutput{CodeSigningConfig: &shown}, nil
	})
}

// deleteCodeSigningConfig deletes a config that no function uses.
func (s *Fake) deleteCodeSigningConfig(call *fakeaws.Call, in *awslambda.DeleteCodeSigningConfigInput) (*fakeaws.Plan[*awslambda.DeleteCodeSigningConfigOutput], error) {
	return onSigning(s, call, in, in.CodeSigningConfigArn, func(*signingConfig) (*awslambda.DeleteCodeSigningConfigOutput, error) {
		for _, f := range s.functions {
			if f.signing == *in.CodeSigningConfigArn {
				return nil, conflict("Code signing config is in use: " + f.signing)
			}
		}
		delete(s.signing, *in.CodeSigningConfigArn)
		return &awslambda.DeleteCodeSigningConfigOutput{}, nil
	})
}

func (s *Fake) listCodeSigningConfigs(call *fakeaws.Call, in *awslambda.ListCodeSigningConfigsInput) (*fakeaws.Plan[*awslambda.ListCodeSigningConfigsOutput], error) {
	return onResource(s, call, in, "*", func() (*awslambda.ListCodeSigningConfigsOutput, error) {
		shown := make(map[string]types.CodeSigningConfig)
		for arn, c := range s.signing {
			if c.place == (place{call.Account, call.Region}) {
				shown[arn] = c.CodeSigningConfig
			}
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListCodeSigningConfigsOutput{CodeSigningConfigs: p.Items, NextMarker: p.Next}, nil
	})
}

// putFunctionCodeSigningConfig gives a function a config: a permission on both is needed.
func (s *Fake) putFunctionCodeSigningConfig(call *fakeaws.Call, in *awslambda.PutFunctionCodeSigningConfigInput) (*fakeaws.Plan[*awslambda.PutFunctionCodeSigningConfigOutput], error) {
	plan, err := onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.PutFunctionCodeSigningConfigOutput, error) {
		if s.signing[*in.CodeSigningConfigArn] == nil {
			return nil, noSigningConfig(*in.CodeSigningConfigArn)
		}
		t.signing = *in.CodeSigningConfigArn
		return &awslambda.PutFunctionCodeSigningConfigOutput{CodeSigningConfigArn: in.CodeSigningConfigArn, FunctionName: aws.String(t.id.name)}, nil
	}, setString("lambda:CodeSigningConfigArn", in.CodeSigningConfigArn))
	if err != nil {
		return nil, err
	}
	config := fakeaws.Need{Action: plan.Needs[0].Action, Resource: *in.CodeSigningConfigArn, ResourceAccount: accountOf(*in.CodeSigningConfigArn)}
	setString("lambda:CodeSigningConfigArn", in.CodeSigningConfigArn)(&config.Context)
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.signing[*in.CodeSigningConfigArn]; c != nil {
		c.guard(&config)
	}
	plan.Needs = append(plan.Needs, config)
	return plan, nil
}

func (s *Fake) getFunctionCodeSigningConfig(call *fakeaws.Call, in *awslambda.GetFunctionCodeSigningConfigInput) (*fakeaws.Plan[*awslambda.GetFunctionCodeSigningConfigOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.GetFunctionCodeSigningConfigOutput, error) {
		out := &awslambda.GetFunctionCodeSigningConfigOutput{FunctionName: aws.String(t.id.name)}
		if t.signing != "" {
			out.CodeSigningConfigArn = aws.String(t.signing)
		}
		return out, nil
	})
}

func (s *Fake) deleteFunctionCodeSigningConfig(call *fakeaws.Call, in *awslambda.DeleteFunctionCodeSigningConfigInput) (*fakeaws.Plan[*awslambda.DeleteFunctionCodeSigningConfigOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.DeleteFunctionCodeSigningConfigOutput, error) {
		t.signing = ""
		return &awslambda.DeleteFunctionCodeSigningConfigOutput{}, nil
	})
}

func (s *Fake) listFunctionsByCodeSigningConfig(call *fakeaws.Call, in *awslambda.ListFunctionsByCodeSigningConfigInput) (*fakeaws.Plan[*awslambda.ListFunctionsByCodeSigningConfigOutput], error) {
	return onSigning(s, call, in, in.CodeSigningConfigArn, func(c *signingConfig) (*awslambda.ListFunctionsByCodeSigningConfigOutput, error) {
		shown := make(map[string]string)
		for id, f := range s.functions {
			if f.signing == *c.CodeSigningConfigArn {
				shown[id.name] = id.arn()
			}
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListFunctionsByCodeSigningConfigOutput{FunctionArns: p.Items, NextMarker: p.Next}, nil
	})
}
