package secretsmanager

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWords(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"creds", "Database", "892"}, words("credsDatabase#892"))
	assert.Equal(t, []string{"My", "Secret"}, words("My_Secret"))
	assert.Empty(t, words("_ /"))
}
