package enforce

import (
	"slices"
	"strings"
)

// nearest returns the Allow statement of some policies that is about the action and came
// closest to allowing: one that fails by its conditions alone before one for another
// resource, and that before one for another caller. It is nil when there is none.
func (e *eval) nearest(policies []*Policy) (near *Statement) {
	var best closeness
	for _, p := range policies {
		if p == nil {
			continue
		}
		for _, r := range p.allows.rules {
			if !r.concerns(e.action) || e.matches(r.Statement) != unnamed {
				continue
			}
			if c := e.closeness(r.Statement); near == nil || best.lessThan(c) {
				near, best = r.Statement, c
			}
		}
	}
	return near
}

// A closeness says how far a statement is from allowing the request: whether it names the
// caller and the resource, how much of the resource, and less how many conditions fail.
type closeness [4]int

func (c closeness) lessThan(other closeness) bool { return slices.Compare(c[:], other[:]) < 0 }

func (e *eval) closeness(s *Statement) (c closeness) {
	if e.names(s) != unnamed {
		c[0] = 1
	}
	if e.covers(s) {
		c[1] = 1
	} else {
		_, c[2] = nearestText(valuesOf(s.Elements().Resource), e.req.Resource)
	}
	for i := range s.conditions {
		if !e.holds(&s.conditions[i]) {
			c[3]--
		}
	}
	return c
}

// fits reports whether a statement would allow but for its conditions.
func (e *eval) fits(s *Statement) bool {
	return s != nil && e.covers(s) && e.names(s) != unnamed
}

// valuesOf returns the strings of an element.
func valuesOf(texts []Text) []string {
	values := make([]string, len(texts))
	for i, t := range texts {
		values[i] = t.Value
	}
	return values
}

// nearestText returns which of some texts begins most like another, and how many bytes
// they have in common; -1 when there is no text.
func nearestText(texts []string, like string) (at, common int) {
	at = -1
	for i, text := range texts {
		if n := commonPrefix(text, like); at < 0 || n > common {
			at, common = i, n
		}
	}
	return at, common
}

func commonPrefix(a, b string) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

var (
	escapes = strings.NewReplacer("*", "${*}", "?", "${?}", "${", "${$}{")
	// A document of an older Version has no escapes, and no variables either. A
	// ? is the narrowest pattern there that a * matches.
	narrowest = strings.NewReplacer("*", "?")
	// literally keeps what is written ${…} from being a variable.
	literally = strings.NewReplacer("${", "${$}{")
)

// itself writes a resource so that a policy with it means just that one, as far
// as its Version can say so. Of ARNs with a wildcard, like the one of all buckets
// arn:aws:s3:::*, AWS itself has policies name the wildcard.
func itself(resource, version string) string {
	wildcard := ""
	if a, ok := splitARN(resource); resource == "*" || ok && (a.resource() == "*" || a.service() == "logs" && strings.HasSuffix(resource, ":*")) {
		resource, wildcard = resource[:len(resource)-1], "*"
	}
	if version != version2012 {
		return narrowest.Replace(resource) + wildcard
	}
	return escapes.Replace(resource) + wildcard
}

// itself writes the resource of the request. Where a part of it is not known, only a
// pattern that covers all that it can be allows: its "*" and "?" stay wildcards.
func (e *eval) itself(version string) string {
	switch {
	case e.req.Unknown == nil || !e.req.Unknown.Resource:
		return itself(e.req.Resource, version)
	case version != version2012:
		return e.req.Resource
	}
	return literally.Replace(e.req.Resource)
}

// statementFor writes the smallest statement that allows a request in a layer, under the
// conditions of another statement if there is one.
func (e *eval) statementFor(l Layer, version string, near *Statement) string {
	s := StatementElements{Effect: Text{Value: "Allow"}, Action: Texts(e.req.Action)}
	if l == ResourceLayer || l == TrustLayer || l == EndpointLayer {
		s.Principal = principalFor(&e.req.Principal, l)
	}
	if l != TrustLayer {
		s.Resource = Texts(e.itself(version))
	}
	if near != nil {
		s.Conditions = near.Elements().Conditions
		if version == version2012 && near.policy.version != version2012 {
			for _, c := range s.Conditions {
				for i := range c.Values {
					c.Values[i].Value = literally.Replace(c.Values[i].Value)
				}
			}
		}
	}
	for _, key := range e.guards(l) {
		e.guard(&s, key, version, near)
	}
	var b strings.Builder
	s.write(&b)
	return b.String()
}

// guard limits a statement to the value that a request has for a key. Where a condition
// asks for another value, that is what limits; where it lists values with the same
// operator, one more value would widen it.
func (e *eval) guard(s *StatementElements, key string, version string, near *Statement) {
	k := newConditionKey(key)
	v := e.value(k)
	if v == nil || v.kind == multi {
		return
	}
	text := v.item().string()
	if version == version2012 {
		text = literally.Replace(text)
	}
	if near != nil {
		for i := range near.conditions {
			if c := &near.conditions[i]; c.key.lower == k.lower && (c.qualified.String() == guardOperator || !e.holds(c)) {
				return
			}
		}
	}
	s.Conditions = append(s.Conditions, Condition(guardOperator, k.name, text))
}

// guardOperator has no wildcards.
const guardOperator = "StringEquals"

// guards returns the keys whose values a statement must ask for where its Principal is
// more than the caller: an account for its root user, an AWS service for one that acts on
// a resource (the confused deputy problem of the IAM User Guide), an identity provider for
// one of its identities, everybody in the policy of a VPC endpoint. Gateway endpoints take
// no other principal ("Control access to VPC endpoints using endpoint policies").
func (e *eval) guards(l Layer) []string {
	p := &e.req.Principal
	switch {
	case l == EndpointLayer:
		return []string{"aws:PrincipalArn"}
	case l != ResourceLayer && l != TrustLayer:
		return nil
	case p.Type == Root:
		return []string{"aws:PrincipalArn"}
	case p.Type == Service:
		return []string{"aws:SourceArn", "aws:SourceAccount"}
	case p.Type == SAMLIdentity:
		return []string{"saml:aud", "saml:sub"}
	case p.Type == WebIdentity:
		provider := p.Service
		if _, name, ok := strings.Cut(provider, ":oidc-provider/"); ok {
			provider = name
		}
		return []string{provider + ":aud", provider + ":sub"}
	}
	return nil
}

// principalFor names the caller as a statement would: the role behind a session.
func principalFor(p *Principal, l Layer) []PrincipalElement {
	switch {
	case l == EndpointLayer || p.Type == Anonymous:
		return Principals("*", "*")
	case p.Type == Service:
		return Principals("Service", p.Service)
	case p.Type == WebIdentity || p.Type == SAMLIdentity:
		return Principals("Federated", p.Service)
	case p.Type == AssumedRole && p.IssuerARN != "":
		return Principals("AWS", p.IssuerARN)
	}
	return Principals("AWS", p.ARN)
}
