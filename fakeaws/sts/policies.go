package sts

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
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
// none. Managed ones must be AWS's or in the role's account.
func (s *Service) sessionPolicies(role *fakeaws.Role, in *sdk.AssumeRoleInput) ([]*enforce.Policy, error) {
	var policies []*enforce.Policy
	if in.Policy != nil {
		p, err := enforce.Parse(*in.Policy, enforce.SessionPolicy, enforce.Source{})
		if err != nil {
			return nil, malformed(err)
		}
		policies = append(policies, p)
	}
	for _, d := range in.PolicyArns {
		arn := aws.ToString(d.Arn)
		p, ok := s.world.Directory().ManagedPolicy(arn)
		if !ok || !strings.HasPrefix(arn, fakeaws.ARN("iam", "", role.Account, "policy/")) && !strings.HasPrefix(arn, awsPolicies) {
			return nil, &fakeaws.Error{Code: "ValidationError", Message: fmt.Sprintf(unknownSessionPolicy, arn), Status: 400}
		}
		policies = append(policies, p)
	}
	return policies, nil
}

// packedSize is how much of the space for policies and tags a request uses, in
// percent; nil when it has neither.
func packedSize(in *sdk.AssumeRoleInput) (*int32, error) {
	if in.Policy == nil && len(in.PolicyArns) == 0 && len(in.Tags) == 0 {
		return nil, nil
	}
	text := utf8.RuneCountInString(aws.ToString(in.Policy))
	for _, d := range in.PolicyArns {
		text += len(aws.ToString(d.Arn))
	}
	if text > maxPolicyText {
		return nil, tooLarge("Packed policy consumes %d%% of allotted space, please use smaller policy.", percent(text, maxPolicyText))
	}
	tags := 0
	for _, t := range in.Tags {
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
