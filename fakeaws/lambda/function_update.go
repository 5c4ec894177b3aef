package lambda

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) updateOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.updateFunctionCode),
		fakeaws.Bind(s.updateFunctionConfiguration),
	}
}

// sameRevision refuses a call for another revision than the latest.
func sameRevision(asked, latest *string, call string) error {
	if aws.ToString(asked) != "" && *asked != aws.ToString(latest) {
		return precondition(call)
	}
	return nil
}

// updating makes a change of $LATEST: prepare makes it with no lock held, of a copy, and it
// is stored unless the function has changed meanwhile.
func updatingLatest[O any](s *Fake, t *target, revision *string, prepare func(*version) error, store func(version) (O, error)) func() (O, error) {
	return func() (none O, err error) {
		s.mu.Lock()
		if err := t.exists(); err != nil {
			s.mu.Unlock()
			return none, err
		}
		changed, before := *t.latest, aws.ToString(t.latest.RevisionId)
		s.mu.Unlock()
		if err := sameRevision(revision, changed.RevisionId, "GetFunction/GetAlias"); err != nil {
			return none, err
		}
		if err := prepare(&changed); err != nil {
			return none, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := t.exists(); err != nil {
			return none, err
		}
		if before != aws.ToString(t.latest.RevisionId) {
			return none, conflict("The operation cannot be performed at this time. An update is in progress for resource: " + t.id.arn())
		}
		return store(changed)
	}
}

// updateFunctionCode replaces the code of $LATEST.
func (s *Fake) updateFunctionCode(call *fakeaws.Call, in *awslambda.UpdateFunctionCodeInput) (*fakeaws.Plan[*awslambda.UpdateFunctionCodeOutput], error) {
	t, err := s.target(call, in, in.FunctionName, nil, "lambda:UpdateFunctionCode")
	if err != nil {
		return nil, err
	}
	t.ref.qualifier = ""
	prepare := func(v *version) error {
		if len(in.Architectures) > 0 {
			v.Architectures = in.Architectures
		}
		return s.load(call, v, source{in.ZipFile, in.S3Bucket, in.S3Key, in.S3ObjectVersion, in.ImageUri})
	}
	return &fakeaws.Plan[*awslambda.UpdateFunctionCodeOutput]{Needs: []fakeaws.Need{t.need}, Do: updatingLatest(s, t, in.RevisionId, prepare,
		func(changed version) (*awslambda.UpdateFunctionCodeOutput, error) {
			if in.DryRun {
				return output[awslambda.UpdateFunctionCodeOutput](changed.shown(t.id.arn())), nil
			}
			answer := s.settle(t.function, changed)
			if in.Publish {
				v := s.publish(t.function, &awslambda.PublishVersionInput{})
				answer = updating(*v.shown(reference{t.id, v.name()}.arn()))
			}
			return output[awslambda.UpdateFunctionCodeOutput](answer), nil
		})}, nil
}

// updateFunctionConfiguration changes the settings of $LATEST. Who gives it another role
// must be allowed to pass it.
func (s *Fake) updateFunctionConfiguration(call *fakeaws.Call, in *awslambda.UpdateFunctionConfigurationInput) (*fakeaws.Plan[*awslambda.UpdateFunctionConfigurationOutput], error) {
	t, err := s.target(call, in, in.FunctionName, nil, "lambda:UpdateFunctionConfiguration", settingKeys(in.Layers, in.VpcConfig)...)
	if err != nil {
		return nil, err
	}
	t.ref.qualifier = ""
	needs := []fakeaws.Need{t.need}
	if in.Role != nil {
		needs = append(needs, passRole(*in.Role, t.ref.id))
	}
	needs = append(needs, s.layerNeeds(in.Layers)...)
	prepare := func(v *version) error {
		if err := v.change(in); err != nil {
			return err
		}
		return s.checkRole(call, t.id, v, in.Role != nil, in.DeadLetterConfig, in.VpcConfig)
	}
	return &fakeaws.Plan[*awslambda.UpdateFunctionConfigurationOutput]{Needs: needs, Do: updatingLatest(s, t, in.RevisionId, prepare,
		func(changed version) (*awslambda.UpdateFunctionConfigurationOutput, error) {
			if in.Layers != nil {
				if err := s.useLayers(&changed, in.Layers); err != nil {
					return nil, err
				}
			}
			return output[awslambda.UpdateFunctionConfigurationOutput](s.settle(t.function, changed)), nil
		})}, nil
}

// roleOf is the execution role of a version.
func (v *version) roleOf() string { return aws.ToString(v.Role) }

// variables are the environment variables of a version.
func (v *version) variables() map[string]string {
	if v.Environment == nil {
		return nil
	}
	return v.Environment.Variables
}
