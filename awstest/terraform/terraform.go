package terraform

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/awstest/deploy"
)

// An Option says what the JSON alone does not.
type Option func(*file)

// Plan reads what terraform show -json prints of a plan or of a state. The configuration
// is looked for in the folder of the file, unless [Source] names another.
func Plan(path string, options ...Option) deploy.Source {
	f := &file{path: path, bound: map[string]string{}}
	for _, option := range options {
		option(f)
	}
	return f
}

// Source names the folder of the root module, in which terraform plan ran. Values that a
// plan has not are then evaluated from the configuration, and positions are those of its
// files. Modules of a registry are found as terraform init has put them.
func Source(dir string) Option { return func(f *file) { f.dir = dir } }

// Bind says the value of an argument or attribute that the plan does not know, of a
// resource or of all its instances: "aws_iam_role_policy.worker.policy". A list is given in
// JSON.
func Bind(attribute, value string) Option {
	return func(f *file) { f.bound[attribute] = value }
}

// LeaveOut leaves resources out, by their addresses: "aws_s3_bucket.logs", or of all
// instances "module.app.aws_iam_role.worker". Others can refer to them.
func LeaveOut(addresses ...string) Option {
	return func(f *file) { f.without = append(f.without, addresses...) }
}

// A file is a plan or a state, and what the options say of it.
type file struct {
	path    string
	dir     string
	bound   map[string]string
	without []string
}

// maxFile is how long a plan may be. Terraform's own are some megabytes.
const maxFile = 256 << 20

// Resources reads the file.
func (f *file) Resources(target deploy.Target) (*deploy.Stack, error) {
	text, err := readFile(f.path, maxFile)
	if err != nil {
		return nil, f.whole("%v", err)
	}
	return f.read(text, target)
}

// read is Resources with the text of the file.
func (f *file) read(text []byte, target deploy.Target) (*deploy.Stack, error) {
	shown, err := parse(text)
	if err != nil {
		return nil, f.whole("%v", err)
	}
	w := newWorld(f, shown, text, target)
	if err := w.source(); err != nil {
		return nil, err
	}
	w.checkDeferred()
	w.checkOptions()
	w.checkTarget()
	stack := w.stack()
	if err := w.problems.Err(); err != nil {
		return nil, err
	}
	return stack, nil
}

// whole is a problem of the whole file.
func (f *file) whole(format string, args ...any) error {
	return deploy.Errors{{Position: deploy.Position{File: f.path}, Text: fmt.Sprintf(format, args...)}}
}

// sourceDir returns the folder of the configuration; empty where there is none.
func (f *file) sourceDir() string {
	if f.dir != "" {
		return f.dir
	}
	dir := filepath.Dir(f.path)
	if found, err := filepath.Glob(filepath.Join(dir, "*.tf")); err == nil && len(found) > 0 {
		return dir
	}
	return ""
}

// leavesOut reports whether a resource is left out.
func (f *file) leavesOut(in *instance) bool {
	return slices.Contains(f.without, in.address) || slices.Contains(f.without, in.all())
}

// readFile reads a file that is not longer than the limit.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", path, info.Size(), limit)
	}
	return os.ReadFile(path)
}

// withoutKeys is an address without the keys of count and for_each.
func withoutKeys(address string) string {
	var plain strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(address); i++ {
		c := address[i]
		switch {
		case quoted && c == '\\':
			i++
			continue
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']':
			depth--
			continue
		}
		if depth == 0 && !quoted {
			plain.WriteByte(c)
		}
	}
	return plain.String()
}
