package all_test

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func init() {
	packages["lambda"] = "lambda"
	recordedServices["lambda"] = recordedService{schema: "lambda", folder: "lambda", scenarios: lambdaScenarios}
	knownDifferences["lambda *runtime_exc no text *"] = "the text is made of the list of runtimes"
	knownDifferences["lambda *: want \"date\"*"] = "the recording has a placeholder there"
	knownDifferences["lambda *uppercase_architecture no text *"] = "the text is made of what the model says of the list"
	knownDifferences["lambda *invalid_param_exc no code RequestEntityTooLargeException*"] = "the door refuses what is too long before it knows the operation"
	for _, want := range []string{`.Handler: want "lambda_handler.handler"`, `.Runtime: want "nodejs20.x"`, ".Timeout: want 30"} {
		knownDifferences["lambda *"+want+"*"] = "the scenario makes another function"
	}
	knownDifferences["lambda *.Environment: missing*"] = "the scenario gives the function no environment"
	for _, member := range []string{"LayerVersions", "AliasArn", "FunctionUrl", "CreationTime", "EventSourceArn", "StartingPosition", "Topics", "SelfManagedEventSource"} {
		knownDifferences["lambda *no member ."+member+"*"] = "answers that several operations share are copied member by member, which the source does not tell"
	}
}

// lambdaFunction makes a function, and returns its name.
func lambdaFunction(p *player) *string {
	roles := iam.NewFromConfig(worldtest.FixtureConfig(p.world.World, worldtest.Account, worldtest.Region))
	role, err := roles.CreateRole(p.Context(), &iam.CreateRoleInput{RoleName: aws.String("function"), AssumeRolePolicyDocument: aws.String(trustLambda)})
	require.NoError(p, err)
	_, err = roles.PutRolePolicy(p.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("function"), PolicyName: aws.String("all"), PolicyDocument: aws.String(worldtest.AllowAll)})
	require.NoError(p, err)
	name := aws.String("fn")
	p.answer("create_response", &lambda.CreateFunctionInput{FunctionName: name, Role: role.Role.Arn, Runtime: types.RuntimePython312, Handler: aws.String("index.handler"),
		Code: &types.FunctionCode{ZipFile: archive(p)}})
	return name
}

const lambdaOf = "arn:aws:lambda:" + worldtest.Region + ":" + worldtest.Account + ":function:"

var lambdaScenarios = map[string]scenario{
	"lambda_api::TestLambdaPermissions::test_permission_exceptions": func(p *player) {
		fn := lambdaFunction(p)
		add := func(answer, id, principal string, change func(*lambda.AddPermissionInput)) {
			in := &lambda.AddPermissionInput{FunctionName: fn, StatementId: &id, Action: aws.String("lambda:InvokeFunction"), Principal: &principal}
			if change != nil {
				change(in)
			}
			p.answer(answer, in)
		}
		qualified := func(q string) func(*lambda.AddPermissionInput) {
			return func(in *lambda.AddPermissionInput) { in.Qualifier = &q }
		}
		add("add_permission_invalid_statement_id", "example.com", "*", nil)
		add("add_permission_fn_qualifier_mismatch", "s1", "s3.amazonaws.com", func(in *lambda.AddPermissionInput) {
			in.FunctionName, in.Qualifier = aws.String("fn:1"), aws.String("2")
		})
		add("add_permission_fn_qualifier_latest", "s1", "s3.amazonaws.com", qualified("$LATEST"))
		add("add_permission_principal_invalid", "s1", "invalid.nonaws.com", nil)
		p.answer("get_policy_fn_version_doesnotexist", &lambda.GetPolicyInput{FunctionName: fn, Qualifier: aws.String("42")})
		p.answer("remove_permission_policy_doesnotexist", &lambda.RemovePermissionInput{FunctionName: fn, StatementId: aws.String("s1")})
		p.answer("get_policy_fn_doesnotexist", &lambda.GetPolicyInput{FunctionName: aws.String("doesnotexist")})
		add("add_permission_fn_doesnotexist", "s1", "s3.amazonaws.com", func(in *lambda.AddPermissionInput) { in.FunctionName = aws.String("doesnotexist") })
		p.answer("remove_permission_fn_doesnotexist", &lambda.RemovePermissionInput{FunctionName: aws.String("doesnotexist"), StatementId: aws.String("s1")})
		add("add_permission_fn_alias_doesnotexist", "s1", "s3.amazonaws.com", qualified("alias-doesnotexist"))
		add("add_permission_fn_version_doesnotexist", "s1", "s3.amazonaws.com", qualified("42"))
		add("add_permission_fn_qualifier_invalid", "s1", "s3.amazonaws.com", qualified("invalid-qualifier-with-?-char"))
		add("add_permission_fn_qualifier_valid_doesnotexist", "s1", "s3.amazonaws.com", qualified("valid-with-$-but-doesnotexist"))
		p.answer("remove_permission_fn_alias_doesnotexist", &lambda.RemovePermissionInput{FunctionName: fn, StatementId: aws.String("s1"), Qualifier: aws.String("alias-doesnotexist")})
		add("", "s3", "s3.amazonaws.com", nil)
		add("add_permission_conflicting_statement_id", "s3", "s3.amazonaws.com", nil)
	},
	"lambda_api::TestLambdaAlias::test_alias_naming": func(p *player) {
		fn := lambdaFunction(p)
		p.answer("publish_v1", &lambda.PublishVersionInput{FunctionName: fn})
		p.answer("create_alias_date", &lambda.CreateAliasInput{FunctionName: fn, Name: aws.String("2024-01-02"), FunctionVersion: aws.String("1"), Description: aws.String("custom-alias")})
		p.answer("get_alias_date", &lambda.GetAliasInput{FunctionName: fn, Name: aws.String("2024-01-02")})
		p.answer("create_alias_number_exception", &lambda.CreateAliasInput{FunctionName: fn, Name: aws.String("2024"), FunctionVersion: aws.String("1")})
	},
	"lambda_api::TestLambdaVersions::test_version_lifecycle": func(p *player) {
		p.recorded["create_response"] = withText(p.recorded["create_response"], "Description", "")
		fn := lambdaFunction(p)
		update := func(answer, description string) {
			p.answer(answer, &lambda.UpdateFunctionConfigurationInput{FunctionName: fn, Description: &description})
		}
		p.call(&lambda.UpdateFunctionConfigurationInput{FunctionName: fn, Description: aws.String("No version :(")})
		p.answer("get_function_result", &lambda.GetFunctionInput{FunctionName: fn})
		p.answer("list_versions_result", &lambda.ListVersionsByFunctionInput{FunctionName: fn})
		update("first_update_response", "First version :)")
		p.answer("first_update_get_function", &lambda.GetFunctionInput{FunctionName: fn})
		p.answer("first_publish_response", &lambda.PublishVersionInput{FunctionName: fn, Description: aws.String("First version description :)")})
		p.answer("first_publish_get_function", &lambda.GetFunctionInput{FunctionName: fn, Qualifier: aws.String("1")})
		p.answer("first_publish_get_function_config", &lambda.GetFunctionConfigurationInput{FunctionName: fn, Qualifier: aws.String("1")})
		update("second_update_response", "Second version :))")
		p.answer("first_publish_get_function_after_update", &lambda.GetFunctionInput{FunctionName: fn, Qualifier: aws.String("1")})
		p.answer("second_publish_response", &lambda.PublishVersionInput{FunctionName: fn})
		p.answer("third_publish_response", &lambda.PublishVersionInput{FunctionName: fn, Description: aws.String("Third version description :)))")})
		p.answer("list_versions_result_after_third_publish", &lambda.ListVersionsByFunctionInput{FunctionName: fn})
		p.call(&lambda.DeleteFunctionInput{FunctionName: fn, Qualifier: aws.String("1")})
		p.answer("list_versions_result_after_deletion_of_first_version", &lambda.ListVersionsByFunctionInput{FunctionName: fn})
	},
	"lambda_api::TestLambdaEventSourceMappings::test_event_source_mapping_exceptions": func(p *player) {
		unknown, source := aws.String("91eaeb7e-c976-1234-9451-8709db01f137"), aws.String("arn:aws:sqs:"+worldtest.Region+":"+worldtest.Account+":q")
		p.answer("get_unknown_uuid", &lambda.GetEventSourceMappingInput{UUID: unknown})
		p.answer("delete_unknown_uuid", &lambda.DeleteEventSourceMappingInput{UUID: unknown})
		p.answer("update_unknown_uuid", &lambda.UpdateEventSourceMappingInput{UUID: unknown, Enabled: aws.Bool(false)})
		p.answer("create_no_event_source_arn", &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("doesnotexist")})
		p.answer("create_unknown_params", &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("doesnotexist"), EventSourceArn: source})
		p.answer("destination_config_failure", &lambda.CreateEventSourceMappingInput{FunctionName: lambdaFunction(p), EventSourceArn: source,
			DestinationConfig: &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: source}}})
	},
	"lambda_api::TestLambdaUrl::test_url_config_exceptions": urlExceptions,
	"lambda_api::TestLambdaTags::test_tag_exceptions": func(p *player) {
		fn := lambdaFunction(p)
		arn, tags := aws.String(lambdaOf+*fn), map[string]string{"a": "b"}
		p.answer("tag_lambda_doesnotexist", &lambda.TagResourceInput{Resource: aws.String(lambdaOf + "doesnotexist"), Tags: tags})
		p.answer("tag_lambda_qualifier_doesnotexist", &lambda.TagResourceInput{Resource: aws.String(*arn + ":v1"), Tags: tags})
		p.answer("tag_lambda_invalidarn", &lambda.TagResourceInput{Resource: aws.String("arn:aws:something"), Tags: tags})
		p.answer("tag_empty_tags", &lambda.TagResourceInput{Resource: arn, Tags: map[string]string{}})
		p.answer("untag_empty_keys", &lambda.UntagResourceInput{Resource: arn, TagKeys: []string{}})
		p.answer("untag_nomatch", &lambda.UntagResourceInput{Resource: arn, TagKeys: []string{"somekey"}})
		p.answer("list_tag_lambda_empty", &lambda.ListTagsInput{Resource: arn})
	},
	"lambda_api::TestLambdaVersions::test_publish_with_wrong_sha256": func(p *player) {
		fn := lambdaFunction(p)
		p.answer("get_fn_response", &lambda.GetFunctionInput{FunctionName: fn})
		p.answer("publish_wrong_sha256_exc", &lambda.PublishVersionInput{FunctionName: fn, CodeSha256: aws.String("somenonexistentsha256")})
		got := p.call(&lambda.GetFunctionInput{FunctionName: fn})
		p.answer("publish_result", &lambda.PublishVersionInput{FunctionName: fn, CodeSha256: text(got, "Configuration.CodeSha256")})
	},
}

// withText is an answer with another text in a member.
func withText(answer any, member, text string) any {
	changed := map[string]any{}
	if old, ok := answer.(map[string]any); ok {
		for name, value := range old {
			changed[name] = value
		}
	}
	changed[member] = text
	return changed
}

func urlExceptions(p *player) {
	fn := lambdaFunction(p)
	p.answer("fn_version_result", &lambda.PublishVersionInput{FunctionName: fn})
	p.answer("create_alias_result", &lambda.CreateAliasInput{FunctionName: fn, Name: aws.String("urlalias"), FunctionVersion: aws.String("1")})
	for of, who := range map[string][2]string{
		"name_doesnotexist": {"doesnotexist"}, "arn_doesnotexist": {lambdaOf + "doesnotexist"}, "name_doesnotexist_qualifier": {"doesnotexist", "1"},
		"qualifier_version": {*fn, "1"}, "qualifier_version_doesnotexist": {*fn, "2"}, "qualifier_alias_doesnotexist": {*fn, "doesnotexist"},
		"qualifier_alias_doesnotmatch_arn": {lambdaOf + *fn + ":doesnotmatch", "urlalias"}, "qualifier_latest": {*fn, "$LATEST"}, "config_doesnotexist": {*fn},
	} {
		name, qualifier := aws.String(who[0]), aws.String(who[1])
		if who[1] == "" {
			qualifier = nil
		}
		if !strings.HasPrefix(of, "config") {
			p.answer("create_function_url_config_"+of, &lambda.CreateFunctionUrlConfigInput{FunctionName: name, Qualifier: qualifier, AuthType: types.FunctionUrlAuthTypeNone})
		}
		p.answer("get_function_url_config_"+of, &lambda.GetFunctionUrlConfigInput{FunctionName: name, Qualifier: qualifier})
		p.answer("update_function_url_config_"+of, &lambda.UpdateFunctionUrlConfigInput{FunctionName: name, Qualifier: qualifier, AuthType: types.FunctionUrlAuthTypeAwsIam})
		if of != "qualifier_alias_doesnotmatch_arn" { // AWS failed
			p.answer("delete_function_url_config_"+of, &lambda.DeleteFunctionUrlConfigInput{FunctionName: name, Qualifier: qualifier})
		}
	}
}
