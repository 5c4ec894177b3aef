package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

const versionUsage = `Usage: leastpriv version [flags]

Prints the version of the command, the revision that it was built of, and of Go.

Flags:
`

// A versionJSON is what the command was built of.
type versionJSON struct {
	// Version is that of the module: "v1.2.3", or "(devel)" where it was built of a folder.
	Version string `json:"version"`
	// Revision is that of git; empty where the build did not know it.
	Revision string `json:"revision,omitempty"`
	// Modified reports whether the folder had changes that no revision has.
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
}

// versionOf reads what the build has noted of itself.
func versionOf(info *debug.BuildInfo) versionJSON {
	v := versionJSON{Version: "(devel)", Go: runtime.Version()}
	if info == nil {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func (v versionJSON) String() string {
	text := "leastpriv " + v.Version
	if v.Revision != "" {
		text += " " + v.Revision
	}
	if v.Modified {
		text += " (modified)"
	}
	return text + " " + v.Go
}

// version runs the version command.
func version(args []string, stdout, stderr io.Writer) int {
	const name = "leastpriv version"
	fs := newFlagSet(name, versionUsage, stderr)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	if fs.NArg() > 0 {
		complain(stderr, name, fmt.Errorf("unexpected argument %q", fs.Arg(0)))
		return exitUsage
	}
	info, _ := debug.ReadBuildInfo()
	v := versionOf(info)
	if *asJSON {
		if err := printJSON(stdout, v); err != nil {
			complain(stderr, name, err)
			return exitError
		}
		return exitOK
	}
	fmt.Fprintf(stdout, "%s\n", v)
	return exitOK
}
