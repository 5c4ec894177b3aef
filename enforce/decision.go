package enforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Verdict is how a decision, or one layer of it, ends.
type Verdict int

// The verdicts. The zero value denies: nothing is allowed by accident.
const (
	ImplicitDeny Verdict = iota // nothing allows
	ExplicitDeny                // a Deny statement applies
	Allowed
)

// String returns the verdict as iam:SimulatePrincipalPolicy spells it.
func (v Verdict) String() string {
	switch v {
	case ImplicitDeny:
		return "implicitDeny"
	case ExplicitDeny:
		return "explicitDeny"
	case Allowed:
		return "allowed"
	}
	return fmt.Sprintf("Verdict(%d)", int(v))
}

// Layer is one of the sorts of policies that take part in a decision.
type Layer int

// The layers, in the order in which explicit denies are looked for: when several layers
// deny, AWS names the first. That of the layers behind ResourceLayer is unverified.
const (
	// NoLayer decided: the root user needs no policy in its own account, and AWS itself
	// decides some requests whatever the policies say.
	NoLayer Layer = iota
	SCPLayer
	RCPLayer
	IdentityLayer
	ResourceLayer
	BoundaryLayer
	SessionLayer
	EndpointLayer
	// TrustLayer is ResourceLayer where the resource is a role.
	TrustLayer
)

var layerNames = [...]string{
	"no policy", "service control policy", "resource control policy", "identity-based policy", "resource-based policy",
	"permissions boundary", "session policy", "VPC endpoint policy", "role trust policy",
}

// String returns the layer as AWS's denial messages name it.
func (l Layer) String() string {
	if l < 0 || int(l) >= len(layerNames) {
		return fmt.Sprintf("Layer(%d)", int(l))
	}
	return layerNames[l]
}

// A Decision is the answer to a Request. It is a value that costs nothing to
// make; what explains it is worked out when it is asked for.
type Decision struct {
	Verdict Verdict
	// Layer decided: it allowed, or it is the one that AWS names in the denial.
	Layer Layer
	// Policy and Statement decided. They are nil for an implicit denial, and for
	// the root user in its own account. Statement is nil also where a policy denies
	// because its layer does not take it: see Err.
	Policy    *Policy
	Statement *Statement
	// Request and Policies are what was decided on.
	Request  *Request
	Policies *PolicySet
}

// Allowed reports whether the request is allowed.
func (d Decision) Allowed() bool { return d.Verdict == Allowed }

// Err returns what is wrong with the PolicySet where that is why the request is denied: a
// policy of another kind than its layer takes, or the missing policy of a role or KMS
// key. It is nil otherwise.
func (d Decision) Err() (err error) {
	if d.isMisplaced() {
		return fmt.Errorf("%s is given as %s", withArticle(d.Policy.kind.String()), d.Layer)
	}
	d.again(func(e *eval) {
		kind := e.missing()
		switch {
		case d.Layer != e.resourceLayer():
		case kind == TrustPolicy:
			err = errors.New("the trust policy of the role is missing")
		case kind == KeyPolicy:
			err = errors.New("the policy of the key is missing")
		}
	})
	return err
}

// isMisplaced reports whether a policy denies because its layer does not take it.
func (d Decision) isMisplaced() bool { return d.Verdict == ExplicitDeny && d.Statement == nil }

func withArticle(name string) string {
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// String returns the decision in one line: verdict, principal, action, resource
// and reason.
func (d Decision) String() string {
	word := "DENY"
	if d.Allowed() {
		word = "ALLOW"
	}
	return fmt.Sprintf("%s %s %s %s  %s", word, d.Request.Principal.short(), d.Request.Action, d.Request.Resource, d.reason())
}

// reason says in a few words what decided.
func (d Decision) reason() string {
	if err := d.Err(); err != nil {
		return err.Error()
	}
	switch fixed := d.fixed(); {
	case fixed != nil:
		return fixed.reason
	case d.Statement != nil && d.Allowed():
		return "allowed by " + d.where()
	case d.Allowed():
		return "the root user needs no policy in its own account"
	case d.Verdict == ExplicitDeny:
		return "explicit deny in " + d.where()
	}
	return "no " + d.Layer.String() + " allows it"
}

// fixed returns the verdict that AWS gives whatever the policies say, nil where they decide.
func (d Decision) fixed() (f *fixedVerdict) {
	if d.Layer == NoLayer {
		d.again(func(e *eval) { f = e.fixed() })
	}
	return f
}

// where names the deciding statement: layer, policy, statement, place.
func (d Decision) where() string { return describe(d.Layer, d.Statement) }

func describe(l Layer, s *Statement) string {
	var b strings.Builder
	b.WriteString(l.String())
	if label := s.policy.Label(); label != s.policy.kind.String() && label != s.policy.source.File {
		fmt.Fprintf(&b, " %s", label)
	}
	line, column := s.Position()
	fmt.Fprintf(&b, ", %s (%s:%d:%d)", s.Label(), file(s.policy), line, column)
	return b.String()
}

func file(p *Policy) string {
	if p.source.File != "" {
		return p.source.File
	}
	return "policy"
}

// short names a principal without what is the same for all of its kind; a
// session by its role.
func (p *Principal) short() string {
	name := p.ARN
	if p.Type == AssumedRole && p.IssuerARN != "" {
		name = p.IssuerARN
	}
	if a, ok := splitARN(name); ok {
		return a.resource()
	}
	if p.Service != "" {
		return p.Service
	}
	return strings.ToLower(string(p.Type))
}

// MarshalJSON gives tools all that Explain says.
func (d Decision) MarshalJSON() ([]byte, error) {
	type place struct {
		Policy    string `json:"policy"`
		Statement string `json:"statement"`
		File      string `json:"file,omitempty"`
		Line      int    `json:"line"`
		Column    int    `json:"column"`
	}
	placeOf := func(s *Statement) *place {
		if s == nil {
			return nil
		}
		line, column := s.Position()
		return &place{s.policy.Label(), s.Label(), s.policy.source.File, line, column}
	}
	type layer struct {
		Layer     string `json:"layer"`
		Verdict   string `json:"verdict"`
		Statement *place `json:"statement,omitempty"`
	}
	var layers []layer
	for _, l := range d.Layers() {
		layers = append(layers, layer{l.Layer.String(), l.Verdict.String(), placeOf(l.Statement)})
	}
	return json.Marshal(struct {
		Verdict     string       `json:"verdict"`
		Principal   string       `json:"principal"`
		Action      string       `json:"action"`
		Resource    string       `json:"resource"`
		Layer       string       `json:"layer"`
		Reason      string       `json:"reason"`
		Statement   *place       `json:"statement,omitempty"`
		Layers      []layer      `json:"layers,omitempty"`
		NearMisses  []NearMiss   `json:"nearMisses,omitempty"`
		MissingKeys []string     `json:"missingKeys,omitempty"`
		Suggestions []Suggestion `json:"suggestions,omitempty"`
	}{
		d.Verdict.String(), d.Request.Principal.ARN, d.Request.Action, d.Request.Resource, d.Layer.String(),
		d.reason(), placeOf(d.Statement), layers, d.NearMisses(), d.MissingKeys(), d.Suggestions(),
	})
}
