package anyservice

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

func compressed(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// SDKs compress the longer bodies of PutMetricData: they are read, and pass on as they came.
func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	api, ok := catalog.APIByPackage("cloudwatch")
	require.True(t, ok)
	plain := cbor.Encode(cbor.Map{"Namespace": cbor.String("shop")})
	for name, c := range map[string]struct {
		encoding string
		body     []byte
		code     string
	}{
		"plain":     {"", plain, ""},
		"gzip":      {"gzip", compressed(t, plain), ""},
		"no gzip":   {"gzip", plain, "SerializationException"},
		"cut short": {"gzip", compressed(t, plain)[:20], "SerializationException"},
		"a bomb":    {"gzip", compressed(t, make([]byte, maxDecompressed+1)), "MaxMessageLengthExceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := &fakeaws.Message{
				Request:   &wire.Request{Method: http.MethodPost, Header: http.Header{"Content-Encoding": {c.encoding}}, Body: c.body},
				Operation: modelOf(api)().Operation("PutMetricData"), Protocol: wire.RPCV2CBOR,
			}
			msg, err := decompressed(sent)
			if c.code != "" {
				var failed *fakeaws.Error
				require.ErrorAs(t, err, &failed)
				assert.Equal(t, c.code, failed.Code)
				return
			}
			require.NoError(t, err)
			r := &request{call: &fakeaws.Call{}, msg: msg, sent: sent}
			texts, err := r.texts("b:Namespace")
			require.NoError(t, err)
			require.Len(t, texts, 1)
			assert.Equal(t, "shop", texts[0].text)
			assert.Equal(t, c.body, r.sent.Body)
		})
	}
}
