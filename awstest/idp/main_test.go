package idp_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eachDoor tells a story on an account in the process and on one with a socket.
func eachDoor(t *testing.T, story func(*testing.T, *awstest.Account)) {
	t.Helper()
	for name, opts := range map[string][]awstest.Option{"process": nil, "socket": {awstest.WithSocket()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, awstest.New(t, opts...))
		})
	}
}

// requireCode requires AWS's error with that code and message.
func requireCode(t testing.TB, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode())
	assert.Equal(t, message, api.ErrorMessage())
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
