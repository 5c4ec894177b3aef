package main

import (
	"encoding/pem"
	"flag"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var clients = flag.Bool("clients", false, "run the stories of other languages' clients, of which npm's are downloaded")

// needClients skips a test without the flag.
func needClients(t *testing.T) {
	t.Helper()
	if !*clients {
		t.Skip("-clients is not set: clients of other languages are not run")
	}
	t.Parallel()
}

// withTLS is a proxy before the server that speaks TLS, as clients send trailers and
// unsigned bodies through TLS alone. It returns its URL and the file of its certificate.
func withTLS(t *testing.T, target string) (address, certificate string) {
	t.Helper()
	to, err := url.Parse(target)
	require.NoError(t, err)
	transport := &http.Transport{DisableCompression: true}
	server := httptest.NewTLSServer(&httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host // Host stays what was signed
		},
	})
	t.Cleanup(func() {
		server.Close()
		transport.CloseIdleConnections()
	})
	certificate = filepath.Join(t.TempDir(), "certificate.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(certificate, block, 0o600))
	return server.URL, certificate
}

// clientEnv is the environment of a client of a new server, and nothing of the developer's.
func clientEnv(t *testing.T) []string {
	t.Helper()
	server, _ := start(t)
	secure, certificate := withTLS(t, server)
	none := filepath.Join(t.TempDir(), "none")
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "LANG=C.UTF-8",
		"AWS_ACCESS_KEY_ID=" + defaultAccessKey, "AWS_SECRET_ACCESS_KEY=" + defaultSecretKey,
		"AWS_DEFAULT_REGION=us-east-1", "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL=" + server,
		"AWS_CONFIG_FILE=" + none, "AWS_SHARED_CREDENTIALS_FILE=" + none, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
		"LEASTPRIV_TLS_URL=" + secure, "AWS_CA_BUNDLE=" + certificate, "NODE_EXTRA_CA_CERTS=" + certificate,
	}
}

// tell runs a program that tests something, in a folder, against a new server. ran is
// what it prints when it ran at least one test.
func tell(t *testing.T, dir, ran, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, clientEnv(t)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s %s:\n%s", filepath.Base(program), strings.Join(args, " "), out)
	assert.Regexp(t, ran, string(out))
}

// programs are the programs of a name, the first in PATH and Debian's, without those that
// are the same. version returns nothing for one that does not do.
func programs(t *testing.T, name string, version func(program string) string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, program := range []string{name, filepath.Join("/usr/bin", name)} {
		path, err := exec.LookPath(program)
		if err != nil {
			continue
		}
		if v := version(path); v != "" && found[v] == "" {
			found[v] = path
		}
	}
	return found
}

// output is what a program prints; empty when it fails.
func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// pythons are the interpreters that have boto3, by its version.
func pythons(t *testing.T) map[string]string {
	t.Helper()
	found := programs(t, "python3", func(program string) string {
		return output(t, program, "-c", "import boto3, platform; print('boto3', boto3.__version__, 'Python', platform.python_version())")
	})
	if len(found) == 0 {
		t.Skip("there is no program python3 with boto3 in PATH: apt-get install python3-boto3")
	}
	return found
}

// stories are the programs of a folder of testdata, but for what they share.
func stories(t *testing.T, dir, extension string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"+extension))
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(file string) bool { return strings.HasPrefix(filepath.Base(file), "support.") })
	require.NotEmpty(t, files)
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	return files
}

func TestClientsBoto3(t *testing.T) {
	needClients(t)
	const dir = "testdata/clients/python"
	for version, python := range pythons(t) {
		t.Run(version+"/docs", func(t *testing.T) {
			t.Parallel()
			docs := t.TempDir()
			documented(t, "python", filepath.Join(docs, "docs.py"))
			tell(t, docs, "hello", python, "docs.py")
		})
		for _, story := range stories(t, dir, ".py") {
			t.Run(version+"/"+story, func(t *testing.T) {
				t.Parallel()
				tell(t, dir, `Ran [1-9]\d* tests`, python, "-B", story)
			})
		}
	}
}

// oldestNode is the oldest Node.js that the SDK takes.
var oldestNode = regexp.MustCompile(`^v(2\d|[3-9]\d)\.`)

// javaScript installs the SDK for JavaScript, in the versions of the lock file, beside the
// stories in a folder of the test's own. npm has the developer's settings.
func javaScript(t *testing.T) (dir, node string) {
	t.Helper()
	node, err := exec.LookPath("node")
	npm, missing := exec.LookPath("npm")
	if err != nil || missing != nil || !oldestNode.MatchString(output(t, node, "--version")) {
		t.Skip("there is no program node of version 20 or newer, or none npm, in PATH: apt-get install nodejs npm")
	}
	dir = t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/clients/javascript")))
	install := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	out, err := install.CombinedOutput()
	if unreachable := regexp.MustCompile(`E(AI_AGAIN|NOTFOUND|CONNREFUSED|CONNRESET|HOSTUNREACH|TIMEDOUT|NETUNREACH)\b`); err != nil && unreachable.Match(out) {
		t.Skipf("npm reaches no registry: %s", out)
	}
	require.NoError(t, err, "npm ci: %s", out)
	return dir, node
}

func TestClientsJavaScript(t *testing.T) {
	needClients(t)
	dir, node := javaScript(t)
	version := "Node.js " + output(t, node, "--version")
	all := stories(t, dir, ".mjs")
	documented(t, "js", filepath.Join(dir, "docs.mjs"))
	t.Run(version+"/docs", func(t *testing.T) {
		t.Parallel()
		tell(t, dir, "hello", node, "--no-warnings", "docs.mjs")
	})
	for _, story := range all {
		t.Run(version+"/"+story, func(t *testing.T) {
			t.Parallel()
			tell(t, dir, `# pass [1-9]`, node, "--no-warnings", story)
		})
	}
}

// documented writes the commands of docs/languages.md that are in a language into a file,
// as they stand.
func documented(t *testing.T, language, file string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/languages.md")
	require.NoError(t, err)
	var commands []byte
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(text, -1) {
		commands = append(commands, block[1]...)
	}
	require.NotEmpty(t, commands, language)
	require.NoError(t, os.WriteFile(file, commands, 0o600))
}
