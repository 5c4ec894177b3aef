package ses

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An identity is an email address or a domain.
type identity struct {
	of       place
	name     string
	verified bool
	tags     map[string]string
	// policies are those of sending authorization, by name.
	policies map[string]*fakeaws.ResourcePolicy
	// dkim says that mail is signed, and dkimStarted that the account has asked for it, as
	// VerifyDomainDkim and version 2 do.
	dkim, dkimStarted bool
	origin            types.DkimSigningAttributesOrigin
	selector          string
	keyLength         types.DkimSigningKeyLength
	// set is the configuration set of mail that names none.
	set           string
	mailFrom      string
	rejectOnMX    bool
	noForwarding  bool
	notifications map[string]notification // by type: Bounce, Complaint, Delivery
}

// A notification is what feedback notifications of a type go to.
type notification struct {
	topic   string
	headers bool
}

func (x *identity) isDomain() bool { return !strings.Contains(x.name, "@") }

func (x *identity) arn() string { return x.of.arn("identity/" + x.name) }

// policy is what guards the identity: all its policies as one.
func (x *identity) policy() *enforce.Policy {
	all := []*enforce.Policy{noPolicy}
	for _, name := range slices.Sorted(maps.Keys(x.policies)) {
		all = append(all, x.policies[name].Policy())
	}
	return enforce.Join(enforce.ResourcePolicy, all...)
}

// tokens are the three names of DNS records by which a domain shows that SES may sign for it,
// and verification the one of the domain itself. They are the same for a domain at each call.
func (x *identity) tokens() []string {
	all := make([]string, 3)
	for i := range all {
		sum := sha256.Sum256([]byte(x.arn() + string(rune('0'+i))))
		all[i] = hex.EncodeToString(sum[:16])
	}
	return all
}

func (x *identity) verification() string {
	sum := sha256.Sum256([]byte(x.arn()))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// dkimStatus is that of the records of a domain, which are taken to be there when the domain
// is verified.
func (x *identity) dkimStatus() types.DkimStatus {
	switch {
	case !x.isDomain() || !x.dkimStarted:
		return types.DkimStatusNotStarted
	case x.verified:
		return types.DkimStatusSuccess
	}
	return types.DkimStatusPending
}

func (x *identity) dkimAttributes() *types.DkimAttributes {
	out := &types.DkimAttributes{
		SigningEnabled: x.dkim, Status: x.dkimStatus(), SigningAttributesOrigin: cmp.Or(x.origin, types.DkimSigningAttributesOriginAwsSes),
	}
	switch {
	case out.SigningAttributesOrigin == types.DkimSigningAttributesOriginExternal:
		out.Tokens = []string{x.selector}
	case x.dkimStarted && x.isDomain():
		out.Tokens = x.tokens()
		out.CurrentSigningKeyLength, out.NextSigningKeyLength = types.DkimSigningKeyLengthRsa2048Bit, cmp.Or(x.keyLength, types.DkimSigningKeyLengthRsa2048Bit)
	}
	return out
}

func (x *identity) kind() types.IdentityType {
	if x.isDomain() {
		return types.IdentityTypeDomain
	}
	return types.IdentityTypeEmailAddress
}

func (x *identity) status() types.VerificationStatus {
	if x.verified {
		return types.VerificationStatusSuccess
	}
	return types.VerificationStatusPending
}

// newIdentity is an identity that nobody has verified.
func newIdentity(of place, name string) *identity {
	return &identity{of: of, name: name, notifications: make(map[string]notification), policies: make(map[string]*fakeaws.ResourcePolicy)}
}

// identityFor is the identity that an address counts as: itself, or the nearest domain above,
// of which one that is verified comes first. It is nil where there is none. The lock is held.
func (s *Fake) identityFor(of place, address string) *identity {
	all := s.seen(of).identities
	var first *identity
	for _, name := range append([]string{address}, parents(domainOf(address))...) {
		x := all[name]
		if x != nil && x.verified {
			return x
		}
		if first == nil {
			first = x
		}
	}
	return first
}

// isVerified reports whether mail from or to an address passes: it, or a domain above, is
// verified. The lock is held.
func (s *Fake) isVerified(of place, address string) bool {
	x := s.identityFor(of, address)
	return x != nil && x.verified
}

var identities = &kind[*identity]{
	prefix: "identity/",
	in:     func(r *region) map[string]*identity { return r.identities },
	tags:   func(x *identity) map[string]string { return x.tags },
	missing: func(call *fakeaws.Call, name string) error {
		if isV2(call) {
			return fail(call, "", "NotFoundException", textIdentityV2, name)
		}
		return invalid(call, textIdentity, name)
	},
	exists: existsFor("AlreadyExists", textExistsV2),
}

// named reads an identity of a call: an address, a domain, or an ARN of the caller's own
// account ("You can specify the identity by using its name or by using its ARN").
func named(call *fakeaws.Call, identity *string) (string, error) {
	name := aws.ToString(identity)
	if strings.HasPrefix(name, "arn:") {
		of, own, ok := parseIdentity(name)
		if !ok || of != placeOf(call) {
			return "", invalid(call, textARN, name)
		}
		return own, nil
	}
	return checkIdentity(call, name)
}

// checkIdentity refuses what is neither an address nor a domain.
func checkIdentity(call *fakeaws.Call, name string) (string, error) {
	if strings.Contains(name, "@") {
		if a, ok := parseAddress(name); !ok || a.Name != "" || a.Address != normal(name) {
			return "", invalid(call, textAddress, name)
		}
		return normal(name), nil
	}
	if !isDomain(name) {
		return "", invalid(call, textDomain, name)
	}
	return normal(name), nil
}

// A region is what an account has of SES in a region.
type region struct {
	place
	account     account
	identities  map[string]*identity
	sets        map[string]*configurationSet
	templates   map[string]*template
	custom      map[string]*verificationTemplate
	suppressed  map[string]*suppressed
	lists       map[string]*contactList
	pools       map[string]*pool
	filters     map[string]*filter
	ruleSets    map[string]*ruleSet
	activeRules string
	sent        []*Mail
	received    []*Receipt
	verifying   []*Mail
	sends       []time.Time // of the last day, the oldest first
	statistics  []*dataPoint
	failures    []Failure
	kept        int // bytes of the mails in sent
}

func newRegion(p place) *region {
	return &region{
		place: p, account: account{sending: true, autoWarmup: true, suppress: []types.SuppressionListReason{types.SuppressionListReasonBounce, types.SuppressionListReasonComplaint}},
		identities: make(map[string]*identity), sets: make(map[string]*configurationSet), templates: make(map[string]*template),
		custom: make(map[string]*verificationTemplate), suppressed: make(map[string]*suppressed), lists: make(map[string]*contactList),
		pools: make(map[string]*pool), filters: make(map[string]*filter), ruleSets: make(map[string]*ruleSet),
	}
}
