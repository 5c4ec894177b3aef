package organizations

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/tidwall/btree"
)

// checkPrincipal refuses what cannot be a service principal. AWS refuses each one
// that it does not know, and publishes no list of them.
func checkPrincipal(service *string) error {
	if !strings.HasSuffix(*service, ".amazonaws.com") {
		return invalidInput(types.InvalidInputExceptionReasonUnrecognizedServicePrincipal, unknownService)
	}
	return nil
}

// A since is a service and the time from which on it is trusted, or administered.
type since struct {
	service string
	at      time.Time
}

func sinces(m *btree.Map[string, time.Time]) []since {
	var all []since
	m.Scan(func(service string, at time.Time) bool {
		all = append(all, since{service, at})
		return true
	})
	return all
}

func (s since) key() string { return s.service }

// EnableAWSServiceAccess gives a service trusted access to the organization.
func (s *Fake) EnableAWSServiceAccess(ctx context.Context, in *sdk.EnableAWSServiceAccessInput) (*sdk.EnableAWSServiceAccessOutput, error) {
	return changing(ctx, s, in, func(o *organization) (*sdk.EnableAWSServiceAccessOutput, error) {
		if err := checkPrincipal(in.ServicePrincipal); err != nil {
			return nil, err
		}
		if _, there := o.trusted.Get(*in.ServicePrincipal); !there {
			o.trusted.Set(*in.ServicePrincipal, s.now())
		}
		return &sdk.EnableAWSServiceAccessOutput{}, nil
	})
}

// DisableAWSServiceAccess takes a service's trusted access away.
func (s *Fake) DisableAWSServiceAccess(ctx context.Context, in *sdk.DisableAWSServiceAccessInput) (*sdk.DisableAWSServiceAccessOutput, error) {
	return changing(ctx, s, in, func(o *organization) (*sdk.DisableAWSServiceAccessOutput, error) {
		if err := checkPrincipal(in.ServicePrincipal); err != nil {
			return nil, err
		}
		o.trusted.Delete(*in.ServicePrincipal)
		return &sdk.DisableAWSServiceAccessOutput{}, nil
	})
}

// ListAWSServiceAccessForOrganization lists the services with trusted access.
func (s *Fake) ListAWSServiceAccessForOrganization(ctx context.Context, in *sdk.ListAWSServiceAccessForOrganizationInput) (*sdk.ListAWSServiceAccessForOrganizationOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListAWSServiceAccessForOrganizationOutput, error) {
		p, err := paged(sinces(&o.trusted), since.key, in.NextToken, in.MaxResults, func(s since) types.EnabledServicePrincipal {
			return types.EnabledServicePrincipal{ServicePrincipal: aws.String(s.service), DateEnabled: aws.Time(s.at)}
		})
		return &sdk.ListAWSServiceAccessForOrganizationOutput{EnabledServicePrincipals: p.items, NextToken: p.next}, err
	})
}

// RegisterDelegatedAdministrator lets a member account administer a service for
// the organization. It may then also ask what the organization has.
func (s *Fake) RegisterDelegatedAdministrator(ctx context.Context, in *sdk.RegisterDelegatedAdministratorInput) (*sdk.RegisterDelegatedAdministratorOutput, error) {
	return changing(ctx, s, in, func(o *organization) (*sdk.RegisterDelegatedAdministratorOutput, error) {
		if err := checkPrincipal(in.ServicePrincipal); err != nil {
			return nil, err
		}
		n, err := o.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		_, trusted := o.trusted.Get(*in.ServicePrincipal)
		_, registered := n.account.delegated.Get(*in.ServicePrincipal)
		switch {
		case n.id == o.management:
			return nil, violates(types.ConstraintViolationExceptionReasonCannotRegisterMasterAsDelegatedAdministrator, managementAdministers)
		case !trusted:
			return nil, violates(types.ConstraintViolationExceptionReasonServiceAccessNotEnabled, notTrusted)
		case registered:
			return nil, &types.AccountAlreadyRegisteredException{Message: aws.String(registeredAlready)}
		}
		n.account.delegated.Set(*in.ServicePrincipal, s.now())
		return &sdk.RegisterDelegatedAdministratorOutput{}, nil
	})
}

// DeregisterDelegatedAdministrator ends that a member account administers a
// service.
func (s *Fake) DeregisterDelegatedAdministrator(ctx context.Context, in *sdk.DeregisterDelegatedAdministratorInput) (*sdk.DeregisterDelegatedAdministratorOutput, error) {
	return changing(ctx, s, in, func(o *organization) (*sdk.DeregisterDelegatedAdministratorOutput, error) {
		if err := checkPrincipal(in.ServicePrincipal); err != nil {
			return nil, err
		}
		n, err := o.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		if _, registered := n.account.delegated.Delete(*in.ServicePrincipal); !registered {
			return nil, &types.AccountNotRegisteredException{Message: aws.String(notRegistered)}
		}
		return &sdk.DeregisterDelegatedAdministratorOutput{}, nil
	})
}

// ListDelegatedAdministrators lists the accounts that administer a service, or
// any service.
func (s *Fake) ListDelegatedAdministrators(ctx context.Context, in *sdk.ListDelegatedAdministratorsInput) (*sdk.ListDelegatedAdministratorsOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListDelegatedAdministratorsOutput, error) {
		var found []*node
		o.accounts.Scan(func(_ string, n *node) bool {
			if services := n.account.delegated.Keys(); len(services) > 0 && (in.ServicePrincipal == nil || slices.Contains(services, *in.ServicePrincipal)) {
				found = append(found, n)
			}
			return true
		})
		p, err := paged(found, nodeID, in.NextToken, in.MaxResults, func(n *node) types.DelegatedAdministrator {
			a, first := o.accountView(n), sinces(&n.account.delegated)[0].at
			for _, s := range sinces(&n.account.delegated) {
				if s.at.Before(first) {
					first = s.at
				}
			}
			return types.DelegatedAdministrator{
				Arn: a.Arn, DelegationEnabledDate: aws.Time(first), Email: a.Email, Id: a.Id, JoinedMethod: a.JoinedMethod,
				JoinedTimestamp: a.JoinedTimestamp, Name: a.Name, State: a.State, Status: a.Status,
			}
		})
		return &sdk.ListDelegatedAdministratorsOutput{DelegatedAdministrators: p.items, NextToken: p.next}, err
	})
}

// ListDelegatedServicesForAccount lists the services that an account
// administers.
func (s *Fake) ListDelegatedServicesForAccount(ctx context.Context, in *sdk.ListDelegatedServicesForAccountInput) (*sdk.ListDelegatedServicesForAccountOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListDelegatedServicesForAccountOutput, error) {
		n, err := o.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		if n.account.delegated.Len() == 0 {
			return nil, &types.AccountNotRegisteredException{Message: aws.String(notRegistered)}
		}
		p, err := paged(sinces(&n.account.delegated), since.key, in.NextToken, in.MaxResults, func(s since) types.DelegatedService {
			return types.DelegatedService{ServicePrincipal: aws.String(s.service), DelegationEnabledDate: aws.Time(s.at)}
		})
		return &sdk.ListDelegatedServicesForAccountOutput{DelegatedServices: p.items, NextToken: p.next}, err
	})
}
