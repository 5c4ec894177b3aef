package iam

import (
	"errors"
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// Guard implements [fakeaws.Guardian] for users, groups, roles, managed policies, instance
// profiles, identity providers, server certificates and virtual MFA devices. That of a service
// which asks for iam:PassRole comes here too. A delegation request is for calls alone: its owner
// need not be in the account of its ARN.
func (s *Fake) Guard(call *fakeaws.Call, action, arn string) (fakeaws.Need, error) {
	if arn == "*" {
		return fakeaws.Need{Action: action, Resource: arn}, nil
	}
	parsed, err := awsarn.Parse(arn)
	if err != nil {
		return fakeaws.Need{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[parsed.AccountID]
	if parsed.AccountID == awsOwner {
		a = s.account(call.Account)
	}
	r, known, there := resource{arn: arn}, false, false
	if _, k, name := principalARN(arn); k != nil {
		known = true
		if a != nil {
			s.finishDeletions(a)
			if e, err := k.find(a, name); err == nil && e.arn == arn {
				r, there = e.resource(a, k, name), true
			}
		}
	} else if strings.HasPrefix(parsed.Resource, "policy/") {
		known = true
		if a != nil {
			l := &lookup{service: s, call: call, account: a}
			found := l.policy(arn, arn)
			r, there = found.resources[0], found.missing() == nil
		}
	} else if other := others[kindOf(parsed.Resource)]; other != nil {
		known = true
		if a != nil {
			name := lastSegment(parsed.Resource)
			of, missing := other(&lookup{service: s, call: call, account: a}, &arn, &name)
			if there = missing == nil && of.arn == arn; there {
				r = of
			}
		}
	}
	if !known && !strings.HasPrefix(action, "iam:Create") {
		return fakeaws.Need{}, errors.New(action + " on " + arn + ": only a call can ask")
	}
	need := r.need(action, []contextKey{boundaryOf(action)})
	if known && !there && !strings.HasPrefix(action, "iam:Create") {
		need.Note = "there is no " + arn
	}
	return need, nil
}

// others are the resources of IAM that have neither policies nor boundaries, by the first
// segment of their names in ARNs: each is found by its ARN or name as for a call, with what it
// lacks.
var others = map[string]func(l *lookup, arn, name *string) (resource, error){
	"instance-profile":   func(l *lookup, _, name *string) (resource, error) { return asTarget(l, onProfile(name)) },
	"oidc-provider":      func(l *lookup, arn, _ *string) (resource, error) { return asTarget(l, onOIDCProvider(arn)) },
	"saml-provider":      func(l *lookup, arn, _ *string) (resource, error) { return asTarget(l, onSAMLProvider(arn)) },
	"server-certificate": func(l *lookup, _, name *string) (resource, error) { return asTarget(l, onServerCertificate(name)) },
	"mfa":                func(l *lookup, arn, _ *string) (resource, error) { return asTarget(l, onMFADevice(arn)) },
}

// asTarget is the resource that an operation on one would be about.
func asTarget[T any](l *lookup, on target[T]) (resource, error) {
	f, err := on(l)
	if err != nil {
		return resource{}, err
	}
	return f.resources[0], f.missing()
}

// kindOf is the first segment of the resource of an ARN.
func kindOf(resource string) string {
	kind, _, _ := strings.Cut(resource, "/")
	return kind
}

// boundaryOf sets the boundary that the user or role of an action has. What makes one or
// gives it a boundary tells of the one in the request.
func boundaryOf(action string) contextKey {
	return func(c *enforce.Context, r *resource) {
		known, ok := catalog.Find(action)
		if !ok || strings.HasPrefix(known.Name, "Create") || strings.HasPrefix(known.Name, "Put") && strings.HasSuffix(known.Name, "PermissionsBoundary") {
			return
		}
		if key, ok := known.Service.Key("iam:PermissionsBoundary"); ok && known.HasKey(key) {
			currentBoundary(c, r)
		}
	}
}
