package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/leastpriv/leastpriv/enforce/cover"
)

const coverUsage = `Usage: leastpriv cover [-format FORMAT] [-o FILE] [-min PERCENT] DIR|FILE ...

Prints which grants of IAM policies tests used: actions, resources, principals and
conditions of their statements. It merges the profiles that test binaries write where
LEASTPRIV_COVERDIR names a folder; a folder stands for each *.json in it and below:

  LEASTPRIV_COVERDIR=$PWD/policycover go test -count=1 ./...
  leastpriv cover -format html -o policycover.html policycover

Exits with 0; with 1 when less than -min of the grants are used; with 2 when the command
makes no sense or a profile cannot be read.

Flags:
`

// The formats of coverage that only it has.
const (
	coberturaFormat format = "cobertura"
	htmlFormat      format = "html"
)

func (f *format) setCover(v string) error {
	switch named := format(v); named {
	case textFormat, jsonFormat, coberturaFormat, htmlFormat:
		*f = named
		return nil
	}
	return errors.New("want text, json, cobertura or html")
}

// coverage runs the cover command.
func coverage(args []string, stdout, stderr io.Writer) int {
	const name = "leastpriv cover"
	printed := textFormat
	fs := newFlagSet(name, coverUsage, stderr)
	fs.Func("format", "`FORMAT` of what is printed: text, json, cobertura for its XML of the lines of the policies' files, or html", printed.setCover)
	out := fs.String("o", "", "`FILE` to write to instead of standard output")
	least := fs.Float64("min", 0, "`PERCENT` of the grants that must be used")
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	switch {
	case fs.NArg() == 0:
		return complain(stderr, name, errors.New("no profiles"))
	case !(*least >= 0 && *least <= 100): // NaN is none
		return complain(stderr, name, fmt.Errorf("-min %g: want a percentage from 0 to 100", *least))
	}
	report, err := coverageOf(fs.Args())
	if err != nil {
		return complain(stderr, name, err)
	}
	if err := writeCoverage(report, printed, *out, stdout); err != nil {
		return complain(stderr, name, err)
	}
	if report.Percent() < *least {
		fmt.Fprintf(stderr, "%s: %s of the grants are used; want %g%%\n", name, report.PercentText(), *least)
		return exitFails
	}
	return exitOK
}

// coverageOf merges the profiles that the arguments name.
func coverageOf(paths []string) (*cover.Report, error) {
	var profiles []*cover.Profile
	for _, path := range paths {
		files, err := jsonFiles(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			p, err := readProfile(file)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			profiles = append(profiles, p)
		}
	}
	return cover.Merge(profiles...).Report(), nil
}

func readProfile(file string) (*cover.Profile, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, errors.Unwrap(err) // which names the file again
	}
	return cover.Read(bytes.NewReader(text))
}

// writeCoverage writes the report to a file, or to standard output.
func writeCoverage(r *cover.Report, f format, file string, stdout io.Writer) (err error) {
	w := stdout
	if file != "" {
		created, cannot := os.Create(file)
		if cannot != nil {
			return cannot
		}
		defer func() { err = errors.Join(err, created.Close()) }()
		w = created
	}
	switch f {
	case jsonFormat:
		return printJSON(w, r)
	case htmlFormat:
		return r.WriteHTML(w)
	case coberturaFormat:
		folder, err := filepath.Abs(".")
		if err != nil {
			return err
		}
		return r.WriteCobertura(w, time.Now(), filepath.ToSlash(folder))
	}
	return r.WriteText(w)
}
