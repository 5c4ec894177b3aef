package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// corsOps are the rows of CORS.
func (s *Fake) corsOps() []fakeaws.Op {
	cors := &configuration[types.CORSConfiguration]{get: "s3:GetBucketCORS", put: "s3:PutBucketCORS",
		of:     func(c *configurations) **types.CORSConfiguration { return &c.cors },
		absent: missing[types.CORSConfiguration](errNoSuchCORS), check: checkCORS}
	return []fakeaws.Op{
		putting[awss3.PutBucketCorsOutput](s, cors, func(in *awss3.PutBucketCorsInput) (bucketRef, *types.CORSConfiguration) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.CORSConfiguration
		}),
		getting(s, cors, func(in *awss3.GetBucketCorsInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *types.CORSConfiguration) *awss3.GetBucketCorsOutput {
			return &awss3.GetBucketCorsOutput{CORSRules: cfg.CORSRules}
		}),
		deleting[awss3.DeleteBucketCorsOutput](s, cors, func(in *awss3.DeleteBucketCorsInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}),
	}
}

const (
	// maxCORSRules is of the User Guide's "Elements of a CORS configuration".
	maxCORSRules = 100
	// maxCORS is how many bytes the texts of a configuration may have. The API page
	// "PutBucketCors" limits the document to 64 KB; the error is unverified.
	maxCORS = 64 << 10
	// maxAskedHeaders is how many headers a preflight may ask for; the texts of each rule are
	// compared with each of them. S3's limit is unverified.
	maxAskedHeaders = 100
)

func checkCORS(cfg *types.CORSConfiguration) error {
	if len(cfg.CORSRules) > maxCORSRules {
		return errMalformedXML.of()
	}
	size := 0
	for _, r := range cfg.CORSRules {
		for _, list := range [][]string{r.AllowedHeaders, r.AllowedMethods, r.AllowedOrigins, r.ExposeHeaders} {
			for _, text := range list {
				size += len(text) + 1
			}
		}
		if size > maxCORS {
			return errMalformedXML.of()
		}
		if len(aws.ToString(r.ID)) > maxRuleID {
			return errMalformedXML.of()
		}
		for _, m := range r.AllowedMethods {
			switch m {
			case "GET", "PUT", "HEAD", "POST", "DELETE":
			default:
				return invalidRequest("Found unsupported HTTP method in CORS config. Unsupported method is " + m)
			}
		}
		for _, o := range r.AllowedOrigins {
			if strings.Count(o, "*") > 1 {
				return invalidRequest(`AllowedOrigin "` + o + `" can not have more than one wildcard.`)
			}
		}
		for _, h := range r.AllowedHeaders {
			if strings.Count(h, "*") > 1 {
				return invalidRequest(`AllowedHeader "` + h + `" can not have more than one wildcard.`)
			}
		}
		for _, h := range r.ExposeHeaders {
			if strings.Contains(h, "*") {
				return invalidRequest(`ExposeHeader "` + h + `" contains wildcard. We currently do not support wildcard for ExposeHeader.`)
			}
			if !headerName(h) {
				// S3 does call it so; that the name has quotation marks is unverified.
				return invalidRequest(`AllowedHeader "` + h + `" contains invalid character.`)
			}
		}
	}
	return nil
}

// headerName reports whether a text is of letters, digits and hyphens.
func headerName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	})
}

// crossOrigin tells what the CORS configuration of a bucket allows an origin: what
// its first rule says that fits origin, method and headers (User Guide, "How does
// Amazon S3 evaluate the CORS configuration on a bucket?").
func (s *Fake) crossOrigin(ctx context.Context, name, origin, method string, headers []string) (*crossOrigin, corsRefusal) {
	cfg, found := s.corsOf(ctx, name)
	if !found {
		return nil, corsRefusal{noBucketByCORS, "BUCKET"}
	}
	if cfg == nil {
		return nil, corsRefusal{notConfiguredByCORS, "BUCKET"}
	}
	refused := corsRefusal{notAllowedByCORS, "BUCKET"}
	for i := range cfg.CORSRules {
		r := &cfg.CORSRules[i]
		if answer := originOf(r, origin, method, headers); answer != nil {
			return answer, corsRefusal{}
		}
		if allowedOrigin(r, origin) >= 0 {
			refused.kind = "OBJECT"
		}
	}
	return nil, refused
}

// allowedOrigin is the place of an origin among those of a rule, -1 if it is none.
func allowedOrigin(r *types.CORSRule, origin string) int {
	return slices.IndexFunc(r.AllowedOrigins, func(pattern string) bool { return matchesOneStar(pattern, origin) })
}

// corsOf is the CORS configuration of a bucket, nil when there is none; found is false for
// a bucket that does not exist. A configuration is immutable: another takes its place.
func (s *Fake) corsOf(ctx context.Context, name string) (cfg *types.CORSConfiguration, found bool) {
	defer s.deliver(ctx) // what is due may be done now; last, when the lock is not held
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucketAnywhere(ctx, bucketRef{name: &name})
	if err != nil {
		return nil, false
	}
	return b.cors, true
}

// originOf is what a rule says of a request, nil when the rule is not for it.
func originOf(r *types.CORSRule, origin, method string, headers []string) *crossOrigin {
	at := allowedOrigin(r, origin)
	if at < 0 || !slices.Contains(r.AllowedMethods, method) {
		return nil
	}
	for _, h := range headers {
		if !slices.ContainsFunc(r.AllowedHeaders, func(pattern string) bool { return matchesOneStar(strings.ToLower(pattern), h) }) {
			return nil
		}
	}
	answer := &crossOrigin{origin: origin, methods: r.AllowedMethods, headers: headers, expose: r.ExposeHeaders, maxAge: r.MaxAgeSeconds}
	if r.AllowedOrigins[at] == "*" {
		answer.origin = "*"
	}
	return answer
}

// matchesOneStar matches a pattern that has at most one wildcard.
func matchesOneStar(pattern, text string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}
