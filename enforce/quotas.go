package enforce

import (
	"fmt"
	"unicode/utf8"
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
var quotas = map[Kind]quota{
	IdentityPolicy:        {10240, false, "all inline policies of a role together, the most that IAM has"},
	ManagedPolicy:         {6144, false, "a managed policy"},
	TrustPolicy:           {2048, false, "a role trust policy, unless the account's quota was raised"},
	SessionPolicy:         {2048, false, "a session policy"},
	KeyPolicy:             {32768, true, "a key policy"},
	ServiceControlPolicy:  {10240, true, "a service control policy"},
	ResourceControlPolicy: {5120, true, "a resource control policy"},
	EndpointPolicy:        {20480, true, "a VPC endpoint policy"},
}

// size finds a document that is longer than its kind may be.
func (l *linter) size(d *document) {
	q, ok := quotas[l.kind]
	if !ok || l.src.isOwn() {
		return
	}
	n, counted := d.size, "characters without white space"
	if q.space {
		n, counted = utf8.RuneCountInString(l.doc), "characters"
	}
	if n > q.most {
		l.add(0, Finding{Severity: Error, Code: TooLong,
			Message: fmt.Sprintf("the document has %d %s; %d are the quota of %s", n, counted, q.most, q.of)})
	}
}
