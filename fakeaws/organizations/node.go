package organizations

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) treeOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.listRoots),
		fakeaws.Bind(s.listChildren),
		fakeaws.Bind(s.listParents),
	}
}

// A kind says what a node of the tree is.
type kind int

const (
	rootKind kind = iota
	unitKind
	accountKind
)

// The kinds by AWS's names.
var (
	targetTypes = [...]types.TargetType{types.TargetTypeRoot, types.TargetTypeOrganizationalUnit, types.TargetTypeAccount}
	parentTypes = [...]types.ParentType{types.ParentTypeRoot, types.ParentTypeOrganizationalUnit}
)

// A node is the root, an OU or an account: what policies can be attached to.
type node struct {
	kind          kind
	id, arn, name string
	parent        *node                    // nil of the root
	children      btree.Map[string, *node] // by id; an account has none
	tags          tagSet
	account       *membership // of an account

	attached [policyTypes]btree.Map[string, *policy] // by id
	// compiled are the attached policies as decisions take them. A change makes
	// another slice: those that were published are shared.
	compiled [policyTypes][]*enforce.Policy
}

// A membership is what the organization knows of an account.
type membership struct {
	email     string
	method    types.AccountJoinedMethod
	joined    time.Time
	closed    time.Time                    // zero while it is open
	delegated btree.Map[string, time.Time] // services that it administers, and since when
}

// add puts a node into the tree. Every node has AWS's own policies of the types
// that are enabled.
func (o *organization) add(n, parent *node) *node {
	n.parent = parent
	if parent != nil {
		parent.children.Set(n.id, n)
	}
	o.nodes[n.id] = n
	switch n.kind {
	case unitKind:
		o.units.Set(n.id, n)
	case accountKind:
		o.accounts.Set(n.id, n)
	}
	for t := range policyTypes {
		if o.enabled[t] {
			full, _ := o.policies.Get(descriptions[t].full)
			o.attach(full, n)
		}
	}
	return n
}

// remove takes a node that has no children out of the tree.
func (o *organization) remove(n *node) {
	for t := range policyTypes {
		o.detachAll(n, t)
	}
	n.parent.children.Delete(n.id)
	delete(o.nodes, n.id)
	o.units.Delete(n.id)
	o.accounts.Delete(n.id)
}

// path is the path in the organization: "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/".
func (o *organization) path(n *node) string {
	if n.parent == nil {
		return o.id + "/" + n.id + "/"
	}
	return o.path(n.parent) + n.id + "/"
}

// depth is how many OUs there are from the root to the node, itself included.
func (n *node) depth() int {
	if n.kind == rootKind {
		return 0
	}
	return n.parent.depth() + 1
}

// container finds the root or an OU; nil when there is none.
func (r *request) container(id *string) *node {
	if n := r.get(id).node; n != nil && n.kind != accountKind {
		return n
	}
	return nil
}

// parent is container with the error of an operation on what a node contains.
func (r *request) parent(id *string) (*node, error) {
	if n := r.container(id); n != nil {
		return n, nil
	}
	return nil, &types.ParentNotFoundException{Message: aws.String(noParent)}
}

// target finds what a policy can be attached to.
func (r *request) target(id *string) (*node, error) {
	if n := r.get(id).node; n != nil {
		return n, nil
	}
	return nil, &types.TargetNotFoundException{Message: aws.String(noTarget)}
}

// listRoots lists the one root.
func (s *Fake) listRoots(call *fakeaws.Call, in *sdk.ListRootsInput) (*fakeaws.Plan[*sdk.ListRootsOutput], error) {
	return onOrganization(s, call, in, readers, about{}, func(r *request) (*sdk.ListRootsOutput, error) {
		p, err := paged([]*node{r.root}, nodeID, in.NextToken, in.MaxResults, r.rootView)
		return &sdk.ListRootsOutput{Roots: p.Items, NextToken: p.Next}, err
	})
}

// rootView is the root as AWS describes it.
func (o *organization) rootView(n *node) types.Root {
	v := types.Root{Arn: aws.String(n.arn), Id: aws.String(n.id), Name: aws.String(n.name), PolicyTypes: []types.PolicyTypeSummary{}}
	for t, d := range descriptions {
		if o.enabled[t] {
			v.PolicyTypes = append(v.PolicyTypes, types.PolicyTypeSummary{Type: d.name, Status: types.PolicyTypeStatusEnabled})
		}
	}
	return v
}

// listChildren lists the OUs or the accounts in the root or an OU.
func (s *Fake) listChildren(call *fakeaws.Call, in *sdk.ListChildrenInput) (*fakeaws.Plan[*sdk.ListChildrenOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.ParentId}}, func(r *request) (*sdk.ListChildrenOutput, error) {
		parent, err := r.parent(in.ParentId)
		if err != nil {
			return nil, err
		}
		want := accountKind
		if in.ChildType == types.ChildTypeOrganizationalUnit {
			want = unitKind
		}
		p, err := paged(parent.contained(want), nodeID, in.NextToken, in.MaxResults, func(n *node) types.Child {
			return types.Child{Id: aws.String(n.id), Type: in.ChildType}
		})
		return &sdk.ListChildrenOutput{Children: p.Items, NextToken: p.Next}, err
	})
}

// contained are the children of a kind.
func (n *node) contained(k kind) []*node {
	var found []*node
	n.children.Scan(func(_ string, child *node) bool {
		if child.kind == k {
			found = append(found, child)
		}
		return true
	})
	return found
}

// listParents lists the one parent of an OU or account.
func (s *Fake) listParents(call *fakeaws.Call, in *sdk.ListParentsInput) (*fakeaws.Plan[*sdk.ListParentsOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.ChildId}}, func(r *request) (*sdk.ListParentsOutput, error) {
		n := r.get(in.ChildId).node
		if n == nil || n.parent == nil {
			return nil, &types.ChildNotFoundException{Message: aws.String(noChild)}
		}
		p, err := paged([]*node{n.parent}, nodeID, in.NextToken, in.MaxResults, func(n *node) types.Parent {
			return types.Parent{Id: aws.String(n.id), Type: parentTypes[n.kind]}
		})
		return &sdk.ListParentsOutput{Parents: p.Items, NextToken: p.Next}, err
	})
}

func nodeID(n *node) string { return n.id }
