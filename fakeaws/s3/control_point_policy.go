package s3

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// pointPolicyOps are the rows of the policies of access points.
func (c controlFake) pointPolicyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(c.putAccessPointPolicy),
		fakeaws.Bind(c.getAccessPointPolicy),
		fakeaws.Bind(c.deleteAccessPointPolicy),
		fakeaws.Bind(c.getAccessPointPolicyStatus),
	}
}

// putAccessPointPolicy sets the policy of an access point.
func (c controlFake) putAccessPointPolicy(call *fakeaws.Call, in *s3control.PutAccessPointPolicyInput) (*fakeaws.Plan[*s3control.PutAccessPointPolicyOutput], error) {
	var policy *fakeaws.ResourcePolicy
	var doc *enforce.Document
	plan, err := onPoint(c, call, pointRef{in.AccountId, in.Name}, "s3:PutAccessPointPolicy", func(p *accessPoint) (*s3control.PutAccessPointPolicyOutput, error) {
		if err := checkPoint(doc, p.arn); err != nil {
			return nil, err
		}
		public := isPublic(doc)
		if public && c.blockOfPoint(p).blockPolicy {
			return nil, errAccessDenied.withText("User: " + call.Caller.ARN + ` is not authorized to perform: s3:PutAccessPointPolicy on resource: "` + p.arn +
				`" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`)
		}
		p.policy, p.public = policy, public
		return new(s3control.PutAccessPointPolicyOutput), nil
	})
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*s3control.PutAccessPointPolicyOutput]{Needs: plan.Needs, Do: func() (*s3control.PutAccessPointPolicyOutput, error) {
		var err error
		if policy, doc, err = c.compilePolicy(call, aws.ToString(in.Policy)); err != nil {
			return nil, err
		}
		return plan.Do()
	}}, nil
}

// checkPoint refuses resources that are neither an access point nor objects behind it.
func checkPoint(d *enforce.Document, arn string) error {
	for _, st := range d.Statements {
		for _, r := range st.Resource {
			if r.Value != arn && !strings.HasPrefix(r.Value, arn+"/object/") {
				return errMalformedPolicy.withText("Policy has invalid resource")
			}
		}
	}
	return nil
}

// onPointPolicy is onPoint of an operation on an access point that has a policy.
func onPointPolicy[O any](c controlFake, call *fakeaws.Call, ref pointRef, action string, do func(*accessPoint) O) (*fakeaws.Plan[O], error) {
	return onPoint(c, call, ref, action, func(p *accessPoint) (none O, err error) {
		if p.policy == nil {
			return none, errNoSuchPointPolicy.of("AccessPointName", p.name)
		}
		return do(p), nil
	})
}

// getAccessPointPolicy returns the policy of an access point as it was put.
func (c controlFake) getAccessPointPolicy(call *fakeaws.Call, in *s3control.GetAccessPointPolicyInput) (*fakeaws.Plan[*s3control.GetAccessPointPolicyOutput], error) {
	return onPointPolicy(c, call, pointRef{in.AccountId, in.Name}, "s3:GetAccessPointPolicy", func(p *accessPoint) *s3control.GetAccessPointPolicyOutput {
		return &s3control.GetAccessPointPolicyOutput{Policy: aws.String(p.policy.Document())}
	})
}

// deleteAccessPointPolicy removes the policy of an access point.
func (c controlFake) deleteAccessPointPolicy(call *fakeaws.Call, in *s3control.DeleteAccessPointPolicyInput) (*fakeaws.Plan[*s3control.DeleteAccessPointPolicyOutput], error) {
	return onPoint(c, call, pointRef{in.AccountId, in.Name}, "s3:DeleteAccessPointPolicy", func(p *accessPoint) (*s3control.DeleteAccessPointPolicyOutput, error) {
		p.policy, p.public = nil, false
		return new(s3control.DeleteAccessPointPolicyOutput), nil
	})
}

// getAccessPointPolicyStatus tells whether the policy makes the access point public.
func (c controlFake) getAccessPointPolicyStatus(call *fakeaws.Call, in *s3control.GetAccessPointPolicyStatusInput) (*fakeaws.Plan[*s3control.GetAccessPointPolicyStatusOutput], error) {
	return onPointPolicy(c, call, pointRef{in.AccountId, in.Name}, "s3:GetAccessPointPolicyStatus", func(p *accessPoint) *s3control.GetAccessPointPolicyStatusOutput {
		return &s3control.GetAccessPointPolicyStatusOutput{PolicyStatus: &control.PolicyStatus{IsPublic: p.public}}
	})
}
