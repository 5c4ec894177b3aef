package cloudformation

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) policyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.setStackPolicy),
		fakeaws.Bind(s.getStackPolicy),
	}
}

// policyOf is the stack policy of a request; empty where it has none. No lock is held.
func (s *Fake) policyOf(call *fakeaws.Call, body, url *string) (string, error) {
	text := aws.ToString(body)
	switch {
	case body != nil && url != nil:
		return "", invalid(textNoPolicyBody)
	case url != nil:
		fetched, err := s.fetch(call, call.Forward(serviceName).Actor(), *url)
		if err != nil {
			return "", err
		}
		text = fetched
	case body == nil:
		return "", nil
	}
	if len(text) > maxPolicy {
		return "", invalid("Stack policy is too long: it has more than %d bytes", maxPolicy) // unverified
	}
	if _, err := parsePolicy(text); err != nil {
		return "", invalid("Error validating stack policy: %s", err)
	}
	return text, nil
}

func (s *Fake) setStackPolicy(call *fakeaws.Call, in *awscf.SetStackPolicyInput) (*fakeaws.Plan[*awscf.SetStackPolicyOutput], error) {
	var found *stack
	plan, err := onStack(s, call, in, in.StackName, func(st *stack) (*awscf.SetStackPolicyOutput, error) {
		found = st
		return &awscf.SetStackPolicyOutput{}, nil
	}, key("StackPolicyUrl", in.StackPolicyURL))
	if err != nil {
		return nil, err
	}
	if in.StackPolicyBody == nil && in.StackPolicyURL == nil {
		return nil, invalid(textNoPolicyBody)
	}
	there := plan.Do
	plan.Do = func() (*awscf.SetStackPolicyOutput, error) {
		out, err := there()
		if err != nil {
			return nil, err
		}
		policy, err := s.policyOf(call, in.StackPolicyBody, in.StackPolicyURL)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		found.policy = policy
		return out, nil
	}
	return plan, nil
}

func (s *Fake) getStackPolicy(call *fakeaws.Call, in *awscf.GetStackPolicyInput) (*fakeaws.Plan[*awscf.GetStackPolicyOutput], error) {
	return onStack(s, call, in, in.StackName, func(st *stack) (*awscf.GetStackPolicyOutput, error) {
		return &awscf.GetStackPolicyOutput{StackPolicyBody: ptr(st.policy)}, nil
	})
}

// A statement is one of a stack policy ("Prevent updates to stack resources").
type statement struct {
	allow                  bool
	actions, notActions    []string
	resources, notResource []string
	types                  []string // of the condition; nil is none
	like                   bool     // StringLike, which takes wildcards
}

// parsePolicy reads a stack policy.
func parsePolicy(text string) ([]statement, error) {
	var document struct{ Statement any }
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return nil, errors.New("it is no JSON object")
	}
	var all []statement
	for i, o := range objects(document.Statement) {
		s, err := parseStatement(o)
		if err != nil {
			return nil, fmt.Errorf("Statement [#%d]: %w", i+1, err) //nolint:staticcheck // AWS's text
		}
		all = append(all, s)
	}
	if all == nil {
		return nil, errors.New("it has no Statement")
	}
	return all, nil
}

func parseStatement(o map[string]any) (s statement, err error) {
	for name, value := range o {
		switch name {
		case "Sid":
		case "Effect":
			s.allow = value == "Allow"
			if !s.allow && value != "Deny" {
				return s, errors.New("the Effect is Allow or Deny")
			}
		case "Action":
			s.actions = list(value)
		case "NotAction":
			s.notActions = list(value)
		case "Resource":
			s.resources = list(value)
		case "NotResource":
			s.notResource = list(value)
		case "Principal":
			if encodedText(value) != "*" && encoded(value) != `{"AWS":"*"}` {
				return s, errors.New("the Principal must be *")
			}
		case "Condition":
			if s.types, s.like, err = parseCondition(value); err != nil {
				return s, err
			}
		default:
			return s, fmt.Errorf("unknown element %s", name)
		}
	}
	switch {
	case o["Effect"] == nil, o["Principal"] == nil, (s.actions == nil) == (s.notActions == nil), (s.resources == nil) == (s.notResource == nil):
		return s, errors.New("it must have Effect, Principal, Action or NotAction, and Resource or NotResource")
	}
	for _, a := range slices.Concat(s.actions, s.notActions) {
		if !slices.Contains([]string{"Update:Modify", "Update:Replace", "Update:Delete", "Update:*", "*"}, a) {
			return s, fmt.Errorf("unknown action %s", a)
		}
	}
	for _, r := range slices.Concat(s.resources, s.notResource) {
		if r != "*" && !strings.HasPrefix(r, "LogicalResourceId/") {
			return s, fmt.Errorf("unknown resource %s", r)
		}
	}
	return s, nil
}

func parseCondition(v any) (types []string, like bool, err error) {
	o := objectOf(v)
	if len(o) != 1 {
		return nil, false, errors.New("a Condition has StringEquals or StringLike")
	}
	for operator, keys := range o {
		if operator != "StringEquals" && operator != "StringLike" {
			return nil, false, fmt.Errorf("unknown operator %s", operator)
		}
		of := objectOf(keys)
		if len(of) != 1 || of["ResourceType"] == nil {
			return nil, false, errors.New("the key of a Condition is ResourceType")
		}
		types, like = list(of["ResourceType"]), operator == "StringLike"
	}
	return types, like, nil
}

// matches reports whether a statement is about an update of a resource.
func (s *statement) matches(action, logical, kind string) bool {
	act := func(all []string) bool {
		return slices.ContainsFunc(all, func(a string) bool { return a == action || a == "*" || a == "Update:*" })
	}
	resource := func(all []string) bool {
		return slices.ContainsFunc(all, func(r string) bool { return wild(r, "LogicalResourceId/"+logical) })
	}
	switch {
	case s.actions != nil && !act(s.actions), s.notActions != nil && act(s.notActions), s.resources != nil && !resource(s.resources), s.notResource != nil && resource(s.notResource):
		return false
	case s.types == nil:
		return true
	}
	return slices.ContainsFunc(s.types, func(t string) bool { return t == kind || s.like && wild(t, kind) })
}

// wild reports whether a text matches a pattern with * and ?.
func wild(pattern, text string) bool {
	p, s, star, from := 0, 0, -1, 0
	for s < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, s
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[s]):
			p++
			s++
		case star >= 0: // the latest * takes one more
			from++
			p, s = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// textNotAllowed is said where no statement allows an update: unverified.
const textNotAllowed = "Action denied by stack policy: no statement allows [%s] for resource [LogicalResourceId/%s]"

// forbidden says why one of some stack policies does not allow an update of a resource; empty
// where all do.
func forbidden(policies []string, action, logical, kind string) string {
	for _, policy := range policies {
		if text := forbiddenBy(policy, action, logical, kind); text != "" {
			return text
		}
	}
	return ""
}

// forbiddenBy is forbidden of one stack policy. A stack without one allows all.
func forbiddenBy(policy, action, logical, kind string) string {
	if policy == "" {
		return ""
	}
	all, err := parsePolicy(policy)
	if err != nil {
		return err.Error() // it was checked when it was set
	}
	allowed := false
	for i := range all {
		switch {
		case !all[i].matches(action, logical, kind):
		case !all[i].allow:
			return fmt.Sprintf(textStackPolicy, i+1, action, logical)
		default:
			allowed = true
		}
	}
	if allowed {
		return ""
	}
	return fmt.Sprintf(textNotAllowed, action, logical)
}
