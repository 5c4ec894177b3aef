package totp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// RFC 6238, Appendix B, of which AWS uses the last six digits.
func TestVectors(t *testing.T) {
	t.Parallel()
	for seconds, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471",
		1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		assert.Equal(t, code, Code([]byte("12345678901234567890"), Step(time.Unix(seconds, 0))))
	}
}
