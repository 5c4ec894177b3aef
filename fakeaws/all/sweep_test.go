package all_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

var (
	sweepRounds = flag.Int("sweep", 0, "how many calls with drawn inputs TestStrangers makes for each caller")
	sweepSeed   = flag.Uint64("sweep.seed", 1, "the seed of the drawn inputs")
)

// An answer is what a stranger got: what is wrong with it, and whether the caller was
// allowed something of the victim's that it may be.
type answer struct {
	wrong  []string
	shared bool
}

// ask makes a call as a stranger.
func (v *victim) ask(t testing.TB, s *stranger, c sweepCall) (a answer) {
	t.Helper()
	v.Log().Reset()
	v.recorder.answer.Reset()
	err := c.o.callWith(t.Context(), s.client(c.o.service), v.inputOf(t, c))
	events := v.Log().Events()
	if len(events) == 0 {
		require.Error(t, err, "%s: the client has sent nothing", c)
		v.unsent++
		return a
	}
	n := &v.made
	if c.seed != 0 {
		n = &v.drawn
	}
	n.asked++
	if len(events[0].Decisions) > 0 {
		n.decided++
	}
	known := s.identity
	for i := range events[0].Decisions {
		d := &events[0].Decisions[i]
		if !d.Allowed() {
			known += told(d)
			continue
		}
		if tokens[operationName{c.o.service, c.o.name}] && d.Request.Principal.Account != worldtest.Account {
			continue // the token, which is not the victim's, keeps the caller out
		}
		a.shared = a.shared || d.Request.Owner() == worldtest.Account
		if !s.may(d.Request) {
			a.wrong = append(a.wrong, fmt.Sprintf("%s was allowed: %s", c, d))
		}
	}
	if err == nil && len(events[0].Decisions) == 0 && !unrestricted[operationName{c.o.service, c.o.name}] {
		a.wrong = append(a.wrong, fmt.Sprintf("%s succeeded without a decision", c))
	}
	text := v.recorder.answer.String()
	for _, secret := range v.secrets {
		if !a.shared && strings.Contains(text, secret) && !strings.Contains(known, secret) {
			a.wrong = append(a.wrong, fmt.Sprintf("%s answered %q: %s", c, secret, text))
		}
	}
	return a
}

// told is what a denial says to callers of the account and of its organization: the resource
// and the policy that denies it.
func told(d *enforce.Decision) string {
	if account := d.Request.Principal.Account; account == "" || account == worldtest.Other {
		return ""
	}
	text := d.Request.Resource
	if d.Policy != nil {
		text += " " + d.Policy.Source().ARN
	}
	return text
}

// sweep makes calls as one of the strangers of a layout, and reports what is wrong with the
// answers, and every call that changes the victim.
func (v *victim) sweep(t testing.TB, layout string, who int, s *stranger, calls []sweepCall) {
	t.Helper()
	before := v.snapshot(t)
	var refused []sweepCall
	for _, c := range calls {
		a := v.ask(t, s, c)
		for _, wrong := range a.wrong {
			assert.Fail(t, "a stranger gets an answer", "%s: %s", s.name, wrong)
		}
		if !a.shared {
			refused = append(refused, c)
		}
	}
	switch {
	case slices.Equal(before, v.snapshot(t)):
	case len(refused) < len(calls):
		// What the caller may do has changed something: the others must not.
		other, strangers := arrange(t, layout)
		other.sweep(t, layout, who, &strangers[who], refused)
	default:
		assert.Fail(t, "a stranger has changed the victim", s.name)
		locate(t, layout, who, calls)
	}
}

// locate makes the calls of a sweep once more in a World of its own, and reports those that
// change the victim.
func locate(t testing.TB, layout string, who int, calls []sweepCall) {
	t.Helper()
	v, strangers := arrange(t, layout)
	before := v.snapshot(t)
	for _, c := range calls {
		a := v.ask(t, &strangers[who], c)
		after := v.snapshot(t)
		for i := range before {
			if before[i] != after[i] && !a.shared {
				assert.Fail(t, "a stranger has changed the victim", "%s: %s\n%s\n%s", strangers[who].name, c, before[i], after[i])
			}
		}
		before = after
	}
}

// No stranger changes or learns anything of an account by any operation of any service,
// with whatever members: the victim is read before and after, and no answer has what only
// the victim's answers have.
func TestStrangers(t *testing.T) {
	t.Parallel()
	for layout := range layouts {
		t.Run(layout, func(t *testing.T) {
			t.Parallel()
			// Time stands still in a bubble: what is read twice is the same.
			synctest.Test(t, func(t *testing.T) { sweepLayout(t, layout) })
		})
	}
}

func sweepLayout(t *testing.T, layout string) {
	v, strangers := arrange(t, layout)
	ops := 0
	calls := map[string][]sweepCall{}
	for _, service := range slices.Sorted(maps.Keys(clientsOf)) {
		ops += len(v.Fake(service).Ops())
		calls[service] = v.callsOf(t, service)
	}
	for who := range strangers {
		s := &strangers[who]
		var plain []sweepCall
		for _, service := range slices.Sorted(maps.Keys(clientsOf)) {
			if s.services == nil || slices.Contains(s.services, service) {
				plain = append(plain, calls[service]...)
			}
		}
		v.sweep(t, layout, who, s, plain)
		for first := 0; first < *sweepRounds; first += drawnTogether {
			var drawn []sweepCall
			for n := first; n < min(first+drawnTogether, *sweepRounds); n++ {
				seed := *sweepSeed<<32 + uint64(n) + 1
				drawn = append(drawn, sweepCall{plain[seed%uint64(len(plain))].o, -1, seed})
			}
			v.sweep(t, layout, who, s, drawn)
		}
	}
	const little = "calls that are refused before a decision prove little"
	assert.Greater(t, 3*v.made.decided, v.made.asked, little)
	if v.drawn.asked > 0 {
		assert.Greater(t, 20*v.drawn.decided, v.drawn.asked, little)
	}
	t.Logf("%d operations, %d callers, %d calls of which %d were decided, %d drawn ones of which %d were, %d not sent, %d texts to find",
		ops, len(strangers), v.made.asked, v.made.decided, v.drawn.asked, v.drawn.decided, v.unsent, len(v.secrets))
}

// drawnTogether is how many drawn calls there are between two looks at the victim.
const drawnTogether = 500

// identify returns what a caller knows of itself.
func (v *victim) identify(t testing.TB, s *stranger) string {
	t.Helper()
	_, _ = sts.NewFromConfig(s.config).GetCallerIdentity(t.Context(), nil)
	known := v.recorder.answer.String()
	if c, err := s.config.Credentials.Retrieve(t.Context()); err == nil {
		known += c.AccessKeyID
	}
	return known
}

// arrange makes the World of a layout, whose strangers know themselves.
func arrange(t testing.TB, layout string) (*victim, []stranger) {
	t.Helper()
	v, strangers := layouts[layout](t)
	v.prepare(t)
	for i := range strangers {
		strangers[i].identity = v.identify(t, &strangers[i])
	}
	return v, strangers
}

// prepare ends the making of a World, and finds what its answers must not have.
func (v *victim) prepare(t testing.TB) {
	t.Helper()
	clear(v.inputs)
	v.secrets = v.findSecrets(t)
	before := v.snapshot(t)
	require.Equal(t, before, v.snapshot(t), "what is read must not change by reading")
}

// The sweep notices: what the victim's own admin does is found, so that it would be found
// of a stranger.
func TestStrangersWouldBeNoticed(t *testing.T) {
	t.Parallel()
	for service := range clientsOf {
		if service == "sts" || service == "iam-toolbox" { // which keep nothing: details are in the log, which the sweep empties
			continue
		}
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { noticeService(t, service) })
		})
	}
}

func noticeService(t *testing.T, service string) {
	v := newVictim(t, worldtest.Account, false)
	admin := stranger{name: "admin", config: v.admin(t, worldtest.Account, "admin", nil), may: nothing}
	v.prepare(t)
	before, ops := v.snapshot(t), v.Fake(service).Ops()
	slices.SortStableFunc(ops, func(a, b fakeaws.Op) int {
		return cmp.Compare(rank(a.Name), rank(b.Name))
	})
	var allowed, changed, leaked []string
	for _, op := range ops {
		wrong := v.ask(t, &admin, sweepCall{newOperation(t, service, op.Name), -1, 0}).wrong
		if len(wrong) > 0 {
			allowed = append(allowed, op.Name)
		}
		answer := v.recorder.answer.String()
		if slices.ContainsFunc(v.secrets, func(secret string) bool { return strings.Contains(answer, secret) }) {
			leaked = append(leaked, op.Name)
		}
		if *sweepRounds == 0 && op.Name != ops[len(ops)-1].Name {
			continue
		}
		if after := v.snapshot(t); !slices.Equal(before, after) {
			changed, before = append(changed, op.Name), after
		}
	}
	t.Logf("of %d operations %d are allowed, %d answer what is hidden, %d change what is read: %s", len(ops), len(allowed), len(leaked), len(changed), changed)
	assert.Greater(t, len(allowed), len(ops)*2/3)
	assert.NotEmpty(t, leaked)
	if service != "dynamodb-streams" { // which only reads
		assert.NotEmpty(t, changed)
	}
}

// rank puts the operations that read first, and those that take something away last.
func rank(operation string) int {
	for _, word := range []string{"Delete", "Remove", "Detach", "Disable", "Close", "Leave", "Abort"} {
		if strings.HasPrefix(operation, word) {
			return 2
		}
	}
	if reading(operation) {
		return 0
	}
	return 1
}

// rule 44: what a closed account has shared is not available to others any more.
func TestClosedAccountsShareNothing(t *testing.T) {
	t.Parallel()
	v := newVictim(t, management, true)
	strangers := v.foreigners(t)
	for _, closed := range []bool{false, true} {
		if closed {
			v.CloseAccount(worldtest.Account)
		}
		for i := range strangers {
			for service, name := range map[string]string{"s3": "GetObject", "sqs": "GetQueueAttributes"} {
				s, o := &strangers[i], newOperation(t, service, name)
				err := o.callWith(t.Context(), s.client(service), v.inputOf(t, sweepCall{o, -1, 0}))
				if !closed {
					assert.NoError(t, err, "%s: %s", s.name, name)
					continue
				}
				assert.Error(t, err, "%s: %s", s.name, name)
				assert.Contains(t, verdicts(v.last()), enforce.ImplicitDeny, "%s: %s", s.name, name)
			}
		}
	}
}
