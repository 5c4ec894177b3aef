package all_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

var (
	// unrestricted are the operations that no policy decides.
	unrestricted = map[operationName]bool{
		{"sts", "GetCallerIdentity"}: true,
		{"sts", "GetSessionToken"}:   true,
	}
	// proven are the operations whose callers bring a proof in place of a signature. The
	// proof of this test is none, so that no policy is asked.
	proven = map[operationName]bool{
		{"sts", "AssumeRoleWithSAML"}:        true,
		{"sts", "AssumeRoleWithWebIdentity"}: true,
	}
	// tokens are the operations that who is not of the account may call, since a token of the
	// request is what proves that they may: the decision allows it, and the call fails.
	tokens = map[operationName]bool{
		{"sns", "ConfirmSubscription"}: true,
	}
	// batches answer each entry by itself: with success, and the entries' denials in it.
	batches = map[operationName]bool{
		{"dynamodb", "BatchExecuteStatement"}: true,
		{"s3", "DeleteObjects"}:               true,
	}
	// never are the operations that S3 refuses whoever calls, by its shape and before any
	// policy is asked, so that there is nothing to decide.
	never = map[operationName]string{
		{"s3", "RenameObject"}: "MethodNotAllowed", // directory buckets have it, and the fake has none of them
	}
)

type operationName struct{ service, name string }

// The sweeps of this package are over every service that there is a fake of.
func TestSweepsHaveEveryService(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range all.Every() {
		names = append(names, s.Name)
	}
	assert.ElementsMatch(t, names, slices.Collect(maps.Keys(clientsOf)))
}

// No operation of any service skips the decision: who has no policy is denied each of
// them by a Decision, though the input is good.
func TestEveryOperationIsDecided(t *testing.T) {
	t.Parallel()
	for service := range clientsOf {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			w := newFilled(t) // refused calls change nothing, so all operations share it
			for _, op := range w.Fake(service).Ops() {
				t.Run(op.Name, func(t *testing.T) { w.refuses(t, newOperation(t, service, op.Name)) })
			}
		})
	}
}

// refuses calls an operation as everybody who has no permission for it.
func (f *filled) refuses(t *testing.T, o operation) {
	name := operationName{o.service, o.name}
	if unrestricted[name] {
		assert.NoError(t, o.call(t.Context(), f.user, f.input(t, o)), "whatever the policies say")
		return
	}
	for who, config := range map[string]aws.Config{
		"a user":             f.user,
		"a service":          worldtest.DoConfig(f.World.World, fakeaws.ServiceCall{Principal: "s3.amazonaws.com", Region: worldtest.Region}.Actor()),
		"an unknown service": worldtest.DoConfig(f.World.World, fakeaws.ServiceCall{Principal: "nobody.amazonaws.com", Region: worldtest.Region}.Actor()),
		"nobody":             f.anonymous,
	} {
		err := o.call(t.Context(), config, f.input(t, o))
		e := f.last()
		assert.Equal(t, o.name, e.Operation)
		assert.False(t, e.Fixture)
		if !batches[name] || e.Code != "" {
			assert.Error(t, err, "by %s", who)
		}
		if code := never[name]; code != "" {
			assert.Empty(t, e.Decisions, "by %s", who)
			if who == "a user" {
				assert.Equal(t, code, e.Code)
			}
			continue
		}
		if !proven[name] && who == "a user" || err == nil {
			assert.True(t, e.Denied, "by %s: %s: %s", who, e.Code, e.Message)
			assert.Contains(t, verdicts(e), enforce.ImplicitDeny, "by %s", who)
		}
		if !tokens[name] || who == "a user" {
			assert.NotContains(t, verdicts(e), enforce.Allowed, "by %s", who)
		}
	}
}

// The World's own hand is the only one that skips the decision, and the log tells: of
// every operation there are calls without a Decision by it, and by nobody else.
func TestOnlyTheFixtureIsNotDecided(t *testing.T) {
	t.Parallel()
	for service := range clientsOf {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			w := newFilled(t) // what one call takes away, the next does not find: it is not decided all the same
			for _, op := range w.Fake(service).Ops() {
				t.Run(op.Name, func(t *testing.T) {
					o := newOperation(t, service, op.Name)
					_ = o.call(t.Context(), worldtest.FixtureConfig(w.World.World, worldtest.Account, worldtest.Region), w.input(t, o))
					e := w.last()
					assert.Equal(t, op.Name, e.Operation)
					assert.True(t, e.Fixture)
					assert.Empty(t, e.Decisions)
					assert.False(t, e.Denied)
				})
			}
		})
	}
}

func (f *filled) last() fakeaws.Event {
	events := f.Log().Events()
	return events[len(events)-1]
}

func verdicts(e fakeaws.Event) (all []enforce.Verdict) {
	for i := range e.Decisions {
		all = append(all, e.Decisions[i].Verdict)
	}
	return all
}
