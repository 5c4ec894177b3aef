package wire

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// s3Level is what the path of an S3 request names.
type s3Level uint8

const (
	s3Service s3Level = iota
	s3Bucket
	s3Object
)

var s3ResourceTypes = [...]string{"SERVICE", "BUCKET", "OBJECT"}

// s3Router routes S3's requests. Method and level leave up to forty operations;
// of these the literal query parameters decide (?acl), then the parameters and
// headers that only one of the rest requires (uploadId, x-amz-copy-source).
type s3Router struct {
	groups map[string]*[3]s3Group // by method
	// paths has the few operations with a path of their own.
	paths map[string]*route // by method and path
}

type s3Group struct {
	byLiteral map[string][]*route // by the name of the first literal parameter
	plain     []*route            // without literals, those that require most first
}

func newS3Router(s *Service) (*s3Router, error) {
	sr := &s3Router{groups: map[string]*[3]s3Group{}, paths: map[string]*route{}}
	for _, o := range s.operations {
		path, rt := newRoute(o)
		level := s3Service
		for _, m := range s.shapes[o.In].Members {
			switch {
			case m.Label && m.Name == "Bucket":
				level = max(level, s3Bucket)
			case m.Label && m.Name == "Key":
				level = s3Object
			}
		}
		if len(path) > 0 && !path[0].label {
			sr.paths[o.Method+" /"+path[0].text] = rt
			continue
		}
		sr.add(level, rt)
	}
	for method, levels := range sr.groups {
		for level := range levels {
			if err := levels[level].settle(); err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, s3ResourceTypes[level], err)
			}
		}
	}
	return sr, nil
}

func (sr *s3Router) add(level s3Level, rt *route) {
	levels := sr.groups[rt.op.Method]
	if levels == nil {
		levels = new([3]s3Group)
		sr.groups[rt.op.Method] = levels
	}
	g := &levels[level]
	if len(rt.literals) == 0 {
		g.plain = append(g.plain, rt)
		return
	}
	if g.byLiteral == nil {
		g.byLiteral = map[string][]*route{}
	}
	first := rt.literals[0].name
	g.byLiteral[first] = append(g.byLiteral[first], rt)
}

// settle sorts the routes of a group. What only one operation can mean does not
// depend on the members that it requires: when one is missing, that operation
// says so.
func (g *s3Group) settle() error {
	slices.SortFunc(g.plain, compareRoutes)
	for _, rts := range g.byLiteral {
		slices.SortFunc(rts, compareRoutes)
		for i, rt := range rts {
			twin := func(other *route) bool { return other != rt && slices.Equal(other.literals, rt.literals) }
			if !slices.ContainsFunc(rts, twin) {
				rt.query, rt.headers = nil, nil
			} else if i+1 < len(rts) && twin(rts[i+1]) && rt.weight() == rts[i+1].weight() {
				return fmt.Errorf("%s and %s are the same request", rt.op.Name(), rts[i+1].op.Name())
			}
		}
	}
	return nil
}

func (sr *s3Router) match(r *Request) (*Operation, error) {
	if rt := sr.paths[r.Method+" "+r.Path]; rt != nil && rt.fits(r) {
		return rt.op, nil
	}
	_, _, level := r.s3Path()
	if levels := sr.groups[r.Method]; levels != nil {
		if rt := levels[level].find(r); rt != nil {
			return rt.op, nil
		}
	}
	return nil, &Error{
		Code:    "MethodNotAllowed",
		Message: "The specified method is not allowed against this resource.",
		Status:  http.StatusMethodNotAllowed,
		Fields:  []Field{{"Method", short(r.Method)}, {"ResourceType", s3ResourceTypes[level]}},
	}
}

func (g *s3Group) find(r *Request) *route {
	var best *route
	try := func(rts []*route) {
		for _, rt := range rts {
			if (best == nil || rt.outranks(best)) && rt.fits(r) {
				best = rt
			}
		}
	}
	if len(r.query) <= len(g.byLiteral) {
		for i := range r.query {
			try(g.byLiteral[r.query[i].name])
		}
	} else { // so many parameters that it is cheaper to ask for each of ours
		for name, rts := range g.byLiteral {
			if _, ok := r.param(name); ok {
				try(rts)
			}
		}
	}
	if best != nil {
		return best
	}
	for i, rt := range g.plain {
		if !rt.fits(r) {
			continue
		}
		// ListBuckets and ListDirectoryBuckets differ in their hosts alone; the
		// SDKs' hint tells them apart.
		if i+1 < len(g.plain) {
			if id, ok := r.param("x-id"); ok && id == g.plain[i+1].op.Name() && g.plain[i+1].fits(r) {
				return g.plain[i+1]
			}
		}
		return rt
	}
	return nil
}

// s3Path returns the bucket and the key that a request names, the key escaped,
// and which of them there are.
func (r *Request) s3Path() (bucket, key string, level s3Level) {
	path := strings.TrimPrefix(r.Path, "/")
	if bucket = r.Bucket; bucket == "" {
		bucket, path, _ = strings.Cut(path, "/")
	}
	switch {
	case bucket == "":
		return "", "", s3Service
	case path == "":
		return bucket, "", s3Bucket
	}
	return bucket, path, s3Object
}
