package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A templateSimulation takes principals, resources and their policies from a template.
type templateSimulation struct {
	templateFlags
	file, as string
	stack    *templateStack
}

// read reads the template and the policies of the principal.
func (t *templateSimulation) readInto(s *simulation) (err error) {
	if t.file == "" {
		if t.as != "" {
			return errors.New("-as names a principal of a -template")
		}
		return nil
	}
	if t.stack, err = t.open(t.file); err != nil {
		return err
	}
	for i, resource := range s.Resources {
		s.Resources[i] = t.stack.arn(resource)
	}
	if t.as == "" {
		return nil
	}
	p, err := t.stack.principal(t.as)
	if err != nil {
		return fmt.Errorf("-as: %w", err)
	}
	s.principal, s.Policies.Identity, s.Policies.Boundary, s.Context = p.arn, p.policies.Identity, p.policies.Boundary, p.tags
	return nil
}

// simulate decides for each resource with what the template says of it.
func (t *templateSimulation) simulate(s *simulation) ([]enforce.Decision, error) {
	if t.stack == nil || len(s.Resources) == 0 {
		return enforce.Simulate(&s.Simulation)
	}
	var decisions []enforce.Decision
	for _, action := range s.Actions {
		for _, resource := range s.Resources {
			one := s.Simulation
			one.Actions, one.Resources = []string{action}, []string{resource}
			of, err := t.stack.answer(&one)
			if err != nil {
				return nil, err
			}
			decisions = append(decisions, of...)
		}
	}
	return decisions, nil
}

// warn says what of a template is not looked at.
func (t *templateSimulation) warn(stderr io.Writer, s *simulation) {
	if t.stack != nil && t.as == "" && s.principal == defaultPrincipal {
		fmt.Fprintf(stderr, "%s: -as says who of the template asks; it has: %s\n", s.command, strings.Join(t.stack.principals(), ", "))
	}
}
