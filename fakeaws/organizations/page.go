package organizations

import (
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// defaultPage is how many items a list call returns that does not say: as many
// as it may ask for.
const defaultPage = 20

// paged returns the page that token and size ask for, of items in the order of key.
func paged[V, T any](all []V, key func(V) string, token *string, size *int32, show func(V) T) (page.Page[T], error) {
	after, ok := page.After(token)
	if !ok {
		return page.Page[T]{}, invalidInput(types.InvalidInputExceptionReasonInvalidPaginationToken, invalidToken)
	}
	return page.Of(page.Sorted(all, key), after, page.Size(size, defaultPage), page.Every(show)), nil
}
