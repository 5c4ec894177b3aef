package anyservice_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Requests with very many elements are read in a time that grows with their length alone.
func TestManyElements(t *testing.T) {
	t.Parallel()
	const many = 200_000
	w := newGoldenWorld(t)
	const entry = `{"DetailType":"order"}`
	var attributes strings.Builder
	for i := range many {
		if i > 0 {
			attributes.WriteByte(',')
		}
		attributes.WriteString(`"` + strconv.Itoa(i) + `":{"S":"1"}`)
	}
	for _, test := range []struct{ service, request string }{
		{"events", `PutEvents {"Entries":[` + strings.Repeat(entry+",", many) + entry + `]}`},
		{"dynamodb", `PutItem {"TableName":"orders","Item":{` + attributes.String() + `}}`},
	} {
		g := decidedServices[test.service]
		start := time.Now()
		w.send(t, g.signing, g.sample(test.request).http(t, g))
		assert.Less(t, time.Since(start), 30*time.Second, test.service)
	}
}
