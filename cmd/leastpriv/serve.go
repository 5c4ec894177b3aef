package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
)

// The root access key of the default account is the one of AWS's documentation,
// which AWS gives to no account.
const (
	defaultAccount   = "000000000000"
	defaultAccessKey = "AKIAIOSFODNN7EXAMPLE"
	defaultSecretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// Limits of the HTTP server. S3 objects may take their time; headers may not.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	shutdownTimeout   = 5 * time.Second
	maxHeaderBytes    = 64 << 10
)

// accountFlag is one -account: ID, or ID:ACCESSKEY:SECRET.
type accountFlag struct{ id, accessKey, secret string }

// parseAccount reads the value of an -account flag.
func parseAccount(value string) (accountFlag, error) {
	parts := strings.SplitN(value, ":", 3)
	switch {
	case len(parts) == 1:
		return accountFlag{id: parts[0]}, nil
	case len(parts) == 3 && parts[1] != "" && parts[2] != "":
		return accountFlag{parts[0], parts[1], parts[2]}, nil
	}
	return accountFlag{}, fmt.Errorf("want ID or ID:ACCESSKEY:SECRET")
}

// serveFlags are the flags of the serve command.
type serveFlags struct {
	addr     string
	remote   bool
	region   string
	mode     fakeaws.Mode
	accounts []accountFlag
	hosts    []string // further names, in lower case
	// bodyTimeout is that of fakeaws.Config.
	bodyTimeout time.Duration
	// details switches authorization details on, log a line for each denial.
	details, log bool
	// upstreams answer for services without a fake, by service.
	upstreams map[string]*anyservice.Upstream
}

func parseServeFlags(args []string, stderr io.Writer) (serveFlags, error) {
	var f serveFlags
	fs := flag.NewFlagSet("leastpriv serve", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&f.addr, "addr", "127.0.0.1:4566", "address to listen on; port 0 takes a free one")
	fs.BoolVar(&f.remote, "remote", false, "allow an address that other machines can reach")
	fs.StringVar(&f.region, "region", fakeaws.DefaultRegion, "region of the endpoint")
	fs.Func("host", "another `NAME[:PORT]` by which clients reach the server, its subdomains included; repeatable", func(v string) error {
		if v == "" {
			return errors.New("want a name")
		}
		f.hosts = append(f.hosts, strings.ToLower(v))
		return nil
	})
	fs.Func("mode", "what becomes of a denied call: strict refuses it, soft logs it, off asks no policy (default strict)", func(v string) (err error) {
		f.mode, err = fakeaws.ParseMode(v)
		return err
	})
	fs.BoolVar(&f.log, "log", false, "print one line for each denial to standard error")
	fs.BoolVar(&f.details, "authorization-details", false, "end denials with an authorization id, and serve IAM Toolbox, which tells their details: a preview of AWS")
	fs.Func("upstream", "another emulator `SERVICE=URL` that answers allowed calls to a service without a fake, or to all of them: dynamodb=http://localhost:8000, *=URL; repeatable", f.addUpstream)
	fs.DurationVar(&f.bodyTimeout, "body-timeout", time.Minute, "how long the body of a request may take, beside one second for each KiB of it")
	fs.Func("account", "account `ID[:ACCESSKEY:SECRET]` with its root key; repeatable (default "+defaultAccount+" with the key of AWS's documentation)", func(v string) error {
		a, err := parseAccount(v)
		f.accounts = append(f.accounts, a)
		return err
	})
	if err := fs.Parse(args); err != nil {
		return f, err
	}
	if fs.NArg() > 0 {
		err := fmt.Errorf("unexpected argument %q", fs.Arg(0))
		fmt.Fprintf(stderr, "leastpriv serve: %v\n", err)
		return f, err
	}
	if len(f.accounts) == 0 {
		f.accounts = []accountFlag{{defaultAccount, defaultAccessKey, defaultSecretKey}}
	}
	return f, nil
}

// addUpstream reads the value of an -upstream flag.
func (f *serveFlags) addUpstream(value string) error {
	service, address, ok := strings.Cut(value, "=")
	if !ok {
		return errors.New("want SERVICE=URL")
	}
	if err := anyservice.CanStandFor(service); err != nil {
		return err
	}
	if slices.ContainsFunc(all.Services(), func(s fakeaws.Service) bool { return s.Name == service }) {
		return fmt.Errorf("leastpriv answers %s itself", service)
	}
	u, err := anyservice.NewUpstream(address)
	if err != nil {
		return err
	}
	if f.upstreams == nil {
		f.upstreams = make(map[string]*anyservice.Upstream)
	}
	f.upstreams[service] = u
	return nil
}

// serve runs the serve command until ctx is done.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, err := parseServeFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		return exitUsage
	}
	if err := f.run(ctx, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "leastpriv serve: %v\n", err)
		return exitError
	}
	return exitOK
}

func (f *serveFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	handler, err := newHandler(f, stderr)
	if err != nil {
		return err
	}
	defer handler.close()
	if err := f.checkAddr(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// A call that waits, as a long poll does, ends with the server.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	f.warn(stderr)
	fmt.Fprint(stdout, f.banner(listener.Addr().String(), handler.world.Load()))
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	return server.Shutdown(deadline)
}

// warn tells of root keys that everybody knows. A form of a web page can upload what is
// signed with one.
func (f *serveFlags) warn(stderr io.Writer) {
	for _, a := range f.accounts {
		if a.accessKey == defaultAccessKey && a.secret == defaultSecretKey {
			fmt.Fprintf(stderr, "leastpriv: warning: account %s has the root key of AWS's documentation, which everybody knows; -account %s makes one up\n", a.id, a.id)
		}
	}
}

// checkAddr refuses an address that other machines can reach, unless told
// otherwise: whoever reaches the port and knows the documented root key owns
// everything behind it.
func (f *serveFlags) checkAddr() error {
	host, _, err := net.SplitHostPort(f.addr)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() || f.remote {
		return nil
	}
	return fmt.Errorf("-addr %s can be reached from other machines; add -remote if that is what you want", f.addr)
}

// banner tells where the server is, whether it enforces, and how to use it.
func (f *serveFlags) banner(addr string, w *fakeaws.World) string {
	var b strings.Builder
	fmt.Fprintf(&b, "leastpriv: listening on http://%s\n", addr)
	switch f.mode {
	case fakeaws.Strict:
		b.WriteString("IAM enforcement: strict (denied calls are refused)\n")
	case fakeaws.Soft:
		b.WriteString("IAM enforcement: soft (denied calls pass and are logged at /_leastpriv/decisions)\n")
	case fakeaws.Off:
		b.WriteString("IAM enforcement: OFF (no policy is asked)\n")
	}
	for _, a := range w.Accounts() {
		fmt.Fprintf(&b, "\naccount %s, root user:\n", a.ID)
		fmt.Fprintf(&b, "  export AWS_ACCESS_KEY_ID=%s\n", a.Root.AccessKeyID)
		fmt.Fprintf(&b, "  export AWS_SECRET_ACCESS_KEY=%s\n", a.Root.SecretAccessKey)
		fmt.Fprintf(&b, "  export AWS_DEFAULT_REGION=%s\n", f.region)
		fmt.Fprintf(&b, "  export AWS_ENDPOINT_URL=http://%s\n", addr)
	}
	return b.String()
}
