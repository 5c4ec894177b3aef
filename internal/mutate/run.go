package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// helper is what the mutants in a package ask. The environment says which is at
// work, or in which file to note the numbers of those that are asked for.
const helper = `package %s

import ("fmt"; "os"; "strconv"; "sync/atomic")

var (
	mutantAtWork, _ = strconv.Atoi(os.Getenv("MUTANT"))
	mutantLog       = mutantFile(os.Getenv("MUTANT_LOG"))
	mutantSeen      [%d]atomic.Bool
)

func mutantFile(path string) *os.File {
	if path == "" {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	return file
}

func mutantOn(number int) bool {
	if mutantLog != nil && !mutantSeen[number].Load() && !mutantSeen[number].Swap(true) {
		fmt.Fprintln(mutantLog, number)
	}
	return number == mutantAtWork
}
`

// A runner tests mutants of the package in a directory.
type runner struct {
	dir, temp string
	args      []string
	parallel  int
	binary    string
}

// A test is a test function of the package.
type test struct {
	name string
	took time.Duration
}

// atOnce is how many tests one run has: the next run is needed only when none of
// them noticed the mutant, and a mutant that is in a loop is given up the sooner.
const atOnce = 16

// build compiles the tests together with all mutants.
func (r *runner) build(sources []source) error {
	replace := make(map[string]string)
	put := func(path, text string) error {
		path, err := filepath.Abs(path)
		replace[path] = filepath.Join(r.temp, filepath.Base(path))
		return errors.Join(err, os.WriteFile(replace[path], []byte(text), 0o600))
	}
	numbers := 1
	for _, s := range sources {
		if err := put(s.path, s.text); err != nil {
			return err
		}
		numbers += len(s.mutants)
	}
	overlay := filepath.Join(r.temp, "overlay.json")
	err := put(filepath.Join(r.dir, "mutant_at_work.go"), fmt.Sprintf(helper, sources[0].pkg, numbers))
	text, failed := json.Marshal(map[string]any{"Replace": replace})
	if err := errors.Join(err, failed, os.WriteFile(overlay, text, 0o600)); err != nil {
		return err
	}
	if r.binary, err = filepath.Abs(filepath.Join(r.temp, "package.test")); err != nil {
		return err
	}
	command := exec.Command("go", "test", "-c", "-o", r.binary, "-overlay", overlay, "-vet=off", "-ldflags=-s -w", ".")
	command.Dir = r.dir
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w:\n%s", err, output)
	}
	return nil
}

// record runs each test without a mutant, to see which it reaches.
func (r *runner) record(mutants []*mutant) error {
	command := r.command("-test.list", "^(Test|Fuzz|Example)")
	list, err := command.Output()
	if err != nil {
		return err
	}
	byNumber := make(map[string]*mutant)
	for _, m := range mutants {
		byNumber[strconv.Itoa(m.number)] = m
	}
	var lock sync.Mutex
	return each(r.parallel, strings.Fields(string(list)), func(name string) error {
		log, start := filepath.Join(r.temp, name+".log"), time.Now()
		command := r.run([]*test{{name: name}}, 10*time.Minute)
		command.Env = append(os.Environ(), "MUTANT_LOG="+log)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%s fails without a change: %w\n%s", name, err, output)
		}
		t := &test{name, time.Since(start)}
		text, err := os.ReadFile(log)
		lock.Lock()
		defer lock.Unlock()
		for number := range strings.FieldsSeq(string(text)) {
			m := byNumber[number]
			m.tests = append(m.tests, t)
		}
		return err
	})
}

// testAll finds out which mutants survive.
func (r *runner) testAll(mutants []*mutant) error {
	return each(r.parallel, mutants, func(m *mutant) (err error) {
		m.survived, err = r.survives(m)
		return err
	})
}

func (r *runner) survives(m *mutant) (bool, error) {
	slices.SortFunc(m.tests, func(x, y *test) int { return cmp.Compare(x.took, y.took) })
	for tests := range slices.Chunk(m.tests, atOnce) {
		if err := r.try(tests, m); m.noticed != "" || err != nil {
			return false, err
		}
	}
	return true, nil
}

// try runs some tests with a mutant and notes which of them fails.
func (r *runner) try(tests []*test, m *mutant) error {
	timeout := 3 * time.Second // a mutant that takes longer is in a loop
	for _, t := range tests {
		timeout += 10 * t.took
	}
	command := r.run(tests, timeout)
	command.Env = append(os.Environ(), "MUTANT="+strconv.Itoa(m.number))
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(output); m.noticed == "" && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "--- FAIL") {
			m.noticed = lines.Text()
			_ = command.Process.Kill() // one is enough, and parallel tests go on
		}
	}
	if err := command.Wait(); err != nil && m.noticed == "" {
		m.noticed = err.Error() // a panic, or the end of its time
	}
	return nil
}

// run runs tests by name.
func (r *runner) run(tests []*test, timeout time.Duration) *exec.Cmd {
	names := make([]string, len(tests))
	for i, t := range tests {
		names[i] = t.name
	}
	return r.command("-test.run", "^("+strings.Join(names, "|")+")$", "-test.short", "-test.failfast",
		"-test.parallel", "1", "-test.timeout", timeout.String())
}

func (r *runner) command(args ...string) *exec.Cmd {
	command := exec.Command(r.binary, append(args, r.args...)...)
	command.Dir = r.dir
	return command
}

// each does something with each of many, some at a time.
func each[T any](parallel int, list []T, do func(T) error) error {
	failures, slots := make([]error, len(list)), make(chan bool, parallel)
	var workers sync.WaitGroup
	for i := range list {
		slots <- true
		workers.Go(func() {
			failures[i] = do(list[i])
			<-slots
		})
	}
	workers.Wait()
	return errors.Join(failures...)
}
