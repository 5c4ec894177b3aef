//go:build !unix

package main

import (
	"os"
	"os/exec"
)

// passedOn are the signals that a program gets which this process gets. A console tells all of
// its processes itself.
var passedOn = []os.Signal{os.Interrupt}

func ofTerminal(s os.Signal) bool { return s == os.Interrupt }

// codeOf is the exit code of a process that has ended.
func codeOf(state *os.ProcessState) int { return state.ExitCode() }

// processGroups are those of the processes that were run: there are none here, so what a
// program leaves behind stays.
type processGroups struct{}

func (*processGroups) prepare(*exec.Cmd) (own bool) { return false }
func (*processGroups) add(int)                      {}
func (*processGroups) end()                         {}
