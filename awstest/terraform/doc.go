// Package terraform reads plans and states of Terraform for [awstest.Account.Load], so
// that a test runs as the role that will be deployed, against the policies that will be
// deployed, before anything is:
//
//	terraform plan -out plan.tfplan
//	terraform show -json plan.tfplan > plan.json
//
//	acct := awstest.New(t, awstest.WithRegion("eu-west-1"))
//	stack := acct.Load(terraform.Plan("plan.json"))
//	worker := stack.Role("aws_iam_role.worker[0]")
//
// [Plan] reads a state too: terraform show -json > state.json. Modules, count and
// for_each are in the addresses, as Terraform writes them:
// module.queue["import"].aws_sqs_queue.this.
//
// # What a plan does not know
//
// The ARNs of what is not there yet are known after apply, and so is every policy that
// names one. Of the expression behind such a policy the JSON has what it refers to and no
// more: "${aws_s3_bucket.data.arn}/*" and aws_s3_bucket.data.arn look the same. Such a
// policy is therefore evaluated from the configuration: the folder in which the plan lies,
// or the one that [Source] names. ARNs, ids and names with a prefix are those that the
// resource will have in the account of the test. The data source
// aws_iam_policy_document, jsonencode, file, templatefile, locals, inputs and outputs of
// modules, dynamic blocks and override files are evaluated; modules of a registry, once
// terraform init has put them there.
//
// Without a configuration arguments are known that name another resource and are
// nothing but its id or ARN, such as bucket, role and policy_arn. Policies are not: each is
// a problem that names it. [Bind] says one, [LeaveOut] leaves its resource out, and the
// state after apply has all of them. The same is so for what the configuration does not
// say: a function that is not known here, terraform.workspace, attributes that AWS alone
// knows, and a block whose references and constants are not those of the plan, because the
// configuration has changed since. Of locals, of functions and of texts with references the
// plan has no constants, so a change there cannot be seen: plan and configuration should be
// of one commit.
//
// # Where a denial points
//
// Statements have the position of their block or element in the configuration, main.tf:12,
// or in the policy's own file; without a configuration the address, as
// plan.json(aws_iam_role.worker).
//
// # Accounts and regions
//
// The id of the account for which the plan was made is replaced by that of the test's
// account. The region must be the test's: [awstest.WithRegion].
//
// Roles, users, groups, their policies and attachments, identity providers, instance
// profiles, buckets, queues and KMS keys are made. Topics, functions, secrets and their
// policies are understood and not made; these, and all other resources of the provider aws,
// are listed by [awstest.Deployment.NotMade].
package terraform
