package iam

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
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
	if x.kinds[kind] {
		return true
	}
	for _, arn := range x.arns {
		if arn.MatchString(p.arn) {
			return true
		}
	}
	return false
}

// boundary reports whether a permissions boundary is left out.
func (x *exclusion) boundary(p *policy) bool {
	if x.kinds[types.PolicyIdentifierPolicyTypePermissionBoundary] {
		return true
	}
	for _, arn := range x.arns {
		if arn.MatchString(p.arn) {
			return true
		}
	}
	return false
}
