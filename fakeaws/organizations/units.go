package organizations

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// Quotas of "Quotas and service limits for AWS Organizations".
const (
	maxUnits = 2000
	maxDepth = 5
)

// CreateOrganizationalUnit makes an OU in the root or another OU.
func (s *Fake) CreateOrganizationalUnit(ctx context.Context, in *sdk.CreateOrganizationalUnitInput) (*sdk.CreateOrganizationalUnitOutput, error) {
	return changing(ctx, s, in, func(o *organization) (*sdk.CreateOrganizationalUnitOutput, error) {
		parent, err := o.parent(in.ParentId)
		if err != nil {
			return nil, err
		}
		var tags tagSet
		if err := tags.put(in.Tags); err != nil {
			return nil, err
		}
		switch {
		case o.units.Len() >= maxUnits:
			return nil, violates(types.ConstraintViolationExceptionReasonOuNumberLimitExceeded, tooManyUnits)
		case parent.depth() >= maxDepth:
			return nil, violates(types.ConstraintViolationExceptionReasonOuDepthLimitExceeded, tooDeep)
		}
		if err := parent.hasNoUnit(*in.Name, nil); err != nil {
			return nil, err
		}
		id := "ou-" + o.root.id[len("r-"):] + "-" + s.world.IDs().Lower(8)
		n := o.add(&node{kind: unitKind, id: id, arn: o.arn("ou", o.id, id), name: *in.Name, tags: tags}, parent)
		return &sdk.CreateOrganizationalUnitOutput{OrganizationalUnit: o.unitView(n)}, nil
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
func (o *organization) unit(id *string) (*node, error) {
	if n, ok := o.units.Get(*id); ok {
		return n, nil
	}
	return nil, &types.OrganizationalUnitNotFoundException{Message: aws.String(noUnit)}
}

func (o *organization) unitView(n *node) *types.OrganizationalUnit {
	return &types.OrganizationalUnit{
		Arn: aws.String(n.arn), Id: aws.String(n.id), Name: aws.String(n.name), Path: aws.String(o.path(n)),
	}
}

// DescribeOrganizationalUnit describes an OU.
func (s *Fake) DescribeOrganizationalUnit(ctx context.Context, in *sdk.DescribeOrganizationalUnitInput) (*sdk.DescribeOrganizationalUnitOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.DescribeOrganizationalUnitOutput, error) {
		n, err := o.unit(in.OrganizationalUnitId)
		if err != nil {
			return nil, err
		}
		return &sdk.DescribeOrganizationalUnitOutput{OrganizationalUnit: o.unitView(n)}, nil
	})
}

// UpdateOrganizationalUnit renames an OU.
func (s *Fake) UpdateOrganizationalUnit(ctx context.Context, in *sdk.UpdateOrganizationalUnitInput) (*sdk.UpdateOrganizationalUnitOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.UpdateOrganizationalUnitOutput, error) {
		n, err := o.unit(in.OrganizationalUnitId)
		if err != nil {
			return nil, err
		}
		if in.Name != nil {
			if err := n.parent.hasNoUnit(*in.Name, n); err != nil {
				return nil, err
			}
			n.name = *in.Name
		}
		return &sdk.UpdateOrganizationalUnitOutput{OrganizationalUnit: o.unitView(n)}, nil
	})
}

// DeleteOrganizationalUnit deletes an OU that nothing is in.
func (s *Fake) DeleteOrganizationalUnit(ctx context.Context, in *sdk.DeleteOrganizationalUnitInput) (*sdk.DeleteOrganizationalUnitOutput, error) {
	return changing(ctx, s, in, func(o *organization) (*sdk.DeleteOrganizationalUnitOutput, error) {
		n, err := o.unit(in.OrganizationalUnitId)
		if err != nil {
			return nil, err
		}
		if n.children.Len() > 0 {
			return nil, &types.OrganizationalUnitNotEmptyException{Message: aws.String(unitNotEmpty)}
		}
		o.remove(n)
		return &sdk.DeleteOrganizationalUnitOutput{}, nil
	})
}

// ListOrganizationalUnitsForParent lists the OUs in the root or an OU.
func (s *Fake) ListOrganizationalUnitsForParent(ctx context.Context, in *sdk.ListOrganizationalUnitsForParentInput) (*sdk.ListOrganizationalUnitsForParentOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListOrganizationalUnitsForParentOutput, error) {
		parent, err := o.parent(in.ParentId)
		if err != nil {
			return nil, err
		}
		p, err := paged(parent.contained(unitKind), nodeID, in.NextToken, in.MaxResults, func(n *node) types.OrganizationalUnit {
			return *o.unitView(n)
		})
		return &sdk.ListOrganizationalUnitsForParentOutput{OrganizationalUnits: p.items, NextToken: p.next}, err
	})
}
