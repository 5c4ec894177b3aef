package enforce

import (
	"iter"
	"slices"
	"strings"
)

// A Request is one question to the policy engine: may this principal perform
// this action on this resource, in this context? A call that needs several
// permissions asks several Requests.
type Request struct {
	Principal Principal
	// Action is the IAM action in AWS's own spelling, "s3:GetObject".
	Action string
	// Resource is the full ARN, with the real path, account and region, or "*"
	// for an action without resource-level permissions.
	Resource string
	// ResourceAccount owns the resource. Empty means the account in its ARN or,
	// where that does not say, as those of S3, the principal's own.
	ResourceAccount string
	// Context holds the condition keys of the request. These are derived from Principal
	// and from the owner of the resource, unless Context sets them, which it may do to
	// any value:
	//
	//	aws:PrincipalArn           aws:PrincipalType           aws:userid
	//	aws:PrincipalAccount       aws:PrincipalIsAWSService   aws:username
	//	aws:PrincipalServiceName   aws:ResourceAccount
	//
	// [Context.SetAbsent] takes a key away from the request. All other keys are missing
	// unless they are set.
	Context Context
	// Unknown says what is not known of the request; nil is nothing.
	Unknown *Unknown
}

// PrincipalType is the value of aws:PrincipalType.
type PrincipalType string

// The principal types of the IAM policy variables page.
const (
	User          PrincipalType = "User"
	AssumedRole   PrincipalType = "AssumedRole"
	FederatedUser PrincipalType = "FederatedUser"
	Root          PrincipalType = "Account"
	Anonymous     PrincipalType = "Anonymous"
	Service       PrincipalType = "Service"      // an AWS service acting as itself
	WebIdentity   PrincipalType = "WebIdentity"  // the caller of AssumeRoleWithWebIdentity
	SAMLIdentity  PrincipalType = "SAMLIdentity" // the caller of AssumeRoleWithSAML
)

// A Principal is the caller of a request.
type Principal struct {
	Type PrincipalType
	// ARN as sts:GetCallerIdentity and denial messages print it: user ARN, role
	// session ARN, federated user ARN, or arn:aws:iam::ACCOUNT:root.
	ARN string
	// IssuerARN is the role ARN (with its path) of a role session, or the ARN
	// of the user who called GetFederationToken. Empty otherwise.
	IssuerARN string
	// Account is the 12-digit account id; empty for anonymous callers and services.
	Account string
	// UserID is the value of aws:userid: AIDA…, AROA…:session, account:name, or
	// the account id of root.
	UserID string
	// UserName is the value of aws:username; IAM users only.
	UserName string
	// Service is the name of a service principal ("s3.amazonaws.com"), or the
	// identity provider of a WebIdentity or SAMLIdentity caller.
	Service string
	// CanonicalUser is the account's 64-digit S3 canonical user id.
	CanonicalUser string
}

// A PolicySet is every policy that applies to a request, by layer. A nil slice
// of a layer that must grant means that the layer is absent and does not limit.
//
// Each layer takes certain kinds of policies. A set with a policy of another kind denies
// every request, and [Decision.Err] says why: in another layer its statements would mean
// something else.
type PolicySet struct {
	// Identity has the inline, attached and group policies of the principal.
	Identity []*Policy
	// Boundary has the permissions boundary; nil when none is set. A boundary
	// that names a policy which no longer exists is Empty(IdentityPolicy).
	Boundary *Policy
	// Session has the session policies; nil when the session has none.
	Session []*Policy
	// Resource is the resource-based policy that guards the resource. A role that is to
	// be assumed and a KMS key always have one: without it a request is denied.
	Resource *Policy
	// NoResourcePolicy says that Resource is nil because the question leaves the policies
	// of resources out, as iam:SimulatePrincipalPolicy does for roles.
	NoResourcePolicy bool
	// SCPs and RCPs hold one list of policies for each node of the
	// organization's path, root first. Nil without an organization.
	SCPs, RCPs [][]*Policy
	// Endpoint is the policy of the VPC endpoint that carries the request.
	Endpoint *Policy
}

// All yields the policies of all layers.
func (set *PolicySet) All() iter.Seq[*Policy] {
	return func(yield func(*Policy) bool) {
		for _, p := range [...]*Policy{set.Boundary, set.Resource, set.Endpoint} {
			if p != nil && !yield(p) {
				return
			}
		}
		for _, nodes := range [...][][]*Policy{{set.Identity, set.Session}, set.SCPs, set.RCPs} {
			for _, list := range nodes {
				for _, p := range list {
					if p != nil && !yield(p) {
						return
					}
				}
			}
		}
	}
}

// Equal reports whether two sets have the same policies in each layer, and the same
// layers.
func (set *PolicySet) Equal(other *PolicySet) bool {
	return set.Boundary == other.Boundary && set.Resource == other.Resource && set.Endpoint == other.Endpoint &&
		set.NoResourcePolicy == other.NoResourcePolicy &&
		sameList(set.Identity, other.Identity) && sameList(set.Session, other.Session) &&
		sameNodes(set.SCPs, other.SCPs) && sameNodes(set.RCPs, other.RCPs)
}

// sameList reports whether two lists have the same policies. A list that is nil is
// another than an empty one.
func sameList(a, b []*Policy) bool { return (a == nil) == (b == nil) && slices.Equal(a, b) }

func sameNodes(a, b [][]*Policy) bool {
	return (a == nil) == (b == nil) && slices.EqualFunc(a, b, sameList)
}

// Owner returns the account that owns the resource; "" when neither the request nor the ARN says.
func (r *Request) Owner() string {
	if r.ResourceAccount != "" {
		return r.ResourceAccount
	}
	if !strings.HasPrefix(r.Resource, "arn:aws:s3:::") { // the most frequent that do not say it
		if a, ok := splitARN(r.Resource); ok && isAccountID(a.account()) {
			return a.account()
		}
	}
	return r.Principal.Account
}

// CrossAccount reports whether the principal asks for what another account owns.
func (r *Request) CrossAccount() bool {
	return r.Principal.Account != "" && r.Principal.Account != r.Owner()
}
