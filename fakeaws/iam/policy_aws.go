package iam

import (
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
	"github.com/leastpriv/leastpriv/internal/managed"
)

// awsOwner stands where other policies' ARNs have their account.
const awsOwner = "aws"

// serviceRolePath is the path of service-linked roles and of AWS's policies that
// are for them alone; a service's name follows in roles' paths.
const serviceRolePath = "/aws-service-role/"

// awsPolicy returns a policy of AWS's own as the account has it: with the
// account's attachments. It is made, and its document compiled, when the account
// first looks at it.
func (a *account) awsPolicy(arn string) (*policy, bool) {
	if p, ok := a.awsPolicies[arn]; ok {
		return p, true
	}
	compiled, ok := awsPolicyDocument(arn)
	if !ok {
		return nil, false
	}
	m, _ := managed.Get(arn)
	p := a.asPolicy(m)
	p.current.policy = compiled
	if a.awsPolicies == nil {
		a.awsPolicies = make(map[string]*policy)
	}
	a.awsPolicies[arn] = p
	return p, true
}

// awsDocuments has the compiled documents of AWS's policies, which all Worlds of
// the process share, by ARN.
var awsDocuments sync.Map // of *enforce.Policy

// awsPolicyDocument compiles a policy of AWS's on first use.
func awsPolicyDocument(arn string) (*enforce.Policy, bool) {
	if p, ok := awsDocuments.Load(arn); ok {
		return p.(*enforce.Policy), true
	}
	m, ok := managed.Get(arn)
	if !ok || m.ARN() != arn {
		return nil, false
	}
	p, err := enforce.Parse(m.Document(), enforce.ManagedPolicy, enforce.Source{Name: m.Name, ARN: arn})
	if err != nil {
		return nil, false // the package's tests have compiled them all
	}
	stored, _ := awsDocuments.LoadOrStore(arn, p)
	return stored.(*enforce.Policy), true
}

// asPolicy describes a policy of AWS's as one of the account's, without its
// document. Of its versions only the newest is known.
func (a *account) asPolicy(m *managed.Policy) *policy {
	number, _ := strconv.Atoi(strings.TrimPrefix(m.VersionID, "v")) // the package's tests have checked
	v := &version{number: number, created: m.Updated}
	return &policy{
		account: a, name: m.Name, path: m.Path, arn: m.ARN(), id: awsPolicyID(m.Name),
		created: m.Created, updated: m.Updated,
		versions: []*version{v}, current: v, made: number, owner: awsOwner,
	}
}

// awsPolicyID makes up the unique id of a policy of AWS's, the same in all
// Worlds. The real ids are not published.
func awsPolicyID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// own refuses a change to a policy that is AWS's.
func (p *policy) own() error {
	if p.owner == awsOwner {
		return accessDenied(notOwnPolicy)
	}
	return nil
}

// ofServiceRoles reports whether only service-linked roles may have the policy.
func (p *policy) ofServiceRoles() bool { return p.owner == awsOwner && p.path == serviceRolePath }

// attachableTo refuses a policy that is for service-linked roles alone.
func (p *policy) attachableTo(e *entity) error {
	if p.ofServiceRoles() && !e.serviceLinked() {
		return &types.PolicyNotAttachableException{Message: aws.String("Cannot attach a Service Role Policy to a Customer " + e.title + ".")}
	}
	return nil
}

// everyPolicy lists the account's own policies by name and then AWS's, or of
// those the ones that the account may use. The order in which AWS lists them is
// unverified.
func (a *account) everyPolicy(scope types.PolicyScopeType, used bool) page.Ascender[*policy] {
	return func(from string, visit func(string, *policy) bool) {
		more := true
		if scope != types.PolicyScopeTypeAws {
			a.policies.Ascend(from, func(name string, p *policy) bool {
				more = visit(name, p)
				return more
			})
		}
		if more && scope != types.PolicyScopeTypeLocal {
			a.eachAWSPolicy(from, used, visit)
		}
	}
}

// awsKey comes after the names of all policies.
const awsKey = "~"

func (a *account) eachAWSPolicy(from string, used bool, visit func(string, *policy) bool) {
	if used { // which are among those that the account has looked at
		known := slices.SortedFunc(maps.Values(a.awsPolicies), func(p, q *policy) int { return strings.Compare(p.name, q.name) })
		page.Sorted(known, func(p *policy) string { return awsKey + p.name })(from, visit)
		return
	}
	names := managed.Names()
	first, _ := slices.BinarySearchFunc(names, from, func(name, from string) int { return strings.Compare(awsKey+name, from) })
	for _, name := range names[first:] {
		m, _ := managed.Get(name)
		p, known := a.awsPolicies[m.ARN()]
		if !known {
			p = a.asPolicy(m)
		}
		if !visit(awsKey+name, p) {
			return
		}
	}
}
