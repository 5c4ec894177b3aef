package main

import (
	"bytes"
	"encoding/json"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	var out, failed bytes.Buffer
	assert.Equal(t, exitOK, run(t.Context(), []string{"version"}, &out, &failed))
	assert.Regexp(t, `^leastpriv \S+ .*go\d`, out.String())
	out.Reset()
	assert.Equal(t, exitOK, run(t.Context(), []string{"version", "-json"}, &out, &failed))
	var v versionJSON
	require.NoError(t, json.Unmarshal(out.Bytes(), &v))
	assert.Equal(t, runtime.Version(), v.Go)
	assert.Empty(t, failed.String())
	assert.Equal(t, exitUsage, run(t.Context(), []string{"version", "please"}, &out, &failed))
	assert.Contains(t, failed.String(), `unexpected argument "please"`)

	built := versionOf(&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123abc"}, {Key: "vcs.modified", Value: "true"},
	}})
	assert.Equal(t, "leastpriv v1.2.3 0123abc (modified) "+runtime.Version(), built.String())
	assert.Equal(t, "leastpriv (devel) "+runtime.Version(), versionOf(nil).String())
}

// The health of a server says what it is, to whoever waits for it to start.
func TestHealth(t *testing.T) {
	url, _ := start(t, "-mode", "soft", "-region", "eu-west-1")
	resp, body := send(t, "GET", url+"/_leastpriv/health")
	assert.Equal(t, 200, resp.StatusCode)
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	var h healthJSON
	require.NoError(t, json.Unmarshal([]byte(body), &h))
	assert.Equal(t, "ok", h.Status)
	assert.Equal(t, "soft", h.Mode)
	assert.Equal(t, "eu-west-1", h.Region)
	assert.Contains(t, h.Services, "s3")
	assert.Contains(t, h.Services, "lambda")
	assert.IsIncreasing(t, h.Services)
	assert.GreaterOrEqual(t, h.UptimeSeconds, 0.0)
	assert.NotEmpty(t, h.Version)
}
