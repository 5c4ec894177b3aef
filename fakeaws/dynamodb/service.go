// Package dynamodb is a fake of Amazon DynamoDB and of DynamoDB Streams: tables with
// indexes, items, expressions, transactions, streams, resource policies and fine-grained
// access control.
package dynamodb

import (
	"slices"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// A Fake has the tables of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu     fakeaws.Mutex // guards everything below, and all tables
	tables map[tableID]*table
	// streams are by their ARNs. They stay for a day after their tables are gone.
	streams map[string]*stream
	backups map[string]*backup // by their ARNs
	// forwards are the changes that Kinesis streams are to get, in order.
	forwards []*forward
	// transactions are those whose tokens are remembered, by these.
	transactions map[tokenID]*transaction
	// tokens are theirs, the oldest first.
	tokens []tokenID
	// revisions counts the policies that were stored.
	revisions uint64
}

// Service is Amazon DynamoDB, for a World to be made of. No World has it unless asked.
var Service = fakeaws.Service{
	Name: "dynamodb", Wire: ownWire, Faults: faults,
	New: func(w *fakeaws.World) fakeaws.Fake {
		return &Fake{
			world: w, tables: make(map[tableID]*table), streams: make(map[string]*stream), backups: make(map[string]*backup),
			transactions: make(map[tokenID]*transaction),
		}
	},
}

// Of returns the DynamoDB of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("dynamodb").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

// Ops implements [fakeaws.Fake]. Exports, imports, global tables and
// vector indexes are not implemented.
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.tableOps(), s.updateTableOps(), s.itemOps(), s.queryOps(), s.batchOps(), s.transactOps(), s.partiqlOps(),
		s.tagOps(), s.policyOps(), s.settingsOps(), s.backupOps(),
		s.destinationOps())
}

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	return accessDenied(d.Message(need.Style("dynamodb")))
}

func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC() }

// members has the constraints of DynamoDB's service model.
var members = constraint.NewModel("dynamodb", constraint.Wording{Error: invalid})

// bind makes the row of an operation whose input is checked against the service model.
func bind[I, O any](plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error)) fakeaws.Op {
	return bindBounded(nil, plan)
}

// bindBounded is bind with what has to be refused before the service model is asked.
func bindBounded[I, O any](admit func(I) error, plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error)) fakeaws.Op {
	return fakeaws.Bind(func(call *fakeaws.Call, in I) (*fakeaws.Plan[O], error) {
		if admit != nil {
			if err := admit(in); err != nil {
				return nil, err
			}
		}
		if err := members.Check(in); err != nil {
			return nil, err
		}
		return plan(call, in)
	})
}
