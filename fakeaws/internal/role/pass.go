package role

import (
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Pass is the permission to pass a role to a service, for a resource that will use it ("Grant
// a user permissions to pass a role to an AWS service" of the IAM User Guide). It must not be
// called under a service's lock.
func Pass(call *fakeaws.Call, role, principal, resource string) fakeaws.Need {
	need := fakeaws.Need{Action: "iam:PassRole", Resource: role, ResourceAccount: accountOf(role)}
	need.Context.Set("iam:PassedToService", principal)
	if resource != "" {
		need.Context.Set("iam:AssociatedResourceArn", resource)
	}
	if found, ok := find(call, role); ok {
		for _, t := range found.Tags {
			need.Context.Set("aws:ResourceTag/"+t.Key, t.Value)
			need.Context.Set("iam:ResourceTag/"+t.Key, t.Value)
		}
	}
	return need
}

// Assumable reports whether a service may assume a role by the role's trust policy. Of roles
// in accounts outside of the World nothing is known: they pass.
func Assumable(call *fakeaws.Call, role string, service fakeaws.ServiceCall) bool {
	account := accountOf(role)
	if _, ours := call.World.Account(account); !ours {
		return true
	}
	found, ok := find(call, role)
	if !ok {
		return false
	}
	q := &enforce.Request{
		Principal: enforce.Principal{Type: enforce.Service, Service: service.Principal},
		Action:    "sts:AssumeRole", Resource: found.ARN, ResourceAccount: found.Account,
	}
	q.Context.Set("aws:SourceArn", service.SourceARN)
	q.Context.Set("aws:SourceAccount", service.SourceAccount)
	return enforce.Evaluate(q, &enforce.PolicySet{Resource: found.Trust}).Allowed()
}

func find(call *fakeaws.Call, role string) (fakeaws.Role, bool) {
	if !call.World.Has("iam") {
		return fakeaws.Role{}, false // without it there are no roles
	}
	return call.World.Directory().Role(role)
}

func accountOf(role string) string {
	parsed, err := awsarn.Parse(role)
	if err != nil || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "role/") {
		return ""
	}
	return parsed.AccountID
}
