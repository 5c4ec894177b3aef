package prove

import (
	"context"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Verdict is Yes, No or Unknown.
type Verdict int

// The verdicts. The zero value says nothing.
const (
	Unknown Verdict = iota // for the reasons in the Answer
	Yes                    // there is a request: the witness
	No                     // there is none
)

// String returns the verdict in a word.
func (v Verdict) String() string { return [...]string{"unknown", "yes", "no"}[v] }

// An Answer says whether there is a request.
type Answer struct {
	Verdict Verdict
	// Witness is a request that the policies allow, where the verdict is Yes: it was asked
	// of [enforce.Evaluate].
	Witness *enforce.Request
	// Denies are the statements that keep all requests out, where the verdict is No, and
	// Missing are the layers of which no statement allows any of them. Without the Denies,
	// or with an Allow in these layers, there may be a request.
	Denies  []*enforce.Statement
	Missing []enforce.Layer
	// Reasons say why the verdict is Unknown, each once.
	Reasons []string
	// Steps is what the answer took of its budget.
	Steps int
}

// Can reports whether the policies of a set allow any of the requests of a question. The
// error is about a question, or policies, that make no sense.
func Can(ctx context.Context, set *enforce.PolicySet, q Question) (Answer, error) {
	if err := q.check(set); err != nil {
		return Answer{}, err
	}
	p := &proof{work: newWork(ctx, q.Budget), question: &q, allow: set, vocabulary: newVocabulary()}
	return p.answer(), nil
}

// A proof looks for a request that one set allows and another, if there is one, does not.
type proof struct {
	*work
	question    *Question
	allow, deny *enforce.PolicySet
	lenient     bool             // leave the Denies out
	part        func(*law) *node // ask this alone
	// without are Allows of the set that do not count.
	without map[*enforce.Statement]bool
	// differ are statements of which one applies, if they are set.
	differ map[*enforce.Statement]bool

	*vocabulary
	encoder *encoder
	asked   bool // there is a request that the question is about
	blamed  map[*enforce.Statement]bool
}

func (p *proof) sets() []*enforce.PolicySet {
	if p.deny == nil {
		return []*enforce.PolicySet{p.allow}
	}
	return []*enforce.PolicySet{p.allow, p.deny}
}

func (p *proof) answer() Answer {
	p.blamed = make(map[*enforce.Statement]bool)
	if p.deny != nil {
		p.leaveOut()
	}
	found, result := p.search()
	a := Answer{Steps: p.budget - p.left}
	switch {
	case found != nil:
		a.Verdict, a.Witness = Yes, found
	case result == impossible && p.question.patterns:
		a.Reasons = []string{"patterns of accounts or services, where anyone may call"}
	case result == impossible:
		a.Verdict = No
		p.explain(&a)
	default:
		a.Reasons = p.reasons
	}
	return a
}

// search goes through the callers and the accounts that may own the resource.
func (p *proof) search() (*enforce.Request, outcome) {
	sets := p.sets()
	result := impossible
	for _, c := range p.question.callers(sets...) {
		for _, o := range p.owners(c) {
			p.encoder = &encoder{work: p.work, question: p.question, caller: c, owner: o, vocabulary: p.vocabulary, names: make(map[string]string)}
			p.encoder.enter()
			found, r := p.tryAll()
			if r == possible {
				return found, possible
			}
			result = max(result, r)
			if p.spent {
				return nil, unknown
			}
		}
	}
	return nil, result
}

// owners returns the accounts that may own the resource, apart only where a policy asks
// for them.
func (p *proof) owners(c *caller) []owner {
	if account := p.question.ResourceAccount; account != "" {
		return []owner{{account: account}}
	}
	if !p.asksOwner() {
		return []owner{{any: true}}
	}
	texts := append([]string{c.Account}, p.question.resources()...)
	for _, w := range p.question.Where {
		for _, v := range w.Values {
			texts = append(texts, v.Value)
		}
	}
	owners := []owner{{account: c.Account}}
	accounts := accountsNamed(p.sets(), texts...)
	for _, account := range accounts {
		if account != c.Account {
			owners = append(owners, owner{account: account})
		}
	}
	return append(owners, owner{other: true, account: unnamedAccount(accounts)})
}

// asksOwner reports whether a policy or the question looks at aws:ResourceAccount.
func (p *proof) asksOwner() bool {
	for _, w := range p.question.Where {
		if strings.EqualFold(w.Key.Value, ownerKey) || slices.ContainsFunc(w.Values, func(v enforce.Text) bool { return namesOwner(v.Value) }) {
			return true
		}
	}
	for _, set := range p.sets() {
		for policy := range set.All() {
			if readingOf(policy).owner {
				return true
			}
		}
	}
	return false
}

// enter sets the dimensions of the caller and the resource up.
func (e *encoder) enter() {
	if e.dims[actionField] == nil {
		actions := e.question.actionSet()
		e.add(actionField, &dimension{name: actionField, single: true, memo: make(map[string]answer), values: actions})
		e.add(resourceField, &dimension{name: resourceField, single: true, memo: make(map[string]answer), values: e.question.resourceSet()})
	}
	for _, field := range []string{arnField, issuerField, idField, nameField} {
		delete(e.dims, field)
	}
	for name, d := range e.caller.dimensions() {
		if known := e.fields[d.name]; known != nil { // atoms are about it
			e.dims[name] = known
			continue
		}
		e.fields[d.name] = e.add(name, d)
	}
}

// actionSet is the actions of a question. Names of actions are in lower case here.
func (q *Question) actionSet() []limit {
	form := append(glob{{kind: one, class: name}, {kind: run, class: name}, {kind: literal, r: ':'}}, element{kind: one, class: name}, element{kind: run, class: name})
	limits := []limit{{&valueSet{text: newTextSet(form)}, true}}
	globs := make([]glob, len(q.Actions))
	for i, a := range q.Actions {
		globs[i] = wild(lowerASCII(a), anyRune)
	}
	if q.Known {
		set := newTextSet(globs...)
		var known []glob
		for action := range actionsOf(q.Actions) {
			if set.has(action.lower) {
				known = append(known, exactly(action.lower))
			}
		}
		return []limit{{&valueSet{text: newTextSet(known...)}, true}}
	}
	if !slices.Contains(q.Actions, "*") {
		limits = append(limits, limit{&valueSet{text: newTextSet(globs...)}, true})
	}
	return limits
}

// resourceSet is the resources of a question: "*" and ARNs.
func (q *Question) resourceSet() []limit {
	limits := []limit{{&valueSet{text: newTextSet(arnGlob, exactly("*"))}, true}}
	for _, list := range [][]string{q.Resources, q.Within} {
		if len(list) > 0 && !slices.Contains(list, "*") {
			limits = append(limits, limit{textsOf(list), true})
		}
	}
	if len(q.Except) > 0 {
		limits = append(limits, limit{textsOf(q.Except), false})
	}
	return limits
}

// textsOf is the resources that patterns match.
func textsOf(all []string) *valueSet {
	var p patterns
	e := new(encoder)
	for _, r := range all {
		e.segmented(&p, r, false)
	}
	return &valueSet{text: newTextSet(p.sure...)}
}

// formula says that a request is one that is looked for.
func (p *proof) formula() []*node {
	e := p.encoder
	parts := []*node{p.owned()}
	for i := range p.question.Where {
		parts = append(parts, e.condition(&p.question.Where[i], false))
	}
	parts = append(parts, e.guessed()...)
	allow := newLaw(e, p.allow)
	allow.lenient, allow.without = p.lenient, p.without
	if p.part != nil {
		return append(parts, p.part(allow))
	}
	if p.question.outside != nil { // and not what everybody may do without a policy
		parts = append(parts, allow.resourceAllows().somehow())
	}
	if p.deny == nil {
		return append(parts, allow.allowed())
	}
	deny := newLaw(e, p.deny)
	if p.differ != nil {
		parts = append(parts, p.difference(allow, deny))
	}
	parts = append(parts, allow.allowed(), deny.allowed().not())
	return parts
}

// owned says that the resource is one of the owner's.
func (p *proof) owned() *node {
	e, o := p.encoder, p.encoder.owner
	switch {
	case p.question.ResourceAccount != "" || o.any:
		return yes
	case o.other:
		named := []*node{e.inAccount("????????????")}
		for _, other := range p.owners(e.caller) {
			if other.account != "" && !other.other {
				named = append(named, e.inAccount(other.account).not())
			}
		}
		return both(named...)
	case o.account == e.caller.Account:
		own := e.inAccount("????????????").not()
		if o.account != "" {
			own = either(own, e.inAccount(o.account))
		}
		return own
	}
	return e.inAccount(o.account)
}

// tryAll looks for a request of the caller at hand: first with variables that may have any
// value, and where there may be one, with values for them.
func (p *proof) tryAll() (*enforce.Request, outcome) {
	e := p.encoder
	e.open, e.used, e.pinned = make(map[string]bool), nil, p.question.pins()
	s, result := p.tryOnce()
	if len(e.open) == 0 && !s.blurred || result != possible {
		if result == possible {
			return p.witness(s)
		}
		return nil, result
	}
	return p.guess(s)
}

func (p *proof) tryOnce() (*search, outcome) {
	s := newSearch(p.work)
	if q := p.question; q.Known || q.Within != nil || q.Except != nil { // there may be no such request
		if result := s.begin(p.encoder.dims); result != possible {
			return s, result
		}
	}
	p.asked = true
	result := s.find(p.formula()...)
	for d := range s.blamed {
		p.blamed[d] = true
	}
	return s, result
}
