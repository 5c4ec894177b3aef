package prove_test

import (
	"context"
	"fmt"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// ExampleCan is docs/proofs.md's.
func ExampleCan() {
	ctx := context.Background()
	policy, err := enforce.Parse(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
		{"Sid": "Production", "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::prod-*/*"}
	]}`, enforce.IdentityPolicy, enforce.Source{Name: "worker"})
	if err != nil {
		panic(err)
	}
	worker, err := enforce.ParsePrincipal("arn:aws:iam::111122223333:role/worker")
	if err != nil {
		panic(err)
	}
	set := &enforce.PolicySet{Identity: []*enforce.Policy{policy}}
	question := prove.Question{
		Principals: []enforce.Principal{worker},
		Actions:    []string{"s3:Delete*"},
		Resources:  []string{"arn:aws:s3:::prod-*/*"},
	}
	answer, err := prove.Can(ctx, set, question)
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.Verdict, answer.Witness.Action != "s3:DeleteObject")

	question.Actions = []string{"s3:DeleteObject"}
	if answer, err = prove.Can(ctx, set, question); err != nil {
		panic(err)
	}
	fmt.Println(answer.Verdict, answer.Denies[0].Sid())

	// No request that is not encrypted, of all that there may be?
	question = prove.Question{
		Principals: []enforce.Principal{worker},
		Actions:    []string{"*"},
		Where:      []enforce.ConditionElement{enforce.Condition("Bool", "aws:SecureTransport", "false")},
	}
	if answer, err = prove.Can(ctx, set, question); err != nil {
		panic(err)
	}
	fmt.Println(answer.Verdict)
	// Output:
	// yes true
	// no Production
	// yes
}

// ExampleNoNewAccess is docs/proofs.md's.
func ExampleNoNewAccess() {
	ctx := context.Background()
	parse := func(statement string) *enforce.Policy {
		p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":`+statement+`}`, enforce.IdentityPolicy, enforce.Source{Name: "reader"})
		if err != nil {
			panic(err)
		}
		return p
	}
	old := parse(`{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}`)
	changed := parse(`{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports*"}`)

	before, question := prove.Alone(old, changed)
	after, _ := prove.Alone(changed, old)
	answer, err := prove.NoNewAccess(ctx, before, after, question)
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.Verdict)
	regions, err := prove.Difference(ctx, before, after, question)
	if err != nil {
		panic(err)
	}
	for _, region := range regions {
		fmt.Println(region.Statement.Sid(), region.Witness.Resource)
	}
	// Output:
	// yes
	// Read arn:aws:s3:::reportsx
}

// ExamplePublic is docs/proofs.md's.
func ExamplePublic() {
	ctx := context.Background()
	policy, err := enforce.Parse(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sqs:SendMessage", "Resource": "*"},
		{"Effect": "Allow", "Principal": "*", "Action": "sqs:ReceiveMessage", "Resource": "*",
			"Condition": {"StringEquals": {"aws:PrincipalOrgID": ["o-example", "o-partner"]}}}
	]}`, enforce.QueuePolicy, enforce.Source{Name: "queue"})
	if err != nil {
		panic(err)
	}
	exposure, err := prove.Public(ctx, policy, prove.Zone{Account: "111122223333", Organization: "o-example"})
	if err != nil {
		panic(err)
	}
	fmt.Println(exposure.Verdict, exposure.Public)
	for _, finding := range exposure.Findings {
		fmt.Println(finding.String())
	}
	// Output:
	// yes no
	// AWS 444455556666 may sqs:SendMessage; for example arn:aws:iam::444455556666:user/xx sqs:SendMessage on arn:aws:sqs:us-east-1:111122223333:example of account 111122223333
	// * if aws:PrincipalOrgID is o-partner may sqs:ReceiveMessage; for example arn:aws:iam::999999999999:user/xx sqs:ReceiveMessage on arn:aws:sqs:us-east-1:111122223333:example of account 111122223333 with aws:PrincipalOrgID=o-partner
}
