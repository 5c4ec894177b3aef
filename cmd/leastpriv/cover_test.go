package main

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/cover"
)

// The tests of two packages write a profile each, and know nothing of it.
func TestToolsWriteProfiles(t *testing.T) {
	t.Parallel()
	if !*tools {
		t.Skip("-tools is not set: the tests of two packages are not built to write profiles")
	}
	dir := filepath.Join(t.TempDir(), "policycover")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "./examples/coverage/...")
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "LEASTPRIV_COVERDIR="+dir)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	assert.Len(t, files, 2)
	for i, want := range []string{"(4 of 10 used, 1 only denied)", "(5 of 10 used, 0 only denied)", "(9 of 10 used, 1 only denied)"} {
		of := append(files[:2:2], dir)[i]
		var stdout, stderr bytes.Buffer
		assert.Equal(t, exitOK, run(t.Context(), []string{"cover", of}, &stdout, &stderr))
		assert.Contains(t, stdout.String(), want, of)
		assert.Empty(t, stderr.String())
	}
}

// hostile is a profile whose names would change the page's title if they were more than text.
func hostile(t *testing.T) *cover.Profile {
	t.Helper()
	const attack = `"><img src=x onerror="document.title='changed'"></script><script>document.title='changed'</script>`
	var c enforce.Coverage
	for i, document := range []string{
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:111122223333:</script><script>document.title='changed'</script>"}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}}`,
	} {
		p, err := enforce.Parse(document, enforce.IdentityPolicy, enforce.Source{Name: fmt.Sprint("policy-", i, attack)})
		require.NoError(t, err)
		c.Add(p)
		for _, action := range []string{"s3:GetObject", "s3:DeleteObject"} {
			c.Note(enforce.Evaluate(&enforce.Request{
				Principal: enforce.Principal{Type: enforce.User, ARN: fmt.Sprint("arn:aws:iam::111122223333:user/", i, attack), Account: "111122223333"},
				Action:    action, Resource: "arn:aws:s3:::b/k",
			}, &enforce.PolicySet{Identity: []*enforce.Policy{p}}))
		}
	}
	return cover.New(&c, func(file string) string { return file })
}

// driver uses the filters of the page as a reader does, and tells what it then shows.
const driver = `<script>
const steps = [], shown = () => [...document.querySelectorAll('.policy:not([hidden])')].length + '/' + [...document.querySelectorAll('tbody tr:not([hidden])')].length;
const set = (id, name, value) => { document.getElementById(id)[name] = value; document.getElementById(id).dispatchEvent(new Event('input', {bubbles: true})); steps.push(shown()); };
steps.push(shown());
set('unused', 'checked', true); set('unused', 'checked', false);
set('policy', 'value', 'POLICY-0'); set('policy', 'value', 'none'); set('policy', 'value', '');
set('principal', 'value', '2'); set('principal', 'value', '');
const fits = document.documentElement.scrollWidth <= innerWidth ? 'fits' : 'too wide';
parent.document.title = 'driven: ' + steps.join(' ') + ' ' + fits + ' ' + innerWidth;
</script></body>`

// window shows a page in a window of a width, which a browser's own may not be as narrow as.
const window = `<!DOCTYPE html><title></title><iframe style="border: 0" width="%d" height="800" srcdoc="%s"></iframe>`

// In a browser the page's script runs and no other does, its filters do what they say, it
// fits narrow and wide windows, and the console has no errors.
func TestToolsShowCoverage(t *testing.T) {
	t.Parallel()
	if !*tools {
		t.Skip("-tools is not set: the page is not shown in a browser")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no program chromium in PATH: apt-get install chromium")
	}
	var page strings.Builder
	require.NoError(t, hostile(t).Report().WriteHTML(&page))
	dir := t.TempDir()
	show := func(text string) string {
		file := filepath.Join(dir, "page.html")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		cmd := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
			"--window-size=1500,900", "--user-data-dir="+filepath.Join(dir, "profile"), "--dump-dom", "file://"+file)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		require.NoError(t, cmd.Run())
		assert.NotContains(t, stderr.String(), "CONSOLE")
		assert.NotContains(t, stdout.String(), "<title>changed")
		return stdout.String()
	}
	assert.Contains(t, show(page.String()), `aria-live="polite">3 of 3 policies</output>`, "the page's policy lets its script run")
	driven := page.String()
	from, to := strings.Index(driven, `<meta http-equiv="Content-Security-Policy"`), strings.Index(driven, `<meta name="viewport"`)
	driven = strings.Replace(driven[:from]+driven[to:], "</body>", driver, 1) // whose script the policy would keep out
	for _, width := range []int{400, 1400} {
		shown := show(fmt.Sprintf(window, width, html.EscapeString(driven)))
		assert.Contains(t, shown[:min(200, len(shown))], fmt.Sprintf("<title>driven: 3/3 2/3 3/3 1/1 0/0 3/3 1/1 3/3 fits %d</title>", width))
	}
}
