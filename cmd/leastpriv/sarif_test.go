package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requireSARIF checks that a text is a log of SARIF 2.1.0, by the schema of OASIS that
// go-sarif has, and that it has no member that the schema does not know.
func requireSARIF(t *testing.T, text []byte) *sarif.Report {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(new(sarif.Report)), string(text))
	report, err := validSARIF(text)
	require.NoError(t, err, string(text))
	return report
}

// validSARIF validates a log. go-sarif writes members that a log does not have: it is given
// their defaults.
func validSARIF(text []byte) (*sarif.Report, error) {
	report, err := sarif.FromBytes(text)
	if err != nil {
		return nil, err
	}
	for _, run := range report.Runs {
		if len(run.NewlineSequences) == 0 {
			run.NewlineSequences = []string{"\r\n", "\n"}
		}
		if run.Language == "" {
			run.Language = "en-US"
		}
		if run.Tool != nil && run.Tool.Driver != nil && run.Tool.Driver.Language == "" {
			run.Tool.Driver.Language = "en-US"
		}
	}
	return report, report.Validate()
}

// What every command prints as SARIF is valid: without results, with findings in files of
// odd names, with related places, and with what cannot be judged.
func TestSARIFIsValid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	good := write("good.json", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}`)
	bad := write("bad policy ü%#.json", `{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["s3:GetObjekt", "*"], "Resource": "*"},
  {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"}]}`)
	broken := write("broken.json", `{"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps"}]}`)
	checks := write("check.yaml", `
principals:
  worker: {policies: [good.json]}
checks:
  - {as: worker, can: s3:PutObject, on: "arn:aws:s3:::b/k"}
  - {as: worker, cannot: s3:GetObject, on: "arn:aws:s3:::b/k"}
  - {as: worker, cannot: s3:GetObjekt, on: "arn:aws:s3:::b/k"}
`)
	for name, test := range map[string]struct {
		run     func(args []string, stdout, stderr *bytes.Buffer) int
		files   []string
		code    int
		results int
	}{
		"nothing":         {lintTo, []string{good}, exitOK, 0},
		"findings":        {lintTo, []string{bad, broken}, exitFails, -1},
		"checks":          {checkTo, []string{checks}, exitUnjudged, 3},
		"nothing of both": {lintTo, []string{good, good}, exitOK, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := test.run(append([]string{"-format", "sarif"}, test.files...), &stdout, &stderr)
			require.Equal(t, test.code, code, stderr.String())
			report := requireSARIF(t, stdout.Bytes())
			require.Len(t, report.Runs, 1)
			run := report.Runs[0]
			if test.results >= 0 {
				assert.Len(t, run.Results, test.results)
			} else {
				assert.NotEmpty(t, run.Results)
			}
			for _, r := range run.Results {
				assert.Equal(t, *run.Tool.Driver.Rules[r.RuleIndex].ID, *r.RuleID)
				uri := *r.Locations[0].PhysicalLocation.ArtifactLocation.URI
				assert.True(t, strings.HasPrefix(uri, "file:///"), uri)
				assert.NotContains(t, uri, " ")
			}
		})
	}
}

func lintTo(args []string, stdout, stderr *bytes.Buffer) int {
	return lint(args, strings.NewReader(""), stdout, stderr)
}

func checkTo(args []string, stdout, stderr *bytes.Buffer) int { return check(args, stdout, stderr) }

// The validation itself finds what is wrong.
func TestInvalidSARIFIsFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"version": "2.0.0", "runs": []}`:                "version",
		`{"version": "2.1.0", "runs": [{"results": []}]}`: "tool",
		`{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "m"}, "level": "fatal"}]}]}`:                                                                                    "level",
		`{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "m"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "f"}, "region": {"startLine": 0}}}]}]}]}`: "startLine",
	} {
		_, err := validSARIF([]byte(text))
		require.ErrorContains(t, err, want)
	}
}
