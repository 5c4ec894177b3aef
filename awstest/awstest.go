package awstest

import (
	"context"
	"hash/fnv"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/internal/clock"
)

// TB is what this package needs of a test. [*testing.T], [*testing.B] and
// [*testing.F] have it.
type TB interface {
	Helper()
	Name() string
	Context() context.Context
	Cleanup(func())
	Failed() bool
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// DefaultAccountID is the id of the account that New makes, unless told otherwise.
const DefaultAccountID = "000000000000"

// Modes of [WithMode].
const (
	Strict = fakeaws.Strict // refuse denied calls, as AWS does
	Soft   = fakeaws.Soft   // let denied calls pass, and log what would be denied
	Off    = fakeaws.Off    // ask no policy; signatures are still verified
)

// An Account is one AWS account, alone in its World unless [Account.NewAccount]
// added others. It ends with the test.
type Account struct {
	t       TB
	world   *fakeaws.World
	acct    *fakeaws.Account
	options options
	socket  *socket // nil in a synctest bubble
	via     *VPCEndpoint
	shared  *shared
}

// shared is what the accounts of one World have in common.
type shared struct {
	mu       sync.Mutex
	accounts int
	rows     []span // the calls of the rows of Cases
	family   *family
	// clones are those of the World that have not ended, and handed the calls of those that
	// have.
	clones []*Account
	handed Calls
	// placements are the policies that this package has put in place, and places where each
	// is among them.
	placements []placement
	places     map[string]int
	// sessions and endpoints replace those of the World that this one is a clone of, by
	// the ids of access keys and of VPC endpoints.
	sessions  map[string]aws.Credentials
	endpoints map[string]*VPCEndpoint
}

// A family is what a World, its clones and theirs have in common.
type family struct{ _ byte }

// New makes an AWS account for a test: empty, with its own clock, ids and
// services, and a root user. There is nothing to close and no error to check;
// what goes wrong ends the test.
//
// Inside a testing/synctest bubble no socket is opened, because a listening
// socket stops virtual time: [Account.URL], [Account.Env] and [WithSocket] are not to be had there.
func New(t TB, opts ...Option) *Account {
	t.Helper()
	o := options{accountID: DefaultAccountID, region: fakeaws.DefaultRegion}
	for _, opt := range opts {
		opt.set(&o)
	}
	services := o.services()
	for _, s := range services {
		if o.upstreams[s.Name] != nil {
			o.wrong = append(o.wrong, "WithUpstream: leastpriv answers "+s.Name+" itself")
		}
	}
	for _, wrong := range o.wrong {
		t.Fatalf("awstest.New: %s", wrong)
	}
	coverage := coverageFor(t)
	world := fakeaws.NewWorld(fakeaws.Config{
		Region:   o.region,
		Clock:    o.newClock(),
		Seed:     seed(t.Name()),
		Mode:     o.mode,
		SourceIP: o.sourceIP,
		Coverage: coverage,
		Services: services,
		Others:   anyservice.Services{Upstreams: o.upstreams},
	})
	a := &Account{t: t, world: world, options: o, shared: &shared{accounts: 1, family: new(family)}}
	acct, err := world.AddAccount(o.accountID, "", "")
	if err != nil {
		t.Fatalf("awstest.New: %v", err)
	}
	a.acct = acct
	a.begin("New")
	return a
}

// begin makes the ways into a new World, which end with the test.
func (a *Account) begin(function string) {
	a.t.Helper()
	live(a.t, a.world)
	switch {
	case !inBubble(a.t):
		a.socket = &socket{world: a.world, door: a.door()}
		if a.options.useSocket {
			a.URL() // its clients may be used inside a bubble
		}
	case a.options.useSocket:
		a.t.Fatalf("awstest.%s: WithSocket inside a synctest bubble: a socket stops virtual time; leave the option out, calls then stay in the process", function)
	}
	a.t.Cleanup(func() {
		a.world.Close()
		if a.socket != nil {
			a.socket.close()
		}
		if a.t.Failed() || a.options.verbose {
			a.logCalls()
		}
	})
}

// seed makes ids follow from the test's name, so that every run sees the same.
func seed(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return h.Sum64()
}

// inBubble reports whether the test runs in a testing/synctest bubble, where
// Deadline panics.
func inBubble(t TB) (yes bool) {
	d, ok := t.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return false
	}
	defer func() { yes = recover() != nil }()
	d.Deadline()
	return false
}

// NewAccount makes another account in the same World, for cross-account tests.
// Its id is 111111111111, the next one's 222222222222, and so on; [WithAccountID] and
// [WithRegion] give it another id and other configs.
func (a *Account) NewAccount(opts ...AccountOption) *Account {
	a.t.Helper()
	other := *a
	other.options.accountID = ""
	for _, opt := range opts {
		opt.set(&other.options)
	}
	if other.options.accountID == "" {
		other.options.accountID = a.nextAccountID()
	}
	acct, err := a.world.AddAccount(other.options.accountID, "", "")
	if err != nil {
		a.t.Fatalf("awstest: NewAccount: %v", err)
		return nil
	}
	other.acct = acct
	return &other
}

// nextAccountID returns the first of the ids that NewAccount gives which is free.
func (a *Account) nextAccountID() string {
	a.shared.mu.Lock()
	defer a.shared.mu.Unlock()
	for {
		id := numberedAccountID(a.shared.accounts)
		a.shared.accounts++
		if _, taken := a.world.Account(id); !taken {
			return id
		}
	}
}

// numberedAccountID returns 111111111111 for 1, 222222222222 for 2, and counts on
// from 100000000010 after 9.
func numberedAccountID(n int) string {
	if n > 9 {
		n += 100000000000
		id := make([]byte, 12)
		for i := len(id) - 1; i >= 0; i-- {
			id[i] = byte('0' + n%10)
			n /= 10
		}
		return string(id)
	}
	id := []byte("000000000000")
	for i := range id {
		id[i] = byte('0' + n)
	}
	return string(id)
}

// ID returns the account's 12 digits.
func (a *Account) ID() string { return a.acct.ID }

// Region returns the region of the account's configs.
func (a *Account) Region() string { return a.options.region }

// Root returns the account's root user.
func (a *Account) Root() *Principal {
	cred := a.acct.Root
	return &Principal{
		identity: identity{account: a, name: "root", arn: cred.Caller.ARN},
		credentials: fixed(aws.Credentials{
			AccessKeyID: cred.AccessKeyID, SecretAccessKey: cred.SecretAccessKey, AccountID: a.acct.ID, Source: credentialSource,
		}),
	}
}

// Config returns a config with the root user's credentials. It is ready for
// every NewFromConfig; nothing is read from the environment or from files.
func (a *Account) Config() aws.Config { return a.Root().Config() }

// Env returns the root user's credentials, the region and this account's URL as
// KEY=VALUE, for the environment of a subprocess.
func (a *Account) Env() []string {
	a.t.Helper()
	return a.Root().Env()
}

// URL returns the address of the account's socket, for presigned URLs, other
// HTTP clients and subprocesses: "http://127.0.0.1:PORT". The World listens from when it is
// first asked for, which must be outside of synctest bubbles.
func (a *Account) URL() string {
	a.t.Helper()
	if a.socket == nil {
		a.t.Fatalf("awstest: URL inside a synctest bubble: there is no socket, because it would stop virtual time")
		return ""
	}
	url, ok := a.socket.url()
	if !ok {
		a.t.Fatalf("awstest: URL inside a synctest bubble: nothing listens yet, and a socket that is opened here would stop virtual time; ask for the URL before the bubble begins")
	}
	return url
}

// HTTPClient returns a client whose requests stay in the process, whatever their host:
// for presigned URLs, form uploads and the websites of buckets, which have AWS's own
// hosts. It works in a synctest bubble too.
func (a *Account) HTTPClient() *http.Client {
	return &http.Client{Transport: a.door(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Now returns the World's time.
func (a *Account) Now() time.Time { return a.world.Clock().Now() }

// Advance moves the World's time: visibility timeouts, delays, credentials and
// presigned URLs run out, and waiting calls look again. Clients made of this
// World's configs sign with the moved time. What becomes due on the way is done at its time,
// as by Settle.
func (a *Account) Advance(d time.Duration) {
	a.t.Helper()
	if err := a.world.Advance(context.Background(), d); err != nil {
		a.t.Fatalf("awstest: Advance: %v", err)
	}
}

// Settle returns when the World has done all that is due by its clock, and what that caused:
// asynchronous invocations of functions, event source mappings, schedules, retries. What is
// due the World also does by itself, a tenth of a second later. A Lambda function must not
// call Settle, which would wait for it.
func (a *Account) Settle() {
	a.t.Helper()
	if err := a.world.Settle(context.Background()); err != nil {
		a.t.Fatalf("awstest: Settle: %v", err)
	}
}

// World returns the World behind the account, for Go code that knows the fakes.
func (a *Account) World() *fakeaws.World { return a.world }

// For returns the account for another test, such as a subtest or one of several that
// share a World: what fails, fails that test.
func (a *Account) For(t TB) *Account {
	other := *a
	other.t = t
	return &other
}

// TB returns the test that the account belongs to, for packages that set up more in
// the account.
func (a *Account) TB() TB { return a.t }

// newClock returns the clock that the options ask for.
func (o *options) newClock() *clock.Clock {
	if o.start.IsZero() {
		return new(clock.Clock)
	}
	return clock.At(o.start)
}
