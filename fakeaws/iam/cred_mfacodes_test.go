package iam

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/totp"
)

func TestSynchronization(t *testing.T) {
	t.Parallel()
	secret, now := []byte("12345678901234567890"), time.Unix(1_800_000_000, 0)
	code := func(offset int64) string { return totp.Code(secret, totp.Step(now)+offset) }
	for _, drift := range []int64{0, -1, 1, -syncWindow, syncWindow} {
		d := &mfaDevice{secret: secret}
		require.NoError(t, d.synchronize(code(drift-1), code(drift), now))
		assert.Equal(t, drift, d.drift)
		_, ok := d.stepOf(code(drift), now)
		assert.False(t, ok, "a code counts once")
		step, ok := d.stepOf(code(drift+1), now)
		assert.True(t, ok)
		assert.Equal(t, totp.Step(now)+drift+1, step)
		_, ok = d.stepOf(code(drift+codeWindow+1), now)
		assert.False(t, ok, "too new")
	}
	d := &mfaDevice{secret: secret}
	for name, codes := range map[string][2]string{
		"same code twice":  {code(0), code(0)},
		"wrong order":      {code(0), code(-1)},
		"not consecutive":  {code(-2), code(0)},
		"too old":          {code(-syncWindow - 2), code(-syncWindow - 1)},
		"of another clock": {code(syncWindow), code(syncWindow + 1)},
	} {
		require.Error(t, d.synchronize(codes[0], codes[1], now), name)
	}
}
