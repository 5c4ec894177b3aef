package stack

import (
	"testing"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/dynamotest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
	"github.com/leastpriv/leastpriv/awstest/stacktest"
	"github.com/stretchr/testify/require"
)

func TestFirst(t *testing.T) {
	acct := awstest.New(t, lambdatest.With(), dynamotest.With(), stacktest.With())
	deployer := acct.NewRole("deployer", stacktest.Trust(), awstest.Allow("*").On("*"))
	st, err := stacktest.Of(acct).TryDeploy("shop", "template.yaml", stacktest.Role(deployer))
	if st != nil {
		for _, e := range st.Events() {
			t.Log(e)
		}
	}
	require.NoError(t, err)
	t.Log(st.Output("OrdersUrl"), st.Output("TableName"))
	for _, c := range acct.Calls().By(deployer) {
		t.Log(c)
	}
	st.Delete()
	for _, e := range st.Events() {
		t.Log(e)
	}
}
