package validation

import (
	"regexp"
	"slices"
	"strings"
)

// principalKeys are those of principals.
var principalKeys = []string{"AWS", "CanonicalUser", "Federated", "Service"}

func (v *validator) principals(s *statement) {
	f, not := s.either("Principal")
	switch {
	case v.policyType == Identity && f != nil:
		v.add("UNSUPPORTED_PRINCIPAL", f.span(), v.policyType)
		return
	case v.policyType == ServiceControl && f != nil:
		v.add("SCP_SYNTAX_ERROR_PRINCIPAL", f.span())
		return
	case v.policyType == Identity, v.policyType == ServiceControl:
		return
	case f == nil:
		v.add("MISSING_PRINCIPAL", s.span())
		return
	case v.policyType == ResourceControl:
		if not || f.value.kind != str || f.value.text != "*" {
			v.add("RCP_SYNTAX_ERROR_PRINCIPAL", f.span())
		}
		return
	case not && v.resource == RoleTrust:
		v.add("ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL", f.span())
		return
	case not && s.effect == "Allow":
		v.add("ALLOW_WITH_NOT_PRINCIPAL", f.span())
	}
	v.readPrincipals(s, f.value)
	for _, p := range s.principals {
		v.principal(p)
	}
	if !not {
		v.services(s)
	}
	if v.resource == RoleTrust {
		v.trust(s)
	}
}

// readPrincipals reads the contents of the element.
func (v *validator) readPrincipals(s *statement, n *node) {
	switch {
	case n.kind == str && n.text == "*":
		s.principals = append(s.principals, &principal{n, "*"})
		if v.resource == RoleTrust {
			v.add("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL", n.span())
		}
		return
	case n.kind == array && len(n.items) == 0:
		v.add("EMPTY_ARRAY_PRINCIPAL", n.span())
		return
	case n.kind != object:
		v.add("INVALID_PRINCIPAL_FORMAT", n.span())
		return
	case len(n.fields) == 0:
		v.add("EMPTY_OBJECT_PRINCIPAL", n.span())
		return
	}
	for _, f := range n.fields {
		switch {
		case !slices.Contains(principalKeys, f.key):
			v.add("INVALID_PRINCIPAL_KEY", f.span(), f.key)
		case f.value.kind == array && len(f.value.items) == 0:
			v.add("EMPTY_ARRAY_PRINCIPAL", f.value.span())
		default:
			for _, value := range v.texts(f.value) {
				s.principals = append(s.principals, &principal{value, f.key})
			}
		}
	}
}

// uniqueID knows the unique ids of users and roles.
var uniqueID = regexp.MustCompile(`^(AIDA|AROA)[A-Z0-9]{12,}$`)

// principal checks one principal by itself.
func (v *validator) principal(p *principal) {
	v.noVariables(p.node)
	everybody := p.text == "*" && (p.key == "*" || p.key == "AWS")
	switch {
	case !everybody && strings.ContainsAny(p.text, "*?"):
		v.add("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", p.span(), p.key)
	case p.key == "AWS" && uniqueID.MatchString(p.text):
		code := "INVALID_USER_REFERENCE"
		if strings.HasPrefix(p.text, "AROA") {
			code = "INVALID_ROLE_REFERENCE"
		}
		v.add(code, p.span(), p.text)
	case p.key == "Federated" && v.resource != "" && v.resource != RoleTrust:
		v.add("FEDERATED_PRINCIPAL_NOT_SUPPORTED", p.span())
	case p.key == "Service":
		if _, ok := v.lintedAt("INVALID_SERVICE_PRINCIPAL_FORMAT", p.start); ok || p.text != strings.ToLower(p.text) {
			v.add("INVALID_SERVICE_PRINCIPAL_FORMAT", p.span(), expectedService)
		}
	}
}

// expectedService is the form of service principals as findings name it: unverified.
const expectedService = "service-name.amazonaws.com"

// ofPrincipals are keys of the organizations of principals, which services are in none of.
var ofPrincipals = []string{"aws:PrincipalOrgID", "aws:PrincipalOrgPaths"}

// services checks what a statement grants services.
func (v *validator) services(s *statement) {
	if s.effect != "Allow" || v.resource == RoleTrust {
		return
	}
	for _, p := range s.principals {
		if p.key != "Service" {
			continue
		}
		var unsupported []string
		var places []span
		var referer *condition
		restricted := false
		for _, c := range s.conditions {
			if slices.ContainsFunc(ofPrincipals, c.is) && !c.ifExists {
				unsupported, places = append(unsupported, c.key), append(places, c.span())
			}
			if c.is("aws:Referer") {
				referer = c
			}
			restricted = restricted || sources[strings.ToLower(c.key)]
		}
		if unsupported != nil {
			v.addAll("UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", places, strings.Join(unsupported, ", "))
		}
		switch {
		case restricted:
		case referer != nil:
			prefix, _, _ := strings.Cut(p.text, ".")
			v.add("RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", referer.span(), prefix, referer.key)
		default:
			v.add("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", p.span())
		}
	}
}

const github = "token.actions.githubusercontent.com"

var (
	samlProvider = regexp.MustCompile(`^arn:[^:]+:iam::[0-9]{12}:saml-provider/.+$`)
	oidcProvider = regexp.MustCompile(`^arn:[^:]+:iam::[0-9]{12}:oidc-provider/(.+)$`)
	domainName   = regexp.MustCompile(`^([A-Za-z0-9-]+\.)+[A-Za-z]{2,}(/\S*)?$`)
)

// provider returns the name of the OpenID Connect provider of a federated principal; empty
// where it is none.
func (p *principal) provider() string {
	if m := oidcProvider.FindStringSubmatch(p.text); m != nil {
		return m[1]
	}
	if p.key == "Federated" && domainName.MatchString(p.text) {
		return p.text
	}
	return ""
}

// trust checks the statements of trust policies.
func (v *validator) trust(s *statement) {
	for _, p := range s.principals {
		switch p.key {
		case "Federated":
			v.federated(s, p)
		case "Service":
			if p.text == "rolesanywhere.amazonaws.com" && s.effect == "Allow" && !s.notAction && !s.hasAll("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession") {
				v.add("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY", p.span())
			}
		case "AWS":
			v.redundantSession(s, p)
		}
	}
	for _, a := range s.actions {
		v.mismatched(s, a)
	}
}

func (s *statement) hasAll(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return !slices.ContainsFunc(s.actions, func(a *action) bool { return a.has(name) })
	})
}

func (v *validator) federated(s *statement, p *principal) {
	provider := p.provider()
	if provider == "" && !samlProvider.MatchString(p.text) {
		v.add("INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY", p.span())
		return
	}
	if provider == "" || s.effect != "Allow" {
		return
	}
	switch {
	case provider == github && !s.hasKey(github+":sub"):
		v.add("MISSING_GITHUB_REPO_CONDITION_KEY", p.span())
	case !slices.ContainsFunc(s.conditions, func(c *condition) bool {
		return strings.HasPrefix(strings.ToLower(c.key), strings.ToLower(provider)+":")
	}):
		v.add("MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL", p.span())
	}
	for _, c := range s.conditions {
		if provider != github || !c.is(github+":sub") || s.hasKey(github+":ref") {
			continue
		}
		for _, value := range c.values {
			if repository(value.text) {
				v.add("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", value.span())
			}
		}
	}
}

// repository reports whether a subject of GitHub leaves the repository or the branch open.
func repository(subject string) bool { return strings.Contains(subject, "*") }

// mismatched finds actions of federation for principals of another kind.
func (v *validator) mismatched(s *statement, a *action) {
	if s.effect != "Allow" || a.pattern || s.notAction {
		return
	}
	var wrong []string
	for _, p := range s.principals {
		saml, oidc := samlProvider.MatchString(p.text) && p.key == "Federated", p.key == "Federated" && p.provider() != ""
		switch strings.ToLower(a.text) {
		case "sts:assumerolewithsaml":
			if !saml {
				wrong = append(wrong, p.text)
			}
		case "sts:assumerolewithwebidentity":
			if !oidc {
				wrong = append(wrong, p.text)
			}
		}
	}
	if wrong != nil {
		v.add("MISMATCHED_ACTION_FOR_PRINCIPAL", a.span(), a.text, strings.Join(wrong, ", "))
	}
}

var assumedRole = regexp.MustCompile(`^arn:([^:]+):sts::([0-9]{12}):assumed-role/([^/]+)/.+$`)

// redundantSession finds the session of a role that is named itself.
func (v *validator) redundantSession(s *statement, p *principal) {
	m := assumedRole.FindStringSubmatch(p.text)
	if m == nil {
		return
	}
	for _, other := range s.principals {
		begin := "arn:" + m[1] + ":iam::" + m[2] + ":role/"
		if other.key == "AWS" && strings.HasPrefix(other.text, begin) && other.text[strings.LastIndexByte(other.text, '/')+1:] == m[3] {
			v.add("REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY", p.span(), p.text, other.text)
		}
	}
}
