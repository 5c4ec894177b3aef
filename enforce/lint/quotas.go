package lint

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/enforce"
)

// A quota is how long the documents of a kind may be.
type quota struct {
	most int
	// space is set where white space counts. IAM does not count it.
	space bool
	of    string
}

// quotas are those of "IAM and AWS STS quotas", "Quotas for AWS Organizations",
// "Resource quotas" of AWS KMS and "Amazon VPC quotas". That of buckets is a
// reason to refuse the document. Those of inline policies are for all of a user,
// group or role together, so one document can only be told to be too long for any.
var quotas = map[enforce.Kind]quota{
	enforce.IdentityPolicy:        {10240, false, "all inline policies of a role together, the most that IAM has"},
	enforce.ManagedPolicy:         {6144, false, "a managed policy"},
	enforce.TrustPolicy:           {2048, false, "a role trust policy, unless the account's quota was raised"},
	enforce.SessionPolicy:         {2048, false, "a session policy"},
	enforce.KeyPolicy:             {32768, true, "a key policy"},
	enforce.ServiceControlPolicy:  {10240, true, "a service control policy"},
	enforce.ResourceControlPolicy: {5120, true, "a resource control policy"},
	enforce.EndpointPolicy:        {20480, true, "a VPC endpoint policy"},
}

// ownPolicies begins the ARNs of AWS's managed policies, for which there is no quota.
const ownPolicies = "arn:aws:iam::aws:policy/"

// size finds a document that is longer than its kind may be.
func (l *linter) size(doc string) {
	q, ok := quotas[l.kind]
	if !ok || strings.HasPrefix(l.src.ARN, ownPolicies) {
		return
	}
	n, counted := l.doc.Size, "characters without white space"
	if q.space {
		n, counted = utf8.RuneCountInString(doc), "characters"
	}
	if n > q.most {
		l.add(0, Finding{Severity: Error, Code: TooLong,
			Message: fmt.Sprintf("the document has %d %s; %d are the quota of %s", n, counted, q.most, q.of)})
	}
}
