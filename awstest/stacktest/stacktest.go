// Package stacktest deploys CloudFormation templates into the accounts of package awstest, as
// the role that deploys them in production: what the role lacks rolls the stack back, as it
// does in AWS. Only tests that import it link the fake of CloudFormation:
//
//	acct := awstest.New(t, stacktest.With(), lambdatest.With())
//	deployer := acct.NewRole("deployer", stacktest.Trust(), awstest.File("deployer.json"))
//	shop := stacktest.Of(acct).Deploy("shop", "template.yaml", stacktest.Role(deployer))
//	url := shop.Output("QueueUrl")
package stacktest

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/internal/fixture"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudformation"
	"github.com/leastpriv/leastpriv/internal/template"
)

// With gives a World AWS CloudFormation: an option of [awstest.New].
func With() awstest.Option { return awstest.With(cloudformation.Service) }

// Trust is the trust policy of a role that deploys: CloudFormation may assume it.
func Trust() awstest.RoleOption {
	return awstest.Trust(awstest.Allow("sts:AssumeRole").By("cloudformation.amazonaws.com"))
}

// Stacks are those of an account in one region.
type Stacks struct {
	account *awstest.Account
	region  string
}

// Of returns the account's stacks in its region.
func Of(a *awstest.Account) *Stacks { return &Stacks{a, a.Region()} }

// In returns the account's stacks in another region.
func (s *Stacks) In(region string) *Stacks { return &Stacks{s.account, region} }

// An Option says how a template is deployed.
type Option func(*deployment)

type deployment struct {
	as         *awstest.Principal
	role       string
	parameters []types.Parameter
	tags       []types.Tag
	policy     *string
	keep       bool
}

// Role is the role with which the stack is deployed, and which CloudFormation must be able to
// assume: see [Trust]. Without it the stack is deployed by who asks: see [As].
func Role(role *awstest.Principal) Option {
	return func(d *deployment) { d.role = role.ARN() }
}

// As has a principal ask for the deployment. Without it the World's own hand does, whom no
// policy stops: then only a role is tested.
func As(p *awstest.Principal) Option { return func(d *deployment) { d.as = p } }

// Parameters are the values of the template's parameters.
func Parameters(values map[string]string) Option {
	return func(d *deployment) {
		for name, value := range values {
			d.parameters = append(d.parameters, types.Parameter{ParameterKey: &name, ParameterValue: &value})
		}
	}
}

// Tags are the tags of the stack, which its resources get too.
func Tags(tags map[string]string) Option {
	return func(d *deployment) {
		for key, value := range tags {
			d.tags = append(d.tags, types.Tag{Key: &key, Value: &value})
		}
	}
}

// Policy is the stack policy.
func Policy(document string) Option { return func(d *deployment) { d.policy = &document } }

// KeepFailed leaves what was made when the deployment fails, in place of rolling it back.
func KeepFailed() Option { return func(d *deployment) { d.keep = true } }

// capabilities acknowledge everything: what a template makes is what a test is about.
var capabilities = []types.Capability{types.CapabilityCapabilityIam, types.CapabilityCapabilityNamedIam, types.CapabilityCapabilityAutoExpand}

// Deploy deploys the file of a template as a stack, which is made or updated, and returns when
// it is there. What the template names of other files is uploaded first, as sam deploy does. A
// stack that fails ends the test, with the reason of the resource that failed first.
func (s *Stacks) Deploy(name, path string, options ...Option) *Stack {
	s.account.TB().Helper()
	st, err := s.TryDeploy(name, path, options...)
	if err != nil {
		s.account.TB().Fatalf("stacktest: %v", err)
		return nil
	}
	return st
}

// TryDeploy is Deploy for a test of what fails: the error is that of the call, or says which
// resource failed first and why. The stack is nil where there is none.
func (s *Stacks) TryDeploy(name, path string, options ...Option) (*Stack, error) {
	t := s.account.TB()
	t.Helper()
	fixture.Require(s.account, "cloudformation", "CloudFormation", "stacktest")
	d := &deployment{}
	for _, set := range options {
		set(d)
	}
	body, err := template.Package(path, s.upload)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	ctx := context.WithoutCancel(t.Context())
	st := &Stack{stacks: s, Name: name}
	before, known := st.find()
	if known && before.StackStatus != types.StackStatusRollbackComplete {
		st.ID = *before.StackId
		err = s.do(ctx, d, &awscf.UpdateStackInput{
			StackName: &name, TemplateBody: aws.String(string(body)), Parameters: d.parameters, Tags: d.tags, RoleARN: optional(d.role), Capabilities: capabilities, StackPolicyBody: d.policy,
			DisableRollback: aws.Bool(d.keep),
		})
		var api smithy.APIError
		if errors.As(err, &api) && api.ErrorMessage() == "No updates are to be performed." {
			return st, nil
		}
	} else {
		err = s.do(ctx, d, &awscf.CreateStackInput{
			StackName: &name, TemplateBody: aws.String(string(body)), Parameters: d.parameters, Tags: d.tags, RoleARN: optional(d.role), Capabilities: capabilities, StackPolicyBody: d.policy,
			DisableRollback: aws.Bool(d.keep),
		})
	}
	if err != nil {
		return nil, fmt.Errorf("the stack %s: %w", name, err)
	}
	return st, st.wait(types.StackStatusCreateComplete, types.StackStatusUpdateComplete)
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// do makes a call as who deploys.
func (s *Stacks) do(ctx context.Context, d *deployment, in any) error {
	if d.as == nil {
		w := s.account.World()
		_, err := w.Do(ctx, w.Fixture(s.account.ID(), s.region), in)
		return err
	}
	client := awscf.NewFromConfig(d.as.Config(), func(o *awscf.Options) { o.Region = s.region })
	var err error
	switch in := in.(type) {
	case *awscf.CreateStackInput:
		_, err = client.CreateStack(ctx, in)
	case *awscf.UpdateStackInput:
		_, err = client.UpdateStack(ctx, in)
	case *awscf.DeleteStackInput:
		_, err = client.DeleteStack(ctx, in)
	}
	return err
}

// upload puts a file into the bucket of the deployment, which is made if there is none.
func (s *Stacks) upload(path, kind string) (string, error) {
	w := s.account.World()
	bucket := "deployment-artifacts-" + s.account.ID() + "-" + s.region
	ctx, hand := context.WithoutCancel(s.account.TB().Context()), w.Fixture(s.account.ID(), s.region)
	if _, err := fakeaws.Do[s3.HeadBucketOutput](ctx, w, hand, &s3.HeadBucketInput{Bucket: &bucket}); err != nil {
		if _, err := fakeaws.Do[s3.CreateBucketOutput](ctx, w, hand, bucketIn(bucket, s.region)); err != nil {
			return "", err
		}
	}
	content, err := s.artifact(path, kind)
	if err != nil {
		return "", err
	}
	key := strings.TrimPrefix(filepath.ToSlash(filepath.Clean(path)), "/")
	key = strings.ReplaceAll(key, "../", "")
	if _, err := fakeaws.Do[s3.PutObjectOutput](ctx, w, hand, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(content)}); err != nil {
		return "", err
	}
	if kind == "AWS::CloudFormation::Stack" || kind == "AWS::Serverless::Application" {
		return "https://s3." + s.region + ".amazonaws.com/" + bucket + "/" + key, nil
	}
	return "s3://" + bucket + "/" + key, nil
}

// bucketIn makes a bucket in a region.
func bucketIn(bucket, region string) *s3.CreateBucketInput {
	in := &s3.CreateBucketInput{Bucket: &bucket}
	if region != "us-east-1" {
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}
	}
	return in
}

// artifact is what is uploaded: a nested template with its own files, a definition as it is,
// and for code an empty archive, because Go handlers are the functions.
func (s *Stacks) artifact(path, kind string) ([]byte, error) {
	switch kind {
	case "AWS::CloudFormation::Stack", "AWS::Serverless::Application":
		return template.Package(path, s.upload)
	case "AWS::Serverless::StateMachine":
		return os.ReadFile(path)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.Create("bootstrap"); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// A Stack is one that was deployed.
type Stack struct {
	stacks   *Stacks
	Name, ID string
}

// find describes the stack; false where there is none.
func (st *Stack) find() (*types.Stack, bool) {
	w := st.stacks.account.World()
	name := st.ID
	if name == "" {
		name = st.Name
	}
	out, err := fakeaws.Do[awscf.DescribeStacksOutput](context.WithoutCancel(st.stacks.account.TB().Context()), w, w.Fixture(st.stacks.account.ID(), st.stacks.region), &awscf.DescribeStacksInput{StackName: &name})
	if err != nil || len(out.Stacks) != 1 {
		return nil, false
	}
	return &out.Stacks[0], true
}

// step and longest are how the World's clock is moved on while a resource needs time to become
// what it is: a stream is made within some seconds. Longer is for somebody else to end: a
// custom resource, a wait condition.
const (
	step    = 5 * time.Second
	longest = 2 * time.Minute
)

// wait has the World do what is due until the stack has one of some statuses.
func (st *Stack) wait(wanted ...types.StackStatus) error {
	a := st.stacks.account
	for waited := time.Duration(0); ; waited += step {
		a.Settle()
		now, ok := st.find()
		if !ok {
			return fmt.Errorf("the stack %s: there is none", st.Name)
		}
		st.ID = *now.StackId
		for _, status := range wanted {
			if now.StackStatus == status {
				return nil
			}
		}
		if !strings.HasSuffix(string(now.StackStatus), "_IN_PROGRESS") || waited >= longest {
			return fmt.Errorf("the stack %s is %s%s", st.Name, now.StackStatus, st.failure())
		}
		a.Advance(step)
	}
}

// failure is the first failure of the latest operation.
func (st *Stack) failure() string {
	text := ""
	for _, e := range st.Events() {
		switch {
		case e.Resource == st.Name && (e.Status == "CREATE_IN_PROGRESS" || e.Status == "UPDATE_IN_PROGRESS" || e.Status == "DELETE_IN_PROGRESS") && e.Reason == "User Initiated":
			text = ""
		case strings.HasSuffix(e.Status, "_FAILED") && text == "":
			text = "\n" + e.String()
		}
	}
	return text
}

// An Event is one of a stack: the resource by its logical id, or the stack by its name.
type Event struct{ Resource, Type, Status, Reason, PhysicalID string }

// String returns the event in one line.
func (e Event) String() string {
	text := e.Status + " " + e.Resource + " (" + e.Type + ")"
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// Events returns the events of the stack, the first first.
func (st *Stack) Events() []Event {
	t := st.stacks.account.TB()
	t.Helper()
	var all []Event
	in := &awscf.DescribeStackEventsInput{StackName: &st.ID}
	for {
		out := fixture.Do[awscf.DescribeStackEventsOutput](st.stacks.account, st.stacks.region, "stacktest: the events of "+st.Name, in)
		for _, e := range out.StackEvents {
			all = append([]Event{{aws.ToString(e.LogicalResourceId), aws.ToString(e.ResourceType), string(e.ResourceStatus), aws.ToString(e.ResourceStatusReason), aws.ToString(e.PhysicalResourceId)}}, all...)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all
		}
	}
}

// Status is the status of the stack: "CREATE_COMPLETE".
func (st *Stack) Status() string {
	t := st.stacks.account.TB()
	t.Helper()
	now, ok := st.find()
	if !ok {
		t.Fatalf("stacktest: there is no stack %s", st.Name)
		return ""
	}
	return string(now.StackStatus)
}

// Output returns an output of the stack.
func (st *Stack) Output(name string) string {
	t := st.stacks.account.TB()
	t.Helper()
	now, _ := st.find()
	var there []string
	if now != nil {
		for _, o := range now.Outputs {
			if *o.OutputKey == name {
				return *o.OutputValue
			}
			there = append(there, *o.OutputKey)
		}
	}
	t.Fatalf("stacktest: the stack %s has no output %s; it has: %s", st.Name, name, strings.Join(there, ", "))
	return ""
}

// Resource returns the physical id of a resource by its logical id: what Ref gives of most.
func (st *Stack) Resource(logical string) string {
	st.stacks.account.TB().Helper()
	out := fixture.Do[awscf.DescribeStackResourceOutput](st.stacks.account, st.stacks.region, "stacktest: the resource "+logical, &awscf.DescribeStackResourceInput{StackName: &st.ID, LogicalResourceId: &logical})
	return aws.ToString(out.StackResourceDetail.PhysicalResourceId)
}

// Delete deletes the stack, with the options with which it is deployed, and returns when it is
// gone.
func (st *Stack) Delete(options ...Option) {
	t := st.stacks.account.TB()
	t.Helper()
	if err := st.TryDelete(options...); err != nil {
		t.Fatalf("stacktest: %v", err)
	}
}

// TryDelete is Delete for a test of what fails.
func (st *Stack) TryDelete(options ...Option) error {
	t := st.stacks.account.TB()
	t.Helper()
	d := &deployment{}
	for _, set := range options {
		set(d)
	}
	if err := st.stacks.do(context.WithoutCancel(t.Context()), d, &awscf.DeleteStackInput{StackName: &st.ID, RoleARN: optional(d.role)}); err != nil {
		return fmt.Errorf("the stack %s: %w", st.Name, err)
	}
	return st.wait(types.StackStatusDeleteComplete)
}
