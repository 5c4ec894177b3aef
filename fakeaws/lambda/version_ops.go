package lambda

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) versionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.publishVersion),
		fakeaws.Bind(s.listVersionsByFunction),
	}
}

// publishVersion makes a version of what $LATEST is.
func (s *Fake) publishVersion(call *fakeaws.Call, in *awslambda.PublishVersionInput) (*fakeaws.Plan[*awslambda.PublishVersionOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.PublishVersionOutput, error) {
		if in.PublishTo != "" {
			return nil, notImplemented("PublishTo, which is for functions of capacity providers,")
		}
		if err := sameRevision(in.RevisionId, t.latest.RevisionId, "GetFunction/GetAlias"); err != nil {
			return nil, err
		}
		if sum := aws.ToString(in.CodeSha256); sum != "" && sum != aws.ToString(t.latest.CodeSha256) {
			return nil, invalidParameter("CodeSHA256 (" + sum + ") is different from current CodeSHA256 in $LATEST (" +
				aws.ToString(t.latest.CodeSha256) + "). Please try again with the CodeSHA256 in $LATEST.")
		}
		v := s.publish(t.function, in)
		return output[awslambda.PublishVersionOutput](v.shown(reference{t.id, v.name()}.arn())), nil
	})
}

// publish makes a version of $LATEST. Nothing new is made when $LATEST has not changed since
// the latest version ("Lambda doesn't publish a version if the function's configuration and
// code haven't changed since the last version"). The lock is held.
func (s *Fake) publish(f *function, in *awslambda.PublishVersionInput) *version {
	if n := len(f.published); n > 0 && !f.latest.changed && f.published[n-1].number == f.last {
		return f.published[n-1]
	}
	v := *f.latest
	f.last++
	v.number = f.last
	v.Version = aws.String(v.name())
	if in.Description != nil && *in.Description != "" {
		v.Description = in.Description
	}
	if v.SnapStart != nil && v.SnapStart.ApplyOn == types.SnapStartApplyOnPublishedVersions {
		v.SnapStart = &types.SnapStartResponse{ApplyOn: v.SnapStart.ApplyOn, OptimizationStatus: types.SnapStartOptimizationStatusOn}
	}
	s.revise(&v)
	f.published = append(f.published, &v)
	f.latest.changed = false
	s.revise(f.latest)
	return &v
}

// listVersionsByFunction lists $LATEST and the versions, the oldest first.
func (s *Fake) listVersionsByFunction(call *fakeaws.Call, in *awslambda.ListVersionsByFunctionInput) (*fakeaws.Plan[*awslambda.ListVersionsByFunctionOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.ListVersionsByFunctionOutput, error) {
		shown := map[string]types.FunctionConfiguration{padded(0): t.latest.listed(reference{t.id, latestVersion}.arn())}
		for _, v := range t.published {
			shown[padded(v.number)] = v.listed(reference{t.id, v.name()}.arn())
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListVersionsByFunctionOutput{Versions: p.Items, NextMarker: p.Next}, nil
	})
}
