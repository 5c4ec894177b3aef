package all_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
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

// The accounts of the sweep beside the victim's and worldtest.Other, the foreign one.
const (
	management = "777788889999" // of the victim's organization, where the victim is a member
	limited    = "888899990000" // a member under an SCP that denies everything
)

const denyResources = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":["s3:*","sqs:*","sts:*"],"Resource":"*"}}`

// A stranger is a caller who must neither change nor learn anything of the victim.
type stranger struct {
	name   string
	config aws.Config
	// may reports whether a permission may be allowed to the caller.
	may func(*enforce.Request) bool
	// identity is what the caller knows: its key, and what GetCallerIdentity tells it.
	identity string
	// services are those that the caller is a stranger to; nil is all.
	services []string
	clients  map[string]any
}

// client makes the caller's client of a service once.
func (s *stranger) client(service string) any {
	if s.clients == nil {
		s.clients = map[string]any{}
	}
	if s.clients[service] == nil {
		s.clients[service] = clientsOf[service](s.config)
	}
	return s.clients[service]
}

func nothing(*enforce.Request) bool { return false }

// own are permissions on what is not the victim's: a caller of another account has them in
// its own.
func own(r *enforce.Request) bool { return r.Owner() != worldtest.Account }

// uncontrolled are permissions that no resource control policy applies to: those of IAM
// and AWS Organizations, and those on no resource, like the lists of all buckets and queues.
func uncontrolled(r *enforce.Request) bool {
	service, _, _ := strings.Cut(r.Action, ":")
	resource := r.Resource[strings.LastIndexByte(r.Resource, ':')+1:]
	return service == "iam" || service == "organizations" || resource == "*" || resource == ""
}

// layouts are the Worlds of the sweep, with those who are strangers in them.
var layouts = map[string]func(testing.TB) (*victim, []stranger){
	// The victim shares nothing.
	"closed resources": func(t testing.TB) (*victim, []stranger) {
		v := newVictim(t, worldtest.Account, false)
		return v, append(v.insiders(t), v.foreigners(t)...)
	},
	// The victim's resources are everybody's, but the caller is denied them.
	"open resources": func(t testing.TB) (*victim, []stranger) {
		v := newVictim(t, worldtest.Account, true)
		_, err := v.AddAccount(limited, "", "")
		require.NoError(t, err)
		v.invite(t, limited)
		limitedAdmin := v.admin(t, limited, "admin", nil)
		v.forbid(t, limited, orgtypes.PolicyTypeServiceControlPolicy, worldtest.DenyAll)
		return v, []stranger{
			{name: "an admin under an SCP", config: limitedAdmin, may: nothing},
			{name: "the root user under an SCP", config: v.recorded(v.RootConfig(limited)), may: nothing},
			{name: "a user whom a policy denies everything", config: v.admin(t, worldtest.Account, "denied", denies("denied")), may: nothing},
		}
	},
	"a victim under an SCP": func(t testing.TB) (*victim, []stranger) {
		v := newVictim(t, management, true)
		admin := v.admin(t, worldtest.Account, "admin", nil)
		v.forbid(t, worldtest.Account, orgtypes.PolicyTypeServiceControlPolicy, worldtest.DenyAll)
		return v, []stranger{
			{name: "its admin", config: admin, may: nothing},
			{name: "its root user", config: v.recorded(v.RootConfig(worldtest.Account)), may: nothing},
		}
	},
	"a victim under an RCP": func(t testing.TB) (*victim, []stranger) {
		v := newVictim(t, management, true)
		admin := v.admin(t, worldtest.Account, "admin", nil)
		v.forbid(t, worldtest.Account, orgtypes.PolicyTypeResourceControlPolicy, denyResources)
		controlled := stranger{name: "its admin", config: admin, may: uncontrolled, services: []string{"s3", "s3-control", "sqs"}}
		return v, append(v.foreigners(t), controlled)
	},
	"a victim that is closed": func(t testing.TB) (*victim, []stranger) {
		v := newVictim(t, management, true)
		admin := v.admin(t, worldtest.Account, "admin", nil)
		root := v.recorded(v.RootConfig(worldtest.Account))
		strangers := v.foreigners(t)
		v.CloseAccount(worldtest.Account)
		return v, append(strangers, stranger{name: "its admin", config: admin, may: nothing}, stranger{name: "its root user", config: root, may: nothing})
	},
}

// denies gives a user a policy that denies everything.
func denies(user string) func(*iam.Client) {
	return func(client *iam.Client) {
		_, err := client.PutUserPolicy(context.Background(), &iam.PutUserPolicyInput{UserName: &user, PolicyName: aws.String("deny"), PolicyDocument: aws.String(worldtest.DenyAll)})
		if err != nil {
			panic(err)
		}
	}
}

// insiders are callers of the victim's account who have no permission.
func (v *victim) insiders(t testing.TB) []stranger {
	t.Helper()
	bounded := v.admin(t, worldtest.Account, "bounded", func(client *iam.Client) {
		policy, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("boundary"), PolicyDocument: aws.String(worldtest.DenyAll)})
		require.NoError(t, err)
		_, err = client.PutUserPermissionsBoundary(t.Context(), &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("bounded"), PermissionsBoundary: policy.Policy.Arn})
		require.NoError(t, err)
	})
	admin := v.admin(t, worldtest.Account, "admin", nil)
	session, err := sts.NewFromConfig(admin).GetFederationToken(t.Context(), &sts.GetFederationTokenInput{Name: aws.String("session"), Policy: aws.String(worldtest.DenyAll)})
	require.NoError(t, err)
	inactive := v.admin(t, worldtest.Account, "inactive", nil)
	credentials, err := inactive.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	_, err = iam.NewFromConfig(worldtest.FixtureConfig(v.World.World, worldtest.Account, worldtest.Region)).UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{
		UserName: aws.String("inactive"), AccessKeyId: &credentials.AccessKeyID, Status: "Inactive"})
	require.NoError(t, err)
	return []stranger{
		{name: "a user without policies", config: v.recorded(v.user), may: nothing},
		{name: "a user whom a policy denies everything", config: v.admin(t, worldtest.Account, "denied", denies("denied")), may: nothing},
		{name: "a user whom a boundary denies everything", config: bounded, may: nothing},
		{name: "a session whose policy denies everything", config: v.recorded(v.Config(*session.Credentials.AccessKeyId, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken)), may: nothing},
		{name: "an inactive key", config: inactive, may: nothing},
	}
}

// foreigners are callers of no account and of another one, in which they may do everything.
func (v *victim) foreigners(t testing.TB) []stranger {
	t.Helper()
	return []stranger{
		{name: "nobody", config: v.recorded(v.anonymous), may: nothing},
		{name: "a foreign admin", config: v.admin(t, worldtest.Other, "admin", nil), may: own},
		{name: "a foreign root user", config: v.recorded(v.RootConfig(worldtest.Other)), may: own},
	}
}

// A sweepCall is one call of the sweep: an operation with required members alone, with one
// more of its members, or with drawn ones.
type sweepCall struct {
	o      operation
	member int    // of the input type; negative is none
	seed   uint64 // of drawn members; zero is none
}

// An inputKey says which input a call has.
type inputKey struct {
	input  reflect.Type
	member int
}

func (c sweepCall) key() inputKey { return inputKey{c.o.input, c.member} }

func (c sweepCall) String() string {
	switch {
	case c.seed != 0:
		return fmt.Sprintf("%s %s (drawn %d)", c.o.service, c.o.name, c.seed)
	case c.member >= 0:
		return c.o.service + " " + c.o.name + " with " + c.o.input.Field(c.member).Name
	}
	return c.o.service + " " + c.o.name
}

// callsOf are the calls of all operations of a service: without -sweep, with those members
// alone that have a value, because they name something of the victim's.
func (v *victim) callsOf(t testing.TB, service string) (calls []sweepCall) {
	t.Helper()
	for _, op := range v.Fake(service).Ops() {
		o := newOperation(t, service, op.Name)
		plain := sweepCall{o, -1, 0}
		calls = append(calls, plain)
		required := reflect.ValueOf(v.inputOf(t, plain)).Elem()
		for i := range o.input.NumField() {
			if v.settable(o, i) && required.Field(i).IsZero() && (*sweepRounds > 0 || v.valueOf(o, o.input.Field(i).Name) != nil) {
				calls = append(calls, sweepCall{o, i, 0})
			}
		}
	}
	return calls
}

// settable reports whether the filler has a value for a member of an input: it has none
// for unions.
func (v *victim) settable(o operation, member int) (ok bool) {
	if !o.input.Field(member).IsExported() {
		return false
	}
	defer func() { ok = recover() == nil }()
	v.set(o, reflect.New(o.input).Elem().Field(member), "", nil)
	return true
}

// inputOf makes the input of a call. Those that are not drawn are made once.
func (v *victim) inputOf(t testing.TB, c sweepCall) any {
	t.Helper()
	made := v.inputs[c.key()]
	if made == nil {
		made = v.newInput(t, c)
	}
	if c.seed == 0 {
		v.inputs[c.key()] = made
	}
	// Clients change inputs, and read their bodies.
	in := reflect.New(c.o.input)
	in.Elem().Set(reflect.ValueOf(made).Elem())
	for i := range in.Elem().NumField() {
		if body := in.Elem().Field(i); body.Type() == reflect.TypeFor[io.Reader]() && !body.IsNil() {
			body.Set(reflect.ValueOf(strings.NewReader("data")))
		}
	}
	return in.Interface()
}

func (v *victim) newInput(t testing.TB, c sweepCall) any {
	t.Helper()
	f, in := v.filler, reflect.New(c.o.input)
	if c.seed == 0 && c.member < 0 {
		return f.input(t, c.o)
	}
	rng := rand.New(rand.NewPCG(c.seed, 0))
	for i := range c.o.input.NumField() {
		name := c.o.input.Field(i).Name
		switch _, always := f.values[c.o.name+"."+name]; {
		case c.seed != 0 && v.settable(c.o, i) && rng.IntN(3) == 0:
			v.drawMember(rng, c.o, in.Elem().Field(i), name)
		case i == c.member, always:
			f.set(c.o, in.Elem().Field(i), name, f.valueOf(c.o, name))
		}
	}
	return f.complete(t, c.o, in)
}

// drawMember sets a member to its value, or to a name of anything that the victim has.
func (v *victim) drawMember(rng *rand.Rand, o operation, member reflect.Value, name string) {
	value := v.valueOf(o, name)
	text := member.Type() == reflect.TypeFor[*string]()
	if names := v.names(); text && (value == nil || rng.IntN(2) == 0) {
		value = names[rng.IntN(len(names))]
	}
	v.set(o, member, name, value)
}

// names are the texts among the values, and forms in which others name them.
func (v *victim) names() []string {
	all := []string{
		"", "*", "../target", "target/../target", worldtest.Account, "arn:aws:s3:::target/target", "bytes=0-3", "null",
		"arn:aws:s3:us-east-1:" + worldtest.Account + ":accesspoint/target", "arn:aws:iam::" + worldtest.Account + ":root", "arn:aws:iam::" + worldtest.Account + ":user/*",
	}
	for _, name := range slices.Sorted(maps.Keys(v.values)) {
		if text, ok := v.values[name].(string); ok {
			all = append(all, text)
		}
	}
	return all
}

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
	v.asked++
	if len(events[0].Decisions) > 0 {
		v.decided++
	}
	known := s.identity
	for i := range events[0].Decisions {
		d := &events[0].Decisions[i]
		if !d.Allowed() {
			known += told(d)
			continue
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
	assert.Greater(t, 3*v.decided, v.asked, "calls that are refused before a decision prove little")
	t.Logf("%d operations, %d callers, %d calls of which %d were decided and %d not sent, %d texts to find", ops, len(strangers), v.asked, v.decided, v.unsent, len(v.secrets))
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
		if service == "sts" { // which keeps nothing
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
	assert.NotEmpty(t, changed)
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
