package lambda

import (
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) functionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createFunction),
		fakeaws.Bind(s.getFunction),
		fakeaws.Bind(s.getFunctionConfiguration),
		fakeaws.Bind(s.deleteFunction),
		fakeaws.Bind(s.listFunctions),
	}
}

const (
	// pageSize is how many things a list call returns at most: "ListFunctions returns a
	// maximum of 50 items in each response, even if you set the number higher".
	pageSize = 50
	// maxName is how long a function's name may be.
	maxName = 64
)

// createFunction makes a function. Who creates it must be allowed to pass the role, which
// Lambda must be able to assume.
func (s *Fake) createFunction(call *fakeaws.Call, in *awslambda.CreateFunctionInput) (*fakeaws.Plan[*awslambda.CreateFunctionOutput], error) {
	t, err := s.target(call, in, in.FunctionName, nil, "lambda:CreateFunction", s.creationKeys(in)...)
	if err != nil {
		return nil, err
	}
	if err := checkCreation(t.ref, in); err != nil {
		return nil, err
	}
	needs := []fakeaws.Need{t.need, passRole(*in.Role, t.ref.id)}
	if len(in.Tags) > 0 {
		tag := t.need
		tag.Action = "lambda:TagResource"
		needs = append(needs, tag)
	}
	needs = append(needs, s.layerNeeds(in.Layers)...)
	return &fakeaws.Plan[*awslambda.CreateFunctionOutput]{Needs: needs, Do: func() (*awslambda.CreateFunctionOutput, error) {
		v, err := s.newVersion(call, t.ref.id, in)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.create(t.ref.id, in, v)
	}}, nil
}

// creationKeys are the condition keys of CreateFunction.
func (s *Fake) creationKeys(in *awslambda.CreateFunctionInput) []contextKey {
	return append(settingKeys(in.Layers, in.VpcConfig), requestTags(in.Tags), setString("lambda:CodeSigningConfigArn", in.CodeSigningConfigArn))
}

// settingKeys are the condition keys of what a function uses.
func settingKeys(layers []string, vpc *types.VpcConfig) []contextKey {
	return []contextKey{func(c *enforce.Context) {
		if len(layers) > 0 {
			c.SetMulti("lambda:Layer", layers)
		}
		if vpc != nil && len(vpc.SubnetIds) > 0 {
			c.SetMulti("lambda:SubnetIds", vpc.SubnetIds)
		}
		if vpc != nil && len(vpc.SecurityGroupIds) > 0 {
			c.SetMulti("lambda:SecurityGroupIds", vpc.SecurityGroupIds)
		}
	}}
}

func checkCreation(ref reference, in *awslambda.CreateFunctionInput) error {
	if len(ref.id.name) > maxName {
		return invalidParameter("1 validation error detected: Value '" + ref.id.name + "' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64")
	}
	if in.PackageType != types.PackageTypeImage && (in.Runtime == "" || in.Handler == nil) {
		return invalidParameter(textHandler)
	}
	return checkTags(in.Tags)
}

// create stores a function. The lock is held.
func (s *Fake) create(id functionID, in *awslambda.CreateFunctionInput, v *version) (*awslambda.CreateFunctionOutput, error) {
	if s.functions[id] != nil {
		return nil, conflict("Function already exist: " + id.name)
	}
	if in.CodeSigningConfigArn != nil && s.signing[*in.CodeSigningConfigArn] == nil {
		return nil, noSigningConfig(*in.CodeSigningConfigArn)
	}
	if err := s.useLayers(v, in.Layers); err != nil {
		return nil, err
	}
	f := newFunction(id)
	f.tags, f.signing = maps.Clone(in.Tags), aws.ToString(in.CodeSigningConfigArn)
	f.latest = v
	s.stamp(v)
	answer := creating(*v.shown(id.arn()))
	s.revise(v)
	s.functions[id] = f
	if in.Publish {
		published := s.publish(f, &awslambda.PublishVersionInput{Description: in.Description})
		answer = creating(*published.shown(reference{id, published.name()}.arn()))
	}
	return output[awslambda.CreateFunctionOutput](answer), nil
}

// getFunction returns the configuration of a version, and where its code is.
func (s *Fake) getFunction(call *fakeaws.Call, in *awslambda.GetFunctionInput) (*fakeaws.Plan[*awslambda.GetFunctionOutput], error) {
	return onFunction(s, call, in, in.FunctionName, in.Qualifier, func(t *target) (*awslambda.GetFunctionOutput, error) {
		v, err := t.qualified()
		if err != nil {
			return nil, err
		}
		code := v.code
		out := &awslambda.GetFunctionOutput{Configuration: v.shown(t.ref.arn()), Code: &code, Tags: maps.Clone(t.tags)}
		if t.reserved != nil {
			out.Concurrency = &types.Concurrency{ReservedConcurrentExecutions: t.reserved}
		}
		return out, nil
	})
}

func (s *Fake) getFunctionConfiguration(call *fakeaws.Call, in *awslambda.GetFunctionConfigurationInput) (*fakeaws.Plan[*awslambda.GetFunctionConfigurationOutput], error) {
	return onFunction(s, call, in, in.FunctionName, in.Qualifier, func(t *target) (*awslambda.GetFunctionConfigurationOutput, error) {
		v, err := t.qualified()
		if err != nil {
			return nil, err
		}
		return output[awslambda.GetFunctionConfigurationOutput](v.shown(t.ref.arn())), nil
	})
}

// deleteFunction deletes a function, or one version of it.
func (s *Fake) deleteFunction(call *fakeaws.Call, in *awslambda.DeleteFunctionInput) (*fakeaws.Plan[*awslambda.DeleteFunctionOutput], error) {
	t, err := s.target(call, in, in.FunctionName, in.Qualifier, "lambda:DeleteFunction")
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslambda.DeleteFunctionOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.DeleteFunctionOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.ref.qualifier == latestVersion {
			return nil, invalidParameter(textDeleteLatest)
		}
		if t.exists() != nil {
			return nil, functionNotFound(t.ref.id.arn())
		}
		if t.ref.qualifier != "" {
			return &awslambda.DeleteFunctionOutput{StatusCode: 204}, s.deleteVersion(t)
		}
		s.forget(t.function)
		return &awslambda.DeleteFunctionOutput{StatusCode: 204}, nil
	}}, nil
}

// deleteVersion deletes a version. One that there is not is no error, one that an alias
// points to is.
func (s *Fake) deleteVersion(t *target) error {
	i := slices.IndexFunc(t.published, func(v *version) bool { return v.name() == t.ref.qualifier })
	if i < 0 {
		return nil
	}
	number := t.published[i].name()
	for _, name := range slices.Sorted(maps.Keys(t.aliases)) {
		if a := t.aliases[name]; *a.FunctionVersion == number || a.routes(number) {
			return conflict("Version " + number + " is in use by alias " + name)
		}
	}
	t.published = slices.Delete(t.published, i, i+1)
	for _, of := range []func(string){
		func(q string) { delete(t.policies, q) }, func(q string) { delete(t.async, q) },
		func(q string) { delete(t.warm, q) }, func(q string) { delete(t.pinned, q) },
	} {
		of(number)
	}
	return nil
}

// forget removes a function with what hangs on it. Its event source mappings stay, as AWS's
// do, and its events are dropped when their time has come.
func (s *Fake) forget(f *function) {
	f.deleted = true
	delete(s.functions, f.id)
	for _, u := range f.urls {
		delete(s.urls, u.label)
	}
}

// listFunctions lists the functions of the caller's account in the call's region, or all
// versions of them.
func (s *Fake) listFunctions(call *fakeaws.Call, in *awslambda.ListFunctionsInput) (*fakeaws.Plan[*awslambda.ListFunctionsOutput], error) {
	return onResource(s, call, in, "*", func() (*awslambda.ListFunctionsOutput, error) {
		shown := make(map[string]types.FunctionConfiguration)
		for id, f := range s.functions {
			if id.account != call.Account || id.region != call.Region {
				continue
			}
			if in.FunctionVersion != types.FunctionVersionAll {
				shown[id.name] = f.latest.listed(id.arn())
				continue
			}
			shown[id.name+":"] = f.latest.listed(reference{id, latestVersion}.arn())
			for _, v := range f.published {
				shown[id.name+":"+padded(v.number)] = v.listed(reference{id, v.name()}.arn())
			}
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListFunctionsOutput{Functions: p.Items, NextMarker: p.Next}, nil
	})
}

// padded is a number that sorts as a text.
func padded(n int) string {
	const width = 20
	text := strconv.Itoa(n)
	return "00000000000000000000"[:width-len(text)] + text
}

// listed returns the page that follows a marker of things by their keys, in the order of
// these.
func listed[T any](all map[string]T, marker *string, most *int32) (page.Page[T], error) {
	if aws.ToString(marker) == "" {
		marker = nil
	}
	after, ok := page.After(marker)
	if !ok {
		return page.Page[T]{}, invalidParameter(textMarker)
	}
	size := min(page.Size(most, pageSize), pageSize)
	keys := slices.Sorted(maps.Keys(all))
	return page.Of(page.Sorted(keys, func(key string) string { return key }), after, size, page.Every(func(key string) T { return all[key] })), nil
}
