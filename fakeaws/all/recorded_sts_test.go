package all_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

var stsScenarios = map[string]scenario{
	"sts::TestSTSIntegrations::test_get_federation_token": func(p *player) {
		p.as(user(p))
		p.answer("get-federation-token", &sts.GetFederationTokenInput{Name: aws.String("fed")})
	},
	"sts::TestSTSAssumeRoleTagging::test_iam_role_chaining_override_transitive_tags": func(p *player) {
		p.as(user(p))
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + worldtest.Account + `"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
		one := p.answer("role-1", role("one", trust))
		two := p.answer("role-2", role("two", trust))
		p.call(&iam.PutRolePolicyInput{RoleName: aws.String("one"), PolicyName: aws.String("p"), PolicyDocument: aws.String(worldtest.AllowAll)})
		tag := func(key, value string) []types.Tag { return []types.Tag{{Key: &key, Value: &value}} }
		session := p.call(&sts.AssumeRoleInput{RoleArn: text(one, "Role.Arn"), RoleSessionName: aws.String("s1"), Tags: tag("SessionTag1", "v"), TransitiveTagKeys: []string{"SessionTag1"}})
		p.as(session["Credentials"].(map[string]any))
		p.answer("override-transitive-tag-error", &sts.AssumeRoleInput{RoleArn: text(two, "Role.Arn"), RoleSessionName: aws.String("s2"), Tags: tag("SessionTag1", "w")})
		p.answer("override-transitive-tag-case-ignore-error", &sts.AssumeRoleInput{RoleArn: text(two, "Role.Arn"), RoleSessionName: aws.String("s2"), Tags: tag("sessiontag1", "w")})
	},
}

// user makes a user who may do everything, and returns an access key.
func user(p *player) map[string]any {
	p.call(&iam.CreateUserInput{UserName: aws.String("jane")})
	p.call(&iam.PutUserPolicyInput{UserName: aws.String("jane"), PolicyName: aws.String("all"), PolicyDocument: aws.String(worldtest.AllowAll)})
	key, _ := p.call(&iam.CreateAccessKeyInput{UserName: aws.String("jane")})["AccessKey"].(map[string]any)
	return key
}

func role(name, trust string) *iam.CreateRoleInput {
	return &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}
}
