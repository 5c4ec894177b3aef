package iam

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// serviceCredentialOps are the operations on service-specific credentials.
func (s *Fake) serviceCredentialOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createServiceSpecificCredential),
		fakeaws.Bind(s.listServiceSpecificCredentials),
		fakeaws.Bind(s.updateServiceSpecificCredential),
		fakeaws.Bind(s.resetServiceSpecificCredential),
		fakeaws.Bind(s.deleteServiceSpecificCredential),
	}
}

const (
	// maxServiceCredentials is the quota per user and service.
	maxServiceCredentials = 2
	// apiKeySecretDigits and apiKeyPrefix are the form of Amazon Bedrock's API
	// keys; that those of the other services have it too is unverified.
	apiKeySecretDigits = 44
	apiKeyPrefix       = "ABSK"
)

// credentialServices are the services that take credentials of their own, and
// whether these are API keys, which can expire (User Guide "API keys for AWS
// services"), or a user name and password.
var credentialServices = map[string]bool{
	"codecommit.amazonaws.com":             false,
	"cassandra.amazonaws.com":              false,
	"bedrock.amazonaws.com":                true,
	"aws-external-anthropic.amazonaws.com": true,
	"cloudwatch.amazonaws.com":             true,
	"logs.amazonaws.com":                   true,
}

func checkService(name string) error {
	if _, ok := credentialServices[name]; !ok {
		return noSuchEntity(noSuchService, name)
	}
	return nil
}

// A serviceCredential signs a user in to one service: with a user name and a
// password, or with an API key, whose name is the alias. The password or key is
// shown when it is made, and not kept.
type serviceCredential struct {
	id, service string
	name        string
	user        *entity
	status      types.StatusType
	created     time.Time
	expires     *time.Time
}

func (c *serviceCredential) credentialID() string { return c.id }

// names are the user name or the alias, whichever the credential has.
func (c *serviceCredential) names() (userName, alias *string) {
	if credentialServices[c.service] {
		return nil, aws.String(c.name)
	}
	return aws.String(c.name), nil
}

// state is the status at a time: what has expired can be made neither active
// nor inactive.
func (c *serviceCredential) state(now time.Time) types.StatusType {
	if c.expires != nil && !now.Before(*c.expires) {
		return types.StatusTypeExpired
	}
	return c.status
}

func (s *Fake) serviceView(c *serviceCredential) types.ServiceSpecificCredentialMetadata {
	userName, alias := c.names()
	return types.ServiceSpecificCredentialMetadata{
		CreateDate:                  aws.Time(c.created),
		ExpirationDate:              c.expires,
		ServiceCredentialAlias:      alias,
		ServiceName:                 aws.String(c.service),
		ServiceSpecificCredentialId: aws.String(c.id),
		ServiceUserName:             userName,
		Status:                      c.state(s.now()),
		UserName:                    aws.String(c.user.name),
	}
}

// renew makes a new password or API key for a credential and shows it.
func (s *Fake) renew(c *serviceCredential) *types.ServiceSpecificCredential {
	view := s.serviceView(c)
	out := &types.ServiceSpecificCredential{
		CreateDate:                  view.CreateDate,
		ExpirationDate:              view.ExpirationDate,
		ServiceCredentialAlias:      view.ServiceCredentialAlias,
		ServiceName:                 view.ServiceName,
		ServiceSpecificCredentialId: view.ServiceSpecificCredentialId,
		ServiceUserName:             view.ServiceUserName,
		Status:                      view.Status,
		UserName:                    view.UserName,
	}
	if !credentialServices[c.service] {
		out.ServicePassword = aws.String(s.world.IDs().Token(apiKeySecretDigits))
		return out
	}
	secret := c.name + ":" + s.world.IDs().Token(apiKeySecretDigits)
	out.ServiceCredentialSecret = aws.String(apiKeyPrefix + base64.StdEncoding.EncodeToString([]byte(secret)))
	return out
}

// credentialName is the user name or alias of a user's next credential for a
// service: with the account's id and, for the second one, a number.
func credentialName(u *entity, service string) string {
	for n := 0; ; n++ {
		name := u.name
		if n > 0 {
			name += fmt.Sprintf("+%d", n)
		}
		name += "-at-" + u.account.id
		taken := func(c *serviceCredential) bool { return c.service == service && c.name == name }
		if !slices.ContainsFunc(u.user.services, taken) {
			return name
		}
	}
}

// onServiceCredential is onUserOrCaller with the condition key of the service that
// the credential is for.
func onServiceCredential(userName, id *string) target[*entity] {
	return func(l *lookup) (found[*entity], error) {
		f, err := onUserOrCaller(userName)(l)
		if err != nil {
			return f, err
		}
		if c, ok := l.account.signIn.services.Get(*id); ok {
			f.resources[0].keys = []contextKey{serviceName(&c.service)}
		}
		return f, nil
	}
}

func serviceName(service *string) contextKey {
	return optionalKey("iam:ServiceSpecificCredentialServiceName", service)
}

// requestAge is the key of a credential's age in days.
func requestAge(days *int32) contextKey {
	return func(c *enforce.Context, _ *resource) {
		if days != nil {
			c.Set("iam:ServiceSpecificCredentialAgeDays", strconv.Itoa(int(*days)))
		}
	}
}

// createServiceSpecificCredential makes a credential of a user for one service.
func (s *Fake) createServiceSpecificCredential(call *fakeaws.Call, in *sdk.CreateServiceSpecificCredentialInput) (*fakeaws.Plan[*sdk.CreateServiceSpecificCredentialOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.CreateServiceSpecificCredentialOutput, error) {
		service := *in.ServiceName
		if err := checkService(service); err != nil {
			return nil, err
		}
		if in.CredentialAgeDays != nil && !credentialServices[service] {
			return nil, constraint.Error(fmt.Sprintf(noExpiry, service))
		}
		have := 0
		for _, c := range u.user.services {
			if c.service == service {
				have++
			}
		}
		if have >= maxServiceCredentials {
			return nil, quotaExceeded(quotaServiceCreds, maxServiceCredentials)
		}
		c := &serviceCredential{
			id: s.world.IDs().Unique("ACCA"), service: service, name: credentialName(u, service),
			user: u, status: types.StatusTypeActive, created: s.now(),
		}
		if in.CredentialAgeDays != nil {
			c.expires = aws.Time(c.created.AddDate(0, 0, int(*in.CredentialAgeDays)))
		}
		u.user.services = append(u.user.services, c)
		u.account.signIn.services.Set(c.id, c)
		return &sdk.CreateServiceSpecificCredentialOutput{ServiceSpecificCredential: s.renew(c)}, nil
	}, serviceName(in.ServiceName), requestAge(in.CredentialAgeDays))
}

// listServiceSpecificCredentials lists the credentials of a user, by default the
// caller, or of all users, by id.
func (s *Fake) listServiceSpecificCredentials(call *fakeaws.Call, in *sdk.ListServiceSpecificCredentialsInput) (*fakeaws.Plan[*sdk.ListServiceSpecificCredentialsOutput], error) {
	answer := func(all page.Ascender[*serviceCredential]) (*sdk.ListServiceSpecificCredentialsOutput, error) {
		if in.ServiceName != nil {
			if err := checkService(*in.ServiceName); err != nil {
				return nil, err
			}
		}
		p, err := list(all, in.Marker, in.MaxItems, func(c *serviceCredential) (types.ServiceSpecificCredentialMetadata, bool) {
			return s.serviceView(c), in.ServiceName == nil || c.service == *in.ServiceName
		})
		return &sdk.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	}
	if !aws.ToBool(in.AllUsers) {
		return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.ListServiceSpecificCredentialsOutput, error) {
			return answer(byID(u.user.services))
		})
	}
	// What AWS evaluates for all users is unverified; it is what ListUsers is
	// evaluated on.
	return plan(s, call, in, listed("user", nil), func(a *account) (*sdk.ListServiceSpecificCredentialsOutput, error) {
		if in.UserName != nil {
			return nil, invalidInput(userAndAllUsers)
		}
		return answer(ascend(&a.signIn.services))
	})
}

// updateServiceSpecificCredential makes a credential active or inactive.
func (s *Fake) updateServiceSpecificCredential(call *fakeaws.Call, in *sdk.UpdateServiceSpecificCredentialInput) (*fakeaws.Plan[*sdk.UpdateServiceSpecificCredentialOutput], error) {
	return plan(s, call, in, onServiceCredential(in.UserName, in.ServiceSpecificCredentialId), func(u *entity) (*sdk.UpdateServiceSpecificCredentialOutput, error) {
		c, err := find(u.user.services, *in.ServiceSpecificCredentialId, noServiceCredential)
		if err != nil {
			return nil, err
		}
		if err := checkStatus(in.Status); err != nil {
			return nil, err
		}
		c.status = in.Status
		return &sdk.UpdateServiceSpecificCredentialOutput{}, nil
	})
}

// resetServiceSpecificCredential makes a new password or API key for a
// credential; the old one is no longer good.
func (s *Fake) resetServiceSpecificCredential(call *fakeaws.Call, in *sdk.ResetServiceSpecificCredentialInput) (*fakeaws.Plan[*sdk.ResetServiceSpecificCredentialOutput], error) {
	return plan(s, call, in, onServiceCredential(in.UserName, in.ServiceSpecificCredentialId), func(u *entity) (*sdk.ResetServiceSpecificCredentialOutput, error) {
		c, err := find(u.user.services, *in.ServiceSpecificCredentialId, noServiceCredential)
		if err != nil {
			return nil, err
		}
		return &sdk.ResetServiceSpecificCredentialOutput{ServiceSpecificCredential: s.renew(c)}, nil
	})
}

// deleteServiceSpecificCredential deletes a credential of a user.
func (s *Fake) deleteServiceSpecificCredential(call *fakeaws.Call, in *sdk.DeleteServiceSpecificCredentialInput) (*fakeaws.Plan[*sdk.DeleteServiceSpecificCredentialOutput], error) {
	return plan(s, call, in, onServiceCredential(in.UserName, in.ServiceSpecificCredentialId), func(u *entity) (*sdk.DeleteServiceSpecificCredentialOutput, error) {
		if _, err := find(u.user.services, *in.ServiceSpecificCredentialId, noServiceCredential); err != nil {
			return nil, err
		}
		u.user.services = without(u.user.services, *in.ServiceSpecificCredentialId)
		u.account.signIn.services.Delete(*in.ServiceSpecificCredentialId)
		return &sdk.DeleteServiceSpecificCredentialOutput{}, nil
	})
}
