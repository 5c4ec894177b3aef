package terraform_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/terraform"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The example of the package: the role that a plan makes writes below tenants/ alone.
func TestWorkerWritesForTenantsAlone(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithRegion("eu-west-1"))
	stack := acct.Load(terraform.Plan("testdata/service/plan.json"))

	client := s3.NewFromConfig(stack.Role("aws_iam_role.worker[0]").Config())
	bucket := stack.Output("bucket")
	put := func(key string) error {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("id,price")})
		return err
	}
	awstest.AssertAllowed(t, put("tenants/7/orders.csv"))
	awstest.AssertDenied(t, put("orders.csv"), "s3:PutObject")

	_, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String("tenants/7/")})
	awstest.AssertAllowed(t, err)
	_, err = client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
	awstest.AssertDenied(t, err, "s3:ListBucket")
}

// Who does not load a plan does not link what reads one.
func TestLibrariesStayHere(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short is set: what the packages link is not listed")
	}
	for of, want := range map[string]bool{"..": false, "../deploy": false, ".": true} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", of).Output()
		require.NoError(t, err)
		for _, library := range []string{"github.com/hashicorp/terraform-json", "github.com/hashicorp/hcl/v2", "github.com/zclconf/go-cty/cty"} {
			assert.Equal(t, want, strings.Contains(string(out), library+"\n"), "%s in %s", library, of)
		}
	}
}
