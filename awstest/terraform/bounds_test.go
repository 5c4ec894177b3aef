package terraform

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small is a plan of one policy that is known after apply.
const small = `{"format_version":"1.2","terraform_version":"1.11.4","variables":{"given":{"value":"v"}},
"planned_values":{"root_module":{"resources":[{"address":"aws_iam_group_policy.p","mode":"managed","type":"aws_iam_group_policy","name":"p","values":{"name":"p","group":"g"}},
{"address":"aws_sqs_queue.q[\"k\"]","mode":"managed","type":"aws_sqs_queue","name":"q","index":"k","values":{"name":"q"}},
{"address":"data.aws_iam_policy_document.d","mode":"data","type":"aws_iam_policy_document","name":"d","values":{}}]}},
"resource_changes":[{"address":"aws_iam_group_policy.p","change":{"actions":["create"],"after_unknown":{"policy":true}}},
{"address":"data.aws_iam_policy_document.d","change":{"actions":["read"],"after_unknown":{"json":true}}},
{"address":"aws_sqs_queue.q[\"k\"]","change":{"actions":["create"],"after_unknown":{"arn":true,"url":true,"id":true}}}]}`

// policyOf evaluates the policy of the small plan with a configuration.
func policyOf(t testing.TB, configuration string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.tf"), []byte(configuration), 0o600))
	f, ok := Plan(filepath.Join(dir, "plan.json")).(*file)
	require.True(t, ok)
	stack, err := f.read([]byte(small), target("111122223333"))
	if err != nil {
		return "", err
	}
	for _, r := range stack.Resources {
		if doc, ok := r.Properties["PolicyDocument"].(deploy.Document); ok {
			return doc.Text, nil
		}
	}
	return "", nil
}

const resource = "resource \"aws_sqs_queue\" \"q\" {\n for_each = {}\n}\nresource \"aws_iam_group_policy\" \"p\" {\n policy = %s\n}\n"

func TestExpressions(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		`jsonencode({ A = aws_sqs_queue.q["k"].arn })`:                                  `{"A":"arn:aws:sqs:eu-west-1:111122223333:q"}`,
		`join(",", [for k, q in aws_sqs_queue.q : "${k}=${q.url}"])`:                    `k=https://sqs.eu-west-1.amazonaws.com/111122223333/q`,
		`lookup({ a = 1 }, "b", "none")`:                                                `none`,
		`replace("a-b-c", "/[ab]/", "x")`:                                               `x-x-c`,
		`replace("a.b", ".", "")`:                                                       `ab`,
		`format("%s/%03d", upper("a"), 7)`:                                              `A/007`,
		`one([]) == null ? "empty" : "full"`:                                            `empty`,
		`tostring(alltrue([true, "true"]) && !anytrue([]))`:                             `true`,
		`try(var.given.none, "${var.given}!")`:                                          `v!`,
		`trimsuffix(base64decode(base64encode("${length("abc")}x")), "x")`:              `3`,
		`jsonencode(sort(setunion(toset(["b"]), ["a"])))`:                               `["a","b"]`,
		`jsonencode(merge({ a = 1 }, { b = coalesce(null, "c") }))`:                     `{"a":1,"b":"c"}`,
		`<<EOT` + "\n%{ if startswith(\"ab\", \"a\") }yes%{ else }no%{ endif }\nEOT\n":  "yes\n",
		`jsonencode(flatten([for a in ["x", "y"] : [for i in range(2) : "${a}${i}"]]))`: `["x0","x1","y0","y1"]`,
		`element(split("/", "a/b/c"), 1)`:                                               `b`,
		`sha256("")`:                                                                    `e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
		`jsonencode(jsondecode("{\"a\":[1,true,null]}"))`:                               `{"a":[1,true,null]}`,
	} {
		got, err := policyOf(t, fmt.Sprintf(resource, expr))
		require.NoError(t, err, expr)
		assert.Equal(t, want, got, expr)
	}
}

// What has no bound of its own has one here, and says so. It counts what is allocated, so
// no test runs beside it.
func TestBounds(t *testing.T) {
	doubling := "locals {\n a0 = \"xxxxxxxxxxxxxxxx\"\n"
	for i := 1; i < 60; i++ {
		doubling += fmt.Sprintf(" a%d = \"${local.a%d}${local.a%d}\"\n", i, i-1, i-1)
	}
	long := `join("", [for i in range(1000) : "0123456789012345678901234567890123456789"])`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for configuration, want := range map[string]string{
		doubling + "}\n" + fmt.Sprintf(resource, "local.a59"):                                  "has more than 4194304 bytes",
		"locals {\n a = local.b\n b = \"${local.a}\"\n}\n" + fmt.Sprintf(resource, "local.a"):  "local.a, which needs itself",
		fmt.Sprintf(resource, "aws_iam_group_policy.p.policy"):                                 "aws_iam_group_policy.p.policy, which needs itself",
		fmt.Sprintf(resource, `format("%999999999d", 1)`):                                      "the result is too long",
		fmt.Sprintf(resource, `format("%*d", 999999999, 1)`):                                   "the result is too long",
		fmt.Sprintf(resource, `indent(999999999, "a\nb\n")`):                                   "the result is too long",
		fmt.Sprintf(resource, "replace("+long+`, "", `+long+")"):                               "the result is too long",
		fmt.Sprintf(resource, "replace("+long+`, "/0?/", `+long+")"):                           "the result is too long",
		fmt.Sprintf(resource, "join("+long+", range(1000))"):                                   "the result is too long",
		fmt.Sprintf(resource, "jsonencode(setproduct(range(1000), range(1000), range(1000)))"): "the result is too long",
		fmt.Sprintf(resource, `file("../../../etc/passwd")`):                                   "path escapes from parent",
		fmt.Sprintf(resource, `file("/etc/passwd")`):                                           "no such file",
		fmt.Sprintf(resource, `timestamp()`):                                                   "no function named",
		fmt.Sprintf(resource, strings.Repeat("!", 100000)+"true"):                              "nested more than 200 deep",
		fmt.Sprintf(resource, `terraform.workspace`):                                           "terraform.workspace",
		fmt.Sprintf(resource, `var.none`):                                                      "var.none",
		"# " + strings.Repeat("x", maxSource):                                                  "has more than 1048576 bytes",
	} {
		_, err := policyOf(t, configuration)
		require.ErrorContains(t, err, want, configuration[:min(len(configuration), 200)])
	}
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<30), "bytes")
}

// FuzzConfiguration: no configuration ends the test, or has a policy that is no text.
func FuzzConfiguration(f *testing.F) {
	for _, path := range []string{"testdata/service/iam.tf", "testdata/features/main.tf", "testdata/features/tenant/main.tf"} {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add(fmt.Sprintf(resource, "data.aws_iam_policy_document.d.json") + "data \"aws_iam_policy_document\" \"d\" {\n statement {\n actions = [\"s3:*\"]\n resources = [for q in aws_sqs_queue.q : q.arn]\n }\n}\n")
	f.Add(fmt.Sprintf(resource, `templatefile("main.tf", { a = [for k, v in aws_sqs_queue.q : try(v[*].arn, k)] })`))
	f.Fuzz(func(t *testing.T, configuration string) {
		if _, err := policyOf(t, configuration); err != nil {
			var problems deploy.Errors
			require.ErrorAs(t, err, &problems)
			require.NotEmpty(t, problems)
		}
	})
}

// FuzzPlan: no file ends the test; what is wrong with it is told.
func FuzzPlan(f *testing.F) {
	f.Add([]byte(small))
	for _, path := range []string{"testdata/service/plan.json", "testdata/state/features.json"} {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		stack, err := (&file{path: "none/plan.json"}).read(text, target("444455556666"))
		if err != nil {
			var problems deploy.Errors
			require.ErrorAs(t, err, &problems)
			require.NotEmpty(t, problems)
			return
		}
		for _, r := range stack.Resources {
			require.NotEmpty(t, r.Type)
			require.NotEmpty(t, r.Position.File)
		}
	})
}
