package awsid_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/awsid"
)

func TestIsAccount(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"111122223333": true, "000000000000": true,
		"": false, "11112222333": false, "1111222233334": false, "11112222333a": false, "-11122223333": false, "11112222333٣": false,
	} {
		assert.Equal(t, want, awsid.IsAccount(id), id)
	}
	assert.False(t, awsid.IsDigits(""))
}

func TestAccount(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"111122223333", "arn:aws:iam::111122223333:root"} {
		id, ok := awsid.Account(text)
		assert.True(t, ok, text)
		assert.Equal(t, "111122223333", id, text)
	}
	for _, text := range []string{
		"", "1111", "111122223333:root", "arn:aws:iam::111122223333", "arn:aws:iam::1111:root", "arn:aws:iam::111122223333:user/root",
		"arn:aws:iam:us-east-1:111122223333:root", "arn:aws:sts::111122223333:root", "arn:aws-cn:iam::111122223333:root",
	} {
		id, ok := awsid.Account(text)
		assert.False(t, ok, text)
		assert.Empty(t, id, text)
	}
}

func TestARNIsReadBackByTheSDK(t *testing.T) {
	t.Parallel()
	got, err := arn.Parse(awsid.ARN("sqs", "us-east-1", "111122223333", "a:b/c"))
	require.NoError(t, err)
	assert.Equal(t, arn.ARN{Partition: "aws", Service: "sqs", Region: "us-east-1", AccountID: "111122223333", Resource: "a:b/c"}, got)
}
