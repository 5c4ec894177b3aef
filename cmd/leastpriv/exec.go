package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
)

const execUsage = `Usage: leastpriv exec [flags] [--] PROGRAM [ARGUMENT ...]

Runs a program with the credentials of a role in a new, empty AWS account, which is served on
a port of this machine as long as the program runs. The role has the policies of the flags and
no others. What the policies denied, what of them was used and what was not is printed when the
program has ended, to standard error or the file of -report. The program has its own standard
input and outputs, and of the environment no variable AWS_* but those that name the account.

Exits with the code of the program; with 128 and the number of the signal that ended it; with
the codes of -denied-exit and -unused-exit where these are given; with 127 when there is no such
program, 126 when it cannot be run, and 125 when the command makes no sense or a set-up fails.

Example: the queue and the bucket are made by the account's root user

  leastpriv exec -policy worker.json -setup 'aws s3 mb s3://reports' -- python3 worker.py

Flags:
`

// Exit codes of what is not the program's, as those of env, timeout and "docker run".
const (
	exitExecFailed   = 125
	exitCannotRun    = 126
	exitNoProgram    = 127
	exitSignaledBase = 128
)

// An execution is what the flags of the exec command ask.
type execution struct {
	policies, managed, setup list
	boundary, role, report   string
	serve                    serveFlags // region, mode
	account                  string
	suggest, json            bool
	deniedExit, unusedExit   exitCode
	program                  []string
}

// An exitCode is a flag: a code that says that something is wrong; 0 is none.
type exitCode int

func (c *exitCode) String() string { return strconv.Itoa(int(*c)) }

// Set takes the codes that processes can have, but for that of success.
func (c *exitCode) Set(v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 255 {
		return errors.New("want a number from 1 to 255")
	}
	*c = exitCode(n)
	return nil
}

// execCommand runs the exec command.
func execCommand(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	const name = "leastpriv exec"
	x := execution{account: defaultAccount}
	fs := newFlagSet(name, execUsage, stderr)
	x.register(fs)
	if err := fs.Parse(args); err != nil {
		if usageError(err) == exitOK {
			return exitOK
		}
		return exitExecFailed
	}
	x.program = fs.Args()
	switch {
	case len(x.program) == 0:
		complain(stderr, name, errors.New("want a program to run"))
		return exitExecFailed
	case x.suggest && x.serve.mode == fakeaws.Off:
		complain(stderr, name, errors.New("-suggest with -mode off: no policy is asked, so nothing is known of permissions; -mode soft lets calls pass too"))
		return exitExecFailed
	}
	s := streams{stdin: stdin, stdout: stdout, stderr: stderr}
	code, err := x.run(ctx, s)
	if err != nil {
		complain(stderr, name, err)
		var ended *endedError
		if errors.As(err, &ended) {
			return ended.code
		}
		return exitExecFailed
	}
	return code
}

func (x *execution) register(fs *flag.FlagSet) {
	fs.Var(&x.policies, "policy", "identity-based policy of the role in `FILE`; repeatable")
	fs.Var(&x.managed, "managed", "managed policy of AWS's of the role, by its `ARN` or name; repeatable")
	fs.StringVar(&x.boundary, "boundary", "", "permissions boundary of the role in `FILE`")
	fs.Var(&x.setup, "setup", "`COMMAND` for sh that the root user of the account runs first, to make what the program works on; its output goes to standard error; repeatable")
	fs.Func("mode", "what becomes of a denied call: strict refuses it, soft lets it pass and reports it, off asks no policy (default strict)", func(v string) (err error) {
		x.serve.mode, err = fakeaws.ParseMode(v)
		return err
	})
	fs.StringVar(&x.role, "role", "program", "`NAME` of the role")
	fs.StringVar(&x.account, "account", defaultAccount, "`ID` of the account, which the ARNs of its resources have")
	fs.StringVar(&x.serve.region, "region", fakeaws.DefaultRegion, "`REGION` of the program")
	fs.BoolVar(&x.suggest, "suggest", false, "report also the policy that has what the calls used and no more; with -mode soft, what was denied too")
	fs.BoolVar(&x.json, "json", false, "write the report as JSON")
	fs.StringVar(&x.report, "report", "", "`FILE` of the report (default standard error)")
	fs.Var(&x.deniedExit, "denied-exit", "exit `CODE` when a call was denied, whatever the program's (default the program's)")
	fs.Var(&x.unusedExit, "unused-exit", "exit `CODE` when a grant of the policies was not used and no other code says that something is wrong (default the program's)")
}

// run runs the set-up and the program, and reports.
func (x *execution) run(ctx context.Context, s streams) (code int, err error) {
	to := s.stderr
	if x.report != "" {
		file, err := os.Create(x.report)
		if err != nil {
			return 0, fmt.Errorf("-report: %w", err)
		}
		defer func() { _ = file.Close() }() // after Close below, for the ways out before it
		to = file
	}
	account, err := x.open(ctx)
	if err != nil {
		return 0, err
	}
	defer account.close()
	groups := new(processGroups)
	defer groups.end()
	for _, command := range x.setup {
		setup := process{args: []string{"sh", "-c", command}, env: account.environment(account.root), groups: groups,
			streams: streams{stdin: strings.NewReader(""), stdout: s.stderr, stderr: s.stderr}}
		if code, err := setup.run(); err != nil {
			return 0, fmt.Errorf("-setup %q: %w", command, err)
		} else if code != 0 {
			return 0, fmt.Errorf("-setup %q ended with exit code %d, so the program was not run", command, code)
		}
	}
	if ctx.Err() != nil { // a signal that no process was there to get
		return 0, errors.New("a signal came before the program was run, so it was not")
	}
	account.observed.begin()
	program := process{args: x.program, env: account.environment(account.session), groups: groups, streams: s}
	if code, err = program.run(); err != nil {
		return 0, err
	}
	groups.end()
	account.close()
	r := x.reportOf(account)
	r.ExitCode = x.exitCode(code, r)
	if err := r.write(to, x.json); err != nil {
		return 0, fmt.Errorf("-report: %w", err)
	}
	return r.ExitCode, nil
}

// exitCode is what the command exits with after a program that ended with a code.
func (x *execution) exitCode(code int, r *execReport) int {
	if len(r.Denied) > 0 && x.deniedExit != 0 {
		return int(x.deniedExit)
	}
	if code == 0 && x.unusedExit != 0 && r.Coverage != nil && r.Coverage.Used < r.Coverage.Grants {
		return int(x.unusedExit)
	}
	return code
}
