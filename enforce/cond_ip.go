package enforce

import (
	"fmt"
	"net/netip"
	"strings"
)

// addressRange is the operand of IpAddress and NotIpAddress.
type addressRange struct{ netip.Prefix }

// ipAddress reads an address or a CIDR block, whose host bits may be set.
func ipAddress(value string, _ bool) (operand, error) {
	if !strings.Contains(value, "/") {
		addr, err := netip.ParseAddr(value)
		if err != nil || addr.Zone() != "" {
			return nil, fmt.Errorf("%q is no IP address", value)
		}
		return &addressRange{netip.PrefixFrom(addr, addr.BitLen())}, nil
	}
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		return nil, fmt.Errorf("%q is no CIDR block like 203.0.113.0/24", value)
	}
	return &addressRange{prefix}, nil
}

// match never finds an IPv4 address in an IPv6 range or the other way round. A
// value that is no address is in no range.
func (o *addressRange) match(_ *eval, v item) outcome {
	addr, err := netip.ParseAddr(v.string())
	if err != nil {
		return unreadableAddress
	}
	return outcomeOf(o.Contains(addr))
}
