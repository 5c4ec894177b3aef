package cloudformation_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest/cloudformation"
	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/enforce"
)

// Whatever a file has, it is read or refused with problems: nothing panics or runs on.
// What is read has documents whose statements all have places.
func FuzzTemplate(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "testdata/*.json", "testdata/cdk.out/*.json"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	f.Add([]byte(queue + "    Properties: !If [A, !Ref B, !Cidr [10.0.0.0/8, 256, 8]]\nConditions: { A: !Or [!Condition A, !Contains [[a], b]] }\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "template.yaml")
		require.NoError(t, os.WriteFile(path, text, 0o600))
		stack, err := cloudformation.Template(path, nil, cloudformation.File("./storage.yaml", "testdata/storage.yaml")).Resources(target())
		if err != nil {
			require.ErrorAs(t, err, &deploy.Errors{})
			return
		}
		for _, r := range stack.Resources {
			require.NotEmpty(t, r.Address)
			r.Unknowns()
			for _, value := range r.Properties {
				d, ok := value.(deploy.Document)
				if !ok {
					continue
				}
				if policy, err := enforce.Parse(d.Text, enforce.IdentityPolicy, d.Source); err == nil && d.Source.Statements != nil {
					require.Len(t, policy.Statements(), len(d.Source.Statements))
				}
			}
		}
	})
}
