package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// stdinName is how standard input is named among files.
const stdinName = "-"

// A document is a policy document that stands in a file.
type document struct {
	text   string
	kind   enforce.Kind
	source enforce.Source
}

// documents returns the policy documents of a file: the file itself, as one of the kind.
// All commands read policies with it, so what else can have policies in it is read here.
func documents(file string, kind enforce.Kind, stdin io.Reader) ([]document, error) {
	if file == stdinName {
		text, err := io.ReadAll(stdin)
		return []document{{string(text), kind, enforce.Source{File: "stdin"}}}, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return []document{{string(text), kind, enforce.Source{File: file}}}, nil
}

// policies parses the policy documents of a file.
func policies(file string, kind enforce.Kind) ([]*enforce.Policy, error) {
	if kind == enforce.ServiceControlPolicy && file == fullAWSAccess {
		return []*enforce.Policy{enforce.FullAWSAccess(kind)}, nil
	}
	docs, err := documents(file, kind, strings.NewReader(""))
	if err != nil {
		return nil, err
	}
	parsed := make([]*enforce.Policy, len(docs))
	for i, d := range docs {
		if parsed[i], err = enforce.Parse(d.text, d.kind, d.source); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

// onePolicy parses the policy of a layer that has one.
func onePolicy(file string, kind enforce.Kind) (*enforce.Policy, error) {
	all, err := policies(file, kind)
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, fmt.Errorf("%s has %d policies; want one", file, len(all))
	}
	return all[0], nil
}

// jsonFiles returns the files that an argument names: itself, or each *.json below it
// when it is a folder. A folder without any is an error: nothing would be looked at.
func jsonFiles(path string) ([]string, error) {
	if path == stdinName {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.EqualFold(filepath.Ext(file), ".json") {
			files = append(files, file)
		}
		return err
	})
	if err == nil && files == nil {
		err = fmt.Errorf("%s has no *.json", path)
	}
	return files, err
}
