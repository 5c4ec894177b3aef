package secretsmanager_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/internal/sigv4"
)

// What a call costs from the door to its answer, without the client: a request that is
// signed once is sent again and again. The floor is GetRandomPassword of one character, which
// has no resource and no key. GetSecretValue must not grow with the number of secrets.
func BenchmarkDoor(b *testing.B) {
	for _, secrets := range []int{1, 10_000} {
		c := newCloud(b)
		root := c.root()
		for i := range secrets {
			create(b, root, fmt.Sprint("secret", i), "value")
		}
		user := c.users.Add(c.World.World, owner, "reader", statements(allow("secretsmanager:GetSecretValue", arnOf+"secret0-??????"), allow("secretsmanager:GetRandomPassword", "*")))
		for _, call := range [][2]string{{"GetRandomPassword", `{"PasswordLength":1,"RequireEachIncludedType":false}`}, {"GetSecretValue", `{"SecretId":"secret0"}`}} {
			r := httptest.NewRequest(http.MethodPost, "https://secretsmanager."+region+".amazonaws.com/", nil)
			r.RequestURI = ""
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.Header.Set("X-Amz-Target", "secretsmanager."+call[0])
			key, err := c.Config(user.AccessKeyID, user.SecretAccessKey, "").Credentials.Retrieve(b.Context())
			require.NoError(b, err)
			require.NoError(b, v4.NewSigner().SignHTTP(b.Context(), key, r, sigv4.Hash([]byte(call[1])), "secretsmanager", worldtest.Region, time.Now()))
			b.Run(fmt.Sprintf("%s/secrets=%d", call[0], secrets), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					r.Body, r.ContentLength = io.NopCloser(strings.NewReader(call[1])), int64(len(call[1]))
					resp, err := c.Door().RoundTrip(r)
					require.NoError(b, err)
					require.Equal(b, 200, resp.StatusCode)
					_ = resp.Body.Close()
				}
			})
		}
	}
}
