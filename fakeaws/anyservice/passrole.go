package anyservice

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
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
	for i := range op.facts.Roles {
		p := &op.facts.Roles[i]
		texts, err := r.texts(p.Role)
		if err != nil {
			return nil, err
		}
		for j := range texts {
			role, partial := r.passedRole(p, texts[j].text)
			if role == "" {
				continue
			}
			one := passedRole{need: fakeaws.Need{Action: "iam:PassRole", Resource: role, Unknown: passUnknown(p.Service == "", partial)}, service: p.Service}
			if p.Service != "" {
				one.need.Context.Set("iam:PassedToService", p.Service)
			}
			if len(needs) > 0 && whole(&needs[0]) {
				one.associated = needs[0].Resource
				one.need.Context.Set("iam:AssociatedResourceArn", one.associated)
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// passedRole returns the ARN of a role that a member names, by itself or by the instance
// profile that has it; "" where it is no role. Which role a profile has that IAM does not know
// is not known: then it is partial.
func (r *request) passedRole(p *catalog.PassedRole, text string) (role string, partial bool) {
	if !p.InstanceProfile {
		if !strings.HasPrefix(text, "arn:") {
			return fakeaws.ARN("iam", "", r.call.Account, "role/"+text), false
		}
		if !strings.Contains(text, ":role/") {
			return "", false
		}
		return text, false
	}
	if !strings.HasPrefix(text, "arn:") {
		text = fakeaws.ARN("iam", "", r.call.Account, "instance-profile/"+text)
	}
	if r.call.World.Has("iam") {
		if role, ok := r.call.World.Directory().ProfileRole(text); ok {
			return role, false
		}
	}
	account := owner(text)
	if account == "" {
		account = "*"
	}
	return fakeaws.ARN("iam", "", account, "role/*"), true
}

// passUnknown says that the tags of a role are not known here, and mostly neither is the
// resource that the role will be associated with.
func passUnknown(service, role bool) *enforce.Unknown {
	i := 0
	if service {
		i++
	}
	if role {
		i += 2
	}
	return passUnknowns[i]
}

var passUnknowns = [...]*enforce.Unknown{
	{Key: unknownOfRole}, {Key: unknownOfService}, {Key: unknownOfRole, Resource: true}, {Key: unknownOfService, Resource: true},
}

func unknownOfRole(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(lower, "aws:resourcetag/") || strings.HasPrefix(lower, "iam:resourcetag/") || lower == "iam:associatedresourcearn"
}

func unknownOfService(name string) bool {
	return unknownOfRole(name) || strings.EqualFold(name, "iam:PassedToService")
}

// checkTrust refuses a role that the service may not assume, once the call is allowed: the
// service tries it.
func (f *Fake) checkTrust(call *fakeaws.Call, passed []passedRole) error {
	for i := range passed {
		p := &passed[i]
		if p.service == "" || p.need.Unknown.Resource {
			continue // who will assume which role is not known
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
