package escalation

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
)

const (
	// administrator is AWS's policy that allows everything.
	administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
	// newName is the name of what a path makes, as far as policies let it.
	newName = "escalation"
)

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// tables are what a Search looks for and compares with. They are made when there is a
// Search: a program that makes none does not pay for them.
type tables struct {
	edits      []edit
	becomes    []become
	services   []service
	runnings   []running
	rewritings []rewriting
	// written is the policy that paths write, and admin AWS's that allows as much.
	written, admin *enforce.Policy
	// credentials bound what those of one service are good for.
	credentials map[string]*enforce.Policy
	tags        *regexp.Regexp // that policies ask for
}

func newTables() tables {
	return tables{
		edits: edits(), becomes: becomes(), services: services(), runnings: runnings(), rewritings: rewritings(),
		written:     mustParse(allowAll, enforce.IdentityPolicy, enforce.Source{Name: newName}),
		admin:       mustParse(allowAll, enforce.ManagedPolicy, enforce.Source{ARN: administrator}),
		credentials: credentialsOf(),
		tags:        regexp.MustCompile(`(?i)(aws:principaltag|aws:resourcetag|iam:resourcetag)/([^"},]+)`),
	}
}

func mustParse(document string, kind enforce.Kind, src enforce.Source) *enforce.Policy {
	p, err := enforce.Parse(document, kind, src)
	if err != nil {
		panic(err)
	}
	return p
}

// A holding is the policies of a user or role, with what steps have changed.
type holding struct {
	id       *account.Identity
	inline   []*enforce.Policy
	attached []managed
	groups   []membership
	boundary *managed
	scps     [][]*enforce.Policy
	// only bounds what credentials of one service can be used for; nil does not.
	only *enforce.Policy
	// fresh says that a step makes the identity.
	fresh bool
}

// managed is a managed policy in force.
type managed struct {
	arn    string
	policy *enforce.Policy // nil where it is not known
}

// A membership is a group with its policies.
type membership struct {
	arn, name string
	inline    []*enforce.Policy
	attached  []managed
}

func newHolding(a *account.Account, id *account.Identity) *holding {
	h := &holding{id: id, inline: id.Inline, attached: managedOf(id), scps: a.SCPs}
	for _, g := range id.Groups {
		h.groups = append(h.groups, newMembership(g))
	}
	if id.Boundary != nil {
		h.boundary = new(managed)
		*h.boundary = newManaged(id.Boundary)
	}
	return h
}

func newMembership(g *account.Group) membership {
	return membership{g.ARN, g.Name, g.Inline, managedOf(&g.Identity)}
}

func managedOf(id *account.Identity) []managed {
	all := make([]managed, len(id.Attached))
	for i, p := range id.Attached {
		all[i] = newManaged(p)
	}
	return all
}

func newManaged(p *account.Policy) managed {
	m := managed{arn: p.ARN}
	if p.Default != nil {
		m.policy = p.Default.Policy
	}
	return m
}

// set returns the policies that apply. What is not known of identity-based policies is left
// out, and the Result says so.
func (h *holding) set() *enforce.PolicySet {
	set := &enforce.PolicySet{SCPs: h.scps, Identity: []*enforce.Policy{}}
	add := func(inline []*enforce.Policy, attached []managed) {
		set.Identity = append(set.Identity, inline...)
		for _, m := range attached {
			if m.policy != nil {
				set.Identity = append(set.Identity, m.policy)
			}
		}
	}
	add(h.inline, h.attached)
	for _, g := range h.groups {
		add(g.inline, g.attached)
	}
	if h.boundary != nil {
		if set.Boundary = h.boundary.policy; set.Boundary == nil {
			set.Boundary = enforce.Empty(enforce.IdentityPolicy)
		}
	}
	if h.only != nil {
		set.Session = []*enforce.Policy{h.only}
	}
	return set
}

// key is the same for holdings of the same policies. Beside a policy that allows everything
// those that only allow are nothing.
func (h *holding) key(all ...*enforce.Policy) string {
	set := h.set()
	full := slices.ContainsFunc(set.Identity, func(p *enforce.Policy) bool { return slices.Contains(all, p) })
	var parts []string
	for _, p := range set.Identity {
		if !full || denies(p) {
			parts = append(parts, fmt.Sprintf("%p", p))
		}
	}
	slices.Sort(parts)
	parts = slices.Compact(parts)
	for _, node := range h.scps {
		for _, p := range node {
			parts = append(parts, fmt.Sprintf("n%p", p))
		}
	}
	boundary := set.Boundary
	if slices.Contains(all, boundary) {
		boundary = nil // it bounds nothing
	}
	return fmt.Sprint(h.id.ARN, full, parts, fmt.Sprintf("b%p s%p", boundary, h.only))
}

// with returns a copy that a function has changed.
func (h *holding) with(change func(*holding)) *holding {
	c := *h
	c.inline, c.attached, c.groups = slices.Clone(h.inline), slices.Clone(h.attached), slices.Clone(h.groups)
	for i := range c.groups {
		g := &c.groups[i]
		g.inline, g.attached = slices.Clone(g.inline), slices.Clone(g.attached)
	}
	change(&c)
	return &c
}

// replace puts another document in place of a managed policy, wherever it is in force.
func (h *holding) replace(arn string, p *enforce.Policy) *holding {
	return h.with(func(c *holding) {
		set := func(all []managed) {
			for i := range all {
				if all[i].arn == arn {
					all[i].policy = p
				}
			}
		}
		set(c.attached)
		for i := range c.groups {
			set(c.groups[i].attached)
		}
		if c.boundary != nil && c.boundary.arn == arn {
			c.boundary = &managed{arn, p}
		}
	})
}

// has reports whether a managed policy is in force.
func (h *holding) has(arn string) bool {
	is := func(m managed) bool { return m.arn == arn }
	return slices.ContainsFunc(h.attached, is) || h.boundary != nil && is(*h.boundary) ||
		slices.ContainsFunc(h.groups, func(g membership) bool { return slices.ContainsFunc(g.attached, is) })
}

// denies reports whether a policy has a Deny.
func denies(p *enforce.Policy) bool {
	return p != nil && slices.ContainsFunc(p.Statements(), func(s *enforce.Statement) bool { return s.Effect() == "Deny" })
}

// An agent is an identity with the permissions that a chain of steps gives it.
type agent struct {
	*holding
	home  *account.Account
	who   enforce.Principal
	set   *enforce.PolicySet
	steps []*Step
	// assumes are what the steps take for granted.
	assumes []string
	isFull  int // 0: not asked yet, 1: no, 2: yes
}
