package all_test

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const trustOfEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

var iamScenarios = map[string]scenario{
	"iam::TestIAMExtensions::test_create_role_with_malformed_assume_role_policy_document": func(p *player) {
		p.answer("invalid-json", role("r", `{"a"`))
	},
	"iam::TestIAMIntegrations::test_list_roles_with_permission_boundary": func(p *player) {
		policy := p.call(&iam.CreatePolicyInput{PolicyName: aws.String("boundary"), PolicyDocument: aws.String(readAll)})
		in := role("r", trustOfEC2)
		in.Path = aws.String("/team/")
		p.answer("created_role", in)
		p.call(&iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("r"), PermissionsBoundary: text(policy, "Policy.Arn")})
		p.answer("list_roles_result", &iam.ListRolesInput{PathPrefix: aws.String("/team/")})
	},
	"iam::TestIAMIntegrations::test_role_attach_policy":          attachRolePolicy,
	"iam::TestIAMPolicyEncoding::test_put_group_policy_encoding": encodedGroupPolicy,
	"iam::TestIAMPolicyEncoding::test_put_role_policy_encoding":  encodedRolePolicy,
	"iam::TestIAMPolicyEncoding::test_put_user_policy_encoding":  encodedUserPolicy,
	"iam::TestIAMServiceRoles::test_service_role_already_exists": linkedRoleTwice,
	"iam::TestIAMServiceRoles::test_service_role_deletion":       deletedLinkedRole,
	"iam::TestIAMServiceRoles::test_service_role_lifecycle":      linkedRole,
	"iam::TestRoles::test_role_with_tags":                        taggedRole,
	"iam::TestIAMServiceSpecificCredentials::test_invalid_update_parameters": func(p *player) {
		id := serviceCredential(p)
		p.answer("update-invalid-status", &iam.UpdateServiceSpecificCredentialInput{UserName: aws.String("jane"), ServiceSpecificCredentialId: id, Status: "Invalid"})
	},
	"iam::TestIAMServiceRoles::test_service_role_lifecycle_custom_suffix_not_allowed": func(p *player) {
		p.answer("custom-suffix-not-allowed", &iam.CreateServiceLinkedRoleInput{AWSServiceName: &p.param, CustomSuffix: aws.String("two")})
	},
	"iam::TestIAMServiceSpecificCredentials::test_create_service_specific_credential_invalid_user": func(p *player) {
		p.answer("invalid-user-name-exception", &iam.CreateServiceSpecificCredentialInput{UserName: aws.String("non-existent-user"), ServiceName: aws.String("codecommit.amazonaws.com")})
		p.answer("invalid-user-and-service-exception", &iam.CreateServiceSpecificCredentialInput{UserName: aws.String("non-existent-user"), ServiceName: aws.String("nonexistentservice.amazonaws.com")})
	},
	"iam::TestIAMServiceSpecificCredentials::test_create_service_specific_credential_invalid_service": func(p *player) {
		p.answer("create-user-response", &iam.CreateUserInput{UserName: aws.String("jane")})
		p.answer("invalid-service-completely-made-up", &iam.CreateServiceSpecificCredentialInput{UserName: aws.String("jane"), ServiceName: aws.String("nonexistentservice.amazonaws.com")})
		p.answer("invalid-service-exists-but-not-allowed", &iam.CreateServiceSpecificCredentialInput{UserName: aws.String("jane"), ServiceName: aws.String("lambda.amazonaws.com")})
	},
	"iam::TestIAMServiceSpecificCredentials::test_list_service_specific_credential_different_service": func(p *player) {
		serviceCredential(p)
		p.answer("list-service-specific-credentials-response-wrong-service", &iam.ListServiceSpecificCredentialsInput{UserName: aws.String("jane"), ServiceName: aws.String("cassandra.amazonaws.com")})
		p.answer("list-service-specific-credentials-invalid-service", &iam.ListServiceSpecificCredentialsInput{UserName: aws.String("jane"), ServiceName: aws.String("nonexistentservice.amazonaws.com")})
	},
	"iam::TestIAMServiceSpecificCredentials::test_service_specific_credential_lifecycle": serviceCredentialLife,
	"iam::TestIAMServiceSpecificCredentials::test_user_match_id_mismatch": func(p *player) {
		serviceCredential(p)
		jane, id := aws.String("jane"), &p.param
		p.answer("update-wrong-id", &iam.UpdateServiceSpecificCredentialInput{UserName: jane, ServiceSpecificCredentialId: id, Status: types.StatusTypeInactive})
		p.answer("reset-wrong-id", &iam.ResetServiceSpecificCredentialInput{UserName: jane, ServiceSpecificCredentialId: id})
		p.answer("delete-wrong-id", &iam.DeleteServiceSpecificCredentialInput{UserName: jane, ServiceSpecificCredentialId: id})
	},
}

const readAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`

func attachRolePolicy(p *player) {
	p.call(role("r", trustOfEC2))
	made := p.answer("create_policy_response", &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(readAll)})
	arn := text(made, "Policy.Arn")
	attach := func(answer, arn string) {
		p.answer(answer, &iam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: &arn})
	}
	attach("non_existent_malformed_policy_arn", "this-is-no-arn-of-a-policy")
	attach("existing_policy_name_provided", "this-is-the-name-of-a-policy")
	attach("valid_arn_not_existent", *arn+"123")
	attach("valid_policy_arn", *arn)
}

// The ARNs of these documents are percent-encoded once more than need be.
const (
	encodedPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["apigatway:PUT"],"Resource":["arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Faaeeieije"]}]}`
	encodedTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceArn":"arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Faaeeieije"}}}]}`
)

func encodedGroupPolicy(p *player) {
	p.call(&iam.CreateGroupInput{GroupName: aws.String("g")})
	p.call(&iam.PutGroupPolicyInput{GroupName: aws.String("g"), PolicyName: aws.String("p"), PolicyDocument: aws.String(encodedPolicy)})
	p.answer("get-policy-response", &iam.GetGroupPolicyInput{GroupName: aws.String("g"), PolicyName: aws.String("p")})
}

func encodedRolePolicy(p *player) {
	in := role("r", encodedTrust)
	in.Path = aws.String("/team/")
	p.answer("create-role-response", in)
	p.answer("get-role-response", &iam.GetRoleInput{RoleName: aws.String("r")})
	p.answer("list-roles-response", &iam.ListRolesInput{PathPrefix: aws.String("/team/")})
	p.call(&iam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: aws.String(encodedPolicy)})
	p.answer("get-policy-response", &iam.GetRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p")})
}

func encodedUserPolicy(p *player) {
	p.call(&iam.CreateUserInput{UserName: aws.String("jane")})
	p.call(&iam.PutUserPolicyInput{UserName: aws.String("jane"), PolicyName: aws.String("p"), PolicyDocument: aws.String(encodedPolicy)})
	p.answer("get-policy-response", &iam.GetUserPolicyInput{UserName: aws.String("jane"), PolicyName: aws.String("p")})
}

func linkedRoleTwice(p *player) {
	in := &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("batch.amazonaws.com")}
	p.call(in)
	p.answer("role-already-exists-error", in)
}

func deletedLinkedRole(p *player) {
	made := p.call(&iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("batch.amazonaws.com")})
	task := p.answer("service-linked-role-deletion-response", &iam.DeleteServiceLinkedRoleInput{RoleName: text(made, "Role.RoleName")})
	p.wait(time.Minute)
	p.answer("service-linked-role-deletion-status-response", &iam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: text(task, "DeletionTaskId")})
}

func linkedRole(p *player) {
	made := p.call(&iam.CreateServiceLinkedRoleInput{AWSServiceName: &p.param})
	name := text(made, "Role.RoleName")
	p.answer("describe-response", &iam.GetRoleInput{RoleName: name})
	p.answer("inline-role-policies", &iam.ListRolePoliciesInput{RoleName: name})
	p.answer("attached-role-policies", &iam.ListAttachedRolePoliciesInput{RoleName: name})
}

func taggedRole(p *player) {
	in := role("r", trustOfEC2)
	in.Path, in.Tags = aws.String("/role-with-tags/"), []types.Tag{{Key: aws.String("test"), Value: aws.String("value")}}
	p.answer("create-role-response", in)
	p.answer("get-role-response", &iam.GetRoleInput{RoleName: aws.String("r")})
	p.answer("list-role-response", &iam.ListRolesInput{PathPrefix: aws.String("/role-with-tags/")})
}

// serviceCredential makes a user with a service-specific credential, and returns its id.
func serviceCredential(p *player) *string {
	service := p.param
	if !strings.HasSuffix(service, ".amazonaws.com") {
		service = "codecommit.amazonaws.com"
	}
	p.answer("create-user-response", &iam.CreateUserInput{UserName: aws.String("jane")})
	made := p.answer("create-service-specific-credential-response", &iam.CreateServiceSpecificCredentialInput{UserName: aws.String("jane"), ServiceName: &service})
	return text(made, "ServiceSpecificCredential.ServiceSpecificCredentialId")
}

func serviceCredentialLife(p *player) {
	id, jane := serviceCredential(p), aws.String("jane")
	p.answer("list-service-specific-credentials-response-before-update", &iam.ListServiceSpecificCredentialsInput{UserName: jane})
	p.answer("update-service-specific-credential-response", &iam.UpdateServiceSpecificCredentialInput{UserName: jane, ServiceSpecificCredentialId: id, Status: types.StatusTypeInactive})
	p.answer("list-service-specific-credentials-response-after-update", &iam.ListServiceSpecificCredentialsInput{UserName: jane})
	p.answer("reset-service-specific-credential-response", &iam.ResetServiceSpecificCredentialInput{UserName: jane, ServiceSpecificCredentialId: id})
	p.answer("delete-service-specific-credentials-response", &iam.DeleteServiceSpecificCredentialInput{UserName: jane, ServiceSpecificCredentialId: id})
}
