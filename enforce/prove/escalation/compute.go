package escalation

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// A running is a way into what runs with a role already.
type running struct {
	service string // of its ARN
	kind    string // begins the last part of its ARN
	calls   []string
	assumes string
}

// runnings are tried in this order, for each thing until one is allowed.
func runnings() []running {
	return []running{
		{service: "lambda", kind: "function:", calls: []string{"lambda:UpdateFunctionCode", "lambda:InvokeFunction"}},
		{service: "lambda", kind: "function:", calls: []string{"lambda:UpdateFunctionCode", "lambda:AddPermission"}},
		{service: "lambda", kind: "function:", calls: []string{"lambda:UpdateFunctionCode"}, assumes: "somebody invokes the function"},
		{service: "lambda", kind: "function:", calls: []string{"lambda:UpdateFunctionConfiguration"}, assumes: "somebody invokes the function, which a layer of the caller's own takes over"},
		{service: "ec2", kind: "instance/", calls: []string{"ssm:SendCommand"}, assumes: "the instance has the SSM Agent and its role may talk to Systems Manager"},
		{service: "ec2", kind: "instance/", calls: []string{"ssm:StartSession"}, assumes: "the instance has the SSM Agent and its role may talk to Systems Manager"},
		{service: "ec2", kind: "instance/", calls: []string{"ec2-instance-connect:SendSSHPublicKey"}, assumes: "the instance can be reached by SSH"},
		{service: "ec2", kind: "instance/", calls: []string{"ec2:StopInstances", "ec2:ModifyInstanceAttribute", "ec2:StartInstances"}},
		{service: "ecs", kind: "task/", calls: []string{"ecs:ExecuteCommand"}, assumes: "the task was started with execute command enabled"},
		{service: "codebuild", kind: "project/", calls: []string{"codebuild:StartBuild"}},
		{service: "codebuild", kind: "project/", calls: []string{"codebuild:StartBuildBatch"}},
		{service: "sagemaker", kind: "notebook-instance/", calls: []string{"sagemaker:CreatePresignedNotebookInstanceUrl"}},
		{service: "sagemaker", kind: "notebook-instance/", calls: []string{"sagemaker:StopNotebookInstance", "sagemaker:UpdateNotebookInstance", "sagemaker:StartNotebookInstance"}},
		{service: "glue", kind: "devEndpoint/", calls: []string{"glue:UpdateDevEndpoint"}},
		{service: "glue", kind: "session/", calls: []string{"glue:RunStatement"}},
		{service: "states", kind: "stateMachine:", calls: []string{"states:UpdateStateMachine", "states:StartExecution"}},
		{service: "states", kind: "stateMachine:", calls: []string{"states:UpdateStateMachine"}, assumes: "somebody starts the state machine"},
		{service: "cloudformation", kind: "stack/", calls: []string{"cloudformation:UpdateStack"}},
		{service: "cloudformation", kind: "stack/", calls: []string{"cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"}},
		{service: "bedrock-agentcore", kind: "code-interpreter-custom/", calls: []string{"bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"}},
		{service: "apprunner", kind: "service/", calls: []string{"apprunner:UpdateService"}},
	}
}

// name names a way by its actions.
func (v *running) name() string { return strings.Join(v.calls, ", ") }

// enterRunning has the code of the agent run in what there is.
func (r *run) enterRunning(by *agent) {
	if r.full(by) {
		return
	}
	for _, c := range by.home.Compute {
		role := by.home.Role(c.Role)
		if role == nil {
			if c.Role != "" {
				r.unknown("role %s of %s is not in the account", c.Role, c.ARN)
			}
			continue
		}
		if r.spent() {
			return
		}
		for i := range r.runnings {
			if v := &r.runnings[i]; v.is(c) && r.enter(by, v, c, role) {
				break
			}
		}
		r.replaceProfile(by, c)
	}
	r.unlisted(by)
}

func (v *running) is(c *account.Compute) bool {
	parts := enforce.SplitPattern(c.ARN)
	return parts[2] == v.service && strings.HasPrefix(parts[5], v.kind)
}

func (r *run) enter(by *agent, v *running, c *account.Compute, role *account.Role) bool {
	t, ok := r.try(by, v.name(), func(t *attempt) bool { return t.enters(v, c) })
	if ok {
		if v.assumes != "" {
			t.assumes = append(t.assumes, v.assumes)
		}
		r.actsAs(t, &role.Identity)
	}
	return ok
}

// enters adds the calls on what there is.
func (t *attempt) enters(v *running, c *account.Compute) bool {
	for _, action := range v.calls {
		own := question{action: action, resources: []string{c.ARN}, policy: c.Policy, owner: t.by.home, tags: c.Tags, known: true}
		if c.Policy == nil {
			own.owner = nil
		}
		needs := []question{own}
		if action == "ssm:SendCommand" {
			needs = append(needs, question{action: action, resources: []string{"arn:aws:ssm:" + enforce.SplitPattern(c.ARN)[3] + "::document/AWS-RunShellScript"}})
		}
		if action == "ecs:ExecuteCommand" {
			cluster, _, _ := strings.Cut(strings.TrimPrefix(enforce.SplitPattern(c.ARN)[5], "task/"), "/")
			needs = append(needs, question{action: action, resources: []string{strings.Split(c.ARN, ":task/")[0] + ":cluster/" + cluster}})
		}
		if !t.call(action, "", []Parameter{{"of", c.ARN}}, needs...) {
			return false
		}
	}
	t.steps[len(t.steps)-1].Effect = "code that the caller chose runs as " + c.Role
	return true
}

// replaceProfile gives an instance another role, and enters it.
func (r *run) replaceProfile(by *agent, c *account.Compute) {
	parts := enforce.SplitPattern(c.ARN)
	if parts[2] != "ec2" || !r.may(by, "iam:PassRole") {
		return
	}
	action := "ec2:AssociateIamInstanceProfile"
	if c.Role != "" {
		action = "ec2:ReplaceIamInstanceProfileAssociation"
	}
	if !r.may(by, action) {
		return
	}
	for _, role := range r.byService[ec2] {
		profile := r.profileOf(by.home, role)
		if role.Account != by.home.ID || role.ARN == c.Role || profile == "" {
			continue
		}
		for i := range r.runnings {
			v := &r.runnings[i]
			if !v.is(c) {
				continue
			}
			t, ok := r.try(by, "iam:PassRole, "+action+", "+v.name(), func(t *attempt) bool {
				pass := t.on("iam:PassRole", newHolding(by.home, &role.Identity), equals("iam:PassedToService", ec2))
				own := question{action: action, resources: []string{c.ARN}, tags: c.Tags, known: true}
				return t.call(action, c.ARN+" has "+profile, []Parameter{{"IamInstanceProfile", profile}, {"InstanceId", strings.TrimPrefix(parts[5], "instance/")}}, own, pass) &&
					t.enters(v, c) && t.serviceAssumes(ec2, role)
			})
			if ok {
				t.assumes = append(t.assumes, v.assumes)
				r.actsAs(t, &role.Identity)
				break
			}
		}
	}
}

// unlisted notes what the agent may do to what the World does not list.
func (r *run) unlisted(by *agent) {
	for i := range r.runnings {
		v := &r.runnings[i]
		if r.world.lists(v.service) {
			continue
		}
		form := formsOf(v.calls[0], "")
		if !r.may(by, v.calls[0]) || len(form) == 0 && v.service != "ec2" || len(r.byService[v.service+".amazonaws.com"]) == 0 {
			continue
		}
		q := question{action: v.calls[0], resources: []string{"arn:aws:" + v.service + ":*:" + by.home.ID + ":" + v.kind + "*"}}
		if _, verdict := r.ask(by, &q); verdict == prove.Yes {
			r.unknown("%s may %s: which there are that run with a role is not known", by.who.ARN, v.name())
		}
	}
}
