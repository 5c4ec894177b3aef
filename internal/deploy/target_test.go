package deploy

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMadeUp(t *testing.T) {
	t.Parallel()
	target := Target{Partition: "aws", ID: func(seed string, n int) string { return strings.Repeat(seed+"/", n) }}
	forms := map[string]struct {
		made func(seed string) string
		form string
	}{
		"digits": {func(seed string) string { return target.Digits(seed, 26) }, `^[0-9]{26}$`},
		"hex":    {func(seed string) string { return target.Hex(seed, 17) }, `^[0-9a-f]{17}$`},
		"uuid":   {target.UUID, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`},
	}
	for name, of := range forms {
		assert.Regexp(t, of.form, of.made("A"), name)
		first := of.made("A")
		assert.Equal(t, first, of.made("A"), "%s of the same resource", name)
		seen := map[string]bool{}
		for n := range 1000 {
			seen[of.made(strconv.Itoa(n))] = true
		}
		assert.Len(t, seen, 1000, "%s of other resources", name)
	}
	assert.Len(t, target.Digits("A", 32), 32)
	assert.Len(t, target.Hex("A", 64), 64)
	id, err := uuid.Parse(target.UUID("A"))
	require.NoError(t, err)
	assert.Equal(t, uuid.Version(4), id.Version())
	assert.Equal(t, uuid.RFC4122, id.Variant())
}

func TestURLSuffix(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "amazonaws.com", Target{Partition: "aws"}.URLSuffix())
	assert.Equal(t, "amazonaws.com.cn", Target{Partition: "aws-cn"}.URLSuffix())
}
