package lambda

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) layerPolicyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.addLayerVersionPermission),
		fakeaws.Bind(s.removeLayerVersionPermission),
		fakeaws.Bind(s.getLayerVersionPolicy),
	}
}

// onLayerPolicy plans an operation on the policy of a version of a layer.
func onLayerPolicy[O any](s *Fake, call *fakeaws.Call, in any, name *string, n *int64, do func(*layerVersion) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id := layerAt(call, *name)
	return onLayerVersion(s, in, id, *n, "lambda:"+call.Operation, func(v *layerVersion) (none O, err error) {
		if v == nil {
			return none, resourceNotFound("Layer version " + id.version(*n) + " does not exist.")
		}
		return do(v)
	})
}

// addLayerVersionPermission lets an account, an organization or everybody use a version of a
// layer.
func (s *Fake) addLayerVersionPermission(call *fakeaws.Call, in *awslambda.AddLayerVersionPermissionInput) (*fakeaws.Plan[*awslambda.AddLayerVersionPermissionOutput], error) {
	return onLayerPolicy(s, call, in, in.LayerName, in.VersionNumber, func(v *layerVersion) (*awslambda.AddLayerVersionPermissionOutput, error) {
		if err := v.policy.sameRevision(in.RevisionId, "GetLayerPolicy"); err != nil {
			return nil, err
		}
		principal, err := principalOf(*in.Principal)
		if err != nil {
			return nil, err
		}
		st := &statement{Sid: *in.StatementId, Effect: "Allow", Principal: principal, Action: *in.Action, Resource: *v.LayerVersionArn}
		st.when("StringEquals", "aws:PrincipalOrgID", aws.ToString(in.OrganizationId))
		next, written, err := s.with(call, v.policy, st, *v.LayerVersionArn)
		if err != nil {
			return nil, err
		}
		v.policy = next
		return &awslambda.AddLayerVersionPermissionOutput{Statement: &written, RevisionId: &next.revision}, nil
	})
}

func (s *Fake) removeLayerVersionPermission(call *fakeaws.Call, in *awslambda.RemoveLayerVersionPermissionInput) (*fakeaws.Plan[*awslambda.RemoveLayerVersionPermissionOutput], error) {
	return onLayerPolicy(s, call, in, in.LayerName, in.VersionNumber, func(v *layerVersion) (*awslambda.RemoveLayerVersionPermissionOutput, error) {
		if v.policy == nil {
			return nil, resourceNotFound(textNoPolicy)
		}
		if err := v.policy.sameRevision(in.RevisionId, "GetLayerPolicy"); err != nil {
			return nil, err
		}
		next, err := s.without(call, v.policy, *in.StatementId, *v.LayerVersionArn)
		if err != nil {
			return nil, err
		}
		v.policy = next
		return &awslambda.RemoveLayerVersionPermissionOutput{}, nil
	})
}

func (s *Fake) getLayerVersionPolicy(call *fakeaws.Call, in *awslambda.GetLayerVersionPolicyInput) (*fakeaws.Plan[*awslambda.GetLayerVersionPolicyOutput], error) {
	return onLayerPolicy(s, call, in, in.LayerName, in.VersionNumber, func(v *layerVersion) (*awslambda.GetLayerVersionPolicyOutput, error) {
		if v.policy == nil {
			return nil, resourceNotFound(textNoPolicy)
		}
		return &awslambda.GetLayerVersionPolicyOutput{Policy: aws.String(v.policy.bound.Document()), RevisionId: &v.policy.revision}, nil
	})
}
