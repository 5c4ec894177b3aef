package ses

import (
	"net/mail"
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
)

// maxAddress is how long an address may be ("Service quotas in Amazon SES").
const maxAddress = 320

// parseAddress reads "Name <user@example.com>". A domain counts in lower case, and the part
// before it as it is written ("Verified identities in Amazon SES").
func parseAddress(text string) (*mail.Address, bool) {
	a, err := mail.ParseAddress(text)
	if err != nil || len(a.Address) > maxAddress {
		return nil, false
	}
	a.Address = normal(a.Address)
	return a, domainOf(a.Address) != ""
}

// normal is an address with its domain in lower case. What has no @ is a domain.
func normal(identity string) string {
	i := strings.LastIndexByte(identity, '@')
	return identity[:i+1] + strings.ToLower(identity[i+1:])
}

func domainOf(address string) string {
	_, domain, _ := cutLast(address)
	return domain
}

func cutLast(address string) (local, domain string, ok bool) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return "", "", false
	}
	return address[:i], address[i+1:], true
}

// isDomain reports whether a text is the name of a domain.
func isDomain(text string) bool {
	if text == "" || len(text) > 253 || !strings.Contains(text, ".") {
		return false
	}
	for _, label := range strings.Split(text, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, notDomain) {
			return false
		}
	}
	return true
}

func notDomain(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// parents are a domain and those above it, the nearest first: what a verified domain is good
// for are its subdomains too.
func parents(domain string) (all []string) {
	for strings.Contains(domain, ".") {
		all = append(all, domain)
		_, domain, _ = strings.Cut(domain, ".")
	}
	return all
}

// covers reports whether an identity is an address, its domain or one above.
func covers(identity, address string) bool {
	if identity == address {
		return true
	}
	domain := domainOf(address)
	return domain == identity || strings.HasSuffix(domain, "."+identity)
}

// parseIdentity reads the ARN of an identity.
func parseIdentity(text string) (of place, name string, ok bool) {
	a, err := awsarn.Parse(text)
	if err != nil || a.Service != "ses" {
		return place{}, "", false
	}
	name, ok = strings.CutPrefix(a.Resource, "identity/")
	return place{a.AccountID, a.Region}, normal(name), ok && name != ""
}
