package fakeaws

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/awsid"
	"github.com/leastpriv/leastpriv/internal/clock"
	"github.com/leastpriv/leastpriv/internal/ids"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// DefaultRegion is the region of a World that names none.
const DefaultRegion = "us-east-1"

// Config makes a World. The zero value has no services; package
// fakeaws/all fills them in.
type Config struct {
	// Region is the one whose endpoint name a request without a region means.
	Region string
	// Clock is the World's time; nil runs with the machine's.
	Clock *clock.Clock
	// Seed decides every id, key and secret that the World makes.
	Seed uint64
	// Mode is what becomes of a denied call.
	Mode Mode
	// SourceIP is the address from which all calls seem to come; empty means
	// the client's own.
	SourceIP string
	// BodyTimeout is how long the body of a request may take over a socket, beside one
	// second for each KiB of it that has come: then the answer is RequestTimeout. 0 is a
	// minute.
	BodyTimeout time.Duration
	// Coverage notes which grants of the policies are used; nil notes nothing.
	Coverage *enforce.Coverage
	// Services are the fakes of this World.
	Services []Service
	// Others are all other services; nil answers their requests with NotImplemented.
	Others Others
}

// A World is one isolated AWS: a clock, accounts, credentials, and the state of
// every service. Worlds share nothing. A World is safe for concurrent use.
type World struct {
	clock    *clock.Clock
	ids      *ids.Source
	region   string
	mode     Mode
	sourceIP string
	// bodyTimeout is that of Config.
	bodyTimeout time.Duration
	coverage    *enforce.Coverage // nil when it is off
	verifier    sigv4.Verifier
	log         Log
	// own is what the World has beside its services: see state.
	own state
	// snapshots has the latest one; origin is that which a clone was made of, else nil.
	snapshots snapshots
	origin    *origin
	effects   effects
	workers   workers
	receivers receivers
	watches   watches

	// details says that a service tells those of denials.
	details bool
	// services and rooms are filled once by NewWorld and read without a lock.
	services []Service
	rooms    map[string]*room
	catalog  Others
	others   otherRooms
}

// An Account is one AWS account of a World.
type Account struct {
	// ID has 12 digits.
	ID string
	// CanonicalUser is the 64-digit id by which S3 knows the account.
	CanonicalUser string
	// Root is the access key of the account's root user.
	Root *Credential
}

// NewWorld makes an empty World. It panics when a service is registered twice
// or has no wire schema: both are mistakes in the caller's program.
func NewWorld(cfg Config) *World {
	w := &World{
		clock:       cfg.Clock,
		ids:         ids.New(cfg.Seed),
		region:      cfg.Region,
		mode:        cfg.Mode,
		sourceIP:    cfg.SourceIP,
		bodyTimeout: cmp.Or(cfg.BodyTimeout, defaultBodyTimeout),
		coverage:    cfg.Coverage,
		catalog:     cfg.Others,
	}
	w.own.credentials = make(map[string]*Credential)
	w.own.keys.world = w
	if w.clock == nil {
		w.clock = new(clock.Clock)
	}
	if w.region == "" {
		w.region = DefaultRegion
	}
	w.services = slices.Clone(cfg.Services)
	for i := range cfg.Services {
		w.services = append(w.services, cfg.Services[i].Also...)
	}
	w.build()
	return w
}

// build makes the rooms of the services.
func (w *World) build() {
	w.rooms = make(map[string]*room, len(w.services))
	rooms := make([]room, len(w.services))
	for i := range w.services {
		name := w.services[i].Name
		if _, twice := w.rooms[name]; twice {
			panic("fakeaws.NewWorld: " + name + " is registered twice")
		}
		rooms[i].world, rooms[i].reg, rooms[i].index = w, &w.services[i], i
		w.rooms[name] = &rooms[i]
		w.details = w.details || w.services[i].TellsDenials
	}
}

// Clock returns the World's time.
func (w *World) Clock() *clock.Clock { return w.clock }

// IDs returns the World's source of identifiers.
func (w *World) IDs() *ids.Source { return w.ids }

// Region returns the World's default region.
func (w *World) Region() string { return w.region }

// Log returns the record of this World's calls.
func (w *World) Log() *Log { return &w.log }

// Fake returns the fake of a service of this World, made on first use. It panics when
// the World has none of that name.
func (w *World) Fake(name string) Fake {
	r, ok := w.rooms[name]
	if !ok {
		panic("fakeaws: this World has no service " + name)
	}
	return r.fake()
}

// Has reports whether the World has a service.
func (w *World) Has(name string) bool { return w.rooms[name] != nil }

// Directory returns the World's IAM. It must not be asked under the lock of IAM.
func (w *World) Directory() Directory {
	w.takeEffect()
	return w.Fake("iam").(Directory)
}

// Principals returns the users and roles of this World.
func (w *World) Principals() *Principals { return &w.state().principals }

// AddAccount makes an account. The id must have 12 digits and be new. An empty
// access key id and secret are made up.
func (w *World) AddAccount(id, accessKeyID, secret string) (*Account, error) {
	if !awsid.IsAccount(id) {
		return nil, fmt.Errorf("account id %q: an AWS account id has 12 digits", id)
	}
	if accessKeyID == "" {
		accessKeyID, secret = w.ids.AccessKey("AKIA"), w.ids.Secret()
	}
	canonical := sha256.Sum256([]byte("canonical user of " + id))
	acct := &Account{ID: id, CanonicalUser: hex.EncodeToString(canonical[:])}
	acct.Root = &Credential{
		AccessKeyID:     accessKeyID,
		SecretAccessKey: secret,
		Caller: &Caller{Principal: enforce.Principal{
			Type:          enforce.Root,
			ARN:           ARN("iam", "", id, "root"),
			Account:       id,
			UserID:        id,
			CanonicalUser: acct.CanonicalUser,
		}, Uses: new(Uses)},
		Uses: new(Uses),
	}
	s := w.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if a.ID == id {
			return nil, fmt.Errorf("account %s exists", id)
		}
	}
	if _, taken := s.credentials[accessKeyID]; taken {
		return nil, fmt.Errorf("access key id %s is another account's", accessKeyID)
	}
	s.accounts = append(s.accounts, acct)
	s.credentials[accessKeyID] = acct.Root
	return acct, nil
}

// Account finds an account by its id.
func (w *World) Account(id string) (*Account, bool) {
	s := w.state()
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, a := range s.accounts {
		if a.ID == id {
			return a, true
		}
	}
	return nil, false
}

// Accounts returns all accounts in the order in which they were made.
func (w *World) Accounts() []*Account {
	s := w.state()
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.accounts)
}

// Credential finds an access key, active or not, expired or not.
func (w *World) Credential(accessKeyID string) (*Credential, bool) {
	s := w.state()
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, ok := s.credentials[accessKeyID]
	return c, ok
}

// SetCredential stores an access key, in place of any of the same id.
func (w *World) SetCredential(c *Credential) {
	s := w.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credentials[c.AccessKeyID] = c
}

// DeleteCredential removes an access key.
func (w *World) DeleteCredential(accessKeyID string) {
	s := w.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.credentials, accessKeyID)
}

// ARN puts an ARN of the aws partition together.
func ARN(service, region, account, resource string) string {
	return awsid.ARN(service, region, account, resource)
}

// An Error is an AWS error for which the SDK has no Go type, or whose body has
// further fields.
type Error = wire.Error

// A Field is one further element of an error's body.
type Field = wire.Field
