package enforce

import "fmt"

// checkKind finds elements that a kind of policy must have or must not have, and
// principals and actions that it does not take.
func (s *rawStatement) checkKind(kind Kind, src Source, wrong report) {
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
		wrong(&problem{at: s.start, iam: syntaxErrors, detail: fmt.Sprintf("%s is no kind of policy", kind)})
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

func (s *rawStatement) checkIdentity(wrong report) {
	if len(s.resource) == 0 && len(s.notResource) == 0 {
		p := missing("Resource", s.start)
		p.iam = "Policy statement must contain resources."
		wrong(p)
	}
	if s.principal != nil || s.notPrincipal != nil {
		wrong(&problem{at: s.start, iam: "Policy document should not specify a principal.",
			detail: "the principal is whom the policy is attached to"})
	}
}

func (s *rawStatement) checkTrust(wrong report) {
	prohibited := func(element, why string) {
		wrong(&problem{at: s.start, iam: "Has prohibited field " + element, detail: why})
	}
	const role = "the resource of a trust policy is the role itself"
	if s.resource != nil {
		prohibited("Resource", role)
	}
	if s.notResource != nil {
		prohibited("NotResource", role)
	}
	switch {
	case s.notPrincipal != nil:
		prohibited("NotPrincipal", "a trust policy says who is trusted") // text unverified
	case len(s.principal) == 0:
		p := missing("Principal", s.start)
		p.iam = "Missing required field Principal" // unverified
		wrong(p)
	}
	for _, a := range s.action {
		if !isTrustAction(a.value) {
			wrong(&problem{at: a.at, iam: "AssumeRole policy may only specify STS AssumeRole actions.",
				detail: fmt.Sprintf("action %q", a.value)})
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

func (s *rawStatement) checkResourceBased(kind Kind, wrong report) {
	switch {
	case len(s.principal) == 0 && len(s.notPrincipal) == 0:
		wrong(missing("Principal", s.start))
	case s.notPrincipal != nil && s.effect.value == "Allow":
		p := syntax(s.start, "NotPrincipal must be used with Deny; with Allow it would admit everybody else, anonymous callers too")
		p.s3 = "Invalid principal in policy" // unverified
		wrong(p)
	}
	if kind != ResourcePolicy && len(s.resource) == 0 && len(s.notResource) == 0 {
		wrong(missing("Resource", s.start)) // some services, like ECR, imply the resource
	}
}
