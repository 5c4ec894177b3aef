package lambda

import (
	"encoding/json"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
)

// maxFilters is how many filters a mapping has at most without a raised quota; unverified is
// that the quota is not asked for here.
const maxFilters = 10

// readFilters reads the filters of a mapping ("Control which events Lambda sends to your
// function" of the developer guide).
func readFilters(c *types.FilterCriteria) (all []*eventpattern.Pattern, err error) {
	if c == nil {
		return nil, nil
	}
	if len(c.Filters) > maxFilters {
		return nil, invalidParameter(textFilter)
	}
	for _, f := range c.Filters {
		pattern, err := eventpattern.ParseFilter(aws.ToString(f.Pattern))
		if err != nil {
			return nil, invalidParameter(textFilter)
		}
		all = append(all, pattern)
	}
	return all, nil
}

// passes reports whether a record of a queue passes one of a mapping's filters. A body that
// is JSON counts as the value that it has. One that is not passes no filter of the inside of
// a body, also none that demands that something is not there.
func (m *mapping) passes(record map[string]any) bool {
	if len(m.filters) == 0 {
		return true
	}
	seen := maps.Clone(record)
	body, _ := record["body"].(string)
	isJSON := json.Valid([]byte(body))
	if isJSON {
		seen["body"] = json.RawMessage(body)
	}
	document, err := json.Marshal(seen)
	if err != nil {
		return false
	}
	event, err := eventpattern.ParseEvent(document)
	if err != nil {
		return false
	}
	for _, f := range m.filters {
		if (isJSON || !f.Nested("body")) && f.Match(event) {
			return true
		}
	}
	return false
}
