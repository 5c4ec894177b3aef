package awstest

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/cover"
)

// CoverageDir is the environment variable with the folder for profiles of coverage, by
// its absolute path. Where it is set, every test binary writes there which grants of the
// policies in its Worlds were used: one file for each package, which replaces that of the
// package's last run. No test needs to know of it:
//
//	LEASTPRIV_COVERDIR=$PWD/policycover go test -count=1 ./...
//	leastpriv cover policycover
//
// Without -count=1 packages whose results are cached do not run, and write nothing.
const CoverageDir = "LEASTPRIV_COVERDIR"

// A coverage is what the Worlds of a test binary note together.
type coverage struct {
	enforce.Coverage
	dir string // of the profile; empty where there is to be none

	mu      sync.Mutex // held to write the profile
	written uint64     // the news that it has
}

// covering are the coverages of the process: one, but in tests of this package.
var covering struct {
	sync.Mutex
	always *coverage // that Main asked for
	byDir  map[string]*coverage
}

// currentCoverage returns the coverage that new Worlds are part of; nil when it is off.
func currentCoverage() (*coverage, error) {
	dir := os.Getenv(CoverageDir)
	covering.Lock()
	defer covering.Unlock()
	switch {
	case dir == "" || isFuzzWorker():
		return covering.always, nil
	case !filepath.IsAbs(dir):
		return nil, fmt.Errorf("%s=%s: want an absolute path, because each package's tests run in the folder of the package", CoverageDir, dir)
	}
	c := covering.byDir[dir]
	if c == nil {
		c = &coverage{dir: dir}
		if covering.byDir == nil {
			covering.byDir = map[string]*coverage{}
		}
		covering.byDir[dir] = c
	}
	return c, nil
}

// isFuzzWorker reports whether the process is one that go test -fuzz started beside the
// test binary: its inputs are those of a moment.
func isFuzzWorker() bool {
	f := flag.Lookup("test.fuzzworker")
	return f != nil && f.Value.String() == "true"
}

// coverageFor returns what the World of a test notes coverage in; nil when it is off. The
// profile is written when the last World ends, since a test binary need not have a
// TestMain.
func coverageFor(t TB) *enforce.Coverage {
	t.Helper()
	if isMutant(t) {
		return nil
	}
	c, err := currentCoverage()
	if err != nil {
		t.Fatalf("awstest.New: %v", err)
		return nil
	}
	if c == nil {
		return nil
	}
	t.Cleanup(func() {
		if countLiving() > 0 {
			return
		}
		if err := c.write(); err != nil {
			t.Errorf("awstest: %s: %v", CoverageDir, err)
		}
	})
	return &c.Coverage
}

func countLiving() int {
	living.mu.Lock()
	defer living.mu.Unlock()
	return len(living.worlds)
}

// profile is what was noted until now. Policies are named from the module's folder.
func (c *coverage) profile() *cover.Profile {
	root := moduleRoot()
	return cover.New(&c.Coverage, func(file string) string {
		absolute, err := filepath.Abs(file)
		if err != nil {
			return file
		}
		if inside, err := filepath.Rel(root, absolute); err == nil && filepath.IsLocal(inside) {
			return filepath.ToSlash(inside)
		}
		return filepath.ToSlash(absolute)
	})
}

// moduleRoot returns the folder of the module that the test is part of, from which files
// have the same names on every machine; empty when there is none.
func moduleRoot() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Lstat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// write writes the profile if it says more than the one that was written last.
func (c *coverage) write() (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	news := c.News()
	if c.dir == "" || news == c.written {
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o777); err != nil {
		return err
	}
	file, err := os.CreateTemp(c.dir, "*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := errors.Join(c.profile().Write(file), file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), filepath.Join(c.dir, profileName())); err != nil {
		return err
	}
	c.written = news
	return nil
}

// profileName names the profile of a package: by its path, for people, and the hash of
// that, since the path is not written out.
func profileName() string {
	name := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		name = strings.TrimSuffix(info.Path, ".test")
	}
	if name == "" || name == "command-line-arguments" {
		name, _ = os.Getwd()
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	short := cmp.Or(filepath.Base(filepath.FromSlash(name)), "tests")
	return fmt.Sprintf("%s-%08x.json", short, h.Sum32())
}
