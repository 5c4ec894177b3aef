package escalation

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// A rewriting is a call that writes the policy of a resource.
type rewriting struct {
	action string
	kind   enforce.Kind
	gain   string // the actions that the policy can give
	// form is that of the ARNs, and inner what is in it.
	form, inner string
	// parameters make those of the call, of the last part of the ARN and the document.
	parameters func(arn, name, document string) []Parameter
	// adds says that what the policy had stays, and accounts that only whole accounts can be
	// admitted: one of the caller's own.
	adds, accounts bool
}

func rewritings() []rewriting {
	whole := func(of, document string) func(arn, name, document string) []Parameter {
		return func(arn, _, text string) []Parameter { return []Parameter{{of, arn}, {document, text}} }
	}
	named := func(of, document string) func(arn, name, document string) []Parameter {
		return func(_, name, text string) []Parameter { return []Parameter{{of, name}, {document, text}} }
	}
	return []rewriting{
		{"s3:PutBucketPolicy", enforce.BucketPolicy, "s3:*", "arn:aws:s3:::*", "/*", named("Bucket", "Policy"), false, false},
		{"kms:PutKeyPolicy", enforce.KeyPolicy, "kms:*", "arn:aws:kms:*:$account:key/*", "", whole("KeyId", "Policy"), false, false},
		{"kms:CreateGrant", enforce.KeyPolicy, "kms:Decrypt", "arn:aws:kms:*:$account:key/*", "", func(arn, _, _ string) []Parameter { return []Parameter{{"KeyId", arn}, {"Operations", "Decrypt"}} }, true, false},
		{"sqs:SetQueueAttributes", enforce.QueuePolicy, "sqs:*", "arn:aws:sqs:*:$account:*", "", named("QueueUrl", "Attributes.Policy"), false, false},
		{"sqs:AddPermission", enforce.QueuePolicy, "sqs:ReceiveMessage", "arn:aws:sqs:*:$account:*", "", named("QueueUrl", ""), true, true},
		{"sns:SetTopicAttributes", enforce.ResourcePolicy, "sns:Publish", "arn:aws:sns:*:$account:*", "", func(arn, _, text string) []Parameter {
			return []Parameter{{"TopicArn", arn}, {"AttributeName", "Policy"}, {"AttributeValue", text}}
		}, false, false},
		{"sns:AddPermission", enforce.ResourcePolicy, "sns:Publish", "arn:aws:sns:*:$account:*", "", whole("TopicArn", ""), true, true},
		{"secretsmanager:PutResourcePolicy", enforce.ResourcePolicy, "secretsmanager:*", "arn:aws:secretsmanager:*:$account:secret:*", "", whole("SecretId", "ResourcePolicy"), false, false},
		{"lambda:AddPermission", enforce.ResourcePolicy, "lambda:InvokeFunction", "arn:aws:lambda:*:$account:function:*", "", func(arn, _, _ string) []Parameter {
			return []Parameter{{"FunctionName", arn}, {"StatementId", newName}, {"Action", "lambda:InvokeFunction"}}
		}, true, false},
		{"dynamodb:PutResourcePolicy", enforce.ResourcePolicy, "dynamodb:*", "arn:aws:dynamodb:*:$account:table/*", "", whole("ResourceArn", "Policy"), false, false},
		{"kinesis:PutResourcePolicy", enforce.ResourcePolicy, "kinesis:*", "arn:aws:kinesis:*:$account:stream/*", "", whole("ResourceARN", "Policy"), false, false},
		{"ecr:SetRepositoryPolicy", enforce.ResourcePolicy, "ecr:*", "arn:aws:ecr:*:$account:repository/*", "", named("repositoryName", "policyText"), false, false},
	}
}

// document is the policy that the call leaves: one that admits somebody.
func (v *rewriting) document(whom *agent, arn string) string {
	principal := whom.id.ARN
	if v.accounts {
		principal = whom.id.Account
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"` + v.gain + `","Resource":["` + arn + `","` + arn + v.inner + `"]}]}`
}

// call is the call's parameters.
func (v *rewriting) call(whom *agent, arn string) []Parameter {
	text := v.document(whom, arn)
	all := v.parameters(arn, arn[strings.LastIndexAny(arn, ":/")+1:], text)
	switch v.action {
	case "sqs:AddPermission":
		all = []Parameter{all[0], {"Label", newName}, {"AWSAccountIds", whom.id.Account}, {"Actions", "ReceiveMessage"}}
	case "sns:AddPermission":
		all = []Parameter{all[0], {"Label", newName}, {"AWSAccountId", whom.id.Account}, {"ActionName", "Publish"}}
	case "kms:CreateGrant":
		all = append(all, Parameter{"GranteePrincipal", whom.id.ARN})
	case "lambda:AddPermission":
		all = append(all, Parameter{"Principal", whom.id.ARN})
	}
	return all
}

// whom is who the policy is to admit.
func (r *run) whom(by *agent, v *rewriting) *agent {
	if v.accounts {
		return r.stranger()
	}
	return by
}

// of reports whether an ARN is of the form.
func (v *rewriting) of(arn string, a *account.Account) bool {
	form, err := enforce.ParseResource(strings.ReplaceAll(v.form, "$account", a.ID))
	return err == nil && form.Match(arn)
}

// rewrite writes the policies of resources.
func (r *run) rewrite(by *agent) {
	for i := range r.rewritings {
		v := &r.rewritings[i]
		for _, res := range by.home.Resources {
			if v.of(res.ARN, by.home) && !r.spent() {
				r.rewriteOne(by, v, res)
			}
		}
		service, _, _ := strings.Cut(v.action, ":")
		if r.world.lists(service) || !r.may(by, v.action) || r.full(by) {
			continue
		}
		form := strings.ReplaceAll(v.form, "$account", by.home.ID)
		if v.form == "arn:aws:s3:::*" {
			form = "arn:aws:s3:::?*"
		}
		q := question{action: v.action, resources: []string{form}}
		d, verdict := r.ask(by, &q)
		if verdict == prove.Yes && r.gives(by, v, d.Request.Resource, nil) != nil {
			r.unknown("%s may %s: which resources there are is not known", by.who.ARN, v.action)
		}
	}
}

func (r *run) rewriteOne(by *agent, v *rewriting, res *account.Resource) {
	t, ok := r.try(by, v.action, func(t *attempt) bool {
		q := question{action: v.action, resources: []string{res.ARN}, policy: res.Policy, owner: by.home, tags: res.Tags, known: true}
		whom := r.whom(by, v)
		return t.call(v.action, res.ARN+" admits "+whom.id.ARN, v.call(whom, res.ARN), q)
	})
	if !ok {
		return
	}
	if v.accounts {
		t.assumes = append(t.assumes, "the caller has an account of its own")
	}
	if g := r.gives(by, v, res.ARN, res.Policy); g != nil {
		r.report(&Path{Steps: append(cloneSteps(by.steps), t.steps...), Holder: r.whom(by, v).who, Gain: *g, Assumes: append(by.assumes, t.assumes...)})
	}
}

// gives is what an agent gains by the policy that it wrote.
func (r *run) gives(by *agent, v *rewriting, arn string, old *enforce.Policy) *Gain {
	whom := r.whom(by, v)
	if whom != by && enforce.Evaluate(&enforce.Request{Principal: by.who, Action: v.gain, Resource: arn}, by.set).Allowed() {
		return nil // it may that by itself
	}
	wrote, err := enforce.Parse(v.document(whom, arn), v.kind, enforce.Source{Name: "policy of " + arn})
	if err != nil {
		r.unknown("%s on %s: %v", v.action, arn, err)
		return nil
	}
	if old != nil && v.adds {
		wrote = enforce.Join(v.kind, old, wrote)
	}
	before, after := *whom.set, *whom.set
	before.Resource, after.Resource = old, wrote
	before.RCPs, after.RCPs = by.home.RCPs, by.home.RCPs
	q := prove.Question{Principals: []enforce.Principal{whom.who}, Actions: []string{v.gain}, Resources: []string{arn, arn + v.inner}, ResourceAccount: by.home.ID, Budget: r.limits.Budget}
	tags := r.tagFacts(&after, whom.id.Tags, &question{})
	q.Where = slices.Concat(tags.caller, r.facts(&after, whom.who, &question{}))
	answer, ok := r.more(&before, &after, q)
	if !ok || answer.Witness == nil {
		if ok && len(tags.caller) > 0 {
			r.hinges = append(r.hinges, hinge{before: by, after: whom})
		}
		return nil
	}
	return &Gain{Witness: answer.Witness, Statement: enforce.Evaluate(answer.Witness, &after).Statement}
}
