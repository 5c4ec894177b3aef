package wire

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// How the services that speak JSON answer a denied call.
func TestJSONServicesDeny(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, service string
		protocol      Protocol
		denial        *Error
		status        int
	}{
		{"rule 70: KMS", "kms", AWSJSON11, &Error{Code: "AccessDenied", Message: "no"}, http.StatusBadRequest},
		{"rule 70: Secrets Manager", "secretsmanager", AWSJSON11, &Error{Code: "AccessDenied", Message: "no"}, http.StatusBadRequest},
		{"rule 70: DynamoDB", "dynamodb", AWSJSON10, &Error{Code: "AccessDenied", Message: "no"}, http.StatusBadRequest},
		{"rule 70: Lambda", "lambda", RESTJSON, &Error{Code: "AccessDenied", Message: "no", Status: http.StatusForbidden}, http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, ok := Load(c.service)
			require.True(t, ok)
			r := s.EncodeError(c.protocol, c.denial, ErrorContext{RequestID: "r"})
			assert.Equal(t, c.status, r.Status)
			var body map[string]string
			require.NoError(t, json.Unmarshal(r.Body, &body))
			assert.Equal(t, "no", body["Message"])
			code := body["__type"]
			if c.protocol == RESTJSON {
				code = r.Header.Get("X-Amzn-Errortype")
			}
			assert.Equal(t, "AccessDeniedException", code[strings.LastIndexByte(code, '#')+1:])
		})
	}
}
