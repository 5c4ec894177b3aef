package allschemas

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// Every service of the catalog has a model that package wire reads, with the same operations.
func TestEveryModelIsRead(t *testing.T) {
	t.Parallel()
	apis := catalog.APIs()
	require.Len(t, Packages(), len(apis))
	for i, a := range apis {
		assert.Equal(t, a.Package, Packages()[i])
		t.Run(a.Package, func(t *testing.T) {
			t.Parallel()
			s, err := Load(a.Package)
			require.NoError(t, err)
			assert.Equal(t, a.SigningName, s.SigningName())
			require.Len(t, s.Operations(), len(a.Operations()))
			for _, o := range a.Operations() {
				assert.NotNil(t, s.Operation(o.Name), o)
			}
		})
	}
	_, err := Load("nosuchservice")
	assert.EqualError(t, err, `there is no service "nosuchservice"`)
}

// The models of the services that have fakes say the same of their operations as the fakes' own.
func TestModelsOfFakes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sqs", "sts", "sns", "kms"} {
		own, ok := wire.Load(name)
		require.True(t, ok)
		s, err := Load(name)
		require.NoError(t, err)
		for _, o := range own.Operations() {
			assert.NotNil(t, s.Operation(o.Name()), o.Name())
		}
	}
}
