package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A format is how a command prints what it found.
type format string

// The formats of -format.
const (
	textFormat   format = "text"
	jsonFormat   format = "json"
	sarifFormat  format = "sarif"
	githubFormat format = "github"
)

// set takes the flag -format.
func (f *format) set(v string) error {
	switch named := format(v); named {
	case textFormat, jsonFormat, sarifFormat, githubFormat:
		*f = named
		return nil
	}
	return errors.New("want text, json, sarif or github")
}

const formatUsage = "`FORMAT` of what is printed: text, json, sarif, or github for annotations of GitHub Actions"

// A place is where something stands in a file. Line and column count from 1.
type place struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// String returns the place as compilers write it.
func (p place) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// A level says how bad a result is, as SARIF names it.
type level string

const (
	levelError   level = "error"
	levelWarning level = "warning"
	levelNote    level = "note"
)

// A result is one thing that a command has to say of a place in a file.
type result struct {
	rule    string
	level   level
	at      place
	message string
	// related is another place that the message is about.
	related *place
}

// A report is what a command found, for every format.
type report struct {
	results []result
	// about describes the rules of the results, by their ids.
	about func(rule string) string
	// text and json are the same for readers and for tools.
	text []string
	json any
}

// write prints the report.
func (r *report) write(stdout io.Writer, f format) error {
	switch f {
	case jsonFormat:
		return printJSON(stdout, r.json)
	case sarifFormat:
		return printJSON(stdout, r.sarif())
	case githubFormat:
		for i := range r.results {
			if _, err := fmt.Fprintln(stdout, r.results[i].annotation()); err != nil {
				return err
			}
		}
		return nil
	}
	for _, line := range r.text {
		if _, err := fmt.Fprintln(stdout, line); err != nil {
			return err
		}
	}
	return nil
}

// annotation writes the result as a workflow command of GitHub Actions.
func (r *result) annotation() string {
	command := string(r.level)
	if r.level == levelNote {
		command = "notice"
	}
	return fmt.Sprintf("::%s file=%s,line=%d,col=%d,title=%s::%s", command, annotationProperties.Replace(r.at.File),
		r.at.Line, r.at.Column, annotationProperties.Replace(r.rule), annotationData.Replace(r.message))
}

// Workflow commands end with the line, and their properties with a comma or colon.
var (
	annotationData       = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	annotationProperties = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// printJSON writes a value for tools.
func printJSON(stdout io.Writer, v any) error {
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
