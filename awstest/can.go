package awstest

import (
	"fmt"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/question"
)

// A ContextEntry is a condition key of a request: see [ContextKey].
type ContextEntry struct {
	name   string
	values []string
}

// ContextKey gives a request that [Principal.Can] asks about a condition key: with several
// values a multivalued one, and without values it takes the key away.
func ContextKey(name string, values ...string) ContextEntry { return ContextEntry{name, values} }

// Can asks the policies whether the principal may perform an action on a resource, by its
// ARN, without a call: "*" is the resource of actions that act on none. It is the judgement
// of a call, by the principal's policies, its boundary and session, the organization's
// policies, and the policy of the resource that the account has by the ARN.
//
// A call may need more permissions than one, as on the KMS key of an object, and brings
// condition keys that only it knows, as "s3:prefix": here they are missing unless they are
// given. What AWS does not have, and what only a call can ask, ends the test: an action
// that does not exist is denied to everybody. Only calls can ask of Organizations, whose
// operations decide themselves which accounts may call them; of what stands behind an access
// point of S3, which takes two permissions; of delegation requests of IAM; and with the proof of
// an identity provider.
func (p *Principal) Can(action, resource string, keys ...ContextEntry) Permission {
	p.account.t.Helper()
	answer, err := p.ask(action, resource, keys)
	if err != nil {
		p.account.t.Fatalf("awstest: Can %s: %v", p.arn, err)
	}
	return answer
}

// ask is Can with an error.
func (p *Principal) ask(action, resource string, keys []ContextEntry) (Permission, error) {
	if err := question.Resource(resource); err != nil {
		return Permission{}, err
	}
	known, err := question.Action(action, resource)
	if err != nil {
		return Permission{}, err
	}
	q := fakeaws.Question{Action: known.String(), Resource: resource, Region: p.account.options.region}
	if via := p.account.via; via != nil {
		q.Via = &via.endpoint
	}
	for _, k := range keys {
		if err := question.SetKey(&q.Keys, k.name, k.values, len(k.values) > 1, known); err != nil {
			return Permission{}, err
		}
	}
	if p.credentials != nil {
		c, err := p.credentials.get()
		if err != nil {
			return Permission{}, fmt.Errorf("%s has no credentials: %w", p.arn, err)
		}
		q.AccessKeyID = c.AccessKeyID
	}
	answer, err := p.account.world.Ask(p.account.t.Context(), &q)
	if err != nil {
		return Permission{}, err
	}
	permission := permissionOf(answer.Decision)
	permission.Note = answer.Note
	return permission, nil
}

// Explain tells why the permission is granted or not: which statement decided, what came
// close, and the smallest statement that would grant it.
func (p Permission) Explain() string {
	if p.Decision.Request == nil {
		return ""
	}
	text := p.Decision.Explain()
	if p.Note != "" {
		text += "\n  " + p.Note
	}
	return text
}

// AssertCan checks that a principal may perform an action on a resource: see
// [Principal.Can]. The test goes on.
func AssertCan(t TB, p *Principal, action, resource string, keys ...ContextEntry) bool {
	t.Helper()
	return report(t.Errorf, WantAllowed(), p.outcome(t, action, resource, keys))
}

// RequireCan is AssertCan, but ends the test.
func RequireCan(t TB, p *Principal, action, resource string, keys ...ContextEntry) {
	t.Helper()
	report(t.Fatalf, WantAllowed(), p.outcome(t, action, resource, keys))
}

// AssertCannot checks that a principal may not perform an action on a resource: see
// [Principal.Can]. The test goes on.
func AssertCannot(t TB, p *Principal, action, resource string, keys ...ContextEntry) bool {
	t.Helper()
	return report(t.Errorf, WantDenied(), p.outcome(t, action, resource, keys))
}

// RequireCannot is AssertCannot, but ends the test.
func RequireCannot(t TB, p *Principal, action, resource string, keys ...ContextEntry) {
	t.Helper()
	report(t.Fatalf, WantDenied(), p.outcome(t, action, resource, keys))
}

// outcome asks for a permission.
func (p *Principal) outcome(t TB, action, resource string, keys []ContextEntry) outcome {
	answer, err := p.ask(action, resource, keys)
	return outcome{t: t, err: err, asked: &answer}
}

// checkAsked returns what is wrong with the answer to a question.
func (o outcome) checkAsked(want string, allowed bool, actions []string) string {
	switch {
	case o.err != nil:
		return want + "\ngot:  no answer: " + o.err.Error()
	case o.asked.Allowed != allowed:
	case len(actions) == 0, containsFold(actions, o.asked.Action):
		return ""
	}
	return want + "\ngot:  " + o.asked.Explain()
}

// permissionOf is a permission that was decided.
func permissionOf(d enforce.Decision) Permission {
	p := Permission{
		Principal: d.Request.Principal.ARN, Action: d.Request.Action, Resource: d.Request.Resource,
		Keys: map[string][]string{}, Allowed: d.Allowed(), Decision: d,
	}
	for key, values := range d.Request.Context.All() {
		p.Keys[key] = values
	}
	return p
}

// onlyCalls says that a want is one of calls.
func onlyCalls(code string) string {
	return fmt.Sprintf("WantError(%q): a permission that is asked is allowed or denied; errors are of calls: set Call", code)
}
