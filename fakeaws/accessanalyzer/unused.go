package accessanalyzer

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// lookForUnused finds the roles, access keys, passwords and permissions that nobody has used
// for as long as the analyzer says. Service-linked roles are not looked at.
func (s *Fake) lookForUnused(ctx context.Context, a *analyzer) (seen, map[string]*analyzed, error) {
	found, resources, now := make(seen), make(map[string]*analyzed), s.now()
	s.mu.Lock()
	age, accounts := a.age, s.accounts(a)
	analysis := *a // the analysis rule may change meanwhile
	s.mu.Unlock()
	reporter, ok := s.world.Directory().(fakeaws.UseReporter)
	if !ok {
		return found, resources, nil
	}
	since := now.Add(-time.Duration(age) * 24 * time.Hour)
	for _, account := range accounts {
		for _, i := range reporter.Identities(account) {
			if i.ServiceLinked || analysis.excludes(account, i.Tags) {
				continue
			}
			u := &unused{Identity: i, since: since, found: found}
			if err := u.look(ctx); err != nil {
				return nil, nil, err
			}
			resources[i.ARN] = &analyzed{arn: i.ARN, account: account, kind: u.kind(), created: now, updated: now, at: now}
		}
	}
	return found, resources, nil
}

// An unused is a user or role that is looked at.
type unused struct {
	fakeaws.Identity
	since time.Time
	found seen
}

func (u *unused) kind() types.ResourceType {
	if u.Role {
		return types.ResourceTypeAwsIamRole
	}
	return types.ResourceTypeAwsIamUser
}

// old reports whether all of the times are before the period; zero ones are.
func (u *unused) old(times ...time.Time) bool {
	return !slices.ContainsFunc(times, func(t time.Time) bool { return t.After(u.since) })
}

func (u *unused) add(kind types.FindingType, part string, details ...types.FindingDetails) {
	u.found[string(kind)+"\n"+u.ARN+"\n"+part] = &finding{kind: kind, resource: u.ARN, resourceType: u.kind(), account: u.Account, details: details}
}

// timeOf is a time in an answer; nil for none.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return aws.Time(t.UTC().Truncate(time.Millisecond))
}

func (u *unused) look(ctx context.Context) error {
	var last time.Time
	if len(u.Uses) > 0 {
		last = u.Uses[0].Time
	}
	if u.Role && u.old(u.Created, last) {
		u.add(types.FindingTypeUnusedIamRole, "", &types.FindingDetailsMemberUnusedIamRoleDetails{Value: types.UnusedIamRoleDetails{LastAccessed: timeOf(last)}})
		return nil // what it may do is not used with it
	}
	for _, k := range u.Keys {
		if u.old(k.Created, k.Used) {
			u.add(types.FindingTypeUnusedIamUserAccessKey, k.ID, &types.FindingDetailsMemberUnusedIamUserAccessKeyDetails{
				Value: types.UnusedIamUserAccessKeyDetails{AccessKeyId: aws.String(k.ID), LastAccessed: timeOf(k.Used)}})
		}
	}
	if !u.Password.IsZero() && u.old(u.Password) {
		u.add(types.FindingTypeUnusedIamUserPassword, "", &types.FindingDetailsMemberUnusedIamUserPasswordDetails{})
	}
	if !u.old(u.Created) {
		return nil
	}
	details, err := u.permissions(ctx)
	if len(details) > 0 {
		u.add(types.FindingTypeUnusedPermission, "", details...)
	}
	return err
}

// permissions are the services that the policies allow and that were not used, and of the
// others the actions.
func (u *unused) permissions(ctx context.Context) (details []types.FindingDetails, err error) {
	for _, prefix := range catalog.Prefixes() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		service, _ := catalog.Lookup(prefix)
		granted := u.granted(service)
		if len(granted) == 0 {
			continue
		}
		last, used := u.usesOf(prefix)
		d := types.UnusedPermissionDetails{ServiceNamespace: aws.String(prefix), LastAccessed: timeOf(last)}
		if !u.old(last) {
			for _, action := range granted {
				if at := used[action]; u.old(at) {
					d.Actions = append(d.Actions, types.UnusedAction{Action: aws.String(action), LastAccessed: timeOf(at)})
				}
			}
			if len(d.Actions) == 0 {
				continue
			}
		}
		details = append(details, &types.FindingDetailsMemberUnusedPermissionDetails{Value: d})
	}
	return details, nil
}

// granted are the actions of a service that some policy allows, on some resource and under
// some condition.
func (u *unused) granted(service *catalog.Service) (actions []string) {
	every := func(yield func(string) bool) {
		for _, a := range service.Actions() {
			if !yield(a.String()) {
				return
			}
		}
	}
	for _, p := range u.Policies {
		if !p.Reaches(service.Prefix, every) {
			continue
		}
		for _, a := range service.Actions() {
			if p.Reaches(service.Prefix, slices.Values([]string{a.String()})) && !slices.Contains(actions, a.Name) {
				actions = append(actions, a.Name)
			}
		}
	}
	slices.Sort(actions)
	return actions
}

// usesOf is when a service was used last, and when its actions were: those that its
// operations need.
func (u *unused) usesOf(prefix string) (last time.Time, used map[string]time.Time) {
	used = make(map[string]time.Time)
	for _, use := range u.Uses {
		if use.Service != prefix {
			continue
		}
		if use.Time.After(last) {
			last = use.Time
		}
		for _, p := range catalog.Needs(use.Service, use.Operation) {
			action, ok := catalog.Find(p.Action)
			if ok && action.Service.Prefix == prefix && len(p.If) == 0 && use.Time.After(used[action.Name]) {
				used[action.Name] = use.Time
			}
		}
	}
	return last, used
}
