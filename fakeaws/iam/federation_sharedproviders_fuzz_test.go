package iam

import (
	"testing"

	"github.com/leastpriv/leastpriv/enforce"
)

// Whatever a trust policy looks like, reading whom it trusts ends, and another statement
// beside it changes nothing.
func FuzzSharedProviders(f *testing.F) {
	for _, statement := range []string{
		`{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/gitlab.com"},"Action":"sts:AssumeRoleWithWebIdentity"}`,
		`{"Effect":"Allow","Principal":{"Federated":["accounts.google.com","cognito-identity.amazonaws.com"]},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":["a",true,1]}}}`,
		`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"Bool":{"aws:SecureTransport":true}}}`,
		`{"Effect":"Deny","Principal":{"AWS":"1"},"Action":"sts:AssumeRole"}`,
	} {
		f.Add(statement)
	}
	f.Fuzz(func(t *testing.T, statement string) {
		p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+statement+`]}`, enforce.TrustPolicy, enforce.Source{})
		if err != nil {
			return
		}
		one := checkSharedProviders(p)
		twice, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+statement+`,{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}`, enforce.TrustPolicy, enforce.Source{})
		if err == nil && (checkSharedProviders(twice) == nil) != (one == nil) {
			t.Fatalf("%s is %v alone", statement, one)
		}
	})
}
