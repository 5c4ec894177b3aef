package anyservice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// untold says what a test can do about a denial that depends on what is not known: tell the
// tags of the resource. It is empty for other denials.
func untold(n *fakeaws.Need, d *enforce.Decision) string {
	unknown := d.Unknowns()
	tag := slices.IndexFunc(unknown, func(name string) bool { return strings.Contains(strings.ToLower(name), ":resourcetag/") })
	switch {
	case tag >= 0 && whole(n):
		_, key, _ := strings.Cut(unknown[tag], "/")
		return fmt.Sprintf("Nobody has told the tags of %[1]s. Tell them in the test: acct.SetResourceTags(%[1]q, map[string]string{%[2]q: …}).", n.Resource, key)
	case len(unknown) > 0 && tag < 0:
		return "AWS knows " + strings.Join(unknown, ", ") + " of the call, and leastpriv does not: the request does not tell it. Test the statement without that condition."
	}
	return ""
}
