//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// execFolder is a folder with the programs "leastpriv" and "worker", and files.
func execFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	for _, name := range []string{"leastpriv", "worker"} {
		require.NoError(t, os.Symlink(self, filepath.Join(dir, name)))
	}
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// shell is a command of sh in a folder whose programs come first.
func shell(t *testing.T, dir, command string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	return cmd
}

// needPrograms skips a test that runs programs.
func needPrograms(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short is set: other programs are not run")
	}
	t.Parallel()
}

const execPolicy = `{"Version": "2012-10-17", "Statement": [
	{"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
]}`

// execJSON runs the command with a report as JSON, and returns that and the exit code.
func execJSON(t *testing.T, dir, flags string) (report execResult, code int, output string) {
	t.Helper()
	cmd := shell(t, dir, "leastpriv exec -json -report report.json "+flags)
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil {
		require.ErrorAs(t, err, &exit)
	}
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	require.NoError(t, err, string(out))
	require.NoError(t, json.Unmarshal(data, &report), string(data)+string(out))
	return report, cmd.ProcessState.ExitCode(), string(out)
}

// An execResult is the report as tools read it.
type execResult struct {
	Role, Mode      string
	ExitCode, Calls int
	Left            int
	Denied          []struct {
		Operation, Caller string
		Times             int
		Decision          struct{ Action, Resource, Layer string }
	}
	Failed   []struct{ Operation, Code, Message string }
	Used     []usedJSON
	Coverage *struct{ Grants, Used int }
	Policy   *struct {
		Statement []struct{ Action, Resource []string }
	}
}

const made = `-setup 'worker make put=a' `

func TestExecReports(t *testing.T) {
	needPrograms(t)
	dir := execFolder(t, map[string]string{"worker.json": execPolicy})
	r, code, _ := execJSON(t, dir, made+`-policy worker.json -- worker get=a get=a put=b`)
	assert.Equal(t, 1, code)
	assert.Equal(t, 1, r.ExitCode)
	assert.Equal(t, "arn:aws:iam::000000000000:role/program", r.Role)
	assert.Equal(t, 3, r.Calls, "the calls of the set-up are none of the program's")
	require.Len(t, r.Denied, 1)
	assert.Equal(t, "s3:PutObject", r.Denied[0].Decision.Action)
	assert.Equal(t, "arn:aws:s3:::reports/b", r.Denied[0].Decision.Resource)
	assert.Equal(t, "identity-based policy", r.Denied[0].Decision.Layer)
	assert.Equal(t, []usedJSON{{"s3:GetObject", "arn:aws:s3:::reports/a", 2}}, r.Used)
	assert.Equal(t, 3, r.Coverage.Grants)
	assert.Equal(t, 2, r.Coverage.Used)
	assert.Nil(t, r.Policy)
}

// In soft mode everything passes, and the policy that is suggested is enough.
func TestExecSuggests(t *testing.T) {
	needPrograms(t)
	dir := execFolder(t, nil)
	const program = ` -- worker get=a put=b get=none`
	r, code, _ := execJSON(t, dir, made+`-mode soft -suggest`+program)
	assert.Equal(t, 1, code, "GetObject of what is not there fails")
	assert.Len(t, r.Denied, 3, "of what is not there S3 asks for s3:ListBucket")
	require.NotNil(t, r.Policy)
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	require.NoError(t, err)
	var report struct{ Policy json.RawMessage }
	require.NoError(t, json.Unmarshal(data, &report))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "learned.json"), report.Policy, 0o600))
	again, _, _ := execJSON(t, dir, made+`-policy learned.json`+program)
	assert.Empty(t, again.Denied)
	require.Len(t, again.Failed, 1)
	assert.Equal(t, "NoSuchKey", again.Failed[0].Code)
	assert.Equal(t, again.Coverage.Grants, again.Coverage.Used)
}

// More calls than the log remembers are all seen.
func TestExecSeesAllCalls(t *testing.T) {
	needPrograms(t)
	const n = 4500
	dir := execFolder(t, map[string]string{"worker.json": execPolicy})
	r, code, _ := execJSON(t, dir, fmt.Sprintf(`%s-policy worker.json -denied-exit 7 -- sh -c 'worker put=first; worker heads=%d'`, made, n))
	assert.Equal(t, 7, code)
	assert.Equal(t, n+1, r.Calls)
	assert.Zero(t, r.Left)
	require.Len(t, r.Denied, 1, "the first call, which the log has forgotten")
	assert.Equal(t, "s3:PutObject", r.Denied[0].Decision.Action)
}

// Things of which there are too many are counted, and those that are listed still are.
func TestTally(t *testing.T) {
	t.Parallel()
	var all tally[usedJSON]
	for range 2 {
		for n := range maxReported + 5 {
			if u := all.at(strconv.Itoa(n), func() usedJSON { return usedJSON{Action: strconv.Itoa(n)} }); u != nil {
				u.Times++
			}
		}
	}
	require.Len(t, all.list, maxReported)
	assert.Equal(t, usedJSON{Action: "999", Times: 2}, *all.list[maxReported-1])
	assert.Equal(t, 10, all.more)
}

func TestExecExitCodes(t *testing.T) {
	needPrograms(t)
	dir := execFolder(t, map[string]string{"worker.json": execPolicy, "bad.json": `{"Version": "2012-10-17"`, "no.sh": "", "a role.json": execPolicy})
	for _, test := range []struct {
		command string
		code    int
		output  string
	}{
		{`-- sh -c 'exit 3'`, 3, `made 0 calls; 0 permissions denied`},
		{`-- sh -c 'kill -9 $$'`, 128 + 9, ``},
		{`-- sh -c 'kill -TERM $$'`, 128 + 15, ``},
		{`-- nope`, 127, `leastpriv exec: cannot run the program: exec: "nope": executable file not found in \$PATH`},
		{`-- ./nope`, 127, `no such file`},
		{`-- ./no.sh`, 126, `permission denied`},
		{``, 125, `want a program to run`},
		{`-nope -- true`, 125, `flag provided but not defined`},
		{`-h`, 0, `Usage: leastpriv exec`},
		{`-denied-exit 256 -- true`, 125, `want a number from 1 to 255`},
		{`-mode off -suggest -- true`, 125, `-suggest with -mode off`},
		{`-setup 'exit 4' -- touch ran`, 125, `-setup "exit 4" ended with exit code 4, so the program was not run`},
		{`-policy none.json -- touch ran`, 125, `-policy: open none.json`},
		{`-policy bad.json -- touch ran`, 125, `bad.json:1:`},
		{`-policy - -- touch ran`, 125, `standard input is the program's`},
		{`-managed Nope -- touch ran`, 125, `AWS has no managed policy "Nope"`},
		{`-boundary none.json -- touch ran`, 125, `-boundary: open none.json`},
		{`-account 12 -- touch ran`, 125, `-account: `},
		{`-role 'a b' -- touch ran`, 125, `-role a b: `},
		{`-report none/r -- touch ran`, 125, `-report: open none/r`},
		{`-policy worker.json -unused-exit 9 -- true`, 9, `Read: the whole statement is unused`},
		{`-policy worker.json -unused-exit 9 -mode off -- true`, 0, `0 permissions denied`},
		{made + `-policy 'a role.json' -policy worker.json -policy ./worker.json -- worker get=a`, 0, `(?s)a role.json:2 Read: Action s3:ListBucket is unused.* \(6 of 9 used`},
		{`-policy worker.json -unused-exit 9 -- sh -c 'exit 3'`, 3, ``},
		{made + `-policy worker.json -denied-exit 9 -unused-exit 8 -- sh -c 'worker get=a put=b || true'`, 9, `DENY role/program s3:PutObject arn:aws:s3:::reports/b  no identity-based policy allows it`},
		{made + `-policy worker.json -- sh -c 'worker put=b || true'`, 0, `1 permission denied`},
		{made + `-boundary worker.json -managed AmazonS3FullAccess -- worker put=b`, 1, `no permissions boundary allows it`},
	} {
		t.Run(test.command, func(t *testing.T) {
			t.Parallel()
			cmd := shell(t, dir, "leastpriv exec "+test.command)
			out, err := cmd.CombinedOutput()
			if exit := new(exec.ExitError); err != nil {
				require.ErrorAs(t, err, &exit)
			}
			assert.Equal(t, test.code, cmd.ProcessState.ExitCode(), string(out))
			assert.Regexp(t, test.output, string(out))
			assert.NoFileExists(t, filepath.Join(dir, "ran"))
		})
	}
}

// The program has its own streams, and no variable of the caller's that AWS's clients read.
func TestExecEnvironment(t *testing.T) {
	needPrograms(t)
	cmd := shell(t, execFolder(t, nil), `leastpriv exec -report r -role deployer -region eu-west-1 -- sh -c 'cat; echo error >&2; env | grep -i -e ^AWS -e ^LEASTPRIV -e ^NO_PROXY | sort'`)
	cmd.Stdin = strings.NewReader("input\n")
	cmd.Env = append(cmd.Env, "AWS_PROFILE=mine", "AWS_ENDPOINT_URL_S3=https://example.com", "AWS_SESSION_TOKEN=mine", "AWS_PAGER=", "AWS_ROLE_ARN=mine", "NO_PROXY=internal")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), stderr.String())
	assert.Equal(t, "error\n", stderr.String())
	assert.Regexp(t, `^input
AWS_ACCESS_KEY_ID=ASIA\w+
AWS_CONFIG_FILE=/dev/null
AWS_DEFAULT_REGION=eu-west-1
AWS_EC2_METADATA_DISABLED=true
AWS_ENDPOINT_URL=http://127.0.0.1:\d+
AWS_PAGER=
AWS_REGION=eu-west-1
AWS_SECRET_ACCESS_KEY=\S+
AWS_SESSION_TOKEN=\S+
AWS_SHARED_CREDENTIALS_FILE=/dev/null
LEASTPRIV_ROLE_ARN=arn:aws:iam::000000000000:role/deployer
NO_PROXY=internal,127.0.0.1,localhost
no_proxy=127.0.0.1,localhost
$`, stdout.String())
}

// Signals reach the program, and what it leaves behind ends with it.
func TestExecSignals(t *testing.T) {
	needPrograms(t)
	dir := execFolder(t, nil)
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "leastpriv"), "exec", "-report", filepath.Join(dir, "r"), "--", "sh", "-c",
		`sleep 300 & echo $!; trap 'echo caught; exit 5' TERM; while :; do sleep 0.05; done`)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var left int
	_, err = fmt.Fscan(out, &left)
	require.NoError(t, err)
	time.Sleep(200 * time.Millisecond) // until the trap is set
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	rest, err := io.ReadAll(out)
	require.NoError(t, err)
	assert.Contains(t, string(rest), "caught")
	_ = cmd.Wait() // its code is looked at
	assert.Equal(t, 5, cmd.ProcessState.ExitCode())
	assert.Eventually(t, func() bool { return ended(left) }, 5*time.Second, 10*time.Millisecond)
}

// ended reports whether a process has ended; one that nobody has waited for yet has.
func ended(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

// TestExecDocs runs the commands of docs/exec.md and README, with the files of docs/exec.md.
func TestExecDocs(t *testing.T) {
	needPrograms(t)
	doc, err := os.ReadFile("../../docs/exec.md")
	require.NoError(t, err)
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	files := map[string]string{"worker.json": regexp.MustCompile("(?s)```json\n(.*?)```").FindStringSubmatch(string(doc))[1]}
	for _, m := range regexp.MustCompile("(?s)```python\n# (\\S+)\n(.*?)```").FindAllStringSubmatch(string(doc), -1) {
		files[m[1]] = m[2]
	}
	require.Len(t, files, 3)
	for version, python := range pythons(t) {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			sessions := regexp.MustCompile("(?s)```console\n(\\$ leastpriv exec .*?)```").FindAllStringSubmatch(string(doc)+string(readme), -1)
			require.Greater(t, len(sessions), 6)
			for i, session := range sessions {
				t.Run(strconv.Itoa(i), func(t *testing.T) {
					t.Parallel()
					assert.Equal(t, session[1], execSession(t, session[1], python, files))
				})
			}
		})
	}
}

// execSession runs the commands of a session in a folder with files, where python3 is one that
// does, and returns the session with what they print now.
func execSession(t *testing.T, session, python string, files map[string]string) (printed string) {
	t.Helper()
	dir := execFolder(t, files)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "python3"), []byte("#!/bin/sh\nexec "+python+" \"$@\"\n"), 0o700)) //nolint:gosec // a program
	for _, m := range regexp.MustCompile(`(?m)^\$ (.*)\n`).FindAllStringSubmatch(session, -1) {
		out, _ := shell(t, dir, m[1]).CombinedOutput() // some exit with other codes than 0
		printed += m[0] + string(out)
	}
	return printed
}

// TestExecCLI runs the AWS CLI, of which versions before 2.13 do not know AWS_ENDPOINT_URL.
func TestExecCLI(t *testing.T) {
	needPrograms(t)
	for version, program := range commandLines(t) {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			dir := execFolder(t, map[string]string{"worker.json": execPolicy, "q3.csv": "a,b"})
			require.NoError(t, os.WriteFile(filepath.Join(dir, "aws"), []byte("#!/bin/sh\nexec "+program+" --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"\n"), 0o700)) //nolint:gosec // a program
			r, code, out := execJSON(t, dir, `-policy worker.json -setup 'aws s3 mb s3://reports && aws s3 cp q3.csv s3://reports/' -- sh -c 'aws s3 cp s3://reports/q3.csv - && aws s3 rm s3://reports/q3.csv'`)
			assert.Equal(t, 1, code)
			assert.Contains(t, out, "a,b")
			assert.Contains(t, out, "(AccessDenied) when calling the DeleteObject operation: ")
			require.Len(t, r.Denied, 1)
			assert.Equal(t, "s3:DeleteObject", r.Denied[0].Decision.Action)
			assert.Equal(t, "arn:aws:s3:::reports/q3.csv", r.Denied[0].Decision.Resource)
		})
	}
}
