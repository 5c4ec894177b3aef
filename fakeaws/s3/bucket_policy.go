package s3

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// PutBucketPolicy sets the policy of a bucket.
func (s *Fake) PutBucketPolicy(ctx context.Context, in *awss3.PutBucketPolicyInput) (*awss3.PutBucketPolicyOutput, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkMD5(in.ContentMD5, aws.ToString(in.Policy)); err != nil {
		return nil, err
	}
	policy, doc, err := s.compilePolicy(call, aws.ToString(in.Policy))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.ownBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "PUT")
	if err != nil {
		return nil, err
	}
	if err := policy.Policy().ValidateBucket(b.name); err != nil {
		return nil, malformedPolicy(err)
	}
	public := doc.public()
	if public && s.blockOf(b).blockPolicy {
		return nil, errAccessDenied.says("User: " + call.Caller.ARN + ` is not authorized to perform: s3:PutBucketPolicy on resource: "` + b.arn +
			`" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`)
	}
	b.policy, b.public = policy, public
	return new(awss3.PutBucketPolicyOutput), nil
}

// compilePolicy reads a bucket policy and finds its principals.
func (s *Fake) compilePolicy(call *fakeaws.Call, text string) (*fakeaws.ResourcePolicy, *policyDoc, error) {
	policy, err := enforce.Parse(text, enforce.BucketPolicy, enforce.Source{File: call.PolicyFile})
	if err != nil {
		return nil, nil, malformedPolicy(err)
	}
	doc, err := readPolicyDoc(text)
	if err != nil {
		return nil, nil, err
	}
	bound, err := s.world.Bind(policy)
	var unknown *fakeaws.UnknownPrincipalError
	if errors.As(err, &unknown) {
		return nil, nil, errMalformedPolicy.says("Invalid principal in policy", "Detail", unknown.Principal)
	}
	return bound, doc, err
}

// malformedPolicy words what enforce found wrong with a document as S3 does.
func malformedPolicy(err error) error {
	var d *enforce.DocumentError
	if errors.As(err, &d) {
		return kind{d.Code, errMalformedPolicy.status, d.Message}.of()
	}
	return err
}

// ownBucket finds the bucket of an operation that only the account of its owner
// may perform, whatever the policies say.
func (s *Fake) ownBucket(call *fakeaws.Call, ref bucketRef, method string) (*bucket, error) {
	b, err := s.bucket(call, ref)
	if err != nil {
		return nil, err
	}
	if call.Account != b.owner.ID {
		return nil, errMethodNotAllowed.of("Method", method, "ResourceType", "BUCKETPOLICY")
	}
	return b, nil
}

// GetBucketPolicy returns the policy of a bucket as it was put.
func (s *Fake) GetBucketPolicy(ctx context.Context, in *awss3.GetBucketPolicyInput) (*awss3.GetBucketPolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.ownBucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner}, "GET")
	if err != nil {
		return nil, err
	}
	if b.policy == nil {
		return nil, errNoSuchBucketPolicy.of("BucketName", b.name)
	}
	return &awss3.GetBucketPolicyOutput{Policy: aws.String(b.policy.Document())}, nil
}

// DeleteBucketPolicy removes the policy of a bucket, or does nothing where
// there is none.
func (s *Fake) DeleteBucketPolicy(ctx context.Context, in *awss3.DeleteBucketPolicyInput) (*awss3.DeleteBucketPolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.ownBucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner}, "DELETE")
	if err != nil {
		return nil, err
	}
	b.policy, b.public = nil, false
	return new(awss3.DeleteBucketPolicyOutput), nil
}

// GetBucketPolicyStatus tells whether the policy of a bucket makes it public.
func (s *Fake) GetBucketPolicyStatus(ctx context.Context, in *awss3.GetBucketPolicyStatusInput) (*awss3.GetBucketPolicyStatusOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if b.policy == nil {
		return nil, errNoSuchBucketPolicy.of("BucketName", b.name)
	}
	return &awss3.GetBucketPolicyStatusOutput{PolicyStatus: &types.PolicyStatus{IsPublic: &b.public}}, nil
}
