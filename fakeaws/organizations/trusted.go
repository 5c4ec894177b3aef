package organizations

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) trustedOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.enableAWSServiceAccess),
		fakeaws.Bind(s.disableAWSServiceAccess),
		fakeaws.Bind(s.listAWSServiceAccessForOrganization),
		fakeaws.Bind(s.registerDelegatedAdministrator),
		fakeaws.Bind(s.deregisterDelegatedAdministrator),
		fakeaws.Bind(s.listDelegatedAdministrators),
		fakeaws.Bind(s.listDelegatedServicesForAccount),
	}
}

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

// enableAWSServiceAccess gives a service trusted access to the organization.
func (s *Fake) enableAWSServiceAccess(call *fakeaws.Call, in *sdk.EnableAWSServiceAccessInput) (*fakeaws.Plan[*sdk.EnableAWSServiceAccessOutput], error) {
	return changing(s, call, in, management, about{service: in.ServicePrincipal}, func(r *request) (*sdk.EnableAWSServiceAccessOutput, error) {
		if err := checkPrincipal(in.ServicePrincipal); err != nil {
			return nil, err
		}
		if _, there := r.trusted.Get(*in.ServicePrincipal); !there {
			r.trusted.Set(*in.ServicePrincipal, s.now())
		}
		return &sdk.EnableAWSServiceAccessOutput{}, nil
	})
}

// disableAWSServiceAccess takes a service's trusted access away.
func (s *Fake) disableAWSServiceAccess(call *fakeaws.Call, in *sdk.DisableAWSServiceAccessInput) (*fakeaws.Plan[*sdk.DisableAWSServiceAccessOutput], error) {
	return changing(s, call, in, management, about{service: in.ServicePrincipal}, func(r *request) (*sdk.DisableAWSServiceAccessOutput, error) {
		if err := checkPrincipal(in.ServicePrincipal); err != nil {
			return nil, err
		}
		r.trusted.Delete(*in.ServicePrincipal)
		return &sdk.DisableAWSServiceAccessOutput{}, nil
	})
}

// listAWSServiceAccessForOrganization lists the services with trusted access.
func (s *Fake) listAWSServiceAccessForOrganization(call *fakeaws.Call, in *sdk.ListAWSServiceAccessForOrganizationInput) (*fakeaws.Plan[*sdk.ListAWSServiceAccessForOrganizationOutput], error) {
	return onOrganization(s, call, in, readers, about{}, func(r *request) (*sdk.ListAWSServiceAccessForOrganizationOutput, error) {
		p, err := paged(sinces(&r.trusted), since.key, in.NextToken, in.MaxResults, func(s since) types.EnabledServicePrincipal {
			return types.EnabledServicePrincipal{ServicePrincipal: aws.String(s.service), DateEnabled: aws.Time(s.at)}
		})
		return &sdk.ListAWSServiceAccessForOrganizationOutput{EnabledServicePrincipals: p.Items, NextToken: p.Next}, err
	})
}

// registerDelegatedAdministrator lets a member account administer a service for
// the organization. It may then also ask what the organization has.
func (s *Fake) registerDelegatedAdministrator(call *fakeaws.Call, in *sdk.RegisterDelegatedAdministratorInput) (*fakeaws.Plan[*sdk.RegisterDelegatedAdministratorOutput], error) {
	return changing(s, call, in, management, about{ids: []*string{in.AccountId}, service: in.ServicePrincipal}, func(r *request) (*sdk.RegisterDelegatedAdministratorOutput, error) {
		if err := checkPrincipal(in.ServicePrincipal); err != nil {
			return nil, err
		}
		n, err := r.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		_, trusted := r.trusted.Get(*in.ServicePrincipal)
		_, registered := n.account.delegated.Get(*in.ServicePrincipal)
		switch {
		case n.id == r.management:
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

// deregisterDelegatedAdministrator ends that a member account administers a
// service.
func (s *Fake) deregisterDelegatedAdministrator(call *fakeaws.Call, in *sdk.DeregisterDelegatedAdministratorInput) (*fakeaws.Plan[*sdk.DeregisterDelegatedAdministratorOutput], error) {
	return changing(s, call, in, management, about{ids: []*string{in.AccountId}, service: in.ServicePrincipal}, func(r *request) (*sdk.DeregisterDelegatedAdministratorOutput, error) {
		if err := checkPrincipal(in.ServicePrincipal); err != nil {
			return nil, err
		}
		n, err := r.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		if _, registered := n.account.delegated.Delete(*in.ServicePrincipal); !registered {
			return nil, &types.AccountNotRegisteredException{Message: aws.String(notRegistered)}
		}
		return &sdk.DeregisterDelegatedAdministratorOutput{}, nil
	})
}

// listDelegatedAdministrators lists the accounts that administer a service, or
// any service.
func (s *Fake) listDelegatedAdministrators(call *fakeaws.Call, in *sdk.ListDelegatedAdministratorsInput) (*fakeaws.Plan[*sdk.ListDelegatedAdministratorsOutput], error) {
	return onOrganization(s, call, in, readers, about{service: in.ServicePrincipal}, func(r *request) (*sdk.ListDelegatedAdministratorsOutput, error) {
		var found []*node
		r.accounts.Scan(func(_ string, n *node) bool {
			if services := n.account.delegated.Keys(); len(services) > 0 && (in.ServicePrincipal == nil || slices.Contains(services, *in.ServicePrincipal)) {
				found = append(found, n)
			}
			return true
		})
		p, err := paged(found, nodeID, in.NextToken, in.MaxResults, func(n *node) types.DelegatedAdministrator {
			a, first := r.accountView(n), sinces(&n.account.delegated)[0].at
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
		return &sdk.ListDelegatedAdministratorsOutput{DelegatedAdministrators: p.Items, NextToken: p.Next}, err
	})
}

// listDelegatedServicesForAccount lists the services that an account
// administers.
func (s *Fake) listDelegatedServicesForAccount(call *fakeaws.Call, in *sdk.ListDelegatedServicesForAccountInput) (*fakeaws.Plan[*sdk.ListDelegatedServicesForAccountOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.AccountId}}, func(r *request) (*sdk.ListDelegatedServicesForAccountOutput, error) {
		n, err := r.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		if n.account.delegated.Len() == 0 {
			return nil, &types.AccountNotRegisteredException{Message: aws.String(notRegistered)}
		}
		p, err := paged(sinces(&n.account.delegated), since.key, in.NextToken, in.MaxResults, func(s since) types.DelegatedService {
			return types.DelegatedService{ServicePrincipal: aws.String(s.service), DelegationEnabledDate: aws.Time(s.at)}
		})
		return &sdk.ListDelegatedServicesForAccountOutput{DelegatedServices: p.Items, NextToken: p.Next}, err
	})
}
