//go:build unix

package main

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// passedOn are the signals that a program gets which this process gets.
var passedOn = []os.Signal{
	syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCONT,
}

// ofTerminal reports whether a terminal sends a signal, to all processes of its foreground.
func ofTerminal(s os.Signal) bool {
	return slices.Contains([]os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGWINCH}, s)
}

// codeOf is the exit code of a process that has ended, as shells tell it.
func codeOf(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitSignaledBase + int(status.Signal())
	}
	return state.ExitCode()
}

// processGroups are those of the processes that were run.
type processGroups struct{ ids []int }

// prepare gives a process a group of its own, so that what it leaves behind can be ended.
// One that has a terminal must stay in the foreground to read from it.
func (g *processGroups) prepare(cmd *exec.Cmd) (own bool) {
	own = !inForeground()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: own}
	return own
}

// inForeground reports whether this process is of the foreground of a terminal.
func inForeground() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	defer func() { _ = tty.Close() }() // nothing was written
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

func (g *processGroups) add(id int) { g.ids = append(g.ids, id) }

// end ends what is left of the groups: it asks first.
func (g *processGroups) end() {
	for _, id := range g.ids {
		if syscall.Kill(-id, syscall.SIGTERM) != nil {
			continue // there is nothing
		}
		for deadline := time.Now().Add(groupGrace); time.Now().Before(deadline) && syscall.Kill(-id, 0) == nil; {
			time.Sleep(10 * time.Millisecond)
		}
		_ = syscall.Kill(-id, syscall.SIGKILL) // it may have ended
	}
	g.ids = nil
}
