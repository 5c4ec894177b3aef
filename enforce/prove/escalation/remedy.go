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

// remedy finds the statement. Of the steps that it would close, the last one by the first
// agent is taken: what goes before may be wanted for itself.
func (r *run) remedy(p *Path) Remedy {
	for i := len(p.Steps) - 1; i >= 0; i-- {
		s := p.Steps[i]
		if s.by == nil || s.by.id.Account == "999999999999" || len(s.Needs) == 0 {
			continue
		}
		k := r.narrowest(s)
		d := &s.Needs[k]
		add := deny(s.asked[k].action, s.asked[k].resources)
		policy, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+add+`]}`, enforce.IdentityPolicy, enforce.Source{})
		if err != nil {
			continue
		}
		// It closes the step if nothing else allows it then: a Deny overrides.
		set := *s.by.set
		set.Identity = append([]*enforce.Policy{policy}, set.Identity...)
		if _, verdict := r.askAs(s.by.who, &set, s.by.id.Tags, &s.asked[k]); verdict == prove.No {
			return Remedy{Statement: d.Statement, Add: add, Of: s.by.who}
		}
	}
	return Remedy{}
}

// narrowest is the need of a step whose resources are the fewest: a role that is passed, an
// identity that is changed.
func (r *run) narrowest(s *Step) int {
	for i := range s.asked {
		if q := &s.asked[i]; len(q.resources) == 1 && !strings.ContainsAny(q.resources[0], "*?") {
			if q.action == "iam:PassRole" {
				return i
			}
		}
	}
	for i := range s.asked {
		if q := &s.asked[i]; len(q.resources) == 1 && !strings.ContainsAny(q.resources[0], "*?") {
			return i
		}
	}
	return 0
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
