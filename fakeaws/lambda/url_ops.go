package lambda

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) urlOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createFunctionURLConfig),
		fakeaws.Bind(s.getFunctionURLConfig),
		fakeaws.Bind(s.updateFunctionURLConfig),
		fakeaws.Bind(s.deleteFunctionURLConfig),
		fakeaws.Bind(s.listFunctionURLConfigs),
	}
}

// A functionURL is the URL of a function or of an alias. Its config never changes: another
// is stored in its place.
type functionURL struct {
	ref    reference
	label  string // the first of its host
	config types.FunctionUrlConfig
}

// shown is the config as it is read: with its default where nothing was chosen, which the
// answer to a change does not have.
func (u *functionURL) shown() types.FunctionUrlConfig {
	c := u.config
	if c.InvokeMode == "" {
		c.InvokeMode = types.InvokeModeBuffered
	}
	return c
}

// urlKeys are the condition keys of calls about a URL.
func urlKeys(ref reference, auth types.FunctionUrlAuthType) contextKey {
	return func(c *enforce.Context) {
		c.Set("lambda:FunctionArn", ref.arn())
		if auth != "" {
			c.Set("lambda:FunctionUrlAuthType", string(auth))
		}
	}
}

// urlTarget is the function of a call about its URL, with the condition keys: the
// authentication that the call sends, or else the one that the URL has.
func (s *Fake) urlTarget(call *fakeaws.Call, in any, name, qualifier *string, auth types.FunctionUrlAuthType) (*target, error) {
	t, err := s.target(call, in, name, qualifier, "lambda:"+call.Operation)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if auth == "" && t.function != nil && t.urls[t.ref.qualifier] != nil {
		auth = t.urls[t.ref.qualifier].config.AuthType
	}
	urlKeys(t.ref, auth)(&t.need.Context)
	return t, nil
}

// hasURL returns the URL of a function, or says that there is none. The lock is held.
func (t *target) hasURL() (*functionURL, error) {
	if t.exists() == nil && t.urls[t.ref.qualifier] != nil {
		return t.urls[t.ref.qualifier], nil
	}
	return nil, resourceNotFound(textNoResource)
}

func (s *Fake) createFunctionURLConfig(call *fakeaws.Call, in *awslambda.CreateFunctionUrlConfigInput) (*fakeaws.Plan[*awslambda.CreateFunctionUrlConfigOutput], error) {
	t, err := s.urlTarget(call, in, in.FunctionName, in.Qualifier, in.AuthType)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslambda.CreateFunctionUrlConfigOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.CreateFunctionUrlConfigOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.exists() != nil || t.ref.qualifier != "" && t.aliases[t.ref.qualifier] == nil {
			return nil, resourceNotFound(textNoFunction)
		}
		if t.urls[t.ref.qualifier] != nil {
			return nil, conflict("Failed to create function url config for [functionArn = " + t.ref.arn() + "]. Error message:  FunctionUrlConfig exists for this Lambda function")
		}
		const length = 32
		u := &functionURL{ref: t.ref, label: s.world.IDs().Lower(length)}
		now := urlTime(s.world.Clock().Now())
		u.config = types.FunctionUrlConfig{
			AuthType: in.AuthType, Cors: in.Cors, InvokeMode: in.InvokeMode, FunctionArn: aws.String(t.ref.arn()), CreationTime: &now, LastModifiedTime: &now,
			FunctionUrl: aws.String("https://" + u.label + urlHost + t.id.region + ".on.aws/"),
		}
		t.urls[t.ref.qualifier] = u
		s.urls[u.label] = u
		return output[awslambda.CreateFunctionUrlConfigOutput](u.config), nil
	}}, nil
}

// urlTime is a time as the configs of URLs have it.
func urlTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func (s *Fake) getFunctionURLConfig(call *fakeaws.Call, in *awslambda.GetFunctionUrlConfigInput) (*fakeaws.Plan[*awslambda.GetFunctionUrlConfigOutput], error) {
	t, err := s.urlTarget(call, in, in.FunctionName, in.Qualifier, "")
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslambda.GetFunctionUrlConfigOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.GetFunctionUrlConfigOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		u, err := t.hasURL()
		if err != nil {
			return nil, err
		}
		return output[awslambda.GetFunctionUrlConfigOutput](u.shown()), nil
	}}, nil
}

func (s *Fake) updateFunctionURLConfig(call *fakeaws.Call, in *awslambda.UpdateFunctionUrlConfigInput) (*fakeaws.Plan[*awslambda.UpdateFunctionUrlConfigOutput], error) {
	t, err := s.urlTarget(call, in, in.FunctionName, in.Qualifier, in.AuthType)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslambda.UpdateFunctionUrlConfigOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.UpdateFunctionUrlConfigOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.exists() != nil || t.ref.qualifier != "" && t.aliases[t.ref.qualifier] == nil {
			return nil, resourceNotFound(textNoFunction)
		}
		u, err := t.hasURL()
		if err != nil {
			return nil, err
		}
		if in.AuthType != "" {
			u.config.AuthType = in.AuthType
		}
		if in.InvokeMode != "" {
			u.config.InvokeMode = in.InvokeMode
		}
		set(&u.config.Cors, in.Cors)
		u.config.LastModifiedTime = aws.String(urlTime(s.world.Clock().Now()))
		return output[awslambda.UpdateFunctionUrlConfigOutput](u.config), nil
	}}, nil
}

func (s *Fake) deleteFunctionURLConfig(call *fakeaws.Call, in *awslambda.DeleteFunctionUrlConfigInput) (*fakeaws.Plan[*awslambda.DeleteFunctionUrlConfigOutput], error) {
	t, err := s.urlTarget(call, in, in.FunctionName, in.Qualifier, "")
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslambda.DeleteFunctionUrlConfigOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.DeleteFunctionUrlConfigOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		u, err := t.hasURL()
		if err != nil {
			return nil, err
		}
		delete(s.urls, u.label)
		delete(t.urls, t.ref.qualifier)
		return &awslambda.DeleteFunctionUrlConfigOutput{}, nil
	}}, nil
}

func (s *Fake) listFunctionURLConfigs(call *fakeaws.Call, in *awslambda.ListFunctionUrlConfigsInput) (*fakeaws.Plan[*awslambda.ListFunctionUrlConfigsOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.ListFunctionUrlConfigsOutput, error) {
		shown := make(map[string]types.FunctionUrlConfig, len(t.urls))
		for qualifier, u := range t.urls {
			shown[qualifier+"!"] = u.shown()
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListFunctionUrlConfigsOutput{FunctionUrlConfigs: p.Items, NextMarker: p.Next}, nil
	})
}
