package awstest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
)

func TestNoEscalation(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	reader := acct.NewUser("reader", awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"))
	assert.True(t, awstest.AssertNoEscalation(t, reader))
	awstest.RequireNoEscalation(t, acct.NewUser("admin", awstest.Allow("*").On("*")))
}
