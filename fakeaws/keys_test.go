package fakeaws_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// Only an AWS service has a key in an account, and only the account itself has it made.
func TestKeysOfServices(t *testing.T) {
	t.Parallel()
	w := worldtest.NewWorld(t, fakeaws.Config{}, worldtest.Account, worldtest.Other)
	theirs := "arn:aws:kms:us-east-1:" + worldtest.Other + ":alias/aws/s3"
	for _, alias := range []string{`alias/aws/"`, "alias/aws/none", "alias/aws/S3", "alias/aws/", theirs} {
		_, err := w.Keys().Find(worldtest.Account, "us-east-1", alias)
		require.ErrorContains(t, err, "is not found.", alias)
	}
	w.Keys().Lock()
	for key := range w.Keys().Of(worldtest.Account, "us-east-1", w.Clock().Now()) {
		assert.Fail(t, "there is a key", key.ARN)
	}
	w.Keys().Unlock()
	own, err := w.Keys().Find(worldtest.Other, "us-east-1", theirs)
	require.NoError(t, err)
	again, err := w.Keys().Find(worldtest.Account, "us-east-1", theirs)
	require.NoError(t, err)
	assert.Same(t, own, again)
	_, err = w.Keys().Find(worldtest.Account, `x"y`, "alias/aws/s3")
	require.NoError(t, err)
	assert.Zero(t, w.Keys().Count(worldtest.Other, "us-east-1")) // they are not among the quota
	_, err = w.Keys().CreateWithID(worldtest.Other, "us-east-1", own.ID, nil)
	require.ErrorIs(t, err, fakeaws.ErrKeyExists)
}
