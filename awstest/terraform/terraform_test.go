package terraform_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/awstest/terraform"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// put and the like are what the programs of the tests do.
func put(t *testing.T, p *awstest.Principal, bucket *awstest.Bucket, key string) error {
	t.Helper()
	_, err := s3.NewFromConfig(p.Config()).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket.Name()), Key: &key, Body: strings.NewReader("x")})
	return err
}

func remove(t *testing.T, p *awstest.Principal, bucket *awstest.Bucket, key string) error {
	t.Helper()
	_, err := s3.NewFromConfig(p.Config()).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket.Name()), Key: &key})
	return err
}

func receive(t *testing.T, p *awstest.Principal, queue *awstest.Queue) (int, error) {
	t.Helper()
	out, err := sqs.NewFromConfig(p.Config()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue.URL())})
	if err != nil {
		return 0, err
	}
	return len(out.Messages), nil
}

// A plan and the state after apply make the same account.
func TestService(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]deploy.Source{
		"plan":  terraform.Plan("testdata/service/plan.json"),
		"state": terraform.Plan("testdata/state/state.json", terraform.Source("testdata/service")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, awstest.WithRegion("eu-west-1"))
			stack := acct.Load(source)
			worker, bucket := stack.Role("aws_iam_role.worker[0]"), stack.Bucket("aws_s3_bucket.data")
			last := func() string {
				calls := acct.Calls()
				return calls[len(calls)-1:].String()
			}

			awstest.RequireAllowed(t, put(t, worker, bucket, "tenants/a/orders.csv"))
			assert.Contains(t, acct.Calls().Of("s3:PutObject").String(), "testdata/service/iam.tf:38:3", "the statement of the data source")

			awstest.RequireDenied(t, put(t, worker, bucket, "orders.csv"), "s3:PutObject")
			assert.Contains(t, last(), "testdata/service/storage.tf:79:3", "the statement of the bucket's policy")

			awstest.RequireDenied(t, remove(t, worker, bucket, "tenants/a/orders.csv"), "s3:DeleteObject")
			assert.Contains(t, last(), "testdata/service/iam.tf:32:7", "the element of jsonencode")

			// The notification of the bucket, to a queue whose policy names the bucket.
			queue := stack.Queue(`module.queue["import"].aws_sqs_queue.this`)
			n, err := receive(t, worker, queue)
			awstest.RequireAllowed(t, err)
			assert.Equal(t, 1, n)
			_, err = receive(t, worker, stack.Queue(`module.queue["import"].aws_sqs_queue.dead`))
			awstest.RequireDenied(t, err, "sqs:ReceiveMessage")

			// What a group and attachments grant.
			operator := stack.User("aws_iam_user.operator")
			_, err = receive(t, operator, stack.Queue(`module.queue["ship"].aws_sqs_queue.dead`))
			awstest.RequireAllowed(t, err)
			_, err = receive(t, operator, queue)
			awstest.RequireDenied(t, err, "sqs:ReceiveMessage")
			_, err = iam.NewFromConfig(operator.Config()).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("orders-eu-west-1-deploy")})
			awstest.RequireAllowed(t, err)
			assert.Contains(t, last(), "SecurityAudit")

			// An inline policy that is text, of a role with an identity provider.
			deployer := stack.Role("aws_iam_role.deploy")
			_, err = sqs.NewFromConfig(deployer.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(queue.URL()), MessageBody: aws.String("x")})
			awstest.AssertDenied(t, err, "kms:GenerateDataKey") // which the queue's key needs
			assert.Contains(t, acct.Calls().By(deployer).String(), "identity-based policy push, statement 1 (testdata/service/iam.tf:12")
			var notMade []string
			for _, r := range stack.NotMade() {
				notMade = append(notMade, r.Type)
			}
			assert.ElementsMatch(t, []string{"AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SecretsManager::Secret", "AWS::SecretsManager::ResourcePolicy"}, notMade)
			assert.Equal(t, "orders-eu-west-1-data", stack.Output("bucket"))
			assert.Equal(t, "arn:aws:iam::000000000000:role/service/orders-eu-west-1-worker-0", stack.Output("worker"), "in the test's account")
		})
	}
}

func TestFeatures(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithRegion("eu-west-1"), awstest.WithAccountID("444455556666"))
	stack := acct.Load(terraform.Plan("testdata/features/plan.json"))
	reader, ann := stack.Role("aws_iam_role.reader"), stack.User("aws_iam_user.ann")
	a, b := stack.Bucket(`module.tenant["a"].module.store[0].aws_s3_bucket.this`), stack.Bucket(`module.tenant["b"].module.store[0].aws_s3_bucket.this`)
	assert.Equal(t, "tenant-b-002", b.Name())
	assert.Regexp(t, `^reader-[0-9]{26}$`, reader.Name())

	// "${store}/&{aws:PrincipalTag/team}/*", and the role's tag by merge.
	awstest.RequireAllowed(t, put(t, reader, b, "blue/x"))
	awstest.RequireDenied(t, put(t, reader, b, "red/x"), "s3:PutObject")
	awstest.RequireDenied(t, put(t, reader, a, "blue/x"), "s3:PutObject")
	// The role of a tenant by the bucket's policy, which dynamic blocks make.
	tenant := stack.Role(`module.tenant["b"].aws_iam_role.tenant`)
	awstest.RequireAllowed(t, put(t, tenant, b, "x"))
	assert.Contains(t, acct.Calls().String(), "testdata/features/tenant/main.tf:22:3", "the dynamic block")
	awstest.RequireDenied(t, put(t, stack.Role(`module.tenant["a"].aws_iam_role.tenant`), b, "x"), "s3:PutObject")

	// A policy that is a file has the lines of the file.
	_, err := iam.NewFromConfig(ann.Config()).GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("ann")})
	awstest.RequireAllowed(t, err)
	assert.Contains(t, acct.Calls().String(), "testdata/features/policies/self.json:4:5")
	_, err = sqs.NewFromConfig(ann.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(stack.Queue("aws_sqs_queue.jobs").URL()), MessageBody: aws.String("x"), MessageGroupId: aws.String("g")})
	awstest.RequireAllowed(t, err)
	assert.Contains(t, acct.Calls().String(), "writer0", "from the override file")
	// The policy that is an argument of a queue.
	_, err = sqs.NewFromConfig(reader.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(stack.Queue("aws_sqs_queue.inline").URL()), MessageBody: aws.String("x")})
	awstest.RequireAllowed(t, err)
	require.Empty(t, stack.NotMade())
	assert.JSONEq(t, `{"a": "arn:aws:s3:::tenant-a-001", "b": "arn:aws:s3:::tenant-b-002"}`, stack.Output("stores"))
}
