package catalog

import (
	"strings"
	"sync"
)

// A Resource is a type of resource that a service has.
type Resource struct {
	Name string // "object"
	// ARN is the form of the type's ARNs:
	// "arn:${Partition}:s3:::${BucketName}/${ObjectName}".
	ARN string
	// Keys are the condition keys that requests about such a resource can have.
	Keys []*Key

	// closed says that the name at the ARN's end has no slash.
	closed bool
	once   sync.Once
	parts  [6][]token
}

// Match reports whether an ARN can be that of a resource of the type.
func (r *Resource) Match(arn string) bool {
	segments := strings.SplitN(arn, ":", 6)
	if len(segments) < 6 {
		return false
	}
	for i, part := range r.compiled() {
		if !overlap(part, compileText(segments[i])) {
			return false
		}
	}
	return true
}

// Overlaps reports whether the ARN pattern of a policy, by its six segments, can
// match the ARN of a resource of the type.
func (r *Resource) Overlaps(pattern [6]string) bool {
	for i, part := range r.compiled() {
		if !overlap(part, compilePattern(pattern[i])) {
			return false
		}
	}
	return true
}

func (r *Resource) compiled() *[6][]token {
	r.once.Do(func() {
		for i, segment := range strings.SplitN(r.ARN, ":", 6) {
			r.parts[i] = compileTemplate(segment)
			if owner := i == 3 || i == 4; owner && strings.HasPrefix(segment, "${") {
				// Resources that AWS owns have no account, and some no region.
				r.parts[i] = []token{{kind: run}}
			}
		}
		if last := r.parts[5]; r.closed {
			for i := len(last) - 2; i < len(last); i++ {
				last[i].noSlash = true
			}
		}
	})
	return &r.parts
}

// closeNames finds the types whose names have no slash, which the reference does
// not say: where another type's ARNs go on with a slash after the name, as those
// of objects do after the bucket's, the name itself ends there.
func closeNames(resources []*Resource) {
	forms := make(map[string][]*Resource)
	for _, r := range resources {
		if form := formOf(r.ARN); strings.HasSuffix(form, "${}") {
			forms[form] = append(forms[form], r)
		}
	}
	for _, r := range resources {
		form := formOf(r.ARN)
		for i := range form {
			if form[i] == '/' {
				for _, shorter := range forms[form[:i]] {
					shorter.closed = true
				}
			}
		}
	}
}

// formOf returns a template without the names of its variables.
func formOf(template string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, template, _ = strings.Cut(rest, "}")
		b.WriteString("${}")
	}
}
