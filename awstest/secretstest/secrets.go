// Package secretstest seeds and inspects the secrets of the accounts of package awstest. Only
// tests that import it link the fake of AWS Secrets Manager:
//
//	acct := awstest.New(t, secretstest.With())
//	db := secretstest.Of(acct).Create("prod/db", "hunter2")
//	role := acct.NewRole("api", awstest.Allow("secretsmanager:GetSecretValue").On(db.ARN()))
package secretstest

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/internal/fixture"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
)

// With gives a World AWS Secrets Manager: an option of [awstest.New].
func With() awstest.Option { return awstest.With(secretsmanager.Service) }

// Secrets are those of an account in one region, for Go code that seeds and inspects them
// past the clients: no policy is asked, and [awstest.Account.Calls] shows nothing of it.
// What goes wrong ends the test.
type Secrets struct {
	account *awstest.Account
	region  string
}

// Of returns the account's secrets in its region.
func Of(a *awstest.Account) *Secrets { return &Secrets{a, a.Region()} }

// In returns the account's secrets in another region.
func (s *Secrets) In(region string) *Secrets { return &Secrets{s.account, region} }

// Create makes a secret with a value.
func (s *Secrets) Create(name, value string) *Secret {
	s.account.TB().Helper()
	return s.CreateSecret(&sm.CreateSecretInput{Name: &name, SecretString: &value})
}

// CreateSecret makes a secret with all that CreateSecret can give it.
func (s *Secrets) CreateSecret(in *sm.CreateSecretInput) *Secret {
	s.account.TB().Helper()
	do[sm.CreateSecretOutput](s, aws.ToString(in.Name), in)
	return s.Secret(aws.ToString(in.Name))
}

// Secret returns a secret that exists.
func (s *Secrets) Secret(name string) *Secret {
	s.account.TB().Helper()
	if _, ok := s.fake().Secret(s.account.ID(), s.region, name); !ok {
		s.account.TB().Fatalf("secretstest: no secret %s in %s of %s; there are: %s", name, s.region, s.account.ID(), strings.Join(s.Names(), ", "))
		return nil
	}
	return &Secret{s, name}
}

// Names returns the names of the secrets, in order.
func (s *Secrets) Names() []string { return s.fake().Names(s.account.ID(), s.region) }

// RotateWith has Go code stand for the Lambda function with an ARN, in a World without Lambda,
// when a secret is rotated. It gets the events of the four steps, and makes its calls as the
// role of the function. The function's policy must let secretsmanager.amazonaws.com invoke it:
// [awstest.Account.SetResourcePolicy] gives it one.
func (s *Secrets) RotateWith(functionARN string, rotate func(context.Context, secretsmanager.RotationEvent) error) {
	s.account.World().Receive(functionARN, func(ctx context.Context, d *fakeaws.Delivery) ([]byte, error) {
		var event secretsmanager.RotationEvent
		if err := json.Unmarshal(d.Body, &event); err != nil {
			return nil, err
		}
		return nil, rotate(ctx, event)
	})
}

func (s *Secrets) fake() *secretsmanager.Fake {
	s.account.TB().Helper()
	fixture.Require(s.account, "secretsmanager", "Secrets Manager", "secretstest")
	return secretsmanager.Of(s.account.World())
}

// do performs an operation by the World's own hand.
func do[O any](s *Secrets, subject string, in any) *O {
	s.account.TB().Helper()
	s.fake()
	return fixture.Do[O](s.account, s.region, "secretstest: "+subject, in)
}

// A Secret is one secret that Go code seeds and inspects.
type Secret struct {
	secrets *Secrets
	name    string
}

// Name returns the secret's name.
func (x *Secret) Name() string { return x.name }

// ARN returns the secret's ARN, with its six random characters.
func (x *Secret) ARN() string { return x.State().ARN }

// State returns all that the secret has: versions, labels, tags, policy.
func (x *Secret) State() secretsmanager.Secret {
	x.secrets.account.TB().Helper()
	state, ok := x.secrets.fake().Secret(x.secrets.account.ID(), x.secrets.region, x.name)
	if !ok {
		x.secrets.account.TB().Fatalf("secretstest: the secret %s is gone", x.name)
	}
	return state
}

// Value returns the string that the secret has now: of the version AWSCURRENT.
func (x *Secret) Value() string {
	x.secrets.account.TB().Helper()
	return x.Labeled("AWSCURRENT").String
}

// Labeled returns the version with a staging label: "AWSPREVIOUS", "AWSPENDING".
func (x *Secret) Labeled(label string) secretsmanager.Version {
	x.secrets.account.TB().Helper()
	state := x.State()
	version, ok := state.Version(label)
	if !ok {
		x.secrets.account.TB().Fatalf("secretstest: no version of %s has the label %s", x.name, label)
	}
	return version
}

// Set puts a value into the secret, which has it as AWSCURRENT from then on.
func (x *Secret) Set(value string) {
	x.secrets.account.TB().Helper()
	do[sm.PutSecretValueOutput](x.secrets, x.name, &sm.PutSecretValueInput{SecretId: &x.name, SecretString: &value})
}

// SetPolicy gives the secret a resource policy of statements, which need no resources.
func (x *Secret) SetPolicy(statements ...awstest.Statement) {
	x.secrets.account.TB().Helper()
	do[sm.PutResourcePolicyOutput](x.secrets, "policy of "+x.name, &sm.PutResourcePolicyInput{SecretId: &x.name, ResourcePolicy: aws.String(awstest.Document(statements...))})
}

// SetTag gives the secret a tag.
func (x *Secret) SetTag(key, value string) {
	x.secrets.account.TB().Helper()
	do[sm.TagResourceOutput](x.secrets, "tag of "+x.name, &sm.TagResourceInput{SecretId: &x.name, Tags: []types.Tag{{Key: &key, Value: &value}}})
}
