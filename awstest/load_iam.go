package awstest

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/leastpriv/leastpriv/enforce"
)

func iamMakers() map[string]maker {
	return map[string]maker{
		"AWS::IAM::ManagedPolicy":       {making: makeManagedPolicy, attaching: attachManagedPolicy},
		"AWS::IAM::Group":               {making: makeGroup, attaching: attachToGroup},
		"AWS::IAM::User":                {making: makeUser, attaching: attachToUser},
		"AWS::IAM::Role":                {making: makeRole, attaching: attachToRole},
		"AWS::IAM::InstanceProfile":     {making: makeInstanceProfile},
		"AWS::IAM::OIDCProvider":        {making: makeOIDCProvider},
		"AWS::IAM::ServiceLinkedRole":   {making: makeServiceLinkedRole},
		"AWS::IAM::AccessKey":           {making: func(*properties) {}}, // users have one when it is asked for
		"AWS::IAM::UserToGroupAddition": {attaching: addToGroup},
		"AWS::IAM::Policy":              {attaching: putPolicy},
		"AWS::IAM::RolePolicy":          {attaching: putPolicy},
		"AWS::IAM::UserPolicy":          {attaching: putPolicy},
		"AWS::IAM::GroupPolicy":         {attaching: putPolicy},
		// Terraform alone has attachments as resources.
		"aws_iam_role_policy_attachment":  {attaching: attachPolicy},
		"aws_iam_user_policy_attachment":  {attaching: attachPolicy},
		"aws_iam_group_policy_attachment": {attaching: attachPolicy},
		"aws_iam_policy_attachment":       {attaching: attachPolicy},
		"aws_iam_user_group_membership":   {attaching: addToGroup},
		"aws_iam_group_membership":        {attaching: addToGroup},
	}
}

func makeManagedPolicy(p *properties) {
	p.knows("ManagedPolicyName", "Path", "Description", "PolicyDocument", "Roles", "Users", "Groups", "Tags")
	doc := p.policyOf(p.Properties["PolicyDocument"], enforce.ManagedPolicy)
	if doc == nil {
		p.problem("a managed policy has a PolicyDocument")
		return
	}
	name := lastOf(p.ARN)
	in := &awsiam.CreatePolicyInput{PolicyName: &name, Path: p.optional("Path"), Description: p.optional("Description"), PolicyDocument: &doc.text, Tags: p.iamTags()}
	if p.doWith(in, doc) != nil {
		p.deployment.made[p.Address] = &ManagedPolicy{name: name, arn: p.ARN, text: func() string { return doc.text }}
	}
}

func attachManagedPolicy(p *properties) {
	p.attach(p.ARN)
}

// attach attaches a managed policy to the Roles, Users and Groups of the properties.
func (p *properties) attach(arn string) {
	for _, role := range p.list("Roles") {
		p.do(&awsiam.AttachRolePolicyInput{RoleName: aws.String(lastOf(role)), PolicyArn: &arn})
	}
	for _, user := range p.list("Users") {
		p.do(&awsiam.AttachUserPolicyInput{UserName: aws.String(lastOf(user)), PolicyArn: &arn})
	}
	for _, group := range p.list("Groups") {
		p.do(&awsiam.AttachGroupPolicyInput{GroupName: aws.String(lastOf(group)), PolicyArn: &arn})
	}
}

func attachPolicy(p *properties) {
	p.knows("PolicyArn", "Roles", "Users", "Groups", "Name")
	p.attach(p.text("PolicyArn"))
}

func makeGroup(p *properties) {
	p.knows("GroupName", "Path", "ManagedPolicyArns", "Policies")
	if p.do(&awsiam.CreateGroupInput{GroupName: &p.Name, Path: p.optional("Path")}) != nil {
		p.deployment.made[p.Address] = &Group{identity{account: p.account(), kind: aGroup, name: p.Name, arn: p.ARN}}
	}
}

func attachToGroup(p *properties) { p.grant(aGroup) }

func makeUser(p *properties) {
	p.knows("UserName", "Path", "ManagedPolicyArns", "Policies", "Groups", "LoginProfile", "PermissionsBoundary", "Tags")
	in := &awsiam.CreateUserInput{UserName: &p.Name, Path: p.optional("Path"), PermissionsBoundary: p.optional("PermissionsBoundary"), Tags: p.iamTags()}
	if p.do(in) != nil {
		p.deployment.made[p.Address] = p.account().user(p.Name, p.ARN)
	}
}

func attachToUser(p *properties) {
	for _, group := range p.list("Groups") {
		p.do(&awsiam.AddUserToGroupInput{UserName: &p.Name, GroupName: aws.String(lastOf(group))})
	}
	p.grant(aUser)
}

func makeRole(p *properties) {
	p.knows("RoleName", "Path", "Description", "AssumeRolePolicyDocument", "ManagedPolicyArns", "Policies", "MaxSessionDuration", "PermissionsBoundary", "Tags")
	trust := p.policyOf(p.Properties["AssumeRolePolicyDocument"], enforce.TrustPolicy)
	if trust == nil {
		p.problem("a role has an AssumeRolePolicyDocument")
		return
	}
	in := &awsiam.CreateRoleInput{
		RoleName: &p.Name, Path: p.optional("Path"), Description: p.optional("Description"), AssumeRolePolicyDocument: &trust.text,
		MaxSessionDuration: p.number("MaxSessionDuration"), PermissionsBoundary: p.optional("PermissionsBoundary"), Tags: p.iamTags(),
	}
	if p.doWith(in, trust) != nil {
		p.deployment.made[p.Address] = p.account().role(p.Name, p.ARN)
	}
}

func attachToRole(p *properties) { p.grant(aRole) }

// grant attaches the managed policies of the properties, and puts the inline ones.
func (p *properties) grant(kind identityKind) {
	inputs := policyInputs[kind]
	for _, arn := range p.list("ManagedPolicyArns") {
		p.do(inputs.attach(&p.Name, &arn))
	}
	for _, inline := range p.objects("Policies") {
		name := textOf(inline["PolicyName"])
		if doc := p.policyOf(inline["PolicyDocument"], enforce.IdentityPolicy); doc != nil {
			p.doWith(inputs.put(&p.Name, &name, &doc.text), doc)
		}
	}
}

func makeInstanceProfile(p *properties) {
	p.knows("InstanceProfileName", "Path", "Roles", "Tags")
	p.do(&awsiam.CreateInstanceProfileInput{InstanceProfileName: &p.Name, Path: p.optional("Path"), Tags: p.iamTags()})
	for _, role := range p.list("Roles") {
		p.do(&awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: &p.Name, RoleName: aws.String(lastOf(role))})
	}
}

func makeOIDCProvider(p *properties) {
	p.knows("Url", "ClientIdList", "ThumbprintList", "Tags")
	in := &awsiam.CreateOpenIDConnectProviderInput{Url: p.optional("Url"), ClientIDList: p.list("ClientIdList"), ThumbprintList: p.list("ThumbprintList"), Tags: p.iamTags()}
	if len(in.ThumbprintList) == 0 {
		// AWS reads the certificate of the issuer, which is not there.
		in.ThumbprintList = []string{strings.Repeat("0", 40)}
	}
	p.do(in)
}

func makeServiceLinkedRole(p *properties) {
	p.knows("AWSServiceName", "CustomSuffix", "Description")
	p.do(&awsiam.CreateServiceLinkedRoleInput{AWSServiceName: p.optional("AWSServiceName"), CustomSuffix: p.optional("CustomSuffix"), Description: p.optional("Description")})
}

func addToGroup(p *properties) {
	p.knows("GroupName", "Users", "Groups", "Name")
	for _, group := range slices.Concat(p.list("GroupName"), p.list("Groups")) {
		for _, user := range p.list("Users") {
			p.do(&awsiam.AddUserToGroupInput{UserName: aws.String(lastOf(user)), GroupName: aws.String(lastOf(group))})
		}
	}
}

// putPolicy puts an inline policy to each of those that the properties name.
func putPolicy(p *properties) {
	p.knows("PolicyName", "PolicyDocument", "Roles", "Users", "Groups", "RoleName", "UserName", "GroupName")
	doc := p.policyOf(p.Properties["PolicyDocument"], enforce.IdentityPolicy)
	if doc == nil {
		if p.Type == "AWS::IAM::Policy" {
			p.problem("a policy has a PolicyDocument")
		}
		return
	}
	name := p.text("PolicyName")
	to := func(kind identityKind, names ...string) {
		for _, of := range names {
			p.doWith(policyInputs[kind].put(aws.String(lastOf(of)), &name, &doc.text), doc)
		}
	}
	to(aRole, slices.Concat(p.list("Roles"), p.list("RoleName"))...)
	to(aUser, slices.Concat(p.list("Users"), p.list("UserName"))...)
	to(aGroup, slices.Concat(p.list("Groups"), p.list("GroupName"))...)
}
