package enforce_test

import (
	"fmt"

	"github.com/leastpriv/leastpriv/enforce"
)

func ExampleSimulate() {
	s := &enforce.Simulation{
		Principal: reader,
		Policies:  enforce.PolicySet{Identity: []*enforce.Policy{enforce.MustParse(readReports, enforce.IdentityPolicy)}},
		Actions:   []string{"s3:GetObject", "s3:PutObject"},
		Resources: []string{"arn:aws:s3:::reports/q3.csv"},
	}
	s.Context.Set("aws:PrincipalTag/team", "finance")
	decisions, err := enforce.Simulate(s)
	if err != nil {
		panic(err)
	}
	for i := range decisions {
		fmt.Println(decisions[i].String())
	}
	// Output:
	// ALLOW role/reader s3:GetObject arn:aws:s3:::reports/q3.csv  allowed by identity-based policy, ReadReports (policy:3:17)
	// DENY role/reader s3:PutObject arn:aws:s3:::reports/q3.csv  no identity-based policy allows it
}
