package enforce

import (
	"slices"
	"strings"
)

// A grade says how directly a statement speaks of the caller. Within an account
// that decides which of the caller's own policies still bind: see
// [eval.ownAccount].
type grade uint8

const (
	unnamed   grade = iota
	byAccount       // the caller's account, which delegates to it
	byIssuer        // the role behind the session, or the user behind the federated user
	directly        // the user, the session, the service, or everybody
)

// A principalPattern is one principal that a statement names.
type principalPattern struct {
	kind  principalKind
	value string
}

type principalKind uint8

const (
	everybody        principalKind = iota // "*", which is {"AWS": "*"}
	accountID                             // 12 digits, or the ARN of the account's root
	principalByARN                        // a user, role, role session or federated user
	principalByID                         // AIDA…, AROA…: what AWS stores in place of a user's or role's ARN
	servicePrincipal                      // "s3.amazonaws.com"
	identityProvider                      // of an OIDC or SAML caller
	canonicalUser                         // S3's 64 hexadecimal digits
)

// names grades how p speaks of the caller.
func (p *principalPattern) names(caller *Principal) grade {
	switch p.kind {
	case everybody:
		return directly
	case accountID:
		return gradeIf(p.value == caller.Account, byAccount)
	case canonicalUser:
		return gradeIf(p.value == caller.CanonicalUser, byAccount)
	case servicePrincipal:
		return gradeIf(caller.Type == Service && p.value == caller.Service, directly)
	case identityProvider:
		federated := caller.Type == WebIdentity || caller.Type == SAMLIdentity
		return gradeIf(federated && p.value == caller.Service, directly)
	case principalByID:
		if p.value == caller.UserID {
			return directly
		}
		session, ok := strings.CutPrefix(caller.UserID, p.value)
		return gradeIf(ok && strings.HasPrefix(session, ":"), byIssuer)
	}
	if p.value == caller.ARN {
		return directly
	}
	return gradeIf(p.value == caller.IssuerARN, byIssuer)
}

// most returns the most direct grade that names gives for a kind.
func (k principalKind) most() grade {
	if k == accountID || k == canonicalUser {
		return byAccount
	}
	return directly
}

func gradeIf(matched bool, g grade) grade {
	if matched {
		return g
	}
	return unnamed
}

// notPrincipalNeedsAccount would exempt a caller from a Deny with NotPrincipal
// only when its account is listed too. AWS's page asks for both and says that
// AWS "might" check the account first; whether it does is unverified.
const notPrincipalNeedsAccount = false

// names grades how a statement speaks of the caller.
func (e *eval) names(s *Statement) grade {
	if s.anyPrincipal {
		return directly
	}
	caller := &e.req.Principal
	best := unnamed
	if !s.not.principal {
		for i := range s.principals {
			best = max(best, s.principals[i].names(caller))
		}
		return best
	}
	return gradeIf(!e.exempts(s), directly)
}

// exempts reports whether a Deny with NotPrincipal spares the caller. A session is spared
// only by a statement that lists its role too: "you must include both ARNs". That the
// same holds for a federated user and the user behind it is unverified.
func (e *eval) exempts(s *Statement) bool {
	// "Deny with NotPrincipal always denies any IAM principal that has a
	// permissions boundary policy attached, regardless of the values."
	if e.bounded() {
		return false
	}
	caller := &e.req.Principal
	var account, issuer, itself bool
	for i := range s.principals {
		p := &s.principals[i]
		if p.kind == everybody {
			return true
		}
		switch p.names(caller) {
		case byAccount:
			account = true
		case byIssuer:
			issuer = true
		case directly:
			itself = true
		}
	}
	switch caller.Type {
	case Root:
		return account
	case AssumedRole, FederatedUser:
		itself = itself && issuer
	}
	return itself && (account || !notPrincipalNeedsAccount)
}

// A PrincipalRef is a principal that a policy names.
type PrincipalRef struct {
	// Type is "AWS", "Service", "Federated" or "CanonicalUser".
	Type  string
	Value string
}

// Principals returns every principal that the policy's statements name, in
// order, without "*". A service looks there for users and roles that do not
// exist, as AWS does when a policy is stored.
func (p *Policy) Principals() []PrincipalRef {
	var refs []PrincipalRef
	for _, s := range p.statements {
		for _, named := range s.principals {
			if ref := (PrincipalRef{named.kind.element(), named.value}); named.kind != everybody {
				refs = append(refs, ref)
			}
		}
	}
	return refs
}

// element returns the type of principal under which policies name the kind.
func (k principalKind) element() string {
	switch k {
	case servicePrincipal:
		return "Service"
	case identityProvider:
		return "Federated"
	case canonicalUser:
		return "CanonicalUser"
	}
	return "AWS"
}

// compilePrincipal reads a principal of a statement; false when AWS knows no
// such form.
func compilePrincipal(p PrincipalElement) (principalPattern, bool) {
	switch {
	case p.Value == "*" && (p.Type == "*" || p.Type == "AWS"):
		return principalPattern{everybody, "*"}, true
	case p.Value == "" || strings.ContainsAny(p.Value, "*?"):
		// "You cannot use a wildcard to match part of a principal name or ARN."
		return principalPattern{}, false
	case p.Type == "Service":
		return principalPattern{servicePrincipal, p.Value}, true
	case p.Type == "Federated":
		return principalPattern{identityProvider, p.Value}, true
	case p.Type == "CanonicalUser":
		return principalPattern{canonicalUser, p.Value}, true
	case isAccountID(p.Value):
		return principalPattern{accountID, p.Value}, true
	case isUniqueID(p.Value):
		return principalPattern{principalByID, p.Value}, true
	}
	return compilePrincipalARN(p.Value)
}

func compilePrincipalARN(s string) (principalPattern, bool) {
	a, ok := splitARN(s)
	if !ok || !isAccountID(a.account()) {
		return principalPattern{}, false
	}
	kind, name, _ := strings.Cut(a.resource(), "/")
	if !isEntityName(name[strings.LastIndexByte(name, '/')+1:]) {
		return principalPattern{}, false // a policy variable among them
	}
	switch {
	case a.service() == "iam" && a.resource() == "root":
		return principalPattern{accountID, a.account()}, true
	case a.service() == "iam" && (kind == "user" || kind == "role") && name != "",
		a.service() == "sts" && kind == "federated-user" && name != "",
		a.service() == "sts" && kind == "assumed-role" && strings.Count(name, "/") == 1:
		return principalPattern{principalByARN, s}, true
	}
	return principalPattern{}, false // groups among them: they are no principals
}

// isEntityName knows the characters of the names of users, roles and sessions.
func isEntityName(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-") == ""
}

func isAccountID(s string) bool { return len(s) == 12 && allDigits(s) }

// isUniqueID knows the ids of users and roles of "IAM identifiers".
func isUniqueID(s string) bool {
	return len(s) >= 16 && slices.Contains([]string{"AIDA", "AROA"}, s[:4]) &&
		strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
