package awstest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/internal/ids"
)

// A Deployment is what [Account.Load] made of a file that a team deploys.
type Deployment struct {
	account   *Account
	stack     *deploy.Stack
	makers    map[string]maker
	byAddress map[string]*deploy.Resource
	made      map[string]any // *Principal, *Group, *ManagedPolicy, *Bucket, *Queue, *Key by address
	notMade   []deploy.Resource
}

// Load makes what a file that a team deploys makes, as far as there is a fake for it:
// roles, users, groups, policies, buckets, queues and KMS keys, in the order of what they
// depend on. The test then runs as the role that will be deployed, and a denial names
// the file and line of the statement. What cannot be understood ends the test, all of it
// at once; [Deployment.NotMade] lists what is understood and has no fake.
//
//	stack := acct.Load(cloudformation.Template("template.yaml", nil))
//	worker := stack.Role("Worker")
func (a *Account) Load(source deploy.Source) *Deployment {
	a.t.Helper()
	stack, err := source.Resources(deploy.Target{
		Partition: "aws", Account: a.acct.ID, Region: a.options.region,
		ID: func(of string, n int) string { return strings.ToUpper(ids.New(seed(a.t.Name() + of)).Lower(n)) },
	})
	if err != nil {
		a.t.Fatalf("awstest: Load:\n%v", err)
		return nil
	}
	d := &Deployment{account: a, stack: stack, makers: allMakers(), byAddress: map[string]*deploy.Resource{}, made: map[string]any{}}
	for i := range stack.Resources {
		r := &stack.Resources[i]
		d.byAddress[r.Address] = r
		if d.makers[r.Type] == nil {
			d.notMade = append(d.notMade, *r)
		}
	}
	d.make()
	return d
}

// A phase is a part of the making. Where one resource names another, the file knows its
// name before it is there. What must be there first are the principals that policies
// name, and both sides of an attachment.
type phase int

const (
	making    phase = iota // what there is
	attaching              // what belongs together: groups, policies, dead-letter queues
	guarding               // policies that name principals
	telling                // notifications, which the policies of their targets must allow
	phases
)

// A maker makes a type of resource, in one or more phases.
type maker map[phase]func(*properties)

// allMakers returns the types for which there is a fake. Only who loads a file links them.
func allMakers() map[string]maker {
	all := map[string]maker{}
	for _, of := range []map[string]maker{iamMakers(), s3Makers(), sqsMakers(), kmsMakers()} {
		maps.Copy(all, of)
	}
	return all
}

// make makes the resources. A file that is wrong in several places says so at once.
func (d *Deployment) make() {
	d.account.t.Helper()
	problems := d.unknowns()
	for at := range phases {
		for _, r := range d.order(at) {
			if step := d.makers[r.Type][at]; step != nil {
				p := &properties{Resource: r, deployment: d}
				step(p)
				problems = append(problems, p.problems...)
			}
		}
		if err := problems.Err(); err != nil {
			d.account.t.Fatalf("awstest: Load:\n%v", err)
			return
		}
	}
}

// unknowns are the values of resources that are made and cannot be known from the file.
func (d *Deployment) unknowns() (problems deploy.Errors) {
	for i := range d.stack.Resources {
		if r := &d.stack.Resources[i]; d.makers[r.Type] != nil {
			problems = append(problems, r.Unknowns()...)
		}
	}
	return problems
}

// order returns the resources in the order in which they are made: managed policies
// before who has them as boundary, users and groups before roles, roles after those that
// their trust policies name.
func (d *Deployment) order(at phase) []*deploy.Resource {
	all := make([]*deploy.Resource, len(d.stack.Resources))
	for i := range d.stack.Resources {
		all[i] = &d.stack.Resources[i]
	}
	if at != making {
		return all
	}
	rank := func(r *deploy.Resource) int { return max(0, slices.Index(first, r.Type)) }
	slices.SortStableFunc(all, func(a, b *deploy.Resource) int { return cmp.Compare(rank(a), rank(b)) })
	return afterTrusted(all)
}

// first are the types that are made after all others, in this order.
var first = []string{"", "AWS::IAM::ManagedPolicy", "AWS::IAM::OIDCProvider", "AWS::IAM::Group", "AWS::IAM::User", "AWS::IAM::Role", "AWS::IAM::InstanceProfile"}

// afterTrusted moves each role behind the roles that its trust policy names. Roles that
// name each other stay as they are: AWS cannot deploy them at once either.
func afterTrusted(all []*deploy.Resource) []*deploy.Resource {
	const role = "AWS::IAM::Role"
	byARN := map[string]*deploy.Resource{}
	for _, r := range all {
		if r.Type == role {
			byARN[r.ARN] = r
		}
	}
	sorted := make([]*deploy.Resource, 0, len(all))
	visited := map[*deploy.Resource]bool{}
	var visit func(*deploy.Resource)
	visit = func(r *deploy.Resource) {
		if visited[r] {
			return
		}
		visited[r] = true
		if trust, ok := r.Properties["AssumeRolePolicyDocument"].(deploy.Document); ok && r.Type == role {
			for arn, other := range byARN {
				if strings.Contains(trust.Text, `"`+arn+`"`) {
					visit(other)
				}
			}
		}
		sorted = append(sorted, r)
	}
	for _, r := range all {
		visit(r)
	}
	return sorted
}

// NotMade returns the resources for which there is no fake: calls to them answer
// NotImplemented with their names. What they say of permissions is not judged.
func (d *Deployment) NotMade() []deploy.Resource { return slices.Clone(d.notMade) }

// Output returns an output of the template or module.
func (d *Deployment) Output(name string) string {
	d.account.t.Helper()
	value, ok := d.stack.Outputs[name]
	if !ok {
		d.account.t.Fatalf("awstest: no output %s; there are: %s", name, strings.Join(slices.Sorted(maps.Keys(d.stack.Outputs)), ", "))
	}
	return value
}

// Role returns a role by its address: "Worker", "module.app.aws_iam_role.worker[0]".
func (d *Deployment) Role(address string) *Principal {
	d.account.t.Helper()
	return madeAs[*Principal](d, address, "AWS::IAM::Role")
}

// User returns a user by its address.
func (d *Deployment) User(address string) *Principal {
	d.account.t.Helper()
	return madeAs[*Principal](d, address, "AWS::IAM::User")
}

// Group returns a group by its address.
func (d *Deployment) Group(address string) *Group {
	d.account.t.Helper()
	return madeAs[*Group](d, address, "AWS::IAM::Group")
}

// Policy returns a managed policy by its address.
func (d *Deployment) Policy(address string) *ManagedPolicy {
	d.account.t.Helper()
	return madeAs[*ManagedPolicy](d, address, "AWS::IAM::ManagedPolicy")
}

// Bucket returns a bucket by its address.
func (d *Deployment) Bucket(address string) *Bucket {
	d.account.t.Helper()
	return madeAs[*Bucket](d, address, "AWS::S3::Bucket")
}

// Queue returns a queue by its address.
func (d *Deployment) Queue(address string) *Queue {
	d.account.t.Helper()
	return madeAs[*Queue](d, address, "AWS::SQS::Queue")
}

// Key returns a KMS key by its address.
func (d *Deployment) Key(address string) *Key {
	d.account.t.Helper()
	return madeAs[*Key](d, address, "AWS::KMS::Key")
}

// madeAs returns what was made at an address.
func madeAs[T any](d *Deployment, address, kind string) T {
	t := d.account.t
	t.Helper()
	made, ok := d.made[address].(T)
	if !ok || d.byAddress[address].Type != kind {
		var there []string
		for _, r := range d.stack.Resources {
			if r.Type == kind {
				there = append(there, r.Address)
			}
		}
		t.Fatalf("awstest: the file has no %s %q; it has: %s", kind, address, strings.Join(there, ", "))
	}
	return made
}
