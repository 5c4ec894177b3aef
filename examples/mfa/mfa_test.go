// Package mfa guards what is dangerous with MFA, and shows that a program gets the
// errors of credentials that do not work.
package mfa

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/leastpriv/leastpriv/awstest"
)

func TestDeletingUsersNeedsMFA(t *testing.T) {
	acct := awstest.New(t)
	admin := acct.NewUser("admin",
		awstest.Allow("iam:*"),
		awstest.Deny("iam:Delete*").If("BoolIfExists", "aws:MultiFactorAuthPresent", "false"))
	acct.NewUser("victim")
	list := func(ctx context.Context, cfg aws.Config) error {
		_, err := iam.NewFromConfig(cfg).ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String("victim")})
		return err
	}
	deletePolicy := func(ctx context.Context, cfg aws.Config) error {
		_, err := iam.NewFromConfig(cfg).DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: aws.String("victim"), PolicyName: aws.String("p")})
		return err
	}

	awstest.Cases{
		{Name: "reads without MFA", As: admin, Call: list, Want: awstest.WantAllowed()},
		// The keys of a user say nothing of MFA. With Bool instead of BoolIfExists
		// the deny would not be about them, and this case would fail.
		{Name: "deletes without MFA", As: admin, Call: deletePolicy, Want: awstest.WantDenied("iam:DeleteUserPolicy")},
		{Name: "with MFA", As: admin.WithMFA(), Call: deletePolicy, Want: awstest.WantError("NoSuchEntity")},
		{Name: "expired", As: admin.Expired(), Call: list, Want: awstest.WantError("ExpiredToken")},
		{Name: "deactivated", As: admin.Inactive(), Call: list, Want: awstest.WantError("InvalidClientTokenId")},
		{Name: "wrong secret", As: admin.WrongSecret(), Call: list, Want: awstest.WantError("SignatureDoesNotMatch")},
		{Name: "nobody", As: acct.Anonymous(), Call: list, Want: awstest.WantError("MissingAuthenticationToken")},
	}.Run(t)
}
