package iam

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// deletionTime is how long the deletion of a service-linked role takes, while
// AWS asks the service whether it still uses the role. Unverified.
const deletionTime = time.Second

// Texts about service-linked roles.
const (
	protectedRole   = "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS"
	linkedRoleTaken = "Service role name %s has been taken in this account, please try a different suffix."
	suffixRefused   = "Custom suffix is not allowed for %s"
	// Unverified: a name that is no service principal.
	notLinkable = "Service principal %s is not a valid service principal or does not support service-linked roles."
	// Unverified: a role that is not service-linked.
	notServiceLinked = "The role with name %s is not a service-linked role."
	// Unverified: a deletion that was never asked for.
	noDeletion = "The deletion task with id %s cannot be found."
	// Unverified: a path that only AWS uses.
	reservedPath = "The path %s is reserved for service-linked roles."
)

// serviceLinked reports whether a service made the role: no other can have the
// path.
func (e *entity) serviceLinked() bool {
	return e.kind == roleKind && strings.HasPrefix(e.path, serviceRolePath)
}

// modifiable refuses changes to roles that only AWS changes.
func (e *entity) modifiable() error {
	if e.serviceLinked() {
		return &types.UnmodifiableEntityException{Message: aws.String(fmt.Sprintf(protectedRole, e.name))}
	}
	return nil
}

// linkedRoleOf returns the role of a service, with the suffix in its name. The
// names of services that the table does not have are unverified: made of the
// principal's first word, with an underscore before a suffix.
func linkedRoleOf(principal string, suffix *string) (linkedRole, error) {
	service, ok := strings.CutSuffix(principal, ".amazonaws.com")
	first, _, _ := strings.Cut(service, ".")
	if !ok || first == "" {
		return linkedRole{}, invalidInput(fmt.Sprintf(notLinkable, principal))
	}
	r, known := linkedRoles[service]
	if !known {
		r = linkedRole{name: strings.ToUpper(first[:1]) + first[1:], separator: "_"}
	}
	r.name = "AWSServiceRoleFor" + r.name
	if suffix != nil {
		if r.separator == "" {
			return linkedRole{}, invalidInput(fmt.Sprintf(suffixRefused, principal))
		}
		r.name += r.separator + *suffix
	}
	return r, nil
}

// linkedTrust is the trust policy of the role of a service.
func linkedTrust(principal string) string {
	quoted, _ := json.Marshal(principal) // text can always be marshaled
	return `{"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":[` + string(quoted) + `]}}]}`
}

// CreateServiceLinkedRole makes the role of an AWS service.
func (s *Fake) CreateServiceLinkedRole(ctx context.Context, in *sdk.CreateServiceLinkedRoleInput) (*sdk.CreateServiceLinkedRoleOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.CreateServiceLinkedRoleOutput, error) {
		linked, err := linkedRoleOf(*in.AWSServiceName, in.CustomSuffix)
		if err != nil {
			return nil, err
		}
		if _, exists := a.roles.Get(strings.ToLower(linked.name)); exists {
			return nil, invalidInput(fmt.Sprintf(linkedRoleTaken, linked.name))
		}
		trust, err := s.trustPolicy(ctx, a, linkedTrust(*in.AWSServiceName), linked.name)
		if err != nil {
			return nil, err
		}
		r, err := s.add(a, roleKind, linked.name, serviceRolePath+*in.AWSServiceName+"/")
		if err != nil {
			return nil, err
		}
		if p, ok := a.policy("arn:aws:iam::aws:policy" + serviceRolePath + linked.policy); ok {
			r.give(p)
		}
		r.role = roleFacts{description: aws.ToString(in.Description), maxSession: defaultMaxSession}
		r.role.trust = trust
		view := r.roleView()
		view.RoleLastUsed = nil
		return &sdk.CreateServiceLinkedRoleOutput{Role: view}, nil
	})
}

// A deletion is a service-linked role on its way out.
type deletion struct {
	id   string
	role *entity // nil once it is gone
	due  time.Time
}

// settle finishes the deletions that are due, when the account is next looked at.
func (s *Fake) settle(a *account) {
	for len(a.pending) > 0 && !s.world.Clock().Now().Before(a.pending[0].due) {
		d := a.pending[0]
		a.pending = a.pending[1:]
		r := d.role
		d.role = nil
		for _, p := range r.attached.Values() {
			r.take(p)
		}
		// Nothing else stands in the way: nobody could give it anything.
		_ = s.remove(r)
	}
}

// DeleteServiceLinkedRole begins to delete a service-linked role. A deletion
// that is under way is not begun again.
func (s *Fake) DeleteServiceLinkedRole(ctx context.Context, in *sdk.DeleteServiceLinkedRoleInput) (*sdk.DeleteServiceLinkedRoleOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.DeleteServiceLinkedRoleOutput, error) {
		if !r.serviceLinked() {
			return nil, noSuchEntity(notServiceLinked, r.name)
		}
		a := r.account
		for _, d := range a.pending {
			if d.role == r {
				return &sdk.DeleteServiceLinkedRoleOutput{DeletionTaskId: aws.String(d.id)}, nil
			}
		}
		d := &deletion{
			id:   "task" + r.path + r.name + "/" + s.world.IDs().UUID(),
			role: r, due: s.world.Clock().Now().Add(deletionTime),
		}
		if a.deletions == nil {
			a.deletions = make(map[string]*deletion)
		}
		a.deletions[d.id] = d
		a.pending = append(a.pending, d)
		return &sdk.DeleteServiceLinkedRoleOutput{DeletionTaskId: aws.String(d.id)}, nil
	})
}

// GetServiceLinkedRoleDeletionStatus says how far a deletion has come. No
// service of a World holds on to its role, so that all deletions succeed.
func (s *Fake) GetServiceLinkedRoleDeletionStatus(ctx context.Context, in *sdk.GetServiceLinkedRoleDeletionStatusInput) (*sdk.GetServiceLinkedRoleDeletionStatusOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.GetServiceLinkedRoleDeletionStatusOutput, error) {
		d, ok := a.deletions[*in.DeletionTaskId]
		if !ok {
			return nil, noSuchEntity(noDeletion, *in.DeletionTaskId)
		}
		status := types.DeletionTaskStatusTypeSucceeded
		if d.role != nil {
			status = types.DeletionTaskStatusTypeInProgress
		}
		return &sdk.GetServiceLinkedRoleDeletionStatusOutput{Status: status}, nil
	})
}
