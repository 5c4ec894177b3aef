package escalation

import (
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
	parameter   string
	adds        bool // to what the policy has
}

func rewritings() []rewriting {
	return []rewriting{
		{"s3:PutBucketPolicy", enforce.BucketPolicy, "s3:*", "arn:aws:s3:::*", "/*", "Policy", false},
		{"kms:PutKeyPolicy", enforce.KeyPolicy, "kms:*", "arn:aws:kms:*:$account:key/*", "", "Policy", false},
		{"kms:CreateGrant", enforce.KeyPolicy, "kms:Decrypt", "arn:aws:kms:*:$account:key/*", "", "Operations", true},
		{"sqs:SetQueueAttributes", enforce.QueuePolicy, "sqs:*", "arn:aws:sqs:*:$account:*", "", "Attributes.Policy", false},
		{"sqs:AddPermission", enforce.QueuePolicy, "sqs:*", "arn:aws:sqs:*:$account:*", "", "Actions", true},
		{"sns:SetTopicAttributes", enforce.ResourcePolicy, "sns:*", "arn:aws:sns:*:$account:*", "", "AttributeValue", false},
		{"sns:AddPermission", enforce.ResourcePolicy, "sns:*", "arn:aws:sns:*:$account:*", "", "ActionName", true},
		{"secretsmanager:PutResourcePolicy", enforce.ResourcePolicy, "secretsmanager:*", "arn:aws:secretsmanager:*:$account:secret:*", "", "ResourcePolicy", false},
		{"lambda:AddPermission", enforce.ResourcePolicy, "lambda:InvokeFunction", "arn:aws:lambda:*:$account:function:*", "", "Action", true},
		{"dynamodb:PutResourcePolicy", enforce.ResourcePolicy, "dynamodb:*", "arn:aws:dynamodb:*:$account:table/*", "", "Policy", false},
		{"kinesis:PutResourcePolicy", enforce.ResourcePolicy, "kinesis:*", "arn:aws:kinesis:*:$account:stream/*", "", "Policy", false},
		{"ecr:SetRepositoryPolicy", enforce.ResourcePolicy, "ecr:*", "arn:aws:ecr:*:$account:repository/*", "", "policyText", false},
	}
}

// document is the policy that the call leaves.
func (v *rewriting) document(by *agent, arn string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + by.id.ARN + `"},"Action":"` + v.gain + `","Resource":["` + arn + `","` + arn + v.inner + `"]}]}`
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
		return t.call(v.action, res.ARN+" admits "+by.id.ARN, []Parameter{{"on", res.ARN}, {v.parameter, v.document(by, res.ARN)}}, q)
	})
	if !ok {
		return
	}
	if g := r.gives(by, v, res.ARN, res.Policy); g != nil {
		r.report(&Path{Steps: append(cloneSteps(by.steps), t.steps...), Holder: by.who, Gain: *g, Assumes: append(by.assumes, t.assumes...)})
	}
}

// gives is what an agent gains by the policy that it wrote.
func (r *run) gives(by *agent, v *rewriting, arn string, old *enforce.Policy) *Gain {
	wrote, err := enforce.Parse(v.document(by, arn), v.kind, enforce.Source{Name: "policy of " + arn})
	if err != nil {
		r.unknown("%s on %s: %v", v.action, arn, err)
		return nil
	}
	if old != nil && v.adds {
		wrote = enforce.Join(v.kind, old, wrote)
	}
	before, after := *by.set, *by.set
	before.Resource, after.Resource = old, wrote
	before.RCPs, after.RCPs = by.home.RCPs, by.home.RCPs
	q := prove.Question{Principals: []enforce.Principal{by.who}, Actions: []string{v.gain}, Resources: []string{arn, arn + v.inner}, ResourceAccount: by.home.ID, Budget: r.limits.Budget}
	q.Where = r.facts(&after, by.who, by.id.Tags, &question{})
	answer, ok := r.more(&before, &after, q)
	if !ok || answer.Witness == nil {
		return nil
	}
	return &Gain{Witness: answer.Witness, Statement: enforce.Evaluate(answer.Witness, &after).Statement}
}
