// Package accessanalyzer is a fake of IAM Access Analyzer: it checks policies, and finds in
// the World what is shared with others and what is not used. What it says of policies
// packages enforce/prove and enforce/lint find out.
package accessanalyzer

import (
	"slices"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the analyzers of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu          fakeaws.Mutex // guards everything below
	analyzers   map[analyzerID]*analyzer
	generations map[string]*generation // by job id
}

// serviceName is the principal of the service.
const serviceName = "access-analyzer.amazonaws.com"

// Service is IAM Access Analyzer, for a World to be made of. No World has it unless asked.
var Service = fakeaws.Service{
	Name: "access-analyzer", SDK: "accessanalyzer", Faults: faults,
	New: func(w *fakeaws.World) fakeaws.Fake {
		return &Fake{world: w, analyzers: make(map[analyzerID]*analyzer), generations: make(map[string]*generation)}
	},
}

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.analyzerOps(), s.ruleOps(), s.tagOps(), s.checkOps(), s.validateOps(), s.findingOps(), s.resourceOps(), s.generationOps(), s.previewOps())
}

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	return accessDenied(d.Message(need.Style("access-analyzer")))
}

// now is the time as the service answers it, in milliseconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Millisecond) }

// planned is a plan that is performed under the lock.
func planned[O any](s *Fake, needs []fakeaws.Need, do func() (O, error)) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do()
	}}
}

// onAccount is a permission that is about no resource in particular.
func onAccount(call *fakeaws.Call) []fakeaws.Need {
	return []fakeaws.Need{{Action: "access-analyzer:" + call.Operation, Resource: "*", ResourceAccount: call.Account}}
}

// Guard implements [fakeaws.Guardian].
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	if id, ok := parseARN(resource); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		_, need := s.need(action, id, resource)
		return need, nil
	}
	return fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account}, nil
}
