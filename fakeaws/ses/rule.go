package ses

import (
	"context"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// A ruleSet is receipt rules in their order. A rule never changes: another is put in its place.
type ruleSet struct {
	name    string
	created time.Time
	rules   []*types.ReceiptRule
}

// A filter is for the addresses of the hosts that mail comes from.
type filter struct {
	types.ReceiptFilter
	prefix netip.Prefix
}

var ruleSets = &kind[*ruleSet]{
	in:      func(r *region) map[string]*ruleSet { return r.ruleSets },
	missing: missingFor("RuleSetDoesNotExist", textNoRuleSet),
	exists:  existsFor("AlreadyExists", textRuleSetExists),
}

var filters = &kind[*filter]{
	in:      func(r *region) map[string]*filter { return r.filters },
	missing: missingFor("InvalidParameterValue", "Filter does not exist: %s"),
	exists:  existsFor("AlreadyExists", textFilterExists),
}

// The quotas of receiving ("Service quotas in Amazon SES").
const (
	maxRules          = 200
	maxActions        = 10
	maxRuleRecipients = 500
	maxRuleSets       = 40
	maxFilters        = 100
)

var ruleName = regexp.MustCompile(`^[A-Za-z0-9_-]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_-])?$`)

// rule is the index of a rule by its name; -1 where there is none.
func (x *ruleSet) rule(name string) int {
	return slices.IndexFunc(x.rules, func(r *types.ReceiptRule) bool { return *r.Name == name })
}

// ruleARN names a rule in the condition keys of what SES does for it ("Giving permissions to
// Amazon SES for email receiving").
func ruleARN(of place, set, rule string) string {
	return of.arn("receipt-rule-set/" + set + ":receipt-rule/" + rule)
}

func asRule(of place, set, rule string) fakeaws.ServiceCall {
	return fakeaws.ServiceCall{Principal: serviceName, SourceARN: ruleARN(of, set, rule), SourceAccount: of.account, Region: of.region}
}

// checkRule refuses a rule that cannot be.
func checkRule(call *fakeaws.Call, r *types.ReceiptRule) error {
	if !ruleName.MatchString(aws.ToString(r.Name)) {
		return invalid(call, "Invalid rule name: %s", aws.ToString(r.Name))
	}
	if len(r.Actions) > maxActions || len(r.Recipients) > maxRuleRecipients {
		return limitExceeded(call, textManyRules, maxRules, maxActions, maxRuleRecipients)
	}
	for _, text := range r.Recipients {
		if name := strings.TrimPrefix(text, "."); !strings.Contains(text, "@") && !isDomain(name) {
			return invalid(call, textDomain, text)
		}
	}
	for i := range r.Actions {
		a := &r.Actions[i]
		count := 0
		for _, there := range []bool{a.AddHeaderAction != nil, a.BounceAction != nil, a.ConnectAction != nil, a.LambdaAction != nil, a.S3Action != nil, a.SNSAction != nil, a.StopAction != nil, a.WorkmailAction != nil} {
			if there {
				count++
			}
		}
		switch {
		case count != 1:
			return invalid(call, textAction)
		case a.ConnectAction != nil:
			return notImplemented("the receipt action ConnectAction")
		case a.WorkmailAction != nil:
			return notImplemented("the receipt action WorkmailAction")
		case a.S3Action != nil && a.S3Action.KmsKeyArn != nil:
			return notImplemented("the encryption of received mail with KmsKeyArn")
		}
	}
	return nil
}

// passing are the permissions to pass the roles of a rule to SES.
func passing(call *fakeaws.Call, r *types.ReceiptRule) (needs []fakeaws.Need) {
	for i := range r.Actions {
		if a := r.Actions[i].S3Action; a != nil && a.IamRoleArn != nil {
			needs = append(needs, role.Pass(call, *a.IamRoleArn, serviceName, ""))
		}
	}
	return needs
}

// tryActions sees whether SES may do what a rule says: it writes an object to the bucket, and
// asks for functions and topics. No lock is held.
func (s *Fake) tryActions(call *fakeaws.Call, set string, r *types.ReceiptRule) error {
	ctx := context.WithoutCancel(call.Context)
	as := asRule(placeOf(call), set, *r.Name)
	for i := range r.Actions {
		a := &r.Actions[i]
		switch {
		case a.S3Action != nil:
			if err := s.store(ctx, as, a.S3Action, "AMAZON_SES_SETUP_NOTIFICATION", []byte(setupNotification)); err != nil {
				call.Help(err.Error())
				return fail(call, "InvalidS3Configuration", "", textS3, aws.ToString(a.S3Action.BucketName))
			}
		case a.LambdaAction != nil:
			if err := s.world.CheckDelivery(ctx, as.Actor(), &fakeaws.Delivery{Target: aws.ToString(a.LambdaAction.FunctionArn), Body: []byte("{}")}); err != nil {
				call.Help(err.Error())
				return fail(call, "InvalidLambdaFunction", "", textLambda, aws.ToString(a.LambdaAction.FunctionArn))
			}
		}
		for _, topic := range topicsOf(a) {
			if err := s.world.CheckDelivery(ctx, as.Actor(), &fakeaws.Delivery{Target: topic, Body: []byte("x")}); err != nil {
				call.Help(err.Error())
				return fail(call, "InvalidSnsTopic", "", textSNS, topic)
			}
		}
	}
	return nil
}

// setupNotification is what SES writes to a bucket to see that it can. AWS's words are
// unverified.
const setupNotification = "This is a message to notify that Amazon SES can write to this bucket."

// topicsOf are the topics that an action publishes to.
func topicsOf(a *types.ReceiptAction) (topics []string) {
	add := func(topic *string) {
		if topic != nil {
			topics = append(topics, *topic)
		}
	}
	switch {
	case a.S3Action != nil:
		add(a.S3Action.TopicArn)
	case a.LambdaAction != nil:
		add(a.LambdaAction.TopicArn)
	case a.SNSAction != nil:
		add(a.SNSAction.TopicArn)
	case a.BounceAction != nil:
		add(a.BounceAction.TopicArn)
	case a.StopAction != nil:
		add(a.StopAction.TopicArn)
	}
	return topics
}

// insert puts a rule behind another, or first. The lock is held.
func (x *ruleSet) insert(call *fakeaws.Call, r *types.ReceiptRule, after *string) error {
	at := 0
	if after != nil {
		i := x.rule(*after)
		if i < 0 {
			return fail(call, "RuleDoesNotExist", "", textNoRule, *after)
		}
		at = i + 1
	}
	x.rules = slices.Insert(x.rules, at, r)
	return nil
}

// matches reports whether a rule is for a recipient: an address, a domain, or with a dot in
// front all its subdomains. A rule without recipients is for all ("Receipt rules").
func matches(r *types.ReceiptRule, recipient string) bool {
	if len(r.Recipients) == 0 {
		return true
	}
	local, domain, _ := cutLast(recipient)
	plainLocal, _, _ := strings.Cut(local, "+")
	return slices.ContainsFunc(r.Recipients, func(text string) bool {
		name := normal(text)
		switch {
		case strings.HasPrefix(name, "."):
			return strings.HasSuffix(domain, name)
		case strings.Contains(name, "@"):
			return strings.EqualFold(name, recipient) || strings.EqualFold(name, plainLocal+"@"+domain)
		}
		return name == domain
	})
}
