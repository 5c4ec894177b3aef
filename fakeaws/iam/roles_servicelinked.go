package iam

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// serviceLinkedRoleOps are the operations on service-linked roles.
func (s *Fake) serviceLinkedRoleOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createServiceLinkedRole),
		fakeaws.Bind(s.deleteServiceLinkedRole),
		fakeaws.Bind(s.getServiceLinkedRoleDeletionStatus),
	}
}

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
// principal's first word.
func linkedRoleOf(principal string, suffix *string) (linkedRole, error) {
	service, ok := strings.CutSuffix(principal, ".amazonaws.com")
	first, _, _ := strings.Cut(service, ".")
	if !ok || first == "" {
		return linkedRole{}, invalidInput(fmt.Sprintf(notLinkable, principal))
	}
	r, known := linkedRoles[service]
	if !known {
		r.name = strings.ToUpper(first[:1]) + first[1:]
	}
	r.name = "AWSServiceRoleFor" + r.name
	if suffix != nil {
		if !suffixed[service] {
			return linkedRole{}, invalidInput(fmt.Sprintf(suffixRefused, principal))
		}
		r.name += "_" + *suffix
	}
	return r, nil
}

// linkedTrust is the trust policy of the role of a service.
func linkedTrust(principal string) string {
	quoted, _ := json.Marshal(principal) // text can always be marshaled
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":` + string(quoted) + `},"Action":"sts:AssumeRole"}]}`
}

// A newRole is a service-linked role that is to be made.
type newRole struct {
	linkedRole
	account *account
}

// newLinkedRole is the target of CreateServiceLinkedRole, which prints the ARN.
func newLinkedRole(principal, suffix *string) target[newRole] {
	return func(l *lookup) (found[newRole], error) {
		linked, err := linkedRoleOf(*principal, suffix)
		return found[newRole]{
			resources: []resource{{arn: iamARN(l.account.id, "role", serviceRolePath+*principal+"/", linked.name)}},
			value:     newRole{linked, l.account},
		}, err
	}
}

func awsServiceName(principal *string) contextKey {
	return optionalKey("iam:AWSServiceName", principal)
}

// createServiceLinkedRole makes the role of an AWS service.
func (s *Fake) createServiceLinkedRole(call *fakeaws.Call, in *sdk.CreateServiceLinkedRoleInput) (*fakeaws.Plan[*sdk.CreateServiceLinkedRoleOutput], error) {
	return plan(s, call, in, newLinkedRole(in.AWSServiceName, in.CustomSuffix), func(linked newRole) (*sdk.CreateServiceLinkedRoleOutput, error) {
		a := linked.account
		if _, exists := a.roles.Get(strings.ToLower(linked.name)); exists {
			return nil, invalidInput(fmt.Sprintf(linkedRoleTaken, linked.name))
		}
		call.PolicySource.Implied = true // AWS wrote it
		trust, err := s.trustPolicy(call, a, linkedTrust(*in.AWSServiceName), linked.name)
		if err != nil {
			return nil, err
		}
		r, err := s.add(a, roleKind, linked.name, serviceRolePath+*in.AWSServiceName+"/")
		if err != nil {
			return nil, err
		}
		if p, ok := a.policy("arn:aws:iam::aws:policy" + serviceRolePath + linked.policy); ok {
			r.addAttachment(p)
		}
		r.role = roleFacts{description: aws.ToString(in.Description), maxSession: defaultMaxSession}
		r.role.trust = trust
		return &sdk.CreateServiceLinkedRoleOutput{Role: r.newRoleView()}, nil
	}, awsServiceName(in.AWSServiceName))
}

// A deletion is a service-linked role that is being deleted.
type deletion struct {
	id   string
	role *entity // nil once it is gone
	due  time.Time
}

// finishDeletions finishes the deletions that are due, when the account is next looked at.
func (s *Fake) finishDeletions(a *account) {
	for len(a.pending) > 0 && !s.world.Clock().Now().Before(a.pending[0].due) {
		d := a.pending[0]
		a.pending = a.pending[1:]
		r := d.role
		d.role = nil
		for _, p := range r.attached.Values() {
			r.removeAttachment(p)
		}
		// Nothing else can be attached to it.
		_ = s.remove(r)
	}
}

// deleteServiceLinkedRole begins to delete a service-linked role. A deletion
// that is under way is not begun again.
func (s *Fake) deleteServiceLinkedRole(call *fakeaws.Call, in *sdk.DeleteServiceLinkedRoleInput) (*fakeaws.Plan[*sdk.DeleteServiceLinkedRoleOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.DeleteServiceLinkedRoleOutput, error) {
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

// onDeletion is the target of the status of a deletion, whose id names the role:
// "task/aws-service-role/SERVICE/ROLE/ID".
func onDeletion(id *string) target[*deletion] {
	return func(l *lookup) (found[*deletion], error) {
		d, ok := l.account.deletions[*id]
		f := found[*deletion]{resources: []resource{{arn: "*"}}, value: d, missing: func() error {
			if !ok {
				return noSuchEntity(noDeletion, *id)
			}
			return nil
		}}
		task := strings.TrimPrefix(*id, "task")
		end := strings.LastIndexByte(task, '/')
		if end < 0 {
			return f, nil
		}
		r := &f.resources[0]
		r.arn = iamARN(l.account.id, "role", task[:end], "")
		if e, err := roleKind.find(l.account, lastSegment(task[:end])); err == nil && e.arn == r.arn {
			r.tags = &e.tags
		}
		return f, nil
	}
}

// getServiceLinkedRoleDeletionStatus says how far a deletion has come. No
// service of a World holds on to its role, so that all deletions succeed.
func (s *Fake) getServiceLinkedRoleDeletionStatus(call *fakeaws.Call, in *sdk.GetServiceLinkedRoleDeletionStatusInput) (*fakeaws.Plan[*sdk.GetServiceLinkedRoleDeletionStatusOutput], error) {
	return plan(s, call, in, onDeletion(in.DeletionTaskId), func(d *deletion) (*sdk.GetServiceLinkedRoleDeletionStatusOutput, error) {
		status := types.DeletionTaskStatusTypeSucceeded
		if d.role != nil {
			status = types.DeletionTaskStatusTypeInProgress
		}
		return &sdk.GetServiceLinkedRoleDeletionStatusOutput{Status: status}, nil
	})
}
