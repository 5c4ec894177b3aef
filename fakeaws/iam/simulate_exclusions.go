package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
)

// invalidExclusion is the text for an identifier with more wildcards than there
// may be. Unverified.
const invalidExclusion = "Invalid policy identifier: %s"

// An exclusion says which policies of a principal the simulator leaves out. Its
// identifiers are alternatives; those that name no policy are no error.
type exclusion struct {
	kinds  map[types.PolicyIdentifierPolicyType]bool
	arns   []*regexp.Regexp
	inline []inlineExclusion
}

type inlineExclusion struct {
	noun, policy string
	entity       *regexp.Regexp
}

// exclusions reads the identifiers of a request.
func exclusions(ids []types.PolicyIdentifier) (*exclusion, error) {
	x := &exclusion{kinds: make(map[types.PolicyIdentifierPolicyType]bool)}
	for _, id := range ids {
		switch id := id.(type) {
		case *types.PolicyIdentifierMemberPolicyType:
			x.kinds[id.Value] = true
		case *types.PolicyIdentifierMemberPolicyArn:
			pattern, err := namePattern(id.Value)
			if err != nil {
				return nil, err
			}
			if !validARN(id.Value) || strings.ContainsAny(strings.SplitN(id.Value, "/", 2)[0], "*?") {
				return nil, invalidInput(fmt.Sprintf(invalidExclusion, id.Value))
			}
			x.arns = append(x.arns, pattern)
		case *types.PolicyIdentifierMemberInlinePolicyIdentifier:
			pattern, err := namePattern(*id.Value.AttachmentName)
			if err != nil {
				return nil, err
			}
			x.inline = append(x.inline, inlineExclusion{string(id.Value.AttachmentType), *id.Value.PolicyName, pattern})
		}
	}
	return x, nil
}

// namePattern compiles a name with at most one "*" and any number of "?".
func namePattern(text string) (*regexp.Regexp, error) {
	if strings.Count(text, "*") > 1 {
		return nil, invalidInput(fmt.Sprintf(invalidExclusion, text))
	}
	quoted := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(text))
	return regexp.MustCompile(`^` + quoted + `$`), nil
}

// grant reports whether a permissions policy is left out.
func (x *exclusion) grant(g grant) bool {
	if g.managed != nil {
		return x.managed(g.managed)
	}
	if x.kinds[types.PolicyIdentifierPolicyTypeInline] {
		return true
	}
	for _, i := range x.inline {
		if i.noun == g.owner.noun && i.policy == g.policy.Source().Name && i.entity.MatchString(g.owner.name) {
			return true
		}
	}
	return false
}

// managed reports whether a managed policy is left out.
func (x *exclusion) managed(p *policy) bool {
	kind := types.PolicyIdentifierPolicyTypeUserManaged
	if p.owner == awsOwner {
		kind = types.PolicyIdentifierPolicyTypeAwsManaged
	}
	return x.kinds[kind] || x.arn(p.arn)
}

// scps leaves policies out of the levels of an organization. A level that has none
// any more allows nothing, as it would if they were detached.
func (x *exclusion) scps(levels [][]*enforce.Policy) [][]*enforce.Policy {
	if x.kinds[types.PolicyIdentifierPolicyTypeScp] {
		return nil
	}
	var left [][]*enforce.Policy
	for _, level := range levels {
		left = append(left, slices.DeleteFunc(slices.Clone(level), func(p *enforce.Policy) bool { return x.arn(p.Source().ARN) }))
	}
	return left
}

// arn reports whether a policy of an ARN is left out by it.
func (x *exclusion) arn(arn string) bool {
	return slices.ContainsFunc(x.arns, func(pattern *regexp.Regexp) bool { return pattern.MatchString(arn) })
}

// boundary reports whether a permissions boundary is left out.
func (x *exclusion) boundary(p *policy) bool {
	return x.kinds[types.PolicyIdentifierPolicyTypePermissionBoundary] || x.arn(p.arn)
}
