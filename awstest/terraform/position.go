package terraform

import (
	"bytes"
	"encoding/json"

	"github.com/leastpriv/leastpriv/awstest/deploy"
)

// position returns where a resource stands: its block in the configuration, or else its
// place in the JSON. Terraform prints that as one line, so the address is named then.
func (w *world) position(in *instance) deploy.Position {
	if in.block != nil {
		at := in.block.DefRange()
		return deploy.Position{File: at.Filename, Line: at.Start.Line}
	}
	if line := w.lineOf(in.address); line > 0 {
		return deploy.Position{File: w.path, Line: line}
	}
	return deploy.Position{File: w.path + "(" + in.address + ")"}
}

// lineOf returns the line of an address in a file of several lines, 0 in one of one line.
func (w *world) lineOf(address string) int {
	if bytes.IndexByte(bytes.TrimSpace(w.text), '\n') < 0 {
		return 0
	}
	quoted, err := json.Marshal(address)
	if err != nil {
		return 0
	}
	for _, between := range []string{": ", ":"} {
		if at := bytes.Index(w.text, []byte(`"address"`+between+string(quoted))); at >= 0 {
			return bytes.Count(w.text[:at], []byte("\n")) + 1
		}
	}
	return 0
}
