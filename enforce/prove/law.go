package prove

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/enforce"
)

// An owner is an account that owns the resource, or what is known of it.
type owner struct {
	account string // "" is none, or any
	any     bool   // the ARN says it, or else it is the caller's
	other   bool   // any account that no policy and no caller has
}

// A law is one policy set as a formula: what [enforce.Evaluate] decides, for any request of
// one caller. Its methods are those of the evaluator, in the same order.
type law struct {
	*encoder
	set *enforce.PolicySet
	// lenient leaves all Denies out, and without are Allows that do not count.
	lenient bool
	without map[*enforce.Statement]bool
	allows  map[*enforce.Policy]*node // of anyAllows
}

func newLaw(e *encoder, set *enforce.PolicySet) *law {
	return &law{encoder: e, set: set, allows: make(map[*enforce.Policy]*node)}
}

// allowed says that the set allows the request.
func (l *law) allowed() *node {
	free, refused := l.fixed()
	return either(free, both(refused.not(), l.undenied(), l.nodesAllow(enforce.RCPLayer), l.nodesAllow(enforce.SCPLayer), l.grant(), l.endpoint()))
}

// endpoint is rule 49.
func (l *law) endpoint() *node {
	if l.set.Endpoint == nil {
		return yes
	}
	return l.anyAllows(l.set.Endpoint)
}

// grant is what the policies that grant say.
func (l *law) grant() *node {
	n := l.resourceAllows()
	if !l.caller.hasIdentity() {
		return n.somehow()
	}
	cross := l.crossAccount()
	return either(both(cross, l.acrossAccounts(n)), both(cross.not(), l.ownAccount(n)))
}

// ownAccount is rule 33.
func (l *law) ownAccount(n naming) *node {
	rest := yes
	if l.caller.Type != enforce.Root {
		rest = both(either(n.issuer, l.anyAllows(l.set.Identity...)), l.bounds())
	}
	return either(n.itself, both(either(l.alone().not(), n.somehow()), rest))
}

// acrossAccounts is rule 44.
func (l *law) acrossAccounts(n naming) *node {
	if l.caller.Type == enforce.Root {
		return n.somehow()
	}
	return both(n.somehow(), l.anyAllows(l.set.Identity...), l.bounds())
}

// bounds is rules 42 and 43.
func (l *law) bounds() *node {
	boundary, session := yes, yes
	if l.bounded() {
		boundary = l.anyAllows(l.set.Boundary)
	}
	if l.set.Session != nil || l.caller.Type == enforce.FederatedUser {
		session = l.anyAllows(l.set.Session...)
	}
	return both(boundary, session)
}

func (l *law) bounded() bool {
	return l.set.Boundary != nil && l.caller.Type != enforce.Root && !l.caller.isServiceLinked()
}

// crossAccount says that another account than the caller's owns the resource.
func (l *law) crossAccount() *node {
	own := l.caller.Account
	switch o := l.owner; {
	case own == "":
		return no
	case o.any: // the ARN says it, or else it is the caller's
		return both(l.inAccount("????????????"), l.inAccount(own).not())
	case o.other:
		return yes
	default:
		return constant(o.account != own)
	}
}

// inAccount says that the ARN of the resource has an account, of 12 digits.
func (e *encoder) inAccount(account string) *node {
	return e.in(e.dims[resourceField], "account", []string{account}, func(s string) glob {
		g := segments("arn", "*", "*", "*")
		g = append(append(g, element{kind: literal, r: ':'}), wild(s, digit)...)
		return append(g, element{kind: literal, r: ':'}, element{kind: run})
	})
}

// alone says that the resource's policy must admit every caller.
func (l *law) alone() *node {
	if p := l.set.Resource; p != nil {
		return constant(p.Kind() == enforce.TrustPolicy || p.Kind() == enforce.KeyPolicy)
	}
	if l.set.NoResourcePolicy {
		return no
	}
	key := both(l.named("kms:*"), l.named("kms:RetireGrant").not(), l.arn("arn:*:kms:*:*:key/*"))
	role := both(l.named("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession"),
		l.arn("arn:*:iam:*:*:role/*"))
	return either(key, role)
}

// arn says that the resource is an ARN of a form.
func (e *encoder) arn(form string) *node {
	return e.resources([]enforce.Text{{Value: form}}, false)
}

// nodes returns the policies of AWS Organizations that are asked, and of which requests:
// rules 40 and 41.
func (l *law) nodes(layer enforce.Layer) ([][]*enforce.Policy, *node) {
	switch {
	case l.caller.isServiceLinked():
		return nil, no
	case layer == enforce.SCPLayer:
		return l.set.SCPs, constant(l.caller.hasIdentity())
	case l.set.RCPs == nil:
		return nil, no
	}
	return l.set.RCPs, l.rcpsApply()
}

// rcpsApply says that resource control policies are asked about the request.
func (l *law) rcpsApply() *node {
	services := enforce.RCPServices()
	all := make([]pattern, len(services))
	for i, service := range services {
		all[i] = ruleAction(service + ":*")
	}
	aliases := l.about("kms:resourcealiases", "alias/aws/", atom{mode: forAny, set: &valueSet{text: newTextSet(wild("alias/aws/*", anyRune))}})
	return both(l.actions(all), l.named("kms:RetireGrant").not(),
		l.arn("arn:*:*:*:*:?*"), l.literally("*").not(), l.arn("arn:*:iam:*:*:role/aws-service-role/*").not(),
		both(l.named("kms:*"), aliases).not())
}

// literally says that the last segment of the resource is a text.
func (e *encoder) literally(last string) *node {
	return e.in(e.dims[resourceField], "last", []string{last}, func(s string) glob {
		return append(append(segments("arn", "*", "*", "*", "*"), element{kind: literal, r: ':'}), exactly(s)...)
	})
}

func (l *law) nodesAllow(layer enforce.Layer) *node {
	all, apply := l.nodes(layer)
	allow := yes
	for _, node := range all {
		allow = both(allow, l.anyAllows(node...))
	}
	return either(apply.not(), allow)
}

// undenied says that no Deny of any layer applies.
func (l *law) undenied() *node {
	if l.lenient {
		return yes
	}
	parts := []*node{}
	for _, layer := range []enforce.Layer{enforce.SCPLayer, enforce.RCPLayer} {
		nodes, apply := l.nodes(layer)
		for _, n := range nodes {
			parts = append(parts, l.spared(apply, n...))
		}
	}
	parts = append(parts, l.spared(yes, l.set.Identity...), l.spared(yes, l.set.Session...))
	if l.set.Resource != nil {
		parts = append(parts, l.spared(l.keepsBucketPolicy().not(), l.set.Resource))
	}
	if l.bounded() {
		parts = append(parts, l.spared(yes, l.set.Boundary))
	}
	if l.set.Endpoint != nil {
		parts = append(parts, l.spared(yes, l.set.Endpoint))
	}
	return both(parts...)
}

// spared says that no Deny of the policies applies, where they are asked.
func (l *law) spared(asked *node, policies ...*enforce.Policy) *node {
	var parts []*node
	for _, p := range policies {
		l.statements(p, "Deny", func(s *enforce.Statement, n naming) {
			clause := both(asked, n.somehow()).not()
			if clause.kind == or {
				clause.deny = s
			}
			parts = append(parts, clause)
		})
	}
	return both(parts...)
}

// keepsBucketPolicy is a part of rule 47.
func (l *law) keepsBucketPolicy() *node {
	if l.caller.Type != enforce.Root {
		return no
	}
	return both(l.crossAccount().not(), l.named("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"))
}

// anyAllows says that an Allow of the policies applies.
func (l *law) anyAllows(policies ...*enforce.Policy) *node {
	var parts []*node
	for _, p := range policies {
		n := l.allows[p]
		if n == nil {
			var statements []*node
			l.statements(p, "Allow", func(_ *enforce.Statement, n naming) { statements = append(statements, n.somehow()) })
			n = either(statements...)
			l.allows[p] = n
		}
		parts = append(parts, n)
	}
	return either(parts...)
}

// resourceAllows says how the resource's policy allows.
func (l *law) resourceAllows() naming {
	all := naming{no, no, no}
	if l.set.Resource != nil {
		l.statements(l.set.Resource, "Allow", func(_ *enforce.Statement, n naming) {
			all = naming{either(all.itself, n.itself), either(all.issuer, n.issuer), either(all.account, n.account)}
		})
	}
	return all
}

// statements visits the statements of an effect, each with when it applies to the caller
// and in which way.
func (l *law) statements(p *enforce.Policy, effect string, visit func(*enforce.Statement, naming)) {
	if p == nil {
		return
	}
	r := readingOf(p)
	for i, s := range p.Statements() {
		if s.Effect() != effect || effect == "Allow" && l.without[s] {
			continue
		}
		concerned := l.concerns(r, i)
		if concerned.kind == never {
			continue
		}
		el := &r.doc.Statements[i]
		n := naming{yes, no, no}
		switch {
		case el.NotPrincipal != nil:
			n.itself = l.exempts(el.NotPrincipal, l.bounded()).not()
		case el.Principal != nil:
			n = l.naming(el.Principal)
		}
		about := l.applies(concerned, el, s.Policy().Version() == "2012-10-17")
		n = naming{both(about, n.itself), both(about, n.issuer), both(about, n.account)}
		if n.somehow().kind != never {
			visit(s, n)
		}
	}
}

// applies says that action, resource and conditions of a statement match: rule 5.
func (l *law) applies(concerned *node, s *enforce.StatementElements, variables bool) *node {
	parts := []*node{concerned, l.covers(s, variables)}
	for i := range s.Conditions {
		if parts[1].kind == never {
			return no
		}
		parts = append(parts, l.condition(&s.Conditions[i], variables))
	}
	return both(parts...)
}

// concerns says that the action is one of a statement's.
func (l *law) concerns(r *reading, i int) *node {
	n := l.actions(r.actions[i])
	if r.doc.Statements[i].NotAction == nil {
		return n
	}
	if len(r.actions[i]) == 0 {
		return no
	}
	return n.not()
}

func (l *law) covers(s *enforce.StatementElements, variables bool) *node {
	switch {
	case len(s.NotResource) > 0:
		return l.resources(s.NotResource, variables).not()
	case len(s.Resource) > 0:
		return l.resources(s.Resource, variables)
	}
	return yes // the resource that the policy is attached to
}

// fixed says what no policy decides: rules 47, 54, 55 and 83.
func (l *law) fixed() (free, refused *node) {
	c := l.caller
	present := func(key string) *node { return l.about(key, "Null", atom{mode: presence, present: true}) }
	user := constant(c.Type == enforce.User || c.Type == enforce.Root)
	temporary := both(user, present("aws:tokenissuetime"))
	federated := constant(c.Type == enforce.FederatedUser)
	session := either(constant(c.Type == enforce.AssumedRole || c.Type == enforce.FederatedUser), temporary)
	mfa := constant(l.set.Session != nil)
	if mfa == no {
		mfa = l.about("aws:multifactorauthpresent", "true", atom{set: &valueSet{text: newTextSet(exactly("true"))}})
	}
	action := l.named
	free = both(action("sts:GetCallerIdentity"), constant(c.signs()))
	refused = both(action("iam:*"), action("iam:PassRole").not(), either(federated, both(temporary, mfa.not())))
	if c.hasIdentity() {
		free = either(free, both(action("sts:GetSessionToken"), session.not()))
	}
	assume := action("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext")
	own := action("sts:GetCallerIdentity", "sts:GetSessionToken", "sts:GetFederationToken")
	refused = either(refused,
		both(action("sts:GetSessionToken", "sts:GetFederationToken"), session),
		both(assume, either(federated, constant(c.Type == enforce.Root))),
		both(action("sts:*"), assume.not(), own.not(), either(federated, temporary)))
	return free, refused
}

// key returns the dimension of a condition key, or nil and what all requests have; false
// when that is not known.
func (e *encoder) key(name string) (*dimension, keyState, bool) {
	if name == "aws:resourceaccount" {
		switch {
		case e.owner.other:
			return nil, keyState{}, false
		case e.owner.account == "":
			return nil, keyState{}, true
		}
		return nil, single(e.owner.account), true
	}
	if field, state, ok := e.caller.derived(name); ok {
		if field != "" {
			return e.dims[field], keyState{}, true
		}
		return nil, state, true
	}
	if e.question.outside != nil && e.caller.lacks(name) {
		return nil, keyState{}, true
	}
	d := e.dims[name]
	if d == nil {
		d = e.add(name, newKey(name))
	}
	return d, keyState{}, true
}

// variable returns the value of a key that is used as a variable, nil when it has none;
// false when it may have several.
func (e *encoder) variable(name string) (*string, bool) {
	name = strings.ToLower(name)
	d, state, known := e.key(name)
	if d != nil {
		pin, ok := e.pinned[name]
		if known = ok; !ok {
			e.open[name] = true
		}
		state = pin
	}
	if known && !state.multi && len(state.values) == 1 && utf8.ValidString(state.values[0]) { // as the evaluator has it
		return &state.values[0], true
	}
	return nil, known
}

// accountsIn returns the numbers of accounts that policies and questions name.
func accountsIn(texts ...string) (accounts []string) {
	for _, text := range texts {
		for _, field := range strings.FieldsFunc(text, func(r rune) bool { return !digit.has(r) }) {
			if len(field) == 12 && !slices.Contains(accounts, field) {
				accounts = append(accounts, field)
			}
		}
	}
	return accounts
}
