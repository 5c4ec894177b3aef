package anyservice

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// at returns the request for resources where the one of an ARN is: in its account and region,
// which are not the caller's own everywhere.
func (r *request) at(text string) *request {
	a, err := arn.Parse(text)
	if err != nil {
		return r
	}
	there := *r
	if id, ok := accountOf(a.AccountID); ok && id == a.AccountID {
		there.owner = id
	}
	if a.Region != "" {
		there.region = a.Region
	}
	return &there
}

// identity returns what a resource is known by, and whether it is one: a secret by the ARN
// without the six characters at its end, which calls by the name do not tell.
func identity(on string) (string, bool) {
	on = knownAs(on)
	name, found := strings.CutSuffix(on, unknownSuffix)
	switch {
	case !strings.Contains(on, ":secretsmanager:"):
		return on, !found
	case found:
		return on, !strings.ContainsAny(name, "*?")
	case hasSuffix(on):
		return on[:len(on)-len(unknownSuffix)] + unknownSuffix, true
	}
	return on, true
}

// unknownSuffix stands for the characters that Secrets Manager puts at the end of the ARN.
const unknownSuffix = "-??????"

// whole reports whether it is known which resource a permission is about.
func whole(n *fakeaws.Need) bool {
	if n.Resource == "*" || n.Unknown == nil || !n.Unknown.Resource {
		return n.Resource != "*"
	}
	_, one := identity(n.Resource)
	return one && strings.Contains(n.Resource, ":secretsmanager:")
}
