// Package iam is the fake of AWS Identity and Access Management: users, groups,
// roles, access keys and policies. It is also the directory that the
// authorization of every other service asks.
package iam

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake is the IAM of all accounts of a World. It is safe for concurrent use.
type Fake struct {
	world *fakeaws.World

	mu       fakeaws.Mutex // guards everything below
	accounts map[string]*account
	byID     map[string]*entity    // users and roles of all accounts
	keys     map[string]*accessKey // of all accounts
	// delegations has the requests for temporary access by id.
	delegations btree.Map[string, *delegation]
	// partnerTemplates has what partners' policy templates allow, by ARN.
	partnerTemplates map[string]*enforce.Policy
	tokens           map[string]*mfaDevice    // hardware tokens by serial number
	templates        map[string]*roleTemplate // by ARN
	consistency
}

var (
	_ fakeaws.Fake      = (*Fake)(nil)
	_ fakeaws.Directory = (*Fake)(nil)
)

// Service is IAM, for a World to be made of.
var Service = fakeaws.Service{Name: "iam", New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) }}

// Of returns the IAM of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("iam").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{
		world:    w,
		accounts: make(map[string]*account),
		byID:     make(map[string]*entity),
		keys:     make(map[string]*accessKey),
	}
}

// Ops returns the operations of IAM, each authorized on the resource and with the
// condition keys of the Service Authorization Reference.
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(
		s.userOps(), s.groupOps(), s.roleOps(), s.roleTemplateOps(), s.serviceLinkedRoleOps(), s.instanceProfileOps(),
		s.policyOps(), s.policyVersionOps(), s.attachmentOps(), s.inlinePolicyOps(), s.boundaryOps(), s.tagOps(),
		s.accessKeyOps(), s.passwordOps(), s.passwordPolicyOps(), s.mfaOps(), s.signingCertificateOps(),
		s.serverCertificateOps(), s.sshKeyOps(), s.serviceCredentialOps(),
		s.oidcOps(), s.samlOps(), s.delegationOps(), s.rootAccessOps(), s.preferenceOps(),
		s.aliasOps(), s.propertyOps(), s.summaryOps(), s.authorizationDetailOps(), s.credentialReportOps(),
		s.lastAccessOps(), s.accessReportOps(), s.grantOps(), s.contextKeyOps(), s.simulatorOps(),
	)
}

// Denied answers a denial as IAM does, which names the managed policy that
// denies explicitly.
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	return &fakeaws.Error{Code: "AccessDenied", Message: d.Message(need.Style("iam")), Status: 403}
}

// An account holds the IAM resources of one AWS account, by lower-case name:
// names are unique whatever their case (IAM and AWS STS quotas).
type account struct {
	service  *Fake
	id       string
	root     *entity // the root user: a user without a name
	users    btree.Map[string, *entity]
	groups   btree.Map[string, *entity]
	roles    btree.Map[string, *entity]
	policies btree.Map[string, *policy]
	signIn   signIn
	profiles btree.Map[string, *instanceProfile]
	// oidc and saml have the identity providers by ARN.
	oidc        btree.Map[string, *oidcProvider]
	saml        btree.Map[string, *samlProvider]
	deletions   map[string]*deletion // of service-linked roles, by task id
	pending     []*deletion          // those that are not done, the first that is due first
	workflows   map[string]bool      // of partners, that have made a delegation request
	preferences preferences
	jobs        map[string]*accessJob // by id
	// awsPolicies has those of AWS's policies that the account has looked at, by
	// ARN.
	awsPolicies map[string]*policy
	// changes counts what may alter the policies of a principal, so that a
	// principal knows when what it has gathered is stale.
	changes uint64
	quotas  map[quota]int // those that differ from the defaults
	// deletedUsers has when users were deleted, by lower-case name.
	deletedUsers map[string]time.Time
	// policiesInUse counts the managed policies that are attached to anyone,
	// devicesInUse the virtual MFA devices that somebody has.
	policiesInUse, devicesInUse int
}

// account returns the state of an account, made on first use. The lock is held.
func (s *Fake) account(id string) *account {
	a := s.accounts[id]
	if a == nil {
		a = &account{service: s, id: id}
		s.accounts[id] = a
		s.addRoot(a)
	}
	s.finishDeletions(a)
	return a
}

func (a *account) now() time.Time { return a.service.now() }

// now is the time as IAM stores it, in whole seconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().Truncate(time.Second) }

// moment is the time in milliseconds, as IAM stores it for identity providers and
// reports of last access.
func (s *Fake) moment() time.Time { return s.world.Clock().Now().Truncate(time.Millisecond) }

// iamARN puts the ARN of an IAM resource together; path begins and ends with "/".
func iamARN(account, kind, path, name string) string {
	return fakeaws.ARN("iam", "", account, kind+path+name)
}

// pathOr is the path of a request, "/" when it names none.
func pathOr(path *string) string {
	if path == nil {
		return "/"
	}
	return *path
}

// optional is a member that an answer leaves out when it is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// encoded is a policy document as IAM returns it: percent-encoded as in RFC 3986.
func encoded(document string) *string {
	return aws.String(strings.ReplaceAll(url.QueryEscape(document), "+", "%20"))
}
