package enforce

import (
	"fmt"
	"strings"
)

// A Simulation asks many questions at once: whether a principal may perform each
// of some actions on each of some resources.
type Simulation struct {
	Principal Principal
	Policies  PolicySet
	// Actions are IAM actions in AWS's own spelling, "s3:GetObject". Wildcards are
	// for policies.
	Actions []string
	// Resources are ARNs, or "*"; none is the same as "*" alone.
	Resources []string
	// ResourceAccount owns the resources whose ARNs do not say who does, like
	// those of S3. Empty means the principal's own account.
	ResourceAccount string
	// Context holds the condition keys of every request. Keys that tell about the
	// caller are derived, see the package comment; all others are missing unless
	// they are set here.
	Context Context
}

// Simulate decides each action on each resource: for the first action all
// resources, then for the next. It fails when a question makes no sense, like one
// about an action without a service.
func Simulate(s *Simulation) ([]Decision, error) {
	if len(s.Actions) == 0 {
		return nil, fmt.Errorf("simulate: no actions")
	}
	for _, action := range s.Actions {
		if message := checkAction(action); message != "" || strings.ContainsAny(action, "*?") {
			return nil, fmt.Errorf("simulate: action %q; want a form like s3:GetObject", action)
		}
	}
	resources := s.Resources
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	owners := make([]string, len(resources))
	for i, resource := range resources {
		a, isARN := splitARN(resource)
		if !isARN && resource != "*" {
			return nil, fmt.Errorf(`simulate: resource %q; want an ARN or "*"`, resource)
		}
		owners[i] = s.ResourceAccount
		if isARN && isAccountID(a.account()) {
			owners[i] = a.account()
		}
	}
	requests := make([]Request, 0, len(s.Actions)*len(resources))
	decisions := make([]Decision, 0, cap(requests))
	for _, action := range s.Actions {
		for i, resource := range resources {
			requests = append(requests, Request{Principal: s.Principal, Action: action, Resource: resource,
				ResourceAccount: owners[i], Context: s.Context})
			decisions = append(decisions, Evaluate(&requests[len(requests)-1], &s.Policies))
		}
	}
	return decisions, nil
}

// ParsePrincipal makes a principal of what a policy or an answer of AWS calls it:
//
//   - arn:aws:iam::ACCOUNT:user/PATH/NAME, a user;
//   - arn:aws:iam::ACCOUNT:role/PATH/NAME, a session of the role, called
//     "simulated";
//   - arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION, that session. The ARN does not
//     say the role's path, so that it counts as /;
//   - arn:aws:sts::ACCOUNT:federated-user/NAME, a federated user;
//   - arn:aws:iam::ACCOUNT:root, the root user;
//   - SERVICE.amazonaws.com, an AWS service;
//   - anonymous.
//
// The ids of users and roles are not known from these, so aws:userid has no value
// for them.
func ParsePrincipal(s string) (Principal, error) {
	switch {
	case s == "anonymous":
		return Principal{Type: Anonymous}, nil
	case strings.HasSuffix(s, ".amazonaws.com") && !strings.Contains(s, ":"):
		return Principal{Type: Service, Service: s}, nil
	}
	a, ok := splitARN(s)
	if _, known := compilePrincipalARN(s); !ok || !known || strings.ContainsAny(s, "*?") {
		return Principal{}, fmt.Errorf("principal %q is none; want the ARN of a user, role, session or root, the name of a service, or anonymous", s)
	}
	p := Principal{ARN: s, Account: a.account()}
	kind, name, _ := strings.Cut(a.resource(), "/")
	last := name[strings.LastIndexByte(name, '/')+1:]
	prefix := strings.Join(a[:2], ":") // with the partition
	switch kind {
	case "root":
		p.Type, p.UserID = Root, p.Account
	case "user":
		p.Type, p.UserName = User, last
	case "federated-user":
		p.Type, p.UserID = FederatedUser, p.Account+":"+name
	case "role":
		p.Type, p.IssuerARN = AssumedRole, s
		p.ARN = prefix + ":sts::" + p.Account + ":assumed-role/" + last + "/simulated"
	case "assumed-role":
		role, _, _ := strings.Cut(name, "/")
		p.Type, p.IssuerARN = AssumedRole, prefix+":iam::"+p.Account+":role/"+role
	}
	return p, nil
}
