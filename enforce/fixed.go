package enforce

import "strings"

// A fixedVerdict is one that AWS gives whatever the policies say.
type fixedVerdict struct {
	verdict Verdict
	reason  string
}

// AWS's words for credentials that an operation does not take are those of its errors.
var (
	identityIsFree    = &fixedVerdict{Allowed, "sts:GetCallerIdentity needs no permission"}
	tokenIsFree       = &fixedVerdict{Allowed, "sts:GetSessionToken needs no permission"}
	rootAssumesNoRole = &fixedVerdict{ImplicitDeny, "Roles may not be assumed by root accounts."}
	notWithSession    = &fixedVerdict{ImplicitDeny, "STS does not take session credentials of this kind for the action"}
	noIAM             = &fixedVerdict{ImplicitDeny, "IAM does not take session credentials of this kind"}
)

// The keys that tell what temporary credentials are.
var (
	tokenIssueTime         = knownKeys["aws:TokenIssueTime"]
	multiFactorAuthPresent = knownKeys["aws:MultiFactorAuthPresent"]
)

// fixed returns what no policy decides, nil for nearly all requests: what everybody may
// ask STS, and what temporary credentials of a user are not for (API pages
// "GetCallerIdentity", "GetSessionToken" and "GetFederationToken", User Guide "Compare
// AWS STS credentials").
func (e *eval) fixed() *fixedVerdict {
	switch {
	case strings.HasPrefix(e.action, "sts:"):
		return e.fixedBySTS()
	case strings.HasPrefix(e.action, "iam:"):
		return e.fixedByIAM()
	}
	return nil
}

func (e *eval) fixedByIAM() *fixedVerdict {
	// Another service asks for iam:PassRole; it is no call of IAM.
	if e.action != "iam:passrole" && (e.req.Principal.Type == FederatedUser || e.userSession() && !e.hasMFA()) {
		return noIAM
	}
	return nil
}

func (e *eval) fixedBySTS() *fixedVerdict {
	caller := &e.req.Principal
	session := caller.Type == AssumedRole || caller.Type == FederatedUser || e.userSession()
	switch e.action {
	case "sts:getcalleridentity":
		if caller.signs() {
			return identityIsFree
		}
	case "sts:getsessiontoken":
		if caller.hasIdentity() && !session {
			return tokenIsFree
		}
		if session {
			return notWithSession
		}
	case "sts:getfederationtoken":
		if session {
			return notWithSession
		}
	case "sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext":
		if caller.Type == Root {
			return rootAssumesNoRole
		}
		if caller.Type == FederatedUser {
			return notWithSession
		}
	default:
		if caller.Type == FederatedUser || e.userSession() {
			return notWithSession
		}
	}
	return nil
}

// keepsBucketPolicy reports whether the caller is the root user of a bucket's owner and
// deals with the bucket's policy: no Deny in the policy shuts it out (API page
// "PutBucketPolicy").
func (e *eval) keepsBucketPolicy() bool {
	if e.req.Principal.Type != Root || e.req.CrossAccount() {
		return false
	}
	switch e.action {
	case "s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy":
		return true
	}
	return false
}

// userSession reports whether the caller has temporary credentials of a user or of the
// root user. Those of AssumeRoot have a session policy.
func (e *eval) userSession() bool {
	t := e.req.Principal.Type
	return (t == User || t == Root) && e.value(tokenIssueTime) != nil
}

// hasMFA reports whether IAM takes the temporary credentials of a user: those that were
// made with MFA, and those that task policies limit.
func (e *eval) hasMFA() bool {
	if e.set.Session != nil {
		return true
	}
	v := e.value(multiFactorAuthPresent)
	return v != nil && len(v.texts()) == 1 && v.texts()[0] == "true"
}
