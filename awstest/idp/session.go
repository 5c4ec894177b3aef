package idp

import (
	"context"

	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/awstest"
)

// sessionName names a session as its role, as far as the shortest name allows.
func sessionName(role *awstest.Principal) *string {
	name := role.Name()
	if len(name) < 2 {
		name += "-session"
	}
	return &name
}

// assume makes a principal of the session that an unsigned call of STS gives.
func assume(a *awstest.Account, call func(context.Context, *awssts.Client) (*awssts.AssumeRoleOutput, error)) (*awstest.Principal, error) {
	a.TB().Helper()
	out, err := call(a.TB().Context(), awssts.NewFromConfig(a.Anonymous().Config()))
	if err != nil {
		return nil, err
	}
	return a.NewSession(out.AssumedRoleUser, out.Credentials), nil
}
