package enforce

import "fmt"

// checkKind finds elements that a kind of policy must have or must not have.
func (s *rawStatement) checkKind(kind Kind, src Source) *problem {
	switch kind {
	case IdentityPolicy, ManagedPolicy, SessionPolicy, ServiceControlPolicy:
		return s.checkIdentity()
	case TrustPolicy:
		return s.checkTrust()
	case ResourceControlPolicy:
		return s.checkResourceControl(src)
	}
	if kind.namesPrincipals() {
		return s.checkResourceBased(kind)
	}
	return &problem{at: s.start, iam: syntaxErrors, detail: fmt.Sprintf("%s is no kind of policy", kind)}
}

func (s *rawStatement) checkIdentity() *problem {
	if len(s.resource) == 0 && len(s.notResource) == 0 {
		p := missing("Resource", s.start)
		p.iam = "Policy statement must contain resources."
		return p
	}
	if s.principal != nil || s.notPrincipal != nil {
		return &problem{at: s.start, iam: "Policy document should not specify a principal.",
			detail: "the principal is whom the policy is attached to"}
	}
	return nil
}

func (s *rawStatement) checkTrust() *problem {
	prohibited := func(element, why string) *problem {
		return &problem{at: s.start, iam: "Has prohibited field " + element, detail: why}
	}
	const role = "the resource of a trust policy is the role itself"
	switch {
	case s.resource != nil:
		return prohibited("Resource", role)
	case s.notResource != nil:
		return prohibited("NotResource", role)
	case s.notPrincipal != nil:
		return prohibited("NotPrincipal", "a trust policy says who is trusted") // text unverified
	case len(s.principal) == 0:
		p := missing("Principal", s.start)
		p.iam = "Missing required field Principal" // unverified
		return p
	}
	for _, a := range s.action {
		if !isTrustAction(a.value) {
			return &problem{at: a.at, iam: "AssumeRole policy may only specify STS AssumeRole actions.",
				detail: fmt.Sprintf("action %q", a.value)}
		}
	}
	return s.invalid
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

// rcpFullAWSAccess is the ARN of the policy that AWS Organizations attaches
// everywhere, the only resource control policy that may allow.
const rcpFullAWSAccess = "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess"

func (s *rawStatement) checkResourceControl(src Source) *problem {
	everybody := len(s.principal) == 1 && s.principal[0].value == "*"
	var detail string
	switch {
	case s.effect.value != "Deny" && src.ARN != rcpFullAWSAccess:
		detail = "Allow is for RCPFullAWSAccess alone"
	case !everybody:
		detail = `Principal must be "*"; use condition keys to choose among callers`
	case s.notAction != nil:
		detail = "NotAction is not supported in resource control policies"
	case len(s.resource) == 0 && len(s.notResource) == 0:
		detail = "Resource is missing"
	default:
		return nil
	}
	return syntax(s.start, "%s", detail)
}

func (s *rawStatement) checkResourceBased(kind Kind) *problem {
	switch {
	case len(s.principal) == 0 && len(s.notPrincipal) == 0:
		return missing("Principal", s.start)
	case s.notPrincipal != nil && s.effect.value == "Allow":
		p := syntax(s.start, "NotPrincipal must be used with Deny; with Allow it would admit everybody else, anonymous callers too")
		p.s3 = "Invalid principal in policy" // unverified
		return p
	case kind != ResourcePolicy && len(s.resource) == 0 && len(s.notResource) == 0:
		// Some services, like ECR, imply the resource.
		return missing("Resource", s.start)
	case s.invalid == nil && kind == BucketPolicy:
		return s.checkS3Actions()
	}
	return s.invalid
}
