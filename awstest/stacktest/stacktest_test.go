package stacktest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/stacktest"
	"github.com/leastpriv/leastpriv/fakeaws/cloudformation"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// A template is deployed with the files that it names, again with changes, and deleted.
func TestDeploy(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, stacktest.With())
	dir := t.TempDir()
	write(t, dir, "inner.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {Arn: {Value: !GetAtt Q.Arn}}\n")
	path := write(t, dir, "outer.yaml", "Parameters: {Name: {Type: String}}\nResources:\n  In: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yaml}}\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}\nOutputs: {Arn: {Value: !GetAtt In.Outputs.Arn}}\n")
	role := acct.NewRole("deployer", stacktest.Trust(), awstest.Allow("sqs:*", "s3:*", "cloudformation:*"))
	st := stacktest.Of(acct).Deploy("out", path, stacktest.Role(role), stacktest.Parameters(map[string]string{"Name": "first"}), stacktest.Tags(map[string]string{"team": "a"}))
	assert.Equal(t, "CREATE_COMPLETE", st.Status())
	assert.Contains(t, st.Output("Arn"), ":out-In-")
	assert.Equal(t, "first", st.Resource("B"))
	st = stacktest.Of(acct).Deploy("out", path, stacktest.Role(role), stacktest.Parameters(map[string]string{"Name": "first"}), stacktest.Tags(map[string]string{"team": "a"}))
	assert.Equal(t, "CREATE_COMPLETE", st.Status(), "nothing has changed")
	st = stacktest.Of(acct).Deploy("out", path, stacktest.Parameters(map[string]string{"Name": "second"}), stacktest.Tags(map[string]string{"team": "a"}))
	assert.Equal(t, "UPDATE_COMPLETE", st.Status())
	assert.Equal(t, "second", st.Resource("B"))
	st.Delete()
	assert.Equal(t, "DELETE_COMPLETE", st.Status())
}

// Without a role the policies of who deploys decide.
func TestAs(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, stacktest.With())
	path := write(t, t.TempDir(), "q.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}\n")
	alice := acct.NewUser("alice", awstest.Allow("cloudformation:*"))
	_, err := stacktest.Of(acct).TryDeploy("s", path, stacktest.As(alice))
	require.ErrorContains(t, err, "the stack s is ROLLBACK_COMPLETE\nCREATE_FAILED Q (AWS::SQS::Queue): Resource handler returned message: \"User: "+alice.ARN()+" is not authorized to perform: sqs:createqueue")
	_, err = stacktest.Of(acct).TryDeploy("t", path, stacktest.As(acct.NewUser("bob")))
	require.ErrorContains(t, err, "cloudformation:CreateStack")
	_, err = stacktest.Of(acct).TryDeploy("t", "none.yaml")
	require.ErrorContains(t, err, "none.yaml")
}

// docs/cloudformation.md lists the types that can be made.
func TestTypesAreListed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/cloudformation.md")
	require.NoError(t, err)
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| (\\w+) \\| (`.*) \\|$").FindAllStringSubmatch(string(text), -1) {
		for _, name := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[2], -1) {
			listed = append(listed, "AWS::"+row[1]+"::"+name[1])
		}
	}
	assert.ElementsMatch(t, cloudformation.Types(), listed, strings.Join(cloudformation.Types(), ", "))
}
