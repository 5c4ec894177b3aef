package catalog

import (
	"slices"
	"strings"
	"sync"
)

// A Resource is a type of resource that a service has.
type Resource struct {
	Name string // "object"
	// ARNs has the forms of the type's ARNs, mostly one:
	// "arn:${Partition}:s3:::${BucketName}/${ObjectName}".
	ARNs []string
	// Keys are the condition keys that requests about such a resource can have.
	Keys []*Key

	// closed has the forms that end in a name without slashes.
	closed []string
	once   sync.Once
	forms  [][6][]token
}

// Match reports whether an ARN can be that of a resource of the type.
func (r *Resource) Match(arn string) bool {
	segments := strings.SplitN(arn, ":", 6)
	return len(segments) == 6 && r.overlaps([6]string(segments), compileText)
}

// Overlaps reports whether the ARN pattern of a policy, by its six segments, can
// match the ARN of a resource of the type.
func (r *Resource) Overlaps(pattern [6]string) bool { return r.overlaps(pattern, compilePattern) }

func (r *Resource) overlaps(segments [6]string, compile func(string) []token) bool {
	return slices.ContainsFunc(r.compiled(), func(form [6][]token) bool {
		for i, part := range form {
			if !overlap(part, compile(segments[i])) {
				return false
			}
		}
		return true
	})
}

func (r *Resource) compiled() [][6][]token {
	r.once.Do(func() {
		for _, arn := range r.ARNs {
			r.forms = append(r.forms, compileForm(arn, slices.Contains(r.closed, arn)))
		}
	})
	return r.forms
}

func compileForm(arn string, closed bool) (form [6][]token) {
	for i, segment := range strings.SplitN(arn, ":", 6) {
		form[i] = compileTemplate(segment)
		if owner := i == 3 || i == 4; owner && strings.HasPrefix(segment, "${") {
			// Resources that AWS owns have no account, and some no region.
			form[i] = []token{{kind: run}}
		}
	}
	if last := form[5]; closed {
		for i := len(last) - 2; i < len(last); i++ { // the variable
			last[i].noSlash = true
		}
	}
	return form
}

// closeNames finds the names that have no slash, which the reference does not
// say: where other ARNs go on with a slash after the name, as those of objects
// do after the bucket's, the name itself ends there.
func closeNames(resources []*Resource) {
	open := make(map[string]bool) // what stands before a slash
	for _, r := range resources {
		for _, arn := range r.ARNs {
			form := formOf(arn)
			for i := range form {
				if form[i] == '/' {
					open[form[:i]] = true
				}
			}
		}
	}
	for _, r := range resources {
		for _, arn := range r.ARNs {
			if form := formOf(arn); strings.HasSuffix(form, "${}") && open[form] {
				r.closed = append(r.closed, arn)
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
