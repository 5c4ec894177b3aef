package terraform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// texts are the problems of a file, without its folder.
func texts(t *testing.T, source deploy.Source) []string {
	t.Helper()
	_, err := source.Resources(target("111122223333"))
	var problems deploy.Errors
	require.ErrorAs(t, err, &problems)
	list := make([]string, len(problems))
	for i, p := range problems {
		p.File = filepath.Base(p.File)
		list[i] = p.String()
	}
	return list
}

func TestWithoutConfiguration(t *testing.T) {
	t.Parallel()
	path := alone(t, "testdata/service/plan.json")
	list := texts(t, Plan(path))
	assert.Equal(t, []string{
		`plan.json: aws_iam_group_policy.operators: policy is known after apply: it needs module.queue; terraform.Bind("aws_iam_group_policy.operators.policy", VALUE) says it`,
		`plan.json: aws_iam_policy.boundary: policy is known after apply: it needs aws_s3_bucket.data.arn; terraform.Bind("aws_iam_policy.boundary.policy", VALUE) says it`,
		`plan.json: aws_iam_policy.key: policy is known after apply: it needs aws_kms_key.data.arn, var.region; terraform.Bind("aws_iam_policy.key.policy", VALUE) says it`,
	}, list[:3])
	assert.Len(t, list, 14, "13 policies, and what makes all of them known")
	assert.Contains(t, list[13], "terraform.Source(DIR)")

	// What names another resource and nothing else is known: s3:*, through the input of a
	// module, and in a block.
	stack := resourcesOf(t, Plan(path, bindAll(list)...))
	assert.Equal(t, "orders-eu-west-1-data", stack["aws_s3_bucket_policy.data"].Properties["Bucket"])
	assert.Equal(t, stack["aws_kms_key.data"].ARN, stack[`module.queue["ship"].aws_sqs_queue.this`].Properties["KmsMasterKeyId"])
	assert.Contains(t, jsonOf(stack["aws_s3_bucket.data"].Properties["BucketEncryption"]), stack["aws_kms_key.data"].ARN)
	assert.Equal(t, stack["aws_iam_policy.boundary"].ARN, stack["aws_iam_role.worker[1]"].Properties["PermissionsBoundary"])
	assert.Equal(t, deploy.Position{File: path + "(aws_iam_role.worker[1])"}, stack["aws_iam_role.worker[1]"].Position)
}

// bindAll binds what the problems say is not known.
func bindAll(problems []string) (options []Option) {
	for _, p := range problems {
		if _, after, ok := strings.Cut(p, "terraform.Bind("); ok {
			address := strings.ReplaceAll(after[1:strings.Index(after, ", VALUE")-1], `\"`, `"`)
			options = append(options, Bind(address, `{"Version": "2012-10-17", "Statement": []}`))
		}
	}
	return options
}

func resourcesOf(t *testing.T, source deploy.Source) map[string]deploy.Resource {
	t.Helper()
	stack, err := source.Resources(target("111122223333"))
	require.NoError(t, err)
	all := map[string]deploy.Resource{}
	for _, r := range stack.Resources {
		all[r.Address] = r
	}
	return all
}

func TestOptions(t *testing.T) {
	t.Parallel()
	stack := resourcesOf(t, Plan("testdata/service/plan.json", LeaveOut("aws_iam_role.worker", `module.queue["ship"].aws_sqs_queue.dead`),
		Bind("aws_iam_role_policy.worker.policy", `{"Statement":[]}`)))
	assert.NotContains(t, stack, "aws_iam_role.worker[0]")
	assert.NotContains(t, stack, `module.queue["ship"].aws_sqs_queue.dead`)
	assert.Contains(t, stack, `module.queue["import"].aws_sqs_queue.dead`)
	assert.Equal(t, `{"Statement":[]}`, stack[`aws_iam_role_policy.worker["1"]`].Properties["PolicyDocument"].(deploy.Document).Text)

	assert.Equal(t, []string{
		`plan.json: LeaveOut("aws_iam_role.none"): there is no such resource`,
		`plan.json: Bind("aws_iam_role.none.arn"): there is no such resource; an argument of a resource is bound as "aws_iam_policy.worker.policy"`,
		`plan.json: Bind("policy"): there is no such resource; an argument of a resource is bound as "aws_iam_policy.worker.policy"`,
	}, texts(t, Plan("testdata/service/plan.json", LeaveOut("aws_iam_role.none"), Bind("policy", ""), Bind("aws_iam_role.none.arn", ""))))

	there := target("111122223333")
	there.Region = "us-east-1"
	_, err := Plan("testdata/service/plan.json").Resources(there)
	require.ErrorContains(t, err, `it is for the region eu-west-1, and the account's is us-east-1: awstest.New(t, awstest.WithRegion("eu-west-1"))`)
}

// A configuration that is not the plan's any more is not believed.
func TestConfigurationHasChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, old, with, want string }{
		"other reference": {"iam.tf", `Resource = "${aws_s3_bucket.data.arn}/*" }`, `Resource = "*" }`, "iam.tf:26: aws_iam_policy.boundary: policy is known after apply: it needs the configuration of the plan: aws_iam_policy.boundary in "},
		"no syntax":       {"other.tf", "{\n", "{{\n", "other.tf:1: "},
		"too deep":        {"other.tf", "jsonencode(", "jsonencode(" + strings.Repeat("[", 300), "nested more than 200 deep"},
		"other constant":  {"iam.tf", `"s3:GetObject", "s3:PutObject", "s3:DeleteObject"`, `"s3:GetObject"`, `it needs the configuration of the plan: data.aws_iam_policy_document.worker in `},
		"other block":     {"modules/queue/main.tf", "  statement {", "  statement {\n condition {\n test = \"Bool\"\n variable = \"aws:SecureTransport\"\n values = [\"true\"]\n }\n", `it needs the configuration of the plan: data.aws_iam_policy_document.this in `},
		"other input":     {"main.tf", "aws_s3_bucket.data.arn", "aws_kms_key.data.arn", `it needs the configuration of the plan: module.queue in `},
		"other output":    {"modules/queue/main.tf", "value = aws_sqs_queue.this.arn", "value = aws_sqs_queue.dead.arn", `it needs the configuration of the plan: output.arn of module.queue["import"] in `},
		"unknown name":    {"modules/queue/main.tf", "var.tries", "each.key", `aws_sqs_queue.this: redrive_policy is known after apply`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/service")))
			path := filepath.Join(dir, c.file)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			changed := strings.Replace(string(text), c.old, c.with, 1)
			require.NotEqual(t, string(text), changed)
			require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
			assert.Contains(t, strings.Join(texts(t, Plan(filepath.Join(dir, "plan.json"))), "\n"), c.want)
		})
	}
}

func TestNoPlan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":       "it is none of what terraform show -json prints",
		"[1]":    "it is none of what terraform show -json prints",
		"{}":     "it has neither planned_values nor values",
		"PK\x03": "it is a plan as Terraform saves it: terraform show -json FILE > plan.json prints it",
		`{"version": 4, "serial": 1, "lineage": "x", "resources": []}`:             "it is a state as Terraform saves it",
		`{"@level": "info", "@message": "Terraform 1.11.4"}`:                       "it is the log of terraform plan -json",
		`{"format_version": "2.0", "planned_values": {}}`:                          "format version",
		`{"format_version": "9.0", "values": {}}`:                                  "format version",
		`{"format_version": "1.2", "planned_values": null}`:                        "planned_values is null",
		`{"format_version": "1.0"}`:                                                "it is a state that has no resources",
		`{"format_version": "1.2", "planned_values": {"root_module": {"resources"`: "unexpected end",
		`{"format_version": "1.0", "provider_schemas": {}}`:                        "neither planned_values nor values",
		`{"format_version": "1.2", "planned_values": {"root_module": {"child_modules": [` + strings.Repeat(`{"address":"module.a","child_modules":[`, 20000): "depth",
	} {
		path := filepath.Join(t.TempDir(), "plan.json")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := Plan(path).Resources(target("111122223333"))
		var problems deploy.Errors
		require.ErrorAs(t, err, &problems)
		require.ErrorContains(t, err, want)
		assert.Equal(t, path, problems[0].File)
	}
	_, err := Plan("none.json").Resources(target("111122223333"))
	require.ErrorContains(t, err, "none.json: ")
	_, err = Plan("testdata/service/plan.json", Source("testdata/service/none")).Resources(target("111122223333"))
	require.ErrorContains(t, err, "Source: ")
	_, err = Plan("testdata/service/plan.json", Source("testdata")).Resources(target("111122223333"))
	require.ErrorContains(t, err, "has no resource and no module")
	_, err = Plan("testdata/state/state.json").Resources(target("111122223333"))
	require.NoError(t, err)
}

// The configurations of the plans are the plans' own, block by block.
func TestConfigurationIsOfPlan(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"service", "features"} {
		path := filepath.Join("testdata", folder, "plan.json")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		shown, err := parse(text)
		require.NoError(t, err)
		f, ok := Plan(path).(*file)
		require.True(t, ok)
		w := newWorld(f, shown, text, target("111122223333"))
		require.NoError(t, w.source())
		for address, in := range w.instances {
			require.NotNil(t, in.block, address)
			require.NotNil(t, in.config, address)
			assert.True(t, w.isOfPlan(in.block, in.config.Expressions), address)
		}
		for address, s := range w.scopes {
			assert.True(t, s.isCallOfPlan(), address)
			for name, block := range s.module.outputs {
				assert.True(t, s.isOutputOfPlan(name, block.Body.Attributes["value"].Expr), "%s %s", address, name)
			}
		}
	}
}
