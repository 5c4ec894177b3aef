package enforce

import "fmt"

// checkKind finds elements that a kind of policy must have or must not have, and
// principals and actions that it does not take.
func (s *StatementElements) checkKind(kind Kind, src Source, wrong report) {
	switch kind {
	case IdentityPolicy, ManagedPolicy, SessionPolicy, ServiceControlPolicy:
		s.checkIdentity(wrong)
	case TrustPolicy:
		s.checkTrust(wrong)
	case ResourceControlPolicy:
		s.checkResourceControl(src, wrong)
	case ResourcePolicy, BucketPolicy, QueuePolicy, KeyPolicy, EndpointPolicy:
		s.checkResourceBased(kind, wrong)
	default:
		wrong(&problem{at: s.Start, iam: syntaxErrors, detail: fmt.Sprintf("%s is no kind of policy", kind)})
	}
	if kind.namesPrincipals() {
		for _, p := range s.invalid {
			wrong(invalidPrincipal(p))
		}
	}
	if kind == BucketPolicy {
		s.checkS3Actions(wrong)
	}
}

func (s *StatementElements) checkIdentity(wrong report) {
	if len(s.Resource) == 0 && len(s.NotResource) == 0 {
		p := missing("Resource", s.Start)
		p.iam = "Policy statement must contain resources."
		wrong(p)
	}
	if s.Principal != nil || s.NotPrincipal != nil {
		wrong(&problem{at: s.Start, iam: "Policy document should not specify a principal.",
			detail: "the principal is whom the policy is attached to"})
	}
}

func (s *StatementElements) checkTrust(wrong report) {
	prohibited := func(element, why string) {
		wrong(&problem{at: s.Start, iam: "Has prohibited field " + element, detail: why})
	}
	const role = "the resource of a trust policy is the role itself"
	if s.Resource != nil {
		prohibited("Resource", role)
	}
	if s.NotResource != nil {
		prohibited("NotResource", role)
	}
	switch {
	case s.NotPrincipal != nil:
		prohibited("NotPrincipal", "a trust policy says who is trusted") // text unverified
	case len(s.Principal) == 0:
		p := missing("Principal", s.Start)
		p.iam = "Missing required field Principal" // unverified
		wrong(p)
	}
	for _, a := range s.Action {
		if !isTrustAction(a.Value) {
			wrong(&problem{at: a.Offset, iam: "AssumeRole policy may only specify STS AssumeRole actions.",
				detail: fmt.Sprintf("action %q", a.Value)})
		}
	}
}

// trustActions are what a trust policy can allow.
var trustActions = []string{"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity",
	"sts:assumeroot", "sts:setcontext", "sts:setsourceidentity", "sts:tagsession"}

// isTrustAction: a wildcard is taken when it covers one of the actions; that "*"
// is not is unverified.
func isTrustAction(action string) bool {
	pattern := compileAction(action)
	if pattern.any {
		return false
	}
	for _, a := range trustActions {
		if pattern.match(a) {
			return true
		}
	}
	return false
}

func (s *StatementElements) checkResourceBased(kind Kind, wrong report) {
	switch {
	case len(s.Principal) == 0 && len(s.NotPrincipal) == 0:
		wrong(missing("Principal", s.Start))
	case s.NotPrincipal != nil && s.Effect.Value == "Allow":
		p := syntax(s.Start, "NotPrincipal must be used with Deny; with Allow it would admit everybody else, anonymous callers too")
		p.s3 = "Invalid principal in policy" // unverified
		wrong(p)
	}
	if kind != ResourcePolicy && len(s.Resource) == 0 && len(s.NotResource) == 0 {
		wrong(missing("Resource", s.Start)) // some services, like ECR, imply the resource
	}
}
