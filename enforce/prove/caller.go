package prove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A caller is one principal, or all of a type in an account.
type caller struct {
	enforce.Principal
	// any says that the ARN and what belongs to it may be any.
	any bool
}

// hasIdentity reports whether an account's own policies can be attached to the caller.
func (c *caller) hasIdentity() bool {
	switch c.Type {
	case enforce.User, enforce.AssumedRole, enforce.FederatedUser, enforce.Root:
		return true
	}
	return false
}

// signs reports whether the caller signs its requests.
func (c *caller) signs() bool {
	return c.Type != enforce.Anonymous && c.Type != enforce.WebIdentity && c.Type != enforce.SAMLIdentity
}

// lacks reports whether requests of the caller have no value for a key: only an account's
// users and roles are in an organization, and who has no identity has no tags (rule 32).
func (c *caller) lacks(key string) bool {
	switch {
	case strings.HasPrefix(key, "aws:principalorg"):
		return !c.hasIdentity()
	case strings.HasPrefix(key, "aws:principaltag/"):
		return c.Type == enforce.Anonymous || c.Type == enforce.Service
	}
	return false
}

// isServiceLinked reports whether the caller is a service-linked role: rules 41 and 42.
func (c *caller) isServiceLinked() bool {
	return c.Type == enforce.AssumedRole && strings.Contains(c.IssuerARN, ":role/aws-service-role/")
}

// The dimensions that are no condition keys. The last are fields of a caller that may be any.
const (
	actionField   = "\x00action"
	resourceField = "\x00resource"
	arnField      = "\x00ARN"
	issuerField   = "\x00issuer"
	idField       = "\x00id"
	nameField     = "\x00name"
)

// dimensions returns the fields that may differ, with what they may be.
func (c *caller) dimensions() map[string]*dimension {
	if !c.any {
		return nil
	}
	field := func(name string, forms ...string) *dimension {
		globs := make([]glob, len(forms))
		for i, f := range forms {
			globs[i] = wild(f, anyRune)
		}
		return &dimension{name: name + " of " + string(c.Type) + " " + c.Account, single: true, memo: make(map[string]answer),
			values: []limit{{&valueSet{text: newTextSet(globs...)}, true}}}
	}
	user := "arn:aws:iam::" + c.Account + ":user/?*"
	if c.Type == enforce.User {
		// A path has slashes, and a name none.
		return map[string]*dimension{arnField: field(arnField, user), idField: field(idField, "AIDA*"), nameField: field(nameField, "?*")}
	}
	if c.Type == enforce.FederatedUser {
		return map[string]*dimension{arnField: field(arnField, "arn:aws:sts::"+c.Account+":federated-user/?*"), issuerField: field(issuerField, user),
			idField: field(idField, c.Account+":?*")}
	}
	issuer := field(issuerField, "arn:aws:iam::"+c.Account+":role/?*")
	linked := &valueSet{text: newTextSet(wild("*:role/aws-service-role/*", anyRune))}
	issuer.values = append(issuer.values, limit{linked, false})
	return map[string]*dimension{arnField: field(arnField, "arn:aws:sts::"+c.Account+":assumed-role/?*/?*"), issuerField: issuer,
		idField: field(idField, "AROA*:*")}
}

// derived returns what requests have for a condition key that follows from the caller: the
// field that it is, or else its value.
func (c *caller) derived(key string) (field string, state keyState, ok bool) {
	text := func(s string) (string, keyState, bool) {
		if s == "" {
			return "", keyState{}, true
		}
		return "", single(s), true
	}
	anyField := func(field, value string) (string, keyState, bool) {
		if c.any {
			return field, keyState{}, true
		}
		return text(value)
	}
	switch key {
	case "aws:principalarn":
		if c.Type == enforce.AssumedRole {
			return anyField(issuerField, c.IssuerARN)
		}
		return anyField(arnField, c.ARN)
	case "aws:principalaccount":
		if !c.signs() {
			return text("anonymous")
		}
		return text(c.Account)
	case "aws:principaltype":
		if c.hasIdentity() || c.Type == enforce.Anonymous {
			return text(string(c.Type))
		}
		return text("")
	case "aws:principalisawsservice":
		if c.signs() {
			return text(fmt.Sprint(c.Type == enforce.Service))
		}
		return text("")
	case "aws:principalservicename":
		if c.Type == enforce.Service {
			return text(c.Service)
		}
		return text("")
	case "aws:userid":
		if c.Type == enforce.Anonymous {
			return text("anonymous")
		}
		return anyField(idField, c.UserID)
	case "aws:username":
		if c.Type == enforce.User {
			return anyField(nameField, c.UserName)
		}
		return text("")
	}
	return "", keyState{}, false
}

// A naming says how a statement speaks of a caller, the grades of "Within an account" in
// rule 33: of itself, of the role or user behind it, or of its account.
type naming struct{ itself, issuer, account *node }

// at least in some way.
func (n naming) somehow() *node { return either(n.itself, n.issuer, n.account) }

// naming says how the principals of a statement speak of the caller.
func (e *encoder) naming(all []enforce.PrincipalElement) naming {
	n := naming{no, no, no}
	for i := range all {
		itself, issuer, account := e.principal(&all[i])
		n.itself, n.issuer, n.account = either(n.itself, itself), either(n.issuer, issuer), either(n.account, account)
	}
	return n
}

func (e *encoder) principal(p *enforce.PrincipalElement) (itself, issuer, account *node) {
	c := e.caller
	v := p.Value
	switch {
	case v == "*":
		return yes, no, no
	case p.Type == "Service":
		return constant(c.Type == enforce.Service && v == c.Service), no, no
	case p.Type == "Federated":
		return constant((c.Type == enforce.WebIdentity || c.Type == enforce.SAMLIdentity) && v == c.Service), no, no
	case p.Type == "CanonicalUser":
		return no, no, constant(v == c.CanonicalUser)
	case !strings.HasPrefix(v, "arn:") && len(v) == 12:
		return no, no, constant(v == c.Account)
	case !strings.HasPrefix(v, "arn:"):
		return e.field(idField, c.UserID, v, exactly), e.field(idField, c.UserID, v+":", func(s string) glob { return append(exactly(s), element{kind: run}) }), no
	}
	if parts := strings.SplitN(v, ":", 6); parts[2] == "iam" && parts[5] == "root" {
		return no, no, constant(parts[4] == c.Account)
	}
	itself = e.field(arnField, c.ARN, v, exactly)
	return itself, both(e.field(issuerField, c.IssuerARN, v, exactly), itself.not()), no
}

// field says that a field of the caller is of a form.
func (e *encoder) field(name, value, form string, read func(string) glob) *node {
	if !e.caller.any {
		return constant(newTextSet(read(form)).has(value))
	}
	if d := e.dims[name]; d != nil {
		return e.in(d, name, []string{form}, read)
	}
	return no
}

// exempts says that a Deny with NotPrincipal spares the caller: rule 36.
func (e *encoder) exempts(all []enforce.PrincipalElement, bounded bool) *node {
	if bounded {
		return no
	}
	if slices.ContainsFunc(all, func(p enforce.PrincipalElement) bool { return p.Value == "*" }) {
		return yes
	}
	n := e.naming(all)
	switch e.caller.Type {
	case enforce.Root:
		return n.account
	case enforce.AssumedRole, enforce.FederatedUser:
		return both(n.itself, n.issuer)
	}
	return n.itself
}
