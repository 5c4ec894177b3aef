package anyservice

import (
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// functionColons is how many colons the ARN of a function has that no version or alias is in.
const functionColons = 6

// functionARN returns the ARN of the function of Lambda that a request names: by its name, by
// its ARN, or by account:function:name, each also with a version or alias after a colon. What
// the request has as Qualifier is part of the ARN: who may invoke a function may not
// therefore invoke its aliases ("Fine-tuning the Resources and Conditions sections of
// policies" of the Lambda Developer Guide).
func (r *request) functionARN(text string) string {
	if !strings.HasPrefix(text, "arn:") {
		account := r.owner
		before, name, partial := strings.Cut(text, ":function:")
		if !partial {
			name = text
		} else if id, ok := accountOf(before); ok && id == before {
			account = id
		}
		text = fakeaws.ARN("lambda", r.region, account, "function:"+name)
	}
	if strings.Count(text, ":") > functionColons {
		return text
	}
	if qualifier := r.msg.Param("Qualifier"); len(qualifier) > 0 && qualifier[0] != "" {
		text += ":" + qualifier[0]
	}
	return text
}
