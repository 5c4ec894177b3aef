package s3

import (
	"maps"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws/internal/publicpolicy"
)

// publicKeys are the condition keys whose fixed values keep a statement from being public.
var publicKeys = func() publicpolicy.Keys {
	keys := maps.Clone(publicpolicy.Callers)
	keys["aws:sourceowner"] = publicpolicy.Open
	keys["aws:sourceip"] = broadNetwork
	keys["s3:dataaccesspointarn"] = openAccessPoint
	keys["s3:dataaccesspointaccount"] = publicpolicy.Open
	keys["s3:x-amz-server-side-encryption-aws-kms-key-id"] = publicpolicy.Open
	return keys
}()

// isPublic reports whether a policy is public in the sense of Block Public Access (User
// Guide, "The meaning of public").
func isPublic(d *enforce.Document) bool { return publicpolicy.Public(d, publicKeys) }

// openAccessPoint is publicpolicy.Open of an access point ARN, which may leave the name
// of the access point open but not the account.
func openAccessPoint(pattern string) bool {
	point, err := arn.Parse(pattern)
	return err != nil || publicpolicy.Open(point.AccountID) || point.AccountID == ""
}

// broadNetwork reports whether a network is so large that it means everybody:
// broader than /8, or /32 with IPv6, and not private.
func broadNetwork(cidr string) bool {
	if addr, err := netip.ParseAddr(cidr); err == nil {
		return !addr.IsValid()
	}
	network, err := netip.ParsePrefix(cidr)
	if err != nil {
		return true
	}
	if network.Addr().Is4() {
		return network.Bits() < 8
	}
	return network.Bits() < 32
}
