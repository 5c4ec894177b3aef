package awstest

import (
	"fmt"
	"strings"

	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// AssertAssumable checks that AWS services and principals may assume a role: by the
// role's trust policy and, of principals, their own policies. A service is named as
// policies do, "ecs-tasks.amazonaws.com". The test goes on.
//
//	awstest.AssertAssumable(t, role, "ecs-tasks.amazonaws.com", pipeline)
func AssertAssumable(t TB, role *Principal, by ...any) bool {
	t.Helper()
	return assumable(t, role, by, true)
}

// AssertNotAssumable checks that none of the services and principals may assume a role.
// The test goes on.
func AssertNotAssumable(t TB, role *Principal, by ...any) bool {
	t.Helper()
	return assumable(t, role, by, false)
}

func assumable(t TB, role *Principal, by []any, want bool) bool {
	t.Helper()
	ok := true
	for _, who := range by {
		name, err := role.assumedBy(who)
		switch {
		case want && err != nil:
			t.Errorf("want: %s can be assumed by %s\ngot:  %s", role.arn, name, problem(t, role.account.world, err))
		case !want && err == nil:
			t.Errorf("want: %s cannot be assumed by %s\ngot:  it can%s", role.arn, name, lastGrant(role.account.world))
		default:
			continue
		}
		ok = false
	}
	return ok
}

// assumedBy asks whether a service or principal may assume the role.
func (p *Principal) assumedBy(who any) (name string, err error) {
	a := p.account
	a.t.Helper()
	if p.kind != aRole {
		a.t.Fatalf("awstest: %s is not a role", p.arn)
		return "", nil
	}
	in := &awssts.AssumeRoleInput{RoleArn: &p.arn, RoleSessionName: &assumableSession}
	switch who := who.(type) {
	case string:
		if !strings.Contains(who, ".") || strings.Contains(who, ":") {
			a.t.Fatalf("awstest: %q is no AWS service; a service is named as policies do, ecs-tasks.amazonaws.com, and other callers are Principals", who)
			return who, nil
		}
		actor := fakeaws.ServiceCall{Principal: who, Region: a.options.region}.Actor()
		return who, a.world.Check(a.t.Context(), actor, in)
	case *Principal:
		_, err := awssts.NewFromConfig(who.Config()).AssumeRole(a.t.Context(), in)
		return who.arn, err
	}
	a.t.Fatalf("awstest: who may assume a role is the name of a service or a *Principal, not %T", who)
	return fmt.Sprint(who), nil
}

// assumableSession names the session that is asked for.
var assumableSession = "assumable"

// problem explains why a role cannot be assumed.
func problem(t TB, w *fakeaws.World, err error) string {
	if event, ok := settle(t, err); ok && event.Denied {
		return err.Error() + "\n" + explain(event)
	}
	events := w.Log().Since(w.Log().Count() - 1)
	if len(events) == 1 && events[0].Denied {
		return err.Error() + "\n" + explain(events[0])
	}
	return err.Error()
}

// lastGrant tells who granted the latest call.
func lastGrant(w *fakeaws.World) string {
	events := w.Log().Since(w.Log().Count() - 1)
	if len(events) == 0 {
		return ""
	}
	return "\n" + grants(&events[0], nil)
}
