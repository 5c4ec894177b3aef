package program_test

import (
	"testing"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/leastpriv/leastpriv/examples/program"
	"github.com/stretchr/testify/assert"
)

// The program runs unchanged, with the permissions of its role alone, wherever it is
// deployed: on Lambda, in a container, in a pod, on a developer's machine.
func TestReport(t *testing.T) {
	for name, test := range map[string]func(*awstest.Account) (awstest.CredentialStyle, awstest.Statement){
		"function": func(*awstest.Account) (awstest.CredentialStyle, awstest.Statement) {
			return awstest.StaticCredentials, awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")
		},
		"container": func(*awstest.Account) (awstest.CredentialStyle, awstest.Statement) {
			return awstest.ContainerCredentials, awstest.Allow("sts:AssumeRole").By("ecs-tasks.amazonaws.com")
		},
		"pod": func(acct *awstest.Account) (awstest.CredentialStyle, awstest.Statement) {
			cluster := idp.EKS(acct)
			return cluster.TokenFile(idp.ServiceAccount{Name: "reporter"}), awstest.Allow("sts:AssumeRoleWithWebIdentity").By(cluster.ARN())
		},
		"developer": func(acct *awstest.Account) (awstest.CredentialStyle, awstest.Statement) {
			return awstest.ProfileCredentials("dev"), awstest.Allow("sts:AssumeRole").By(acct.ID())
		},
	} {
		t.Run(name, func(t *testing.T) {
			acct := awstest.New(t)
			bucket, queue := acct.S3().CreateBucket("reports"), acct.SQS().CreateQueue("reports", nil)
			style, trust := test(acct)
			role := acct.NewRole("reporter", awstest.Trust(trust), awstest.Allow("s3:PutObject").On(bucket.ARN()+"/*"))
			role.Setenv(t, style)

			err := program.Report(t.Context(), bucket.Name(), queue.URL(), "all is well")
			awstest.RequireDenied(t, err, "sqs:SendMessage")

			role.Attach(awstest.Allow("sqs:SendMessage").On(queue.ARN()))
			awstest.RequireAllowed(t, program.Report(t.Context(), bucket.Name(), queue.URL(), "all is well"))
			assert.Equal(t, "all is well", bucket.Body("report.txt"))
			assert.Equal(t, []string{"report.txt"}, queue.Bodies())
		})
	}
}
