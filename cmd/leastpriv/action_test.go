//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// An action is what action.yml says, as far as it is used. What else stands there is an error.
type action struct {
	Name, Description string
	Branding          struct{ Icon, Color string }
	Inputs            map[string]struct{ Description, Default string }
	Outputs           map[string]struct{ Description, Value string }
	Runs              struct {
		Using string
		Steps []actionStep
	}
}

type actionStep struct {
	Name, ID, If, Shell, Run string
	Env                      map[string]string
}

func readAction(t *testing.T) *action {
	t.Helper()
	file, err := os.Open("../../action.yml")
	require.NoError(t, err)
	defer file.Close()
	a := new(action)
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(a))
	return a
}

var inputNames = regexp.MustCompile(`inputs\.([\w-]+)`)

// Every input has a description and is used, none is used that there is not, and none is part
// of a script, whose text it could then change.
func TestActionInputs(t *testing.T) {
	t.Parallel()
	a := readAction(t)
	assert.Equal(t, "composite", a.Runs.Using)
	used := map[string]bool{}
	for _, s := range a.Runs.Steps {
		assert.Equal(t, "bash", s.Shell, s.Name)
		assert.NotContains(t, s.Run, "${{", s.Name)
		for _, m := range inputNames.FindAllStringSubmatch(s.If, -1) {
			used[m[1]] = true
		}
		for name, value := range s.Env {
			m := regexp.MustCompile(`^\$\{\{ inputs\.([\w-]+) \}\}$`).FindStringSubmatch(value)
			require.NotNil(t, m, value)
			used[m[1]] = true
			assert.Equal(t, "INPUT_"+strings.ToUpper(strings.ReplaceAll(m[1], "-", "_")), name)
			assert.Contains(t, s.Run, "$"+name, s.Name)
		}
		for _, name := range regexp.MustCompile(`\$(INPUT_\w+)`).FindAllStringSubmatch(s.Run, -1) {
			assert.Contains(t, s.Env, name[1], s.Name)
		}
	}
	for name, input := range a.Inputs {
		assert.NotEmpty(t, input.Description, name)
		assert.True(t, used[name], "%s is not used", name)
		delete(used, name)
	}
	assert.Empty(t, used, "inputs that there are not")
	doc, err := os.ReadFile("../../docs/exec.md")
	require.NoError(t, err)
	_, described, found := strings.Cut(string(doc), "## In GitHub Actions")
	require.True(t, found)
	for name := range a.Inputs {
		assert.Contains(t, described, "`"+name+"`", "docs/exec.md describes all inputs")
	}
}

// A runner runs an action as GitHub does, in a folder of its own.
type runner struct {
	dir, temp string
	path      []string
	outputs   map[string]map[string]string
	code      int    // of the step that failed
	printed   string // by all steps
	summary   string
}

// runAction runs the steps of an action. With a path, where the command is already, it leaves
// the first out, which builds the command.
func runAction(t *testing.T, a *action, dir string, inputs map[string]string, path ...string) *runner {
	t.Helper()
	r := &runner{dir: dir, temp: t.TempDir(), outputs: map[string]map[string]string{}, path: path}
	value := func(name string) string {
		if v, ok := inputs[name]; ok {
			return v
		}
		return a.Inputs[name].Default
	}
	steps := a.Runs.Steps
	require.Equal(t, "Install leastpriv", steps[0].Name)
	if len(path) > 0 {
		steps = steps[1:]
	}
	for i := range steps {
		s := &steps[i]
		if s.If != "" {
			m := regexp.MustCompile(`^inputs\.([\w-]+) != ''$`).FindStringSubmatch(s.If)
			require.NotNil(t, m, "this test does not know the condition %s", s.If)
			if value(m[1]) == "" {
				continue
			}
		}
		env := make([]string, 0, len(s.Env))
		for name, expression := range s.Env {
			env = append(env, name+"="+value(inputNames.FindStringSubmatch(expression)[1]))
		}
		if r.step(t, s, env); r.code != 0 {
			break
		}
	}
	return r
}

func (r *runner) step(t *testing.T, s *actionStep, env []string) {
	t.Helper()
	files := t.TempDir()
	script := filepath.Join(files, "script.sh")
	require.NoError(t, os.WriteFile(script, []byte(s.Run), 0o600))
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), append(env, "PATH="+strings.Join(append(r.path, os.Getenv("PATH")), ":"), "RUNNER_TEMP="+r.temp, "GITHUB_ACTION_PATH="+root)...)
	for _, name := range []string{"GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
		cmd.Env = append(cmd.Env, name+"="+filepath.Join(files, name))
		require.NoError(t, os.WriteFile(filepath.Join(files, name), nil, 0o600))
	}
	out, _ := cmd.CombinedOutput() // its code is looked at
	r.code = cmd.ProcessState.ExitCode()
	r.printed += string(out)
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(files, name))
		require.NoError(t, err)
		return string(text)
	}
	r.summary += read("GITHUB_STEP_SUMMARY")
	r.path = append(strings.Fields(read("GITHUB_PATH")), r.path...)
	r.outputs[s.ID] = map[string]string{}
	for line := range strings.Lines(read("GITHUB_OUTPUT")) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		r.outputs[s.ID][name] = value
	}
}

// The scripts of the action build the command of this tree, check policies and run a program.
func TestActionRuns(t *testing.T) {
	needPrograms(t)
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no program bash in PATH: apt-get install bash")
	}
	a := readAction(t)
	dir := execFolder(t, map[string]string{
		"worker.json": execPolicy,
		"write.json":  strings.ReplaceAll(execPolicy, "GetObject", "PutObject"),
		"check.yaml":  "principals:\n  worker: {policies: [worker.json]}\nchecks:\n  - {as: worker, cannot: s3:DeleteObject, on: \"arn:aws:s3:::reports/a\"}\n",
		"wrong.yaml":  "principals:\n  worker: {policies: [worker.json]}\nchecks:\n  - {as: worker, can: s3:DeleteObject, on: \"arn:aws:s3:::reports/a\"}\n",
	})
	setup := dir + "/worker make put=a"
	t.Run("all is well", func(t *testing.T) {
		r := runAction(t, a, dir, map[string]string{
			"check": "check.yaml\n", "policy": "worker.json\nwrite.json\n", "setup": setup, "role": "deployer",
			"run": dir + "/worker get=a put=b\necho \"done by $LEASTPRIV_ROLE_ARN\"\n", "denied-exit": "9", "suggest": "true",
		})
		assert.Zero(t, r.code, r.printed)
		assert.Contains(t, r.printed, "done by arn:aws:iam::000000000000:role/deployer\n")
		assert.Contains(t, r.printed, "made 2 calls; 0 permissions denied")
		assert.Contains(t, r.summary, "````text\nleastpriv exec: ")
		assert.Contains(t, r.summary, `"Sid": "Used1"`)
		report, err := os.ReadFile(r.outputs["exec"]["report"])
		require.NoError(t, err)
		assert.Contains(t, r.summary, string(report))
	})
	t.Run("a call is denied", func(t *testing.T) {
		r := runAction(t, a, dir, map[string]string{
			"policy": "worker.json", "setup": setup, "run": dir + "/worker put=b || true", "denied-exit": "9",
		}, dir)
		assert.Equal(t, 9, r.code, r.printed)
		assert.Contains(t, r.summary, "DENY role/program s3:PutObject arn:aws:s3:::reports/b")
	})
	t.Run("an assertion fails", func(t *testing.T) {
		r := runAction(t, a, dir, map[string]string{"check": "check.yaml\nwrong.yaml", "run": "echo ran"}, dir)
		assert.Equal(t, 1, r.code, r.printed)
		assert.Contains(t, r.printed, "::error file=wrong.yaml,line=4")
		assert.NotContains(t, r.printed, "ran\n")
	})
}
