package main

import (
	"bytes"
	"flag"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var tools = flag.Bool("tools", false, "build rclone and s5cmd, which takes minutes, and test with them")

// multipartSize is larger than what the tools send in one request, as they are
// called here.
const multipartSize = 12 << 20

// tree makes files of many sizes and names in a new directory.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	random := rand.NewChaCha8([32]byte{7})
	for name, size := range map[string]int{
		"empty":                     0,
		"one.txt":                   1,
		"large.bin":                 multipartSize,
		"deep/er/and/deeper/x.json": 1 << 10,
		"deep/er/sibling":           1 << 16,
		"spaces and + signs & more": 17,
		"ünïcode/日本語.txt":           33,
		"a.b":                       5,
		"a/b":                       6,
		"a-b":                       7,
	} {
		data := make([]byte, size)
		_, _ = random.Read(data)
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, data, 0o600))
	}
	return dir
}

// contents reads a directory's files by their slash-separated names.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = data
		return err
	}))
	return files
}

// assertSameTree compares two directories, without printing megabytes.
func assertSameTree(t *testing.T, want, got string) {
	t.Helper()
	wanted, found := contents(t, want), contents(t, got)
	for name, data := range wanted {
		other, ok := found[name]
		assert.True(t, ok, "%s is missing", name)
		assert.True(t, bytes.Equal(data, other), "%s has other bytes", name)
	}
	for name := range found {
		assert.Contains(t, wanted, name)
	}
}

// The AWS CLI copies and synchronizes a tree, in parts where a file is large,
// and presigns.
func TestCLISync(t *testing.T) {
	t.Parallel()
	url, _ := start(t)
	root := newCLI(t, url, defaultAccessKey, defaultSecretKey)
	dir := tree(t)
	root.must("s3", "mb", "s3://tree")
	root.must("s3", "sync", dir, "s3://tree/copy", "--quiet")
	assert.Regexp(t, `[0-9a-f]{32}-2`, root.must("s3api", "head-object", "--bucket", "tree", "--key", "copy/large.bin", "--query", "ETag"))
	back := t.TempDir()
	root.must("s3", "sync", "s3://tree/copy", back, "--quiet")
	assertSameTree(t, dir, back)

	require.NoError(t, os.Remove(filepath.Join(dir, "a.b")))
	assert.Equal(t, "delete: s3://tree/copy/a.b", root.must("s3", "sync", dir, "s3://tree/copy", "--delete", "--no-progress"), "only what changed")
	root.must("s3", "cp", "s3://tree/copy/large.bin", "s3://tree/moved", "--quiet")

	// Version 1 of the CLI presigns for us-east-1 with Signature Version 2 unless told
	// otherwise.
	for _, version := range []string{"", "s3", "s3v4"} {
		config := filepath.Join(t.TempDir(), "config")
		require.NoError(t, os.WriteFile(config, []byte("[default]\ns3 =\n  signature_version = "+version+"\n"), 0o600))
		root.env = append(root.env, "AWS_CONFIG_FILE="+config)
		link := root.must("s3", "presign", "s3://tree/copy/one.txt")
		resp, err := http.Get(link)
		require.NoError(t, err)
		got, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, contents(t, dir)["one.txt"], got, link)
	}

	_, ok := root.run("s3", "rb", "s3://tree")
	assert.False(t, ok, "the bucket is not empty")
	root.must("s3", "rb", "s3://tree", "--force")
}

// goTool builds a command of a Go module into the test's own folder, or skips
// the test where the module is not to be had.
func goTool(t *testing.T, pkg, version string) string {
	t.Helper()
	if !*tools {
		t.Skip("-tools is not set: " + pkg + " is not built and run")
	}
	bin := t.TempDir()
	install := exec.CommandContext(t.Context(), "go", "install", pkg+"@"+version)
	install.Dir = bin // outside of this module
	install.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=-mod=mod")
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("%s %s cannot be installed: %v\n%s", pkg, version, err, out)
	}
	return filepath.Join(bin, filepath.Base(strings.TrimSuffix(pkg, "/v2")))
}

// runTool runs a command that reads nothing of the developer's.
func runTool(t *testing.T, env []string, bin string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin, args...)
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(),
		"AWS_ACCESS_KEY_ID=" + defaultAccessKey, "AWS_SECRET_ACCESS_KEY=" + defaultSecretKey, "AWS_REGION=us-east-1",
	}, env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s %s:\n%s", filepath.Base(bin), strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}

// rclone copies, checks, synchronizes and deletes a tree.
func TestToolsRclone(t *testing.T) {
	rclone := goTool(t, "github.com/rclone/rclone", "v1.76.0")
	url, _ := start(t)
	run := func(args ...string) string {
		return runTool(t, []string{
			// With the provider AWS, rclone wants TLS for what it cannot read twice.
			"RCLONE_CONFIG_FAKE_TYPE=s3", "RCLONE_CONFIG_FAKE_PROVIDER=Other", "RCLONE_CONFIG_FAKE_ENV_AUTH=true",
			"RCLONE_CONFIG_FAKE_ENDPOINT=" + url, "RCLONE_CONFIG_FAKE_FORCE_PATH_STYLE=true",
			"RCLONE_CONFIG=" + filepath.Join(t.TempDir(), "none"),
		}, rclone, append(args, "--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "5Mi", "--retries", "1", "--low-level-retries", "1", "-q")...)
	}
	dir := tree(t)
	run("mkdir", "fake:tree")
	run("copy", dir, "fake:tree/copy")
	run("check", dir, "fake:tree/copy", "--download")
	back := t.TempDir()
	run("copy", "fake:tree/copy", back)
	assertSameTree(t, dir, back)

	require.NoError(t, os.Remove(filepath.Join(dir, "a.b")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "one.txt"), []byte("changed"), 0o600))
	run("sync", dir, "fake:tree/copy")
	run("check", dir, "fake:tree/copy")
	run("copy", "fake:tree/copy", "fake:tree/second") // copied by the server
	run("check", "fake:tree/copy", "fake:tree/second")
	run("purge", "fake:tree/copy")
	assert.Empty(t, run("lsf", "-R", "fake:tree/copy"))
	run("purge", "fake:tree")
	assert.Empty(t, run("lsd", "fake:"))
}

// s5cmd copies, synchronizes and deletes a tree.
func TestToolsS5cmd(t *testing.T) {
	s5cmd := goTool(t, "github.com/peak/s5cmd/v2", "v2.3.0")
	url, _ := start(t)
	run := func(args ...string) string {
		return runTool(t, nil, s5cmd, append([]string{"--endpoint-url", url, "--log", "error", "--retry-count", "0"}, args...)...)
	}
	dir := tree(t)
	run("mb", "s3://tree")
	run("cp", "--part-size", "5", dir+"/", "s3://tree/copy/")
	back := t.TempDir()
	run("cp", "s3://tree/copy/*", back)
	assertSameTree(t, dir, back)

	require.NoError(t, os.Remove(filepath.Join(dir, "a.b")))
	run("sync", "--delete", dir+"/", "s3://tree/copy/")
	after := t.TempDir()
	run("sync", "s3://tree/copy/*", after)
	assertSameTree(t, dir, after)
	run("rm", "s3://tree/*")
	run("rb", "s3://tree")
}
