package sts

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

const (
	// maxPolicyText is the quota of characters of an inline session policy and
	// the ARNs of managed ones together.
	maxPolicyText = 2048
	// packedLimit stands for the size of AWS's binary form of policies and
	// tags, whose format and limit are not published: the percentage that AWS
	// would answer is unverified.
	packedLimit = 4096
)

// awsPolicies is how the ARNs of AWS's own managed policies begin.
const awsPolicies = "arn:aws:iam::aws:policy/"

// sessionPolicies compiles the session policies of a request; nil when it has
// none. Managed ones must be AWS's or in the account of the role or user.
func (s *Fake) sessionPolicies(call *fakeaws.Call, account string, inline *string, managed []types.PolicyDescriptorType) ([]*enforce.Policy, error) {
	var policies []*enforce.Policy
	if inline != nil {
		p, err := enforce.Parse(*inline, enforce.SessionPolicy, call.PolicySource)
		if err != nil {
			return nil, malformed(err)
		}
		policies = append(policies, p)
	}
	for _, d := range managed {
		arn := aws.ToString(d.Arn)
		p, ok := s.world.Directory().ManagedPolicy(arn)
		if !ok || !strings.HasPrefix(arn, fakeaws.ARN("iam", "", account, "policy/")) && !strings.HasPrefix(arn, awsPolicies) {
			return nil, &fakeaws.Error{Code: "ValidationError", Message: fmt.Sprintf(unknownSessionPolicy, arn), Status: 400}
		}
		policies = append(policies, p)
	}
	return policies, nil
}

// packedSize is how much of the space for policies and tags a request uses, in
// percent; nil when it has neither.
func packedSize(inline *string, managed []types.PolicyDescriptorType, sessionTags []types.Tag) (*int32, error) {
	if inline == nil && len(managed) == 0 && len(sessionTags) == 0 {
		return nil, nil
	}
	text := utf8.RuneCountInString(aws.ToString(inline))
	for _, d := range managed {
		text += len(aws.ToString(d.Arn))
	}
	if text > maxPolicyText {
		return nil, tooLarge("Packed policy consumes %d%% of allotted space, please use smaller policy.", percent(text, maxPolicyText))
	}
	tags := 0
	for _, t := range sessionTags {
		tags += len(*t.Key) + len(*t.Value)
	}
	used := percent(text+tags, packedLimit)
	if used > 100 {
		return nil, tooLarge("Packed size of session tags consumes %d%% of allotted space.", used)
	}
	return aws.Int32(used), nil
}

// percent rounds up, so that nothing but nothing is zero.
func percent(n, of int) int32 { return int32((n*100 + of - 1) / of) }

func tooLarge(format string, used int32) error {
	return &types.PackedPolicyTooLargeException{Message: aws.String(fmt.Sprintf(format, used))}
}
