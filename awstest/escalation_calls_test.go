package awstest_test

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// allowEverything is what an attacker writes.
const allowEverything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// calls are the calls of an attacker, in an order that does not matter: what one takes away
// another may need, so that all are tried again as long as one works.
func (b *brute) calls(cfg aws.Config, as string) map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{}
	c := iam.NewFromConfig(cfg)
	admin, p1 := "arn:aws:iam::aws:policy/AdministratorAccess", inAccount+"policy/p1"
	for _, user := range []string{"mallory", "other"} {
		all["PutUserPolicy "+user] = func(ctx context.Context) error {
			return second(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &user, PolicyName: aws.String("policy-1"), PolicyDocument: aws.String(allowEverything)}))
		}
		for _, arn := range []string{admin, p1} {
			all["AttachUserPolicy "+user+arn] = func(ctx context.Context) error {
				return second(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &user, PolicyArn: &arn}))
			}
		}
		all["DeleteUserPermissionsBoundary "+user] = func(ctx context.Context) error {
			return second(c.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: &user}))
		}
		all["PutUserPermissionsBoundary "+user] = func(ctx context.Context) error {
			return second(c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: &user, PermissionsBoundary: &admin}))
		}
		all["AddUserToGroup "+user] = func(ctx context.Context) error {
			return second(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: &user, GroupName: aws.String("g1")}))
		}
		all["CreateAccessKey "+user] = func(ctx context.Context) error {
			out, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user})
			if err == nil {
				b.hold(inAccount+"user/"+user, keyed(cfg, *out.AccessKey.AccessKeyId, *out.AccessKey.SecretAccessKey, ""))
			}
			return err
		}
	}
	all["PutGroupPolicy"] = func(ctx context.Context) error {
		return second(c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: aws.String("g1"), PolicyName: aws.String("policy-1"), PolicyDocument: aws.String(allowEverything)}))
	}
	all["AttachGroupPolicy"] = func(ctx context.Context) error {
		return second(c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: aws.String("g1"), PolicyArn: &admin}))
	}
	all["PutRolePolicy"] = func(ctx context.Context) error {
		return second(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("r1"), PolicyName: aws.String("policy-1"), PolicyDocument: aws.String(allowEverything)}))
	}
	all["AttachRolePolicy"] = func(ctx context.Context) error {
		return second(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("r1"), PolicyArn: &admin}))
	}
	all["CreatePolicyVersion"] = func(ctx context.Context) error {
		return second(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &p1, PolicyDocument: aws.String(allowEverything), SetAsDefault: true}))
	}
	all["UpdateAssumeRolePolicy"] = func(ctx context.Context) error {
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["000000000000","` + strings.Replace(as, ":user/r1", ":role/r1", 1) + `"]},"Action":"sts:AssumeRole"}]}`
		return second(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("r1"), PolicyDocument: &trust}))
	}
	all["AssumeRole"] = func(ctx context.Context) error {
		out, err := sts.NewFromConfig(cfg).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(inAccount + "role/r1"), RoleSessionName: aws.String("session")})
		if err == nil {
			b.hold(inAccount+"role/r1", keyed(cfg, *out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken))
		}
		return err
	}
	return all
}

func second[T any](_ T, err error) error { return err }
