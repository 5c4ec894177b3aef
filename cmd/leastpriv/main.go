// Command leastpriv serves fake AWS accounts with IAM enforced, for the AWS CLI
// and programs in any language. It also simulates and checks policies.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `Usage: leastpriv COMMAND [flags]

Commands:
  serve     answer AWS calls on a port of this machine
  exec      run a program as a role, and say what was denied, used and unused
  check     hold policies to assertions of what they allow
  simulate  say what policies allow, and why
  prove     say what policies can never allow, over all requests
  diff      say what a change of policies newly allows
  shrink    leave out of a policy what some requests do not need
  escalate  say by which calls principals can come to hold more
  lint      say what is wrong with policy documents
  cover     say which grants of policies tests used
  version   print the version of the command

Run "leastpriv COMMAND -h" for the flags of a command.
`

// Exit codes. For scripts, check, simulate, lint and cover answer with theirs.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2

	exitDenied   = 1 // simulate: not everything is allowed
	exitFindings = 1 // lint: there are errors; escalate: there are paths
	exitFails    = 1 // check: an assertion fails; cover: too few grants are used; prove: the answer is no; diff: there is new access; shrink: something can go

	exitUnjudged = 2 // simulate, check, prove, diff, escalate: a question cannot be judged
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return runWith(ctx, args, os.Stdin, stdout, stderr)
}

// runWith is run with another standard input.
func runWith(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "serve":
		return serve(ctx, args[1:], stdout, stderr)
	case "exec":
		return execCommand(ctx, args[1:], stdin, stdout, stderr)
	case "simulate":
		return simulate(args[1:], stdout, stderr)
	case "prove":
		return proveCommand(ctx, args[1:], stdout, stderr)
	case "diff":
		return diff(ctx, args[1:], stdout, stderr)
	case "shrink":
		return shrink(args[1:], stdout, stderr)
	case "escalate":
		return escalateCommand(ctx, args[1:], stdout, stderr)
	case "lint":
		return lint(args[1:], stdin, stdout, stderr)
	case "check":
		return check(args[1:], stdout, stderr)
	case "cover":
		return coverage(args[1:], stdout, stderr)
	case "version", "-version", "--version":
		return version(args[1:], stdout, stderr)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	fmt.Fprintf(stderr, "leastpriv: unknown command %q\n\n%s", args[0], usage)
	return exitUsage
}
