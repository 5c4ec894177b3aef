package managed_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/internal/managed"
)

const child = "LEASTPRIV_MANAGED_TEST_CHILD"

// A program that uses none of AWS's policies pays nothing for them: nothing is
// done or allocated when it starts, and nothing is unpacked when calls are
// decided or the policies of an account are listed. Both are seen in a process of its
// own, as the tests beside this one do use them.
func TestUnusedCostsNothing(t *testing.T) {
	if os.Getenv(child) != "" {
		acct := awstest.New(t)
		user := acct.NewUser("u", awstest.Allow("s3:*", "iam:*").On("*"))
		_, err := s3.NewFromConfig(user.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
		require.NoError(t, err)
		client := iam.NewFromConfig(user.Config())
		_, err = client.GetAccountAuthorizationDetails(t.Context(), &iam.GetAccountAuthorizationDetailsInput{})
		require.NoError(t, err)
		_, err = client.ListPolicies(t.Context(), &iam.ListPoliciesInput{OnlyAttached: true})
		require.NoError(t, err)
		assert.False(t, managed.Loaded(), "nobody asked for a policy of AWS's")
		acct.NewUser("v", awstest.Managed("AmazonS3ReadOnlyAccess"))
		assert.True(t, managed.Loaded(), "now somebody has")
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestUnusedCostsNothing$")
	cmd.Env = append(os.Environ(), child+"=1", "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	trace := string(out)
	require.Contains(t, trace, "init ", "the runtime says what packages do when the program starts")
	// The runtime says nothing of a package that does nothing.
	line := regexp.MustCompile(`(?m)^init github.com/leastpriv/leastpriv/internal/managed .*, (\d+) bytes, (\d+) allocs$`).FindStringSubmatch(trace)
	if line != nil {
		assert.LessOrEqual(t, len(line[2]), 1, "allocations: %s", strings.TrimSpace(line[0]))
		assert.LessOrEqual(t, len(line[1]), 3, "bytes: %s", strings.TrimSpace(line[0]))
	}
}
