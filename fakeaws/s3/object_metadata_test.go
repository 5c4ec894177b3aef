package s3

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is ASCII stays as it is, and the rest comes back as encoded words of RFC 2047,
// whether it was sent as such or not.
func TestEncodedWords(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":          "",
		"plain = ?": "plain = ?",
		// As metadata is recorded whose base64 has no UTF-8.
		"=?UTF-8?B?8WHx?=":                  "=?UTF-8?B?77+9Ye+/vQ==?=",
		"=?UTF-8?B?w6Rvw7ZvbQ==?=":          "=?UTF-8?Q?=C3=A4o=C3=B6om?=",
		"=?iso-8859-1?Q?=E4?=":              "=?UTF-8?B?w6Q=?=",
		"=?UTF-8?B?dGVzdA==?=":              "test",
		"a =?UTF-8?Q?b_c?= =?utf-8?q?d?= e": "a b cd e",
		"=?UTF-8?B?no?=":                    "=?UTF-8?B?no?=",
		"=?windows-9999?B?dGVzdA==?=":       "=?windows-9999?B?dGVzdA==?=",
	} {
		assert.Equal(t, want, encodedWords(plainText(value)), value)
		assert.Equal(t, want, encodedWords(plainText(want)), "encoded already")
	}
	assert.Nil(t, plainMetadata(nil))
}
