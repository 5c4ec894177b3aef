package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

// waitDelay is how long the outputs of a process that has ended are waited for, where they are
// not files, and groupGrace how long the processes that it left behind have to end.
const (
	waitDelay  = 5 * time.Second
	groupGrace = 2 * time.Second
)

// streams are the standard ones of a process.
type streams struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// A process is one that the exec command runs.
type process struct {
	streams
	args, env []string
	groups    *processGroups
}

// An endedError is why a program was not run, with the exit code that says so.
type endedError struct {
	code int
	err  error
}

func (e *endedError) Error() string { return e.err.Error() }
func (e *endedError) Unwrap() error { return e.err }

// run runs the process to its end, passes signals on to it, and returns its exit code.
func (p *process) run() (int, error) {
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Env, cmd.WaitDelay = p.env, waitDelay
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.stdin, p.stdout, p.stderr
	own := p.groups.prepare(cmd)
	received := make(chan os.Signal, 16)
	signal.Notify(received, passedOn...)
	defer signal.Stop(received)
	if err := cmd.Start(); err != nil {
		code := exitCannotRun
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			code = exitNoProgram
		}
		return 0, &endedError{code, fmt.Errorf("cannot run the program: %w", err)}
	}
	if own {
		p.groups.add(cmd.Process.Pid)
	}
	ended := make(chan struct{})
	passing := make(chan struct{})
	go func() {
		defer close(passing)
		for {
			select {
			case s := <-received:
				// A terminal tells all processes of its group itself.
				if own || !ofTerminal(s) {
					_ = cmd.Process.Signal(s) // it may have ended
				}
			case <-ended:
				return
			}
		}
	}()
	err := cmd.Wait()
	close(ended)
	<-passing
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return 0, err
	}
	return codeOf(cmd.ProcessState), nil
}
