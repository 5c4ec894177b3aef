// Package ses is a fake of Amazon SES, by both of its APIs: identities with their sending
// authorization, templates, configuration sets with events, mail that is sent and kept for
// tests to read, suppression and contact lists, and the rules for mail that is received.
package ses

import (
	"slices"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// A Fake is version 1 of the API, over what both versions keep: the accounts of a World in
// their regions.
type Fake struct {
	world *fakeaws.World

	mu      fakeaws.Mutex // guards everything below
	regions map[place]*region
	// waiting are the events and notifications that SES has yet to publish, the first first.
	waiting []*publication
}

// A fakeV2 is version 2 of the API.
type fakeV2 struct{ *Fake }

// serviceName is the principal as which SES calls other services.
const serviceName = "ses.amazonaws.com"

// nameV2 is the schema of version 2. Requests of both versions are signed for "ses".
const nameV2 = "sesv2"

// Service is version 1 of the API of Amazon SES, and ServiceV2 version 2. A World that has
// one should have both. No World has them unless asked.
var (
	Service = fakeaws.Service{
		Name: "ses", Wire: ownWire,
		New: func(w *fakeaws.World) fakeaws.Fake { return &Fake{world: w, regions: make(map[place]*region)} },
	}
	ServiceV2 = fakeaws.Service{
		Name: nameV2, SDK: "sesv2", SigningName: "ses", Faults: faultsV2, Wire: fakeaws.Wire{MaxBody: maxBody},
		New: func(w *fakeaws.World) fakeaws.Fake { return fakeV2{Of(w)} },
	}
)

// Of returns the Amazon SES of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("ses").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

// State implements fakeaws.Stateful: all is kept by the other version.
func (s fakeV2) State() *fakeaws.Mutex { return nil }

// Next and Work make a fakeV2 no second Worker.
func (s fakeV2) Next() (time.Time, bool) { return time.Time{}, false }

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.identityOps(), s.identitySettingOps(), s.identityPolicyOps(), s.setOps(), s.destinationOps(),
		s.templateOps(), s.verificationTemplateOps(), s.sendOps(), s.accountOps(), s.filterOps(), s.ruleSetOps(), s.ruleOps())
}

// Ops implements [fakeaws.Fake].
func (s fakeV2) Ops() []fakeaws.Op {
	return slices.Concat(s.identityOps(), s.identitySettingOps(), s.identityPolicyOps(), s.setOps(), s.setOptionOps(), s.destinationOps(),
		s.templateOps(), s.verificationTemplateOps(), s.sendOps(), s.accountOps(), s.suppressionOps(), s.contactListOps(), s.contactOps(),
		s.poolOps(), s.tagOps())
}

// Denied implements [fakeaws.Fake]. Of the operations that send mail SES has words of its own.
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	message := d.Message(need.Style("ses"))
	if who := d.Request.Principal.ARN; who != "" && strings.HasPrefix(need.Action, "ses:Send") {
		message = "User `" + who + "' is not authorized to perform `" + need.Action + "' on resource `" + need.Resource + "'"
	}
	if isV2(call) {
		return &fakeaws.Error{Code: "AccessDeniedException", Message: message, Status: 403}
	}
	return &fakeaws.Error{Code: "AccessDenied", Message: message, Status: 403}
}

func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC() }

func isV2(call *fakeaws.Call) bool { return call.Service == nameV2 }

// A place is an account in a region.
type place struct{ account, region string }

func (p place) arn(resource string) string {
	return fakeaws.ARN("ses", p.region, p.account, resource)
}

func placeOf(call *fakeaws.Call) place { return place{call.Account, call.Region} }

// in is what an account has in a region. The lock is held.
func (s *Fake) in(p place) *region {
	r := s.regions[p]
	if r == nil {
		r = newRegion(p)
		s.regions[p] = r
	}
	return r
}

// seen is what an account has in a region, for who only looks. The lock is held.
func (s *Fake) seen(p place) *region {
	if r := s.regions[p]; r != nil {
		return r
	}
	return newRegion(p)
}

// members and membersV2 have the constraints of the service models.
var (
	members   = constraint.NewModel("ses", constraint.Wording{})
	membersV2 = constraint.NewModel(nameV2, constraint.Wording{Error: func(message string) error {
		return &fakeaws.Error{Code: "BadRequestException", Message: message, Status: 400}
	}})
)

// bind makes the row of an operation whose input is checked against the service model.
func bind[I, O any](plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error)) fakeaws.Op {
	return bindAfter(nil, plan)
}

// bindAfter is bind with what SES refuses in words of its own.
func bindAfter[I, O any](admit func(*fakeaws.Call, I) error, plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error)) fakeaws.Op {
	return fakeaws.Bind(func(call *fakeaws.Call, in I) (*fakeaws.Plan[O], error) {
		if admit != nil {
			if err := admit(call, in); err != nil {
				return nil, err
			}
		}
		model := members
		if isV2(call) {
			model = membersV2
		}
		if err := model.Check(in); err != nil {
			return nil, err
		}
		return plan(call, in)
	})
}

// A contextKey adds condition keys of the request to a permission.
type contextKey func(*enforce.Context)

// versionKey is the version of the API, which all permissions of SES have. That its values are
// "1" and "2" is unverified.
func versionKey(call *fakeaws.Call) string {
	if isV2(call) {
		return "2"
	}
	return "1"
}

// need is the permission of an action on a resource: "identity/example.com". Actions that have
// no permissions on resources of the type, by the Service Authorization Reference, are asked
// for with "*".
func need(call *fakeaws.Call, action string, of place, resource string, tags map[string]string, keys ...contextKey) fakeaws.Need {
	n := fakeaws.Need{Action: "ses:" + action, Resource: "*", ResourceAccount: of.account}
	n.Context.Set("ses:ApiVersion", versionKey(call))
	if kind, _, ok := strings.Cut(resource, "/"); ok && takes(n.Action, of.arn(kind+"/name")) {
		n.Resource, n.Policy = of.arn(resource), noPolicy
		for key, value := range tags {
			n.Context.Set("aws:ResourceTag/"+key, value)
		}
	}
	for _, set := range keys {
		set(&n.Context)
	}
	return n
}

// takes reports whether an action has permissions on resources like one.
func takes(action, arn string) bool {
	a, ok := catalog.Find(action)
	return ok && slices.ContainsFunc(a.Resources, func(t catalog.Target) bool { return t.Match(arn) })
}

// noPolicy stands for the policy of what has none: callers of other accounts are told that no
// resource-based policy allows them.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// onAccount plans an operation that is about no resource. It returns what operations do.
//
//nolint:unparam // the error of those is nil here
func onAccount[O any](s *Fake, call *fakeaws.Call, do func(*region) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need(call, call.Operation, placeOf(call), "", nil, keys...)}, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do(s.in(placeOf(call)))
	}}, nil
}
