package escalation

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// A service runs code, or makes any calls that it is told to, with a role that is passed
// to it.
type service struct {
	// passed is the service that the role is passed to, and that assumes it.
	passed string
	// calls are in order, the first one passes the role: actions, and after a space how the
	// form of the resource's ARN ends where an action takes several.
	calls []string
	// role is the parameter with the role of the first call.
	role string
	// profile says that it is an instance profile which has the role.
	profile bool
	// only are the actions that the service can be told to call; nil are all.
	only []string
	// assumes is what there must be.
	assumes string
}

const (
	lambda    = "lambda.amazonaws.com"
	ec2       = "ec2.amazonaws.com"
	ecsTasks  = "ecs-tasks.amazonaws.com"
	glue      = "glue.amazonaws.com"
	sagemaker = "sagemaker.amazonaws.com"
	codebuild = "codebuild.amazonaws.com"
	agentcore = "bedrock-agentcore.amazonaws.com"
	formation = "cloudformation.amazonaws.com"
)

// services are the ways to have a service act with a role: those that public research
// lists, and those of the same kind. What a service can be told to do is its documentation's.
func services() []service {
	return []service{
		{passed: lambda, calls: []string{"lambda:CreateFunction", "lambda:InvokeFunction"}, role: "Role"},
		{passed: lambda, calls: []string{"lambda:CreateFunction", "lambda:AddPermission"}, role: "Role"},
		{passed: lambda, calls: []string{"lambda:CreateFunction", "lambda:CreateEventSourceMapping"}, role: "Role", assumes: "there is a queue, table or stream that the role may read"},
		{passed: lambda, calls: []string{"lambda:CreateFunction", "lambda:CreateFunctionUrlConfig", "lambda:InvokeFunctionUrl"}, role: "Role"},
		{passed: ec2, calls: []string{"ec2:RunInstances"}, role: "IamInstanceProfile", profile: true},
		{passed: ec2, calls: []string{"ec2:RequestSpotInstances"}, role: "IamInstanceProfile", profile: true},
		{passed: ec2, calls: []string{"autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"}, role: "IamInstanceProfile", profile: true},
		{passed: ec2, calls: []string{"ec2:CreateLaunchTemplate", "autoscaling:CreateAutoScalingGroup"}, role: "IamInstanceProfile", profile: true},
		{passed: ec2, calls: []string{"imagebuilder:CreateInfrastructureConfiguration", "imagebuilder:CreateImageRecipe", "imagebuilder:CreateImage"}, role: "InstanceProfileName", profile: true},
		{passed: ec2, calls: []string{"elasticmapreduce:RunJobFlow"}, role: "JobFlowRole", profile: true, assumes: "there is a role for Amazon EMR itself that may be passed to it"},
		{passed: "datapipeline.amazonaws.com", calls: []string{"datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"}, role: "role"},
		{passed: ecsTasks, calls: []string{"ecs:RegisterTaskDefinition", "ecs:RunTask"}, role: "TaskRoleArn", assumes: "there is an ECS cluster"},
		{passed: ecsTasks, calls: []string{"ecs:RegisterTaskDefinition", "ecs:StartTask"}, role: "TaskRoleArn", assumes: "there is an ECS cluster with a container instance"},
		{passed: ecsTasks, calls: []string{"ecs:RegisterTaskDefinition", "ecs:CreateService"}, role: "TaskRoleArn", assumes: "there is an ECS cluster"},
		{passed: ecsTasks, calls: []string{"ecs:RunTask"}, role: "Overrides.TaskRoleArn", assumes: "there is an ECS cluster, and a task definition that runs commands"},
		{passed: ecsTasks, calls: []string{"batch:RegisterJobDefinition", "batch:SubmitJob"}, role: "ContainerProperties.JobRoleArn", assumes: "there is a job queue"},
		{passed: formation, calls: []string{"cloudformation:CreateStack"}, role: "RoleARN"},
		{passed: formation, calls: []string{"cloudformation:UpdateStack"}, role: "RoleARN", assumes: "there is a stack"},
		{passed: formation, calls: []string{"cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"}, role: "RoleARN"},
		{passed: formation, calls: []string{"cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"}, role: "AdministrationRoleARN", only: []string{"sts:AssumeRole"}},
		{passed: glue, calls: []string{"glue:CreateDevEndpoint"}, role: "RoleArn"},
		{passed: glue, calls: []string{"glue:CreateJob", "glue:StartJobRun"}, role: "Role"},
		{passed: glue, calls: []string{"glue:CreateJob", "glue:CreateTrigger"}, role: "Role"},
		{passed: glue, calls: []string{"glue:UpdateJob", "glue:StartJobRun"}, role: "JobUpdate.Role", assumes: "there is a job"},
		{passed: glue, calls: []string{"glue:UpdateJob", "glue:CreateTrigger"}, role: "JobUpdate.Role", assumes: "there is a job"},
		{passed: glue, calls: []string{"glue:CreateSession", "glue:RunStatement"}, role: "Role"},
		{passed: sagemaker, calls: []string{"sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"}, role: "RoleArn"},
		{passed: sagemaker, calls: []string{"sagemaker:CreateNotebookInstanceLifecycleConfig", "sagemaker:CreateNotebookInstance"}, role: "RoleArn"},
		{passed: sagemaker, calls: []string{"sagemaker:CreateTrainingJob"}, role: "RoleArn"},
		{passed: sagemaker, calls: []string{"sagemaker:CreateProcessingJob"}, role: "RoleArn"},
		{passed: codebuild, calls: []string{"codebuild:CreateProject", "codebuild:StartBuild"}, role: "ServiceRole"},
		{passed: codebuild, calls: []string{"codebuild:CreateProject", "codebuild:StartBuildBatch"}, role: "ServiceRole"},
		{passed: codebuild, calls: []string{"codebuild:UpdateProject", "codebuild:StartBuild"}, role: "ServiceRole", assumes: "there is a project"},
		{passed: "states.amazonaws.com", calls: []string{"states:CreateStateMachine", "states:StartExecution"}, role: "RoleArn"},
		{passed: "scheduler.amazonaws.com", calls: []string{"scheduler:CreateSchedule"}, role: "Target.RoleArn"},
		{passed: "events.amazonaws.com", calls: []string{"events:PutRule rule/${RuleName}", "events:PutTargets rule/${RuleName}"}, role: "Targets.RoleArn", only: eventTargets},
		{passed: "ssm.amazonaws.com", calls: []string{"ssm:CreateDocument document/${DocumentName}", "ssm:StartAutomationExecution document/${DocumentName}"}, role: "Parameters.AutomationAssumeRole"},
		{passed: "tasks.apprunner.amazonaws.com", calls: []string{"apprunner:CreateService"}, role: "InstanceConfiguration.InstanceRoleArn"},
		{passed: "tasks.apprunner.amazonaws.com", calls: []string{"apprunner:UpdateService"}, role: "InstanceConfiguration.InstanceRoleArn", assumes: "there is a service"},
		{passed: agentcore, calls: []string{"bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:StartCodeInterpreterSession code-interpreter-custom/${CodeInterpreterId}",
			"bedrock-agentcore:InvokeCodeInterpreter code-interpreter-custom/${CodeInterpreterId}"}, role: "executionRoleArn"},
		{passed: agentcore, calls: []string{"bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:InvokeAgentRuntime runtime/${RuntimeId}"}, role: "roleArn"},
		{passed: "emr-serverless.amazonaws.com", calls: []string{"emr-serverless:CreateApplication", "emr-serverless:StartJobRun"}, role: "executionRoleArn"},
		{passed: "braket.amazonaws.com", calls: []string{"braket:CreateJob job/${RandomId}"}, role: "roleArn"},
		{passed: "omics.amazonaws.com", calls: []string{"omics:CreateWorkflow", "omics:StartRun"}, role: "roleArn"},
		{passed: "kinesisanalytics.amazonaws.com", calls: []string{"kinesisanalytics:CreateApplication", "kinesisanalytics:StartApplication"}, role: "ServiceExecutionRole"},
		{passed: "gamelift.amazonaws.com", calls: []string{"gamelift:CreateBuild", "gamelift:CreateFleet"}, role: "InstanceRoleArn"},
	}
}

// eventTargets are the calls that a rule of EventBridge makes with its target's role
// ("Amazon EventBridge targets").
var eventTargets = []string{"batch:SubmitJob", "codebuild:StartBuild", "codepipeline:StartPipelineExecution", "ecs:RunTask", "events:PutEvents", "firehose:PutRecord",
	"kinesis:PutRecord", "redshift-data:ExecuteStatement", "sagemaker:StartPipelineExecution", "ssm:SendCommand", "ssm:StartAutomationExecution", "states:StartExecution", "inspector:StartAssessmentRun", "execute-api:Invoke", "lambda:InvokeFunction", "sqs:SendMessage", "sns:Publish"}

// name names a way by its actions.
func (v *service) name() string { return "iam:PassRole, " + strings.Join(v.actions(), ", ") }

func (v *service) actions() (all []string) {
	for _, c := range v.calls {
		action, _, _ := strings.Cut(c, " ")
		all = append(all, action)
	}
	return all
}

// pass has services act with the roles that the agent may pass to them.
func (r *run) pass(by *agent) {
	if !r.may(by, "iam:PassRole") || r.full(by) {
		return
	}
	done := map[string]bool{} // roles that a service and its first call have
	for i := range r.services {
		v := &r.services[i]
		for _, role := range r.byService[v.passed] {
			key := v.calls[0] + " " + role.ARN
			if role.Account != by.home.ID || done[key] || r.spent() {
				continue
			}
			done[key] = r.passTo(by, v, role)
		}
	}
	r.passElsewhere(by)
}

func (r *run) passTo(by *agent, v *service, role *account.Role) bool {
	for _, action := range v.actions() {
		if !r.may(by, action) {
			return false
		}
	}
	h := newHolding(by.home, &role.Identity)
	value := role.ARN
	if v.profile {
		if value = r.profileOf(by.home, role); value == "" {
			return r.passProfile(by, v, role)
		}
	}
	t, ok := r.try(by, v.name(), func(t *attempt) bool { return t.passed(v, role, h, value) })
	return ok && r.served(t, v, h)
}

// served has the agent reach what a service does with a role.
func (r *run) served(t *attempt, v *service, h *holding) bool {
	if v.assumes != "" {
		t.assumes = append(t.assumes, v.assumes)
	}
	if v.only != nil {
		document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + strings.Join(v.only, `","`) + `"],"Resource":"*"}]}`
		h.only = mustParse(document, enforce.SessionPolicy, enforce.Source{Name: "calls of " + v.passed})
	}
	r.reached(t, h)
	return true
}

// passed adds the calls, and that the service assumes the role.
func (t *attempt) passed(v *service, role *account.Role, h *holding, value string) bool {
	pass := t.on("iam:PassRole", h, equals("iam:PassedToService", v.passed))
	if _, verdict := t.ask(t.by, &pass); verdict != prove.Yes {
		return false
	}
	for i, c := range v.calls {
		var needs []question
		var parameters []Parameter
		if i == 0 {
			needs, parameters = []question{pass}, []Parameter{{v.role, value}}
		}
		if !t.makes(c, "", parameters, needs...) {
			return false
		}
	}
	return t.serviceAssumes(v.passed, role)
}

// serviceAssumes adds that a service assumes a role, for what the first call made.
func (t *attempt) serviceAssumes(service string, role *account.Role) bool {
	q := t.assumed(role, role.Trust)
	set := &enforce.PolicySet{Resource: role.Trust}
	if mentions(set, "aws:SourceAccount") {
		q.where = append(q.where, equals("aws:SourceAccount", t.by.home.ID))
	}
	if mentions(set, "aws:SourceArn") && len(t.steps) > 0 && len(t.steps[0].Needs) > 0 {
		made := t.steps[0].Needs[0].Request.Resource
		if made == "*" {
			t.unknown("whether %s can have %s assumed: its trust policy asks for aws:SourceArn", t.way, role.ARN)
			return false
		}
		q.where = append(q.where, equals("aws:SourceArn", made))
	}
	return t.as(enforce.Principal{Type: enforce.Service, Service: service}, "code that the caller chose runs as "+role.ARN, q)
}

// profileOf is the instance profile that has a role.
func (r *run) profileOf(a *account.Account, role *account.Role) string {
	for _, p := range a.Profiles {
		if p.Role == role.ARN {
			return p.ARN
		}
	}
	return ""
}

// passProfile makes an instance profile for a role that has none.
func (r *run) passProfile(by *agent, v *service, role *account.Role) bool {
	if !r.may(by, "iam:CreateInstanceProfile") || !r.may(by, "iam:AddRoleToInstanceProfile") {
		return false
	}
	h := newHolding(by.home, &role.Identity)
	way := "iam:CreateInstanceProfile, iam:AddRoleToInstanceProfile, " + v.name()
	t, ok := r.try(by, way, func(t *attempt) bool {
		pass := t.on("iam:PassRole", h, equals("iam:PassedToService", v.passed))
		return t.makes("iam:CreateInstanceProfile", "there is an instance profile", nil) &&
			t.makes("iam:AddRoleToInstanceProfile", "it has "+role.ARN, []Parameter{{"RoleName", role.Name}}, pass) &&
			t.passed(v, role, h, t.chosen[formsOf("iam:CreateInstanceProfile", "")[0]])
	})
	return ok && r.served(t, v, h)
}

// passElsewhere notes services that the table does not have, to which the agent may pass
// roles, and which it may tell something.
func (r *run) passElsewhere(by *agent) {
	known := map[string]bool{}
	for i := range r.services {
		known[r.services[i].passed] = true
	}
	for name, roles := range r.byService {
		prefix, _, _ := strings.Cut(name, ".")
		if known[name] || !r.may(by, prefix+":Create") && !r.may(by, prefix+":Start") && !r.may(by, prefix+":Put") && !r.may(by, prefix+":Update") {
			continue
		}
		for _, role := range roles {
			if role.Account != by.home.ID || r.spent() {
				continue
			}
			t := &attempt{run: r, by: by}
			q := t.on("iam:PassRole", newHolding(by.home, &role.Identity), equals("iam:PassedToService", name))
			if _, verdict := r.ask(by, &q); verdict == prove.Yes {
				r.unknown("%s may pass %s to %s: what the service does with it for its caller is not known", by.who.ARN, role.ARN, name)
				break
			}
		}
	}
}
