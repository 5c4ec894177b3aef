package awstest

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// Do performs an operation by the World's own hand, in the account and its region, to
// set a test up or to look at what there is: no policy is asked, and [Account.Calls]
// does not show it. What goes wrong ends the test. The input, in the SDK's type, says
// which operation:
//
//	awstest.Do[iam.CreateInstanceProfileOutput](acct, &iam.CreateInstanceProfileInput{…})
func Do[O any](a *Account, in any) *O {
	a.t.Helper()
	return perform[O](fixture{account: a}, in)
}

// A fixture is a call of the World's own hand, with which a test is set up.
type fixture struct {
	account *Account
	region  string    // empty is the account's
	subject string    // what the call is about, for a failure to name
	policy  *document // the policy that the input carries, if any
}

// perform makes the call of a fixture, which must succeed.
func perform[O any](f fixture, in any) *O {
	f.account.t.Helper()
	out := f.must(in)
	if out == nil {
		return nil
	}
	return out.(*O)
}

// must makes the call of a fixture. The failure names the operation and its subject,
// and says what is wrong with a policy and where.
func (f fixture) must(in any) any {
	a := f.account
	a.t.Helper()
	out, err := f.do(in)
	if err != nil {
		what := strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input")
		if f.subject != "" {
			what += " " + f.subject
		}
		a.t.Fatalf("awstest: %s: %s", what, f.refusal(err))
		return nil
	}
	return out
}

// refusal adds to the error of a fixture what the log knows more: which principal or
// resource of its policy is refused.
func (f fixture) refusal(err error) string {
	text := f.policy.explain(err)
	for _, e := range slices.Backward(f.account.world.Log().Events()) {
		if e.Fixture && e.Help != "" && strings.Contains(err.Error(), e.Message) {
			if !strings.Contains(text, e.Help) {
				text += "\n" + e.Help
			}
			break
		}
	}
	return text
}

// do makes the call of a fixture whose failure does not end the test.
func (f fixture) do(in any) (any, error) {
	a := f.account
	actor := a.world.Fixture(a.acct.ID, cmp.Or(f.region, a.options.region))
	if f.policy != nil {
		actor = actor.From(f.policy.source)
	}
	// Credentials are renewed, and state is looked at, in cleanup functions too, when
	// the test's context is over.
	out, err := a.world.Do(context.WithoutCancel(a.t.Context()), actor, in)
	if err == nil && f.policy != nil {
		f.placed(in, out)
	}
	return out, err
}

// A regional is a service of an account in one region.
type regional struct {
	account *Account
	region  string
}

func (r regional) fixture(subject string) fixture {
	return fixture{account: r.account, region: r.region, subject: subject}
}

// dump joins what each returns of the names.
func dump(names []string, each func(name string) string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(each(name))
	}
	return b.String()
}

// A document is the text of a policy, and where it stands, if it is in a file.
type document struct {
	text   string
	source enforce.Source
	kind   enforce.Kind
}

// document reads a policy. Its statements without resources are for the given ones.
func (a *Account) document(p Policy, kind enforce.Kind, owner string, resources ...string) *document {
	a.t.Helper()
	d := a.read(p, kind, owner, resources...)
	mutates(a.t, d, owner)
	return d
}

// read is document for a policy that is not the test's own.
func (a *Account) read(p Policy, kind enforce.Kind, owner string, resources ...string) *document {
	a.t.Helper()
	text, source, err := p.document(resources)
	if err != nil {
		a.t.Fatalf("awstest: %s of %s: %v", kind, owner, err)
		return nil
	}
	return &document{text, source, kind}
}

// explain adds to AWS's words on a policy document, which are few, what is wrong with
// it and where.
func (d *document) explain(err error) string {
	if d == nil {
		return err.Error()
	}
	var problem *enforce.DocumentError
	if _, parseErr := enforce.Parse(d.text, d.kind, d.source); errors.As(parseErr, &problem) {
		return err.Error() + "\n" + problem.Error()
	}
	return err.Error()
}
