package organizations

import (
	"encoding/base64"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// defaultPage is how many items a list call returns that does not say: as many
// as it may ask for.
const defaultPage = 20

// A page is one answer of a list call.
type page[T any] struct {
	items []T
	next  *string
}

// paged returns the page that token and size ask for, of items in the order of
// key. A token is the key of the last item before the page, so that items that
// come and go between two pages neither repeat nor hide others.
func paged[V, T any](all []V, key func(V) string, token *string, size *int32, show func(V) T) (page[T], error) {
	limit := defaultPage
	if size != nil {
		limit = int(*size)
	}
	after := ""
	if token != nil {
		text, err := base64.RawURLEncoding.DecodeString(*token)
		if err != nil || len(text) == 0 {
			return page[T]{}, invalidInput(types.InvalidInputExceptionReasonInvalidPaginationToken, invalidToken)
		}
		after = string(text)
	}
	p := page[T]{items: []T{}}
	last := ""
	for _, v := range all {
		k := key(v)
		if k <= after {
			continue
		}
		if len(p.items) == limit {
			p.next = aws.String(base64.RawURLEncoding.EncodeToString([]byte(last)))
			break
		}
		p.items = append(p.items, show(v))
		last = k
	}
	return p, nil
}
