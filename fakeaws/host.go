package fakeaws

import "strings"

// Hostname returns a host without its port. [net.SplitHostPort] makes an error for
// the many that have none.
func Hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host[:i]
	}
	return host
}

// serviceOf returns the first label of a host that AWS or a URL of ours could
// have: "sqs" of "sqs.us-east-1.amazonaws.com".
func serviceOf(host string) string {
	label, _, _ := strings.Cut(host, ".")
	return label
}

// usualEndpoint reads the host of an endpoint as most services have them:
// "sqs.us-east-1.amazonaws.com", "iam.amazonaws.com". A host that names no region is
// the endpoint of us-east-1.
func usualEndpoint(host string) Endpoint {
	name, ok := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	if !ok {
		if name, ok = strings.CutSuffix(host, ".api.aws"); !ok {
			return Endpoint{}
		}
	}
	service, region, regional := strings.Cut(name, ".")
	switch {
	case !regional:
		region = "us-east-1"
	case strings.Count(region, "-") < 2 || strings.Contains(region, "."):
		return Endpoint{}
	}
	return Endpoint{Service: strings.TrimSuffix(service, "-fips"), Region: region}
}
