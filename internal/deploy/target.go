package deploy

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/google/uuid"
)

// A Target is where a file is deployed.
type Target struct {
	Partition, Account, Region string
	// ID returns n capital letters and digits for the part of a name that AWS makes up:
	// the same ones for the same seed, such as the address of a resource.
	ID func(seed string, n int) string
}

// URLSuffix is the domain of the services of the partition.
func (t Target) URLSuffix() string {
	if t.Partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// sum is what the digits for a seed are made of.
func (t Target) sum(seed string) [sha256.Size]byte { return sha256.Sum256([]byte(t.ID(seed, 40))) }

// Digits returns n decimal digits, at most 32: the same ones for the same seed.
func (t Target) Digits(seed string, n int) string {
	sum := t.sum(seed)
	digits := make([]byte, n)
	for i := range digits {
		digits[i] = '0' + sum[i]%10
	}
	return string(digits)
}

// Hex returns n hexadecimal digits, at most 64: the same ones for the same seed.
func (t Target) Hex(seed string, n int) string {
	sum := t.sum(seed)
	return hex.EncodeToString(sum[:])[:n]
}

// UUID returns a UUID of version 4, as the ids of KMS keys are: the same one for the same
// seed.
func (t Target) UUID(seed string) string {
	sum := t.sum(seed)
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}
