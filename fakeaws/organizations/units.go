package organizations

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) unitOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createOrganizationalUnit),
		fakeaws.Bind(s.describeOrganizationalUnit),
		fakeaws.Bind(s.updateOrganizationalUnit),
		fakeaws.Bind(s.deleteOrganizationalUnit),
		fakeaws.Bind(s.listOrganizationalUnitsForParent),
	}
}

// Quotas of "Quotas and service limits for AWS Organizations".
const (
	maxUnits = 2000
	maxDepth = 5
)

// createOrganizationalUnit makes an OU in the root or another OU.
func (s *Fake) createOrganizationalUnit(call *fakeaws.Call, in *sdk.CreateOrganizationalUnitInput) (*fakeaws.Plan[*sdk.CreateOrganizationalUnitOutput], error) {
	return changing(s, call, in, management, about{ids: []*string{in.ParentId}, tags: in.Tags, creates: true}, func(r *request) (*sdk.CreateOrganizationalUnitOutput, error) {
		parent, err := r.parent(in.ParentId)
		if err != nil {
			return nil, err
		}
		var tags tagSet
		if err := tags.put(in.Tags); err != nil {
			return nil, err
		}
		switch {
		case r.units.Len() >= maxUnits:
			return nil, violates(types.ConstraintViolationExceptionReasonOuNumberLimitExceeded, tooManyUnits)
		case parent.depth() >= maxDepth:
			return nil, violates(types.ConstraintViolationExceptionReasonOuDepthLimitExceeded, tooDeep)
		}
		if err := parent.hasNoUnit(*in.Name, nil); err != nil {
			return nil, err
		}
		id := "ou-" + r.root.id[len("r-"):] + "-" + s.world.IDs().Lower(8)
		n := r.add(&node{kind: unitKind, id: id, arn: r.arn("ou", r.id, id), name: *in.Name, tags: tags}, parent)
		return &sdk.CreateOrganizationalUnitOutput{OrganizationalUnit: r.unitView(n)}, nil
	})
}

// hasNoUnit refuses a name that another OU in the same place has.
func (n *node) hasNoUnit(name string, except *node) error {
	for _, unit := range n.contained(unitKind) {
		if unit.name == name && unit != except {
			return &types.DuplicateOrganizationalUnitException{Message: aws.String(duplicateUnit)}
		}
	}
	return nil
}

// unit finds an OU.
func (r *request) unit(id *string) (*node, error) {
	if n := r.get(id).node; n != nil && n.kind == unitKind {
		return n, nil
	}
	return nil, &types.OrganizationalUnitNotFoundException{Message: aws.String(noUnit)}
}

func (o *organization) unitView(n *node) *types.OrganizationalUnit {
	return &types.OrganizationalUnit{
		Arn: aws.String(n.arn), Id: aws.String(n.id), Name: aws.String(n.name), Path: aws.String(o.path(n)),
	}
}

// describeOrganizationalUnit describes an OU.
func (s *Fake) describeOrganizationalUnit(call *fakeaws.Call, in *sdk.DescribeOrganizationalUnitInput) (*fakeaws.Plan[*sdk.DescribeOrganizationalUnitOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.OrganizationalUnitId}}, func(r *request) (*sdk.DescribeOrganizationalUnitOutput, error) {
		n, err := r.unit(in.OrganizationalUnitId)
		if err != nil {
			return nil, err
		}
		return &sdk.DescribeOrganizationalUnitOutput{OrganizationalUnit: r.unitView(n)}, nil
	})
}

// updateOrganizationalUnit renames an OU.
func (s *Fake) updateOrganizationalUnit(call *fakeaws.Call, in *sdk.UpdateOrganizationalUnitInput) (*fakeaws.Plan[*sdk.UpdateOrganizationalUnitOutput], error) {
	return onOrganization(s, call, in, management, about{ids: []*string{in.OrganizationalUnitId}}, func(r *request) (*sdk.UpdateOrganizationalUnitOutput, error) {
		n, err := r.unit(in.OrganizationalUnitId)
		if err != nil {
			return nil, err
		}
		if in.Name != nil {
			if err := n.parent.hasNoUnit(*in.Name, n); err != nil {
				return nil, err
			}
			n.name = *in.Name
		}
		return &sdk.UpdateOrganizationalUnitOutput{OrganizationalUnit: r.unitView(n)}, nil
	})
}

// deleteOrganizationalUnit deletes an OU that nothing is in.
func (s *Fake) deleteOrganizationalUnit(call *fakeaws.Call, in *sdk.DeleteOrganizationalUnitInput) (*fakeaws.Plan[*sdk.DeleteOrganizationalUnitOutput], error) {
	return changing(s, call, in, management, about{ids: []*string{in.OrganizationalUnitId}}, func(r *request) (*sdk.DeleteOrganizationalUnitOutput, error) {
		n, err := r.unit(in.OrganizationalUnitId)
		if err != nil {
			return nil, err
		}
		if n.children.Len() > 0 {
			return nil, &types.OrganizationalUnitNotEmptyException{Message: aws.String(unitNotEmpty)}
		}
		r.remove(n)
		return &sdk.DeleteOrganizationalUnitOutput{}, nil
	})
}

// listOrganizationalUnitsForParent lists the OUs in the root or an OU.
func (s *Fake) listOrganizationalUnitsForParent(call *fakeaws.Call, in *sdk.ListOrganizationalUnitsForParentInput) (*fakeaws.Plan[*sdk.ListOrganizationalUnitsForParentOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.ParentId}}, func(r *request) (*sdk.ListOrganizationalUnitsForParentOutput, error) {
		parent, err := r.parent(in.ParentId)
		if err != nil {
			return nil, err
		}
		p, err := paged(parent.contained(unitKind), nodeID, in.NextToken, in.MaxResults, func(n *node) types.OrganizationalUnit {
			return *r.unitView(n)
		})
		return &sdk.ListOrganizationalUnitsForParentOutput{OrganizationalUnits: p.Items, NextToken: p.Next}, err
	})
}
