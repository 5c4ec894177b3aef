package anyservice

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A passedRole is a role that a request hands to a service.
type passedRole struct {
	need    fakeaws.Need
	service string // the service principal; "" where it is not known
	// associated is the resource that the role will be used for; "" where it is not known.
	associated string
}

// passes returns the roles that a request passes. To pass one needs iam:PassRole on it
// ("Grant a user permissions to pass a role to an AWS service" of the IAM User Guide).
func (f *Fake) passes(r *request, op *operation, needs []fakeaws.Need) (all []passedRole, err error) {
	for _, p := range op.facts.Roles {
		texts, err := r.texts(p.Role)
		if err != nil {
			return nil, err
		}
		for i := range texts {
			role := texts[i].text
			if !strings.HasPrefix(role, "arn:") {
				role = fakeaws.ARN("iam", "", r.call.Account, "role/"+role)
			}
			if !strings.Contains(role, ":role/") {
				continue
			}
			one := passedRole{need: fakeaws.Need{Action: "iam:PassRole", Resource: role}, service: p.Service}
			one.need.Unknown = passUnknown(p.Service == "")
			if p.Service != "" {
				one.need.Context.Set("iam:PassedToService", p.Service)
			}
			if len(needs) > 0 && needs[0].Resource != "*" && needs[0].Unknown != nil && !needs[0].Unknown.Resource {
				one.associated = needs[0].Resource
				one.need.Context.Set("iam:AssociatedResourceArn", one.associated)
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// passUnknown says that the tags of a role are not known here, and mostly neither is the
// resource that the role will be associated with.
func passUnknown(service bool) *enforce.Unknown {
	if service {
		return passToUnknown
	}
	return passToKnown
}

var (
	passToKnown = &enforce.Unknown{Key: func(name string) bool {
		lower := strings.ToLower(name)
		return strings.HasPrefix(lower, "aws:resourcetag/") || strings.HasPrefix(lower, "iam:resourcetag/") || lower == "iam:associatedresourcearn"
	}}
	passToUnknown = &enforce.Unknown{Key: func(name string) bool {
		return passToKnown.Key(name) || strings.EqualFold(name, "iam:PassedToService")
	}}
)

// checkTrust refuses a role that the service may not assume, once the call is allowed: the
// service tries it.
func (f *Fake) checkTrust(call *fakeaws.Call, passed []passedRole) error {
	for i := range passed {
		p := &passed[i]
		if p.service == "" {
			continue
		}
		account := owner(p.need.Resource)
		if _, ours := call.World.Account(account); !ours {
			continue // nothing is known of it
		}
		var role fakeaws.Role
		exists := call.World.Has("iam") // without it there are no roles
		if exists {
			role, exists = call.World.Directory().Role(p.need.Resource)
		}
		if exists && trusts(call, &role, p) {
			continue
		}
		return f.notAssumable(p.service, p.need.Resource)
	}
	return nil
}

// trusts reports whether the trust policy of a role lets a service assume it.
func trusts(call *fakeaws.Call, role *fakeaws.Role, p *passedRole) bool {
	q := &enforce.Request{
		Principal: enforce.Principal{Type: enforce.Service, Service: p.service},
		Action:    "sts:AssumeRole", Resource: role.ARN, ResourceAccount: role.Account,
		Unknown: sourceUnknown,
	}
	q.Context.Set("aws:SourceAccount", call.Account)
	if p.associated != "" {
		q.Context.Set("aws:SourceArn", p.associated)
	}
	return enforce.Evaluate(q, &enforce.PolicySet{Resource: role.Trust}).Allowed()
}

// sourceUnknown says that a service may name the resource that it assumes a role for, and
// that we do not know it.
var sourceUnknown = &enforce.Unknown{Key: func(name string) bool { return strings.EqualFold(name, "aws:SourceArn") }}

// The errors of services whose role cannot be assumed. AWS documents the codes; that all
// others answer ValidationException, and the texts but that of Lambda, are unverified.
var notAssumable = map[string][2]string{
	"lambda.amazonaws.com":    {"InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."},
	"ecs-tasks.amazonaws.com": {"ClientException", "ECS was unable to assume the role '%s' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role."},
	"ecs.amazonaws.com":       {"InvalidParameterException", "Unable to assume the service linked role. Please verify that the ECS service linked role exists."},
	"states.amazonaws.com":    {"AccessDeniedException", "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."},
	"firehose.amazonaws.com":  {"InvalidArgumentException", "Firehose is unable to assume role %s. Please check the role provided."},
}

func (f *Fake) notAssumable(service, role string) error {
	known, ok := notAssumable[service]
	if !ok {
		known = [2]string{"ValidationException", service + " is not authorized to assume the role %s"}
	}
	return &fakeaws.Error{Code: known[0], Message: strings.ReplaceAll(known[1], "%s", role), Status: 400}
}
