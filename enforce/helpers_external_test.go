package enforce_test

import "github.com/leastpriv/leastpriv/enforce"

func alice() enforce.Principal {
	return enforce.Principal{Type: enforce.User, ARN: "arn:aws:iam::111122223333:user/alice", Account: "111122223333", UserName: "alice"}
}

func allows(statement string) enforce.PolicySet {
	return enforce.PolicySet{Identity: []*enforce.Policy{
		enforce.MustParse(`{"Version":"2012-10-17","Statement":[`+statement+`]}`, enforce.IdentityPolicy)}}
}
