package anyservice

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guard implements [fakeaws.Guardian]: with the policy and the tags of the resource as far as
// somebody has told them.
func (f *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	n := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: owner(resource)}
	if resource == "*" {
		return n, nil
	}
	known := f.knownOf(resource)
	if known != nil {
		n.Policy = known.policy.Policy()
		for key, value := range known.tags {
			n.Context.Set("aws:ResourceTag/"+key, value)
		}
	}
	if known == nil {
		n.Note = "nobody has told this World the policy and the tags of " + resource + ": it is judged as one without a policy, whose tags are not known"
	}
	if known == nil || !known.allTags {
		n.Unknown = tagsUnknown
	}
	return n, nil
}

// tagsUnknown says that a resource may have tags which nobody has told.
var tagsUnknown = &enforce.Unknown{Key: func(name string) bool {
	_, rest, _ := strings.Cut(strings.ToLower(name), ":")
	return strings.HasPrefix(rest, "resourcetag/")
}}
