package secretsmanager

import (
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A secretID names a secret: the six random characters that end its ARN do not.
type secretID struct{ account, region, name string }

// arn is the ARN of a secret with these random characters.
func (id secretID) arn(suffix string) string {
	return fakeaws.ARN("secretsmanager", id.region, id.account, "secret:"+id.name+"-"+suffix)
}

// suffixLength is how many random characters end an ARN, after a hyphen.
const suffixLength = 6

// anySuffix stands for the random characters of a secret that does not exist, or not yet.
// Users of PutSecretValue and CreateSecret quote denials of ARNs with six characters that
// nobody else knew: so a policy for "NAME-??????" allows such calls, and one for the ARN of
// an earlier secret does not.
const anySuffix = "??????"

// A reference is a SecretId as it is understood.
type reference struct {
	id     secretID
	suffix string // of a whole ARN; empty where the name alone counts
	text   string
}

// refer reads a SecretId: a name, an ARN, or an ARN without its random characters ("You can
// specify an ARN without the hyphen and six random characters"). One that ends with a hyphen
// and six characters is taken for a whole ARN, also where they belong to the name. That an
// ARN which is none of a secret is answered as an invalid name is unverified.
func refer(call *fakeaws.Call, text string) (reference, error) {
	r := reference{id: secretID{call.Account, call.Region, text}, text: text}
	if !strings.HasPrefix(text, "arn:") {
		return r, checkName(text)
	}
	parsed, err := awsarn.Parse(text)
	name, ok := strings.CutPrefix(parsed.Resource, "secret:")
	if err != nil || !ok || parsed.Service != "secretsmanager" || parsed.Partition != "aws" || parsed.Region == "" || !awsid.IsAccount(parsed.AccountID) {
		return r, invalid(textName)
	}
	r.id = secretID{parsed.AccountID, parsed.Region, name}
	if stem, suffix, ok := cutSuffix(name); ok {
		r.id.name, r.suffix = stem, suffix
	}
	return r, checkName(name)
}

// cutSuffix cuts the random characters off a name.
func cutSuffix(name string) (stem, suffix string, ok bool) {
	i := len(name) - suffixLength - 1
	if i < 1 || name[i] != '-' {
		return name, "", false
	}
	for j := i + 1; j < len(name); j++ {
		if !isAlphanumeric(name[j]) {
			return name, "", false
		}
	}
	return name[:i], name[i+1:], true
}

// resource is the ARN that is asked where there is no such secret.
func (r *reference) resource() string {
	if r.suffix != "" {
		return r.text
	}
	return r.id.arn(anySuffix)
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isNameByte(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("-/_+=.@!", c) >= 0 }

// find finds the secret of a reference; nil where there is none, or it is of another
// region than the call, whose endpoint does not know it: unverified. The lock is held.
func (s *Fake) find(call *fakeaws.Call, r *reference) *secret {
	if r.id.region != call.Region {
		return nil
	}
	found := s.lookUp(r.id)
	if found == nil || r.suffix != "" && r.suffix != found.suffix {
		return nil
	}
	return found
}

// lookUp returns the secret of a name, after removing one whose time is over. The lock is
// held.
func (s *Fake) lookUp(id secretID) *secret {
	found := s.secrets[id]
	if found != nil && found.expired(s.now()) {
		s.remove(found)
		return nil
	}
	return found
}

// add adds a secret. The lock is held.
func (s *Fake) add(x *secret) {
	s.secrets[x.id] = x
	s.counts[place{x.id.account, x.id.region}]++
}

// remove removes a secret for good. The lock is held.
func (s *Fake) remove(x *secret) {
	x.gone = true
	delete(s.secrets, x.id)
	s.counts[place{x.id.account, x.id.region}]--
}
