package s3

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// policyOps are the rows of bucket policies.
func (s *Fake) policyOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.putBucketPolicy),
		bind(s, s.getBucketPolicy),
		bind(s, s.deleteBucketPolicy),
		bind(s, s.getBucketPolicyStatus),
	}
}

// putBucketPolicy sets the policy of a bucket.
func (s *Fake) putBucketPolicy(call *fakeaws.Call, in *awss3.PutBucketPolicyInput) (*fakeaws.Plan[*awss3.PutBucketPolicyOutput], error) {
	b, needs, err := s.askBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketPolicy")
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awss3.PutBucketPolicyOutput]{Needs: needs, Do: func() (*awss3.PutBucketPolicyOutput, error) {
		if err := checkMD5(in.ContentMD5, aws.ToString(in.Policy)); err != nil {
			return nil, err
		}
		policy, doc, err := s.compilePolicy(call, aws.ToString(in.Policy))
		if err != nil {
			return nil, err
		}
		refused, wrong := checkBucket(doc, b.name) // before the lock: a document may be long
		public := isPublic(doc)
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := b.stillOwn(call, "PUT"); err != nil {
			return nil, err
		}
		if wrong != nil {
			call.Help(refused)
			return nil, wrong
		}
		if public && s.blockOf(b).blockPolicy {
			return nil, errAccessDenied.withText("User: " + call.Caller.ARN + ` is not authorized to perform: s3:PutBucketPolicy on resource: "` + b.arn +
				`" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`)
		}
		b.policy, b.public = policy, public
		return new(awss3.PutBucketPolicyOutput), nil
	}}, nil
}

// getBucketPolicy returns the policy of a bucket as it was put.
func (s *Fake) getBucketPolicy(call *fakeaws.Call, in *awss3.GetBucketPolicyInput) (*fakeaws.Plan[*awss3.GetBucketPolicyOutput], error) {
	return onBucketPolicy(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:GetBucketPolicy", "GET", func(b *bucket) (*awss3.GetBucketPolicyOutput, error) {
		if b.policy == nil {
			return nil, errNoSuchBucketPolicy.of("BucketName", b.name)
		}
		return &awss3.GetBucketPolicyOutput{Policy: aws.String(b.policy.Document())}, nil
	})
}

// deleteBucketPolicy removes the policy of a bucket, or does nothing where there is
// none.
func (s *Fake) deleteBucketPolicy(call *fakeaws.Call, in *awss3.DeleteBucketPolicyInput) (*fakeaws.Plan[*awss3.DeleteBucketPolicyOutput], error) {
	return onBucketPolicy(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:DeleteBucketPolicy", "DELETE", func(b *bucket) (*awss3.DeleteBucketPolicyOutput, error) {
		b.policy, b.public = nil, false
		return new(awss3.DeleteBucketPolicyOutput), nil
	})
}

// getBucketPolicyStatus tells whether the policy of a bucket makes it public.
func (s *Fake) getBucketPolicyStatus(call *fakeaws.Call, in *awss3.GetBucketPolicyStatusInput) (*fakeaws.Plan[*awss3.GetBucketPolicyStatusOutput], error) {
	return onBucket(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:GetBucketPolicyStatus", func(b *bucket) (*awss3.GetBucketPolicyStatusOutput, error) {
		if b.policy == nil {
			return nil, errNoSuchBucketPolicy.of("BucketName", b.name)
		}
		return &awss3.GetBucketPolicyStatusOutput{PolicyStatus: &types.PolicyStatus{IsPublic: aws.Bool(b.public)}}, nil
	})
}

// onBucketPolicy is onBucket of the operations on a bucket's policy, which only the
// account of the owner may perform, whatever the policies say.
func onBucketPolicy[O any](s *Fake, call *fakeaws.Call, ref bucketRef, action, method string, do func(*bucket) (O, error)) (*fakeaws.Plan[O], error) {
	b, needs, err := s.askBucket(call, ref, action)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := b.stillOwn(call, method); err != nil {
			return none, err
		}
		return do(b)
	}}, nil
}

// stillOwn is still, and refuses callers of other accounts than the owner's.
func (b *bucket) stillOwn(call *fakeaws.Call, method string) error {
	if err := b.still(call); err != nil {
		return err
	}
	if call.Account != b.owner.ID {
		return errMethodNotAllowed.of("Method", method, "ResourceType", "BUCKETPOLICY")
	}
	return nil
}

// compilePolicy reads a bucket policy and finds its principals.
func (s *Fake) compilePolicy(call *fakeaws.Call, text string) (*fakeaws.ResourcePolicy, *enforce.Document, error) {
	policy, err := enforce.Parse(text, enforce.BucketPolicy, call.PolicySource)
	if err != nil {
		call.Help(err.Error())
		return nil, nil, malformedPolicy(err)
	}
	call.Stores(policy)
	bound, err := s.world.Bind(policy)
	var unknown *fakeaws.UnknownPrincipalError
	if errors.As(err, &unknown) {
		call.Help(unknown.Error())
		return nil, nil, errMalformedPolicy.withText("Invalid principal in policy", "Detail", unknown.Principal)
	}
	return bound, policy.Elements(), err
}

// malformedPolicy words what enforce found wrong with a document as S3 does.
func malformedPolicy(err error) error {
	var d *enforce.DocumentError
	if errors.As(err, &d) {
		return s3Error{d.Code, errMalformedPolicy.status, d.Message}.of()
	}
	return err
}
