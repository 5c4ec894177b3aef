// Package cloudformation is a fake of AWS CloudFormation: stacks whose resources are made,
// changed and deleted by the operations of the other services of the World, with the stack's
// role or for the caller, so that what deploys is tested with its permissions.
package cloudformation

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// A Fake has the stacks of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu     fakeaws.Mutex // guards everything below, and all that it refers to
	stacks map[string]*stack
	// names has the stacks that are not deleted, by their names.
	names map[stackID]*stack
	// order has all stacks in the order in which they were made.
	order  []*stack
	number uint64 // of the latest operation
}

// A place is an account in a region.
type place struct{ account, region string }

// A stackID names a stack that is not deleted.
type stackID struct {
	place
	name string
}

const (
	// serviceName is the principal as which CloudFormation assumes roles, and what it calls
	// others as.
	serviceName = "cloudformation.amazonaws.com"
	// sessionName is that of the sessions of a stack's role.
	sessionName = "AWSCloudFormation"
	// maxBody is how long a request may be: a template of 1 MB is an object of S3, and the
	// longest body is a template of 51,200 bytes all of which is escaped, with its parameters.
	// The bound of AWS is unverified.
	maxBody = 2 << 20
)

// Service is AWS CloudFormation, for a World to be made of. No World has it unless asked.
var Service = fakeaws.Service{
	Name: "cloudformation",
	New:  func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
	Wire: fakeaws.Wire{MaxBody: maxBody},
}

// Of returns the AWS CloudFormation of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("cloudformation").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{world: w, stacks: map[string]*stack{}, names: map[stackID]*stack{}}
}

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.stackOps(), s.describeOps(), s.changeSetOps(), s.templateOps(), s.operationOps(), s.policyOps())
}

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	return &fakeaws.Error{Code: "AccessDenied", Message: d.Message(need.Style("cloudformation")), Status: http.StatusForbidden}
}

// now is the time as CloudFormation answers it, in milliseconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Millisecond) }

// noPolicy stands for the resource policy that nothing of CloudFormation has.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// need is a permission on a resource.
func need(action, arn, account string, tags map[string]string) fakeaws.Need {
	n := fakeaws.Need{Action: "cloudformation:" + action, Resource: arn, ResourceAccount: account, Policy: noPolicy}
	for key, value := range tags {
		n.Context.Set("aws:ResourceTag/"+key, value)
	}
	return n
}

func (at place) arn(resource string) string {
	return fakeaws.ARN("cloudformation", at.region, at.account, resource)
}

func placeOf(call *fakeaws.Call) place { return place{call.Account, call.Region} }

// find finds a stack by its name or id. A deleted one has its id alone. The lock is held.
func (s *Fake) find(call *fakeaws.Call, name string) *stack {
	if strings.HasPrefix(name, "arn:") {
		st := s.stacks[name]
		if st == nil || st.place != placeOf(call) {
			return nil
		}
		return st
	}
	return s.names[stackID{placeOf(call), name}]
}

// stackNeed is a permission on a stack, whether it is there or not. The lock is held.
func (s *Fake) stackNeed(call *fakeaws.Call, name string) (*stack, fakeaws.Need) {
	st := s.find(call, name)
	if st == nil {
		arn := name
		if !strings.HasPrefix(name, "arn:") {
			arn = placeOf(call).arn("stack/" + name + "/*")
		}
		return nil, need(call.Operation, arn, ownerOf(arn, call.Account), nil)
	}
	return st, need(call.Operation, st.id, st.account, st.config.tags)
}

func ownerOf(arn, otherwise string) string {
	if parsed, err := awsarn.Parse(arn); err == nil && parsed.AccountID != "" {
		return parsed.AccountID
	}
	return otherwise
}

// onStack plans an operation on a stack, which is looked up again when it is performed.
func onStack[O any](s *Fake, call *fakeaws.Call, in any, name *string, do func(*stack) (O, error), keys ...func(*enforce.Context)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	st, n := s.stackNeed(call, aws.ToString(name))
	s.mu.Unlock()
	for _, set := range keys {
		set(&n.Context)
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{n}, Do: func() (none O, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if st == nil || s.stacks[st.id] != st {
			return none, noStack(call, *name)
		}
		return do(st)
	}}, nil
}

// A keySetter sets condition keys.
type keySetter = func(*enforce.Context)

// key sets a condition key of CloudFormation's own, unless it has no value.
func key(name string, value *string) func(*enforce.Context) {
	return func(c *enforce.Context) {
		if value != nil {
			c.Set("cloudformation:"+name, *value)
		}
	}
}

func resourceTypes(list []string) func(*enforce.Context) {
	return func(c *enforce.Context) {
		if len(list) > 0 {
			c.SetMulti("cloudformation:ResourceTypes", list)
		}
	}
}

// requestTags sets the keys of the tags that a request gives.
func requestTags(tags []types.Tag) func(*enforce.Context) {
	return func(c *enforce.Context) {
		var keys []string
		for _, t := range tags {
			keys = append(keys, aws.ToString(t.Key))
			c.Set("aws:RequestTag/"+aws.ToString(t.Key), aws.ToString(t.Value))
		}
		if keys != nil {
			c.SetMulti("aws:TagKeys", keys)
		}
	}
}

// deploying are the needs of an operation that deploys: its own, to tag, and to pass the
// stack's role.
func deploying(call *fakeaws.Call, n fakeaws.Need, tags []types.Tag, roleARN *string) []fakeaws.Need {
	requestTags(tags)(&n.Context)
	needs := []fakeaws.Need{n}
	if len(tags) > 0 {
		tag := n
		tag.Action = "cloudformation:TagResource"
		tag.Context = n.Context.Clone()
		tag.Context.Set("cloudformation:CreateAction", call.Operation)
		needs = append(needs, tag)
	}
	if aws.ToString(roleARN) != "" {
		needs = append(needs, role.Pass(call, *roleARN, serviceName, ""))
	}
	return needs
}

// checkRole refuses a role that CloudFormation cannot assume.
func checkRole(call *fakeaws.Call, roleARN, stackARN string) error {
	if roleARN == "" {
		return nil
	}
	if !role.Assumable(call, roleARN, fakeaws.ServiceCall{Principal: serviceName, SourceARN: stackARN, SourceAccount: call.Account, Region: call.Region}) {
		return invalid("Role %s is invalid or cannot be assumed", roleARN)
	}
	return nil
}

// Guard implements [fakeaws.Guardian].
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: ownerOf(resource, call.Account), Policy: noPolicy}
	if st := s.stacks[resource]; st != nil {
		for key, value := range st.config.tags {
			n.Context.Set("aws:ResourceTag/"+key, value)
		}
	} else if action != "cloudformation:CreateStack" && strings.Contains(resource, ":stack/") {
		n.Note = "there is no stack " + resource
	}
	return n, nil
}

var (
	_ fakeaws.Guardian = (*Fake)(nil)
	_ fakeaws.Worker   = (*Fake)(nil)
)
