package escalation

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// A Remedy is the smallest change that closes a path: one statement, without which all else
// is as it was.
type Remedy struct {
	// Statement allows what the change takes: to narrow it is another change that does.
	Statement *enforce.Statement
	// Add is a statement, as JSON, for an identity-based policy of Of.
	Add string
	Of  enforce.Principal
}

// String returns the remedy as a sentence.
func (m Remedy) String() string {
	switch {
	case m.Add == "" && m.Statement == nil:
		return ""
	case m.Add == "":
		return "narrow " + place(m.Statement)
	case m.Statement == nil:
		return fmt.Sprintf("add %s to a policy of %s", m.Add, name(m.Of))
	}
	return fmt.Sprintf("add %s to a policy of %s, or narrow %s", m.Add, name(m.Of), place(m.Statement))
}

// remedy finds the statement: about what is named, before what could have another name, and
// at the last step before at the first ones, which may be wanted for themselves.
func (r *run) remedy(p *Path) Remedy {
	for _, named := range []bool{true, false} {
		for i := len(p.Steps) - 1; i >= 0; i-- {
			s := p.Steps[i]
			if s.by == nil || r.accounts[s.by.id.Account] == nil {
				continue
			}
			for k := len(s.Needs) - 1; k >= 0; k-- {
				q := &s.asked[k]
				if q.named() != named || q.action == "sts:AssumeRole" && s.Way != "sts:AssumeRole" {
					continue // a role that a step before has opened is open to others too
				}
				if m, ok := r.closes(s, k); ok {
					return m
				}
			}
		}
	}
	return Remedy{}
}

// named reports whether a question is about one thing that is there.
func (q *question) named() bool {
	return q.all == nil && len(q.resources) == 1 && !strings.ContainsAny(q.resources[0], "*?")
}

// closes makes the remedy of a need, and asks whether it is one: what a resource's policy
// allows, a Deny of the caller's overrides.
func (r *run) closes(s *Step, k int) (Remedy, bool) {
	q := s.asked[k]
	if q.all != nil {
		q.resources = q.all
	}
	add := deny(q.action, q.resources)
	policy, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+add+`]}`, enforce.IdentityPolicy, enforce.Source{})
	if err != nil {
		return Remedy{}, false
	}
	set := *s.by.set
	set.Identity = append([]*enforce.Policy{policy}, set.Identity...)
	if _, verdict := r.askAs(s.by.who, &set, s.by.id.Tags, &q); verdict != prove.No {
		return Remedy{}, false
	}
	return Remedy{Statement: s.Needs[k].Statement, Add: add, Of: s.by.who}, true
}

// deny is a statement that denies an action on resources.
func deny(action string, resources []string) string {
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	resource, _ := json.Marshal(resources[0])
	if len(resources) > 1 {
		resource, _ = json.Marshal(resources)
	}
	return fmt.Sprintf(`{"Effect":"Deny","Action":%q,"Resource":%s}`, action, resource)
}
