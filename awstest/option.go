package awstest

import (
	"slices"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/iamtoolbox"
	"github.com/leastpriv/leastpriv/fakeaws/organizations"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// An Option changes what [New] makes.
type Option interface{ set(*options) }

// An AccountOption is an Option that [Account.NewAccount] takes too: [WithAccountID] or
// [WithRegion].
type AccountOption interface {
	Option
	ofAccounts()
}

type (
	worldOption   func(*options)
	accountOption func(*options)
)

func (f worldOption) set(o *options)   { f(o) }
func (f accountOption) set(o *options) { f(o) }
func (accountOption) ofAccounts()      {}

type options struct {
	accountID string
	region    string
	start     time.Time
	sourceIP  string
	mode      fakeaws.Mode
	useSocket bool
	retry     bool
	verbose   bool
	added     []fakeaws.Service
	upstreams map[string]*anyservice.Upstream
	wrong     []string // options that cannot be
}

// With adds services to the account's World, in place of those of the same name. Without
// it the World has IAM, STS, S3 and S3 Control, SQS and Organizations.
func With(services ...fakeaws.Service) Option {
	return worldOption(func(o *options) { o.added = append(o.added, services...) })
}

// ownServices are those that every World has.
var ownServices = []fakeaws.Service{iam.Service, sts.Service, s3.Service, s3.ControlService, sqs.Service, organizations.Service}

// services are those of the World. Of several with one name the last counts.
func (o *options) services() []fakeaws.Service {
	services := ownServices
	if len(o.added) > 0 {
		services = slices.Clone(services)
	}
	for _, added := range o.added {
		services = slices.DeleteFunc(services, func(s fakeaws.Service) bool { return s.Name == added.Name })
		services = append(services, added)
	}
	return services
}

// WithAuthorizationDetails switches AWS's authorization details on, which AWS has as a
// preview: the texts of denials end with an authorization id, and the World has IAM
// Toolbox, which tells the details. [fakeaws.Event] has the id as well. Package
// fakeaws/iamtoolbox has a client of it.
func WithAuthorizationDetails() Option { return With(iamtoolbox.Service) }

// WithRegion sets the region of the account's configs. The default is us-east-1.
func WithRegion(region string) AccountOption {
	return accountOption(func(o *options) { o.region = region })
}

// WithAccountID sets the account's id: 12 digits. The default is 000000000000.
func WithAccountID(id string) AccountOption {
	return accountOption(func(o *options) { o.accountID = id })
}

// WithTime starts the World's clock at a given time. The default is the
// machine's time, or the bubble's inside testing/synctest.
func WithTime(start time.Time) Option {
	return worldOption(func(o *options) { o.start = start })
}

// WithSocket makes the configs use the account's socket instead of staying in
// the process: a real HTTP connection on loopback, and S3 in path style.
func WithSocket() Option {
	return worldOption(func(o *options) { o.useSocket = true })
}

// WithMode sets what becomes of a denied call. The default is [Strict].
func WithMode(mode fakeaws.Mode) Option {
	return worldOption(func(o *options) { o.mode = mode })
}

// WithSourceIP sets the address from which all calls seem to come: the value of
// aws:SourceIp. The default is 127.0.0.1.
func WithSourceIP(ip string) Option {
	return worldOption(func(o *options) { o.sourceIP = ip })
}

// WithRetries gives the configs the SDK's standard retryer. By default a failed
// call answers at once.
func WithRetries() Option {
	return worldOption(func(o *options) { o.retry = true })
}

// WithVerbose logs at the end of a test that passed too what is logged of one
// that failed: its calls, and principals in policies of which nothing is known. What
// this package itself did to set the test up is listed with it, marked FIXTURE.
func WithVerbose() Option {
	return worldOption(func(o *options) { o.verbose = true })
}
