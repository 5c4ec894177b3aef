package s3

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestMailSafe: what is ASCII stays as it is, and the rest comes back as encoded words of
// RFC 2047, whichever way it was sent.
func TestMailSafe(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":          "",
		"plain = ?": "plain = ?",
		// The example of the User Guide: bytes of UTF-8, read as ISO 8859-1.
		"ÄMÄZÕÑ S3": "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=",
		// As metadata is recorded whose base64 has no UTF-8.
		"=?UTF-8?B?8WHx?=":                  "=?UTF-8?B?77+9Ye+/vQ==?=",
		"=?UTF-8?B?w6Rvw7ZvbQ==?=":          "=?UTF-8?Q?=C3=A4o=C3=B6om?=",
		"=?iso-8859-1?Q?=E4?=":              "=?UTF-8?B?w6Q=?=",
		"=?UTF-8?B?dGVzdA==?=":              "test",
		"a =?UTF-8?Q?b_c?= =?utf-8?q?d?= e": "a b cd e",
		"=?UTF-8?B?no?=":                    "=?UTF-8?B?no?=",
		"=?windows-9999?B?dGVzdA==?=":       "=?windows-9999?B?dGVzdA==?=",
	} {
		assert.Equal(t, want, mailSafe(value), value)
		assert.Equal(t, want, mailSafe(want), "encoded already")
	}
	assert.Nil(t, mailSafeMetadata(nil))
}
