package template

import (
	"fmt"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// problems are collected, so that a file that is wrong in several places says so at once.
type problems struct {
	list deploy.Errors
	seen map[deploy.Problem]bool
}

// maxProblems bounds what a file that is wrong everywhere says.
const maxProblems = 200

// add adds a problem once.
func (p *problems) add(at deploy.Position, address, format string, args ...any) {
	p.addAll(deploy.Problem{Position: at, Address: address, Text: fmt.Sprintf(format, args...)})
}

func (p *problems) addAll(all ...deploy.Problem) {
	for _, problem := range all {
		if p.seen[problem] || len(p.list) >= maxProblems {
			continue
		}
		if p.seen == nil {
			p.seen = map[deploy.Problem]bool{}
		}
		p.seen[problem] = true
		p.list = append(p.list, problem)
	}
}
