package enforce

import "errors"

// A ResourcePattern is a resource as policies name it, without policy variables:
// "arn:aws:s3:::reports/*", "*".
type ResourcePattern struct{ pattern arnPattern }

// ParseResource reads a resource of a policy. The error has IAM's text about one that it
// refuses; whether there is such a resource IAM does not ask.
func ParseResource(s string) (ResourcePattern, error) {
	if message := checkResource(s); message != "" {
		return ResourcePattern{}, errors.New(message)
	}
	p, err := compileResource(s, false)
	return ResourcePattern{p}, err
}

// Match reports whether the pattern means a resource, which is an ARN or "*".
func (p *ResourcePattern) Match(resource string) bool {
	return new(eval).matchARN(&p.pattern, resource, new(arn))
}
