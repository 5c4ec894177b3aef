package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What prove, diff and shrink print as SARIF is valid.
func TestProofsAsSARIF(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	narrow := write("narrow policy.json", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`)
	wide := write("wide.json", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}}`)
	unknown := write("unknown.json", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"example:a":"2001:db8::/32"},"StringLike":{"example:a":"*::zz"}}}}`)
	uses := write("uses.json", `{"action":"s3:GetObject","resource":"arn:aws:s3:::b/k"}`)
	details := write("details.json", exportOf(2, 1))
	for name, c := range map[string]struct {
		args          []string
		code, results int
		rule          string
	}{
		"can":             {[]string{"prove", "-action", "s3:*", "-policy", narrow}, exitOK, 1, rulePossible},
		"never":           {[]string{"prove", "-never", "-action", "s3:Put*", "-policy", narrow}, exitOK, 0, ""},
		"not known":       {[]string{"prove", "-never", "-action", "s3:Put*", "-policy", unknown}, exitUnjudged, 1, ruleUnknown},
		"details":         {[]string{"prove", "-never", "-action", "s3:DeleteObject", "-details", details}, exitFails, 1, rulePossible},
		"more":            {[]string{"diff", narrow, wide}, exitFails, 1, ruleNewAccess},
		"nothing more":    {[]string{"diff", wide, narrow}, exitOK, 0, ""},
		"more, not known": {[]string{"diff", narrow, unknown}, exitUnjudged, 1, ruleUnknown},
		"unused":          {[]string{"shrink", "-uses", uses, wide}, exitFails, 1, ruleUnused},
		"used":            {[]string{"shrink", "-uses", uses, narrow}, exitOK, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			args := append([]string{c.args[0], "-format", "sarif"}, c.args[1:]...)
			require.Equal(t, c.code, run(t.Context(), args, &stdout, &stderr), stderr.String())
			report := requireSARIF(t, stdout.Bytes())
			require.Len(t, report.Runs, 1)
			require.Len(t, report.Runs[0].Results, c.results, stdout.String())
			for _, r := range report.Runs[0].Results {
				assert.Equal(t, c.rule, *r.RuleID)
			}
		})
	}
}

// exportOf is the export of an account with roles, of which the first may delete objects.
func exportOf(roles, deleters int) string {
	type statement map[string]any
	document := func(statements ...statement) any {
		return map[string]any{"Version": "2012-10-17", "Statement": statements}
	}
	list := make([]any, roles)
	for i := range list {
		actions := []string{"s3:GetObject", "s3:PutObject"}
		if i < deleters {
			actions = append(actions, "s3:DeleteObject")
		}
		list[i] = map[string]any{
			"RoleName": fmt.Sprintf("role-%d", i), "RoleId": fmt.Sprintf("AROA%016d", i), "Arn": fmt.Sprintf("arn:aws:iam::111122223333:role/role-%d", i),
			"AssumeRolePolicyDocument": document(statement{"Effect": "Allow", "Principal": map[string]string{"AWS": "111122223333"}, "Action": "sts:AssumeRole"}),
			"Tags":                     []map[string]string{{"Key": "team", "Value": fmt.Sprintf("team-%d", i%50)}},
			"RolePolicyList": []any{map[string]any{"PolicyName": "inline", "PolicyDocument": document(
				statement{"Effect": "Allow", "Action": actions, "Resource": fmt.Sprintf("arn:aws:s3:::prod-app-%d/*", i)},
				statement{"Effect": "Allow", "Action": []string{"dynamodb:*", "sqs:*"}, "Resource": "*"},
				statement{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}}},
			)}},
			"AttachedManagedPolicies": []map[string]string{{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}},
		}
	}
	text, err := json.Marshal(map[string]any{"RoleDetailList": list})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// All roles of an account are asked about at once. Only so many findings are shown with all
// that is known of them, and an interrupt ends the work.
func TestProveAllRoles(t *testing.T) {
	t.Parallel()
	details := filepath.Join(t.TempDir(), "details.json")
	require.NoError(t, os.WriteFile(details, []byte(exportOf(300, 2*maxDetailed)), 0o600))
	args := []string{"prove", "-never", "-action", "s3:Delete*", "-resource", "arn:aws:s3:::prod-*/*", "-details", details}
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitFails, run(t.Context(), args, &stdout, &stderr), stderr.String())
	assert.Contains(t, stdout.String(), "of 300 principals 40 can s3:Delete* on arn:aws:s3:::prod-*/*, 260 never can, of 0 it is not known")
	assert.Equal(t, maxDetailed, bytes.Count(stdout.Bytes(), []byte("smallest change that closes it")))

	over, cancel := context.WithCancel(t.Context())
	cancel()
	stdout.Reset()
	require.Equal(t, exitUsage, run(over, args, &stdout, &stderr))
	assert.Empty(t, stdout.String())
	assert.Contains(t, stderr.String(), "context canceled")
}
