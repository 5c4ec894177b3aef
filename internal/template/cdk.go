package template

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// CDK is what an app of the AWS CDK makes: the folder that cdk synth writes, cdk.out.
// Addresses are the paths of the constructs: "AppStack/Worker/ServiceRole". What one stack
// exports the others import.
//
//	stack := acct.Load(cloudformation.CDK("cdk.out", cloudformation.Stacks("App")))
//	worker := stack.Role("AppStack/Worker/ServiceRole")
func CDK(dir string, options ...Option) deploy.Source {
	return &assembly{dir: dir, config: newConfig(options)}
}

type assembly struct {
	dir    string
	config *config
}

// A manifest says what is in the folder.
type manifest struct {
	Artifacts map[string]struct {
		Type         string   `json:"type"`
		Environment  string   `json:"environment"`
		DisplayName  string   `json:"displayName"`
		Dependencies []string `json:"dependencies"`
		Properties   struct {
			TemplateFile  string            `json:"templateFile"`
			StackName     string            `json:"stackName"`
			Parameters    map[string]string `json:"parameters"`
			DirectoryName string            `json:"directoryName"`
		} `json:"properties"`
	} `json:"artifacts"`
}

// Resources returns what the stacks make.
func (a *assembly) Resources(target deploy.Target) (*deploy.Stack, error) {
	l := newLoad(target, a.config)
	found := map[string]bool{}
	a.read(l, a.dir, found, 0)
	at := deploy.Position{File: filepath.Join(a.dir, "manifest.json")}
	for _, name := range a.config.stacks {
		if !found[name] {
			l.problems.add(at, "", "there is no stack %s", name)
		}
	}
	if len(l.roots) == 0 && len(l.problems.list) == 0 {
		l.problems.add(at, "", "there are no stacks: cdk synth writes them")
	}
	if len(l.roots) > 1 {
		for _, s := range l.roots {
			s.outputPrefix = s.name + "/"
		}
	}
	return l.finish()
}

const (
	stackArtifact    = "aws:cloudformation:stack"
	assemblyArtifact = "cdk:cloud-assembly"
)

// read reads the stacks of a folder, and of the stages in it.
func (a *assembly) read(l *load, dir string, found map[string]bool, depth int) {
	file := filepath.Join(dir, "manifest.json")
	text, err := readFile(file)
	var m manifest
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil || depth > maxNesting {
		l.problems.add(deploy.Position{File: file}, "", "not the folder that cdk synth writes: %v", err)
		return
	}
	ids := make([]string, 0, len(m.Artifacts))
	for id := range m.Artifacts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		artifact := m.Artifacts[id]
		p := artifact.Properties
		switch artifact.Type {
		case assemblyArtifact:
			a.read(l, filepath.Join(dir, p.DirectoryName), found, depth+1)
		case stackArtifact:
			name := p.StackName
			if name == "" {
				name = id
			}
			path := filepath.Join(dir, p.TemplateFile)
			if a.selects(found, id, name, artifact.DisplayName) {
				checkEnvironment(l, file, name, artifact.Environment)
				if s := a.open(l, path, name, p.Parameters); s != nil {
					l.roots = append(l.roots, s)
				}
				continue
			}
			// What is wrong with a stack that is not made matters only where another
			// imports from it.
			known := l.problems
			l.problems = problems{}
			if s := a.open(l, path, name, p.Parameters); s != nil {
				l.others = append(l.others, s)
			}
			l.problems = known
		}
	}
}

// open reads a stack's template, whose addresses are paths of constructs.
func (a *assembly) open(l *load, path, name string, parameters map[string]string) *stack {
	root := l.readTemplate(path)
	if root == nil {
		return nil
	}
	params := map[string]any{}
	for k, v := range parameters {
		params[k] = v
	}
	s := newStack(l, path, name, params)
	s.path, s.byPath = name+"/", true
	s.read(root)
	return s
}

// selects says whether a stack is one of those that are asked for.
func (a *assembly) selects(found map[string]bool, names ...string) bool {
	if len(a.config.stacks) == 0 {
		return true
	}
	selected := false
	for _, name := range names {
		if slices.Contains(a.config.stacks, name) {
			found[name] = true
			selected = true
		}
	}
	return selected
}

// checkEnvironment finds stacks of another account or region: their templates have ARNs
// of it, which here are another's.
func checkEnvironment(l *load, file, name, environment string) {
	account, region, ok := strings.Cut(strings.TrimPrefix(environment, "aws://"), "/")
	if !ok {
		return
	}
	if account != "unknown-account" && account != l.target.Account || region != "unknown-region" && region != l.target.Region {
		l.problems.add(deploy.Position{File: file}, "", "the stack %s is of %s, not of account %s and region %s: select others with cloudformation.Stacks, or make the account so", name, environment, l.target.Account, l.target.Region)
	}
}

// cdkNotifications is the custom resource by which CDK configures the notifications of
// buckets.
const cdkNotifications = "Custom::S3BucketNotifications"

// notificationsOfCDK makes of it what Terraform's resource says: the properties of CDK's
// are those of the API.
func notificationsOfCDK(r *deploy.Resource) {
	configuration, ok := r.Properties["NotificationConfiguration"].(map[string]any)
	if !ok {
		return
	}
	properties := map[string]any{"Bucket": r.Properties["BucketName"]}
	list, _ := configuration["QueueConfigurations"].([]any)
	var queues []any
	for _, e := range list {
		queue, _ := e.(map[string]any)
		made := map[string]any{"Queue": queue["QueueArn"], "Event": queue["Events"]}
		if filter, ok := queue["Filter"].(map[string]any); ok {
			key, _ := filter["Key"].(map[string]any)
			made["Filter"] = map[string]any{"S3Key": map[string]any{"Rules": key["FilterRules"]}}
		}
		queues = append(queues, made)
	}
	if queues != nil {
		properties["QueueConfigurations"] = queues
	}
	r.Type, r.Properties = "aws_s3_bucket_notification", properties
}
