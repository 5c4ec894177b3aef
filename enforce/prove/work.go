package prove

import "context"

// An outcome is what is known of a question.
type outcome uint8

const (
	impossible outcome = iota
	possible
	unknown
)

// DefaultBudget is how many steps an answer may take: a step of an automaton, or a look at
// a value. It is some tenths of a second.
const DefaultBudget = 2_000_000

// A work is the effort of one answer.
type work struct {
	ctx    context.Context
	budget int
	left   int
	spent  bool // nothing is known of what was looked at last
	// reasons are why something could not be known, each once.
	reasons []string
}

func newWork(ctx context.Context, budget int) *work {
	if budget <= 0 {
		budget = DefaultBudget
	}
	return &work{ctx: ctx, budget: budget, left: budget}
}

// looks is after how many steps the context is looked at.
const looks = 4096

// spend takes steps from the budget; false when there are no more.
func (w *work) spend(steps int) bool {
	before := w.left
	w.left -= steps
	if w.spent {
		return false
	}
	if w.left < 0 {
		w.spent = true
		w.because("the budget is spent")
		return false
	}
	if before/looks != w.left/looks && w.ctx.Err() != nil {
		w.spent = true
		w.because(w.ctx.Err().Error())
		return false
	}
	return true
}

// because notes why the answer is not known.
func (w *work) because(reason string) {
	for _, r := range w.reasons {
		if r == reason {
			return
		}
	}
	w.reasons = append(w.reasons, reason)
}
