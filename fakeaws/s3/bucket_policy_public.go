package s3

import (
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/publicpolicy"
)

// isPublic reports whether a policy is public in the sense of Block Public Access (User
// Guide, "The meaning of public").
func isPublic(d *enforce.Document) bool { return publicpolicy.Public(d, publicpolicy.Buckets) }
