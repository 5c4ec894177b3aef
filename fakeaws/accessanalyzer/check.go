package accessanalyzer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) checkOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.checkAccessNotGranted),
		fakeaws.Bind(s.checkNoNewAccess),
		fakeaws.Bind(s.checkNoPublicAccess),
	}
}

// Texts of the checks, as the examples of the API reference have them.
const (
	textNoNewAccess = "The modified permissions do not grant new access compared to your existing policy."
	textNewAccess   = "The modified permissions grant new access compared to your existing policy."
	textNewIn       = "New access in the statement with %s."
	textNotGranted  = "The policy document does not grant access to perform the listed actions or resources."
	textGranted     = "The policy document grants access to perform one or more of the listed actions or resources."
	textGrantedIn   = "One or more of the listed actions or resources in the statement with %s."
	textNotPublic   = "The resource policy does not grant public access for the given resource type."
	textPublic      = "The resource policy grants public access for the given resource type."
	textPublicIn    = "Public access granted in the following statement with %s."
)

// checked plans a check: it needs no more than its own permission.
func checked[O any](call *fakeaws.Call, in any, do func() (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: onAccount(call), Do: do}, nil
}

// readPolicy reads the document of a check. A trust policy is a resource policy too: its
// statements have no resource.
func readPolicy(document string, kind types.AccessCheckPolicyType) (*enforce.Policy, error) {
	kinds := []enforce.Kind{enforce.IdentityPolicy}
	if kind == types.AccessCheckPolicyTypeResourcePolicy {
		kinds = []enforce.Kind{enforce.ResourcePolicy, enforce.TrustPolicy}
	}
	return parseAs(document, kinds...)
}

// parseAs reads a document as the first of the kinds that admits it.
func parseAs(document string, kinds ...enforce.Kind) (p *enforce.Policy, err error) {
	var refused error // by the first: what it says is meant
	for _, kind := range kinds {
		if p, err = enforce.Parse(document, kind, enforce.Source{Name: "policy"}); err == nil {
			return p, nil
		}
		refused = cmp.Or(refused, err)
	}
	return nil, malformed(refused.Error())
}

// reasons are the statements that a check names, by the text for each.
func reasons(p *enforce.Policy, named []*enforce.Statement, text string) (all []types.ReasonSummary) {
	for i, st := range p.Statements() {
		if !slices.ContainsFunc(named, func(other *enforce.Statement) bool { return other != nil && other.Number() == st.Number() }) {
			continue
		}
		which := fmt.Sprintf("index: %d", i)
		r := types.ReasonSummary{StatementIndex: aws.Int32(int32(i))} //nolint:gosec // documents are shorter
		if st.Sid() != "" {
			which, r.StatementId = "sid: "+st.Sid(), aws.String(st.Sid())
		}
		r.Description = aws.String(fmt.Sprintf(text, which))
		all = append(all, r)
	}
	return all
}

func (s *Fake) checkNoNewAccess(call *fakeaws.Call, in *aa.CheckNoNewAccessInput) (*fakeaws.Plan[*aa.CheckNoNewAccessOutput], error) {
	return checked(call, in, func() (*aa.CheckNoNewAccessOutput, error) {
		old, err := readPolicy(*in.ExistingPolicyDocument, in.PolicyType)
		if err != nil {
			return nil, err
		}
		changed, err := readPolicy(*in.NewPolicyDocument, in.PolicyType)
		if err != nil {
			return nil, err
		}
		statements, verdict, err := newAccess(call, old, changed)
		switch {
		case err != nil:
			return nil, err
		case verdict == prove.No:
			return &aa.CheckNoNewAccessOutput{Result: types.CheckNoNewAccessResultPass, Message: aws.String(textNoNewAccess)}, nil
		}
		return &aa.CheckNoNewAccessOutput{Result: types.CheckNoNewAccessResultFail, Message: aws.String(textNewAccess), Reasons: reasons(changed, statements, textNewIn)}, nil
	})
}

// newAccess returns the statements by which a policy allows what another one does not. The
// verdict is Yes or No; what cannot be known is an error.
func newAccess(ctx context.Context, old, changed *enforce.Policy) (statements []*enforce.Statement, verdict prove.Verdict, err error) {
	before, question := prove.Alone(old, changed)
	after, _ := prove.Alone(changed, old)
	answer, err := prove.NoNewAccess(ctx, before, after, question)
	if err := undecided(ctx, answer, err); err != nil {
		return nil, answer.Verdict, err
	}
	if answer.Verdict == prove.No {
		return nil, answer.Verdict, nil
	}
	// There is new access: an error says that not all statements with some are known.
	regions, _ := prove.Difference(ctx, before, after, question)
	for i := range regions {
		statements = append(statements, regions[i].Statement)
	}
	return statements, answer.Verdict, ctx.Err()
}

// undecided is the error of an answer that is not known.
func undecided(ctx context.Context, answer prove.Answer, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &types.InvalidParameterException{Message: aws.String(err.Error())}
	case answer.Verdict == prove.Unknown:
		return unprocessable(strings.Join(answer.Reasons, "; "))
	}
	return nil
}

func (s *Fake) checkAccessNotGranted(call *fakeaws.Call, in *aa.CheckAccessNotGrantedInput) (*fakeaws.Plan[*aa.CheckAccessNotGrantedOutput], error) {
	return checked(call, in, func() (*aa.CheckAccessNotGrantedOutput, error) {
		p, err := readPolicy(*in.PolicyDocument, in.PolicyType)
		if err != nil {
			return nil, err
		}
		accesses, err := accessesOf(in.Access)
		if err != nil {
			return nil, err
		}
		statements, granted, err := grants(call, p, accesses)
		switch {
		case err != nil:
			return nil, err
		case !granted:
			return &aa.CheckAccessNotGrantedOutput{Result: types.CheckAccessNotGrantedResultPass, Message: aws.String(textNotGranted)}, nil
		}
		return &aa.CheckAccessNotGrantedOutput{Result: types.CheckAccessNotGrantedResultFail, Message: aws.String(textGranted), Reasons: reasons(p, statements, textGrantedIn)}, nil
	})
}

// accessesOf reads accesses: without actions they are about all of them.
func accessesOf(all []types.Access) ([]prove.Access, error) {
	accesses := make([]prove.Access, len(all))
	for i, a := range all {
		if len(a.Actions)+len(a.Resources) == 0 {
			return nil, invalid(textAccess)
		}
		accesses[i] = prove.Access{Actions: a.Actions, Resources: a.Resources}
		if len(a.Actions) == 0 {
			accesses[i].Actions = []string{"*"}
		}
	}
	if len(accesses) == 0 {
		return nil, invalid(textAccess)
	}
	return accesses, nil
}

// grants reports whether a policy grants any of the accesses, and by which statements. What
// cannot be known is an error.
func grants(ctx context.Context, p *enforce.Policy, accesses []prove.Access) (statements []*enforce.Statement, granted bool, err error) {
	answers, err := prove.NotGranted(ctx, p, accesses...)
	if err := undecided(ctx, prove.Answer{Verdict: prove.No}, err); err != nil {
		return nil, false, err
	}
	for _, answer := range answers {
		if err := undecided(ctx, answer, nil); err != nil && !granted {
			return nil, false, err
		}
		granted = granted || answer.Verdict == prove.Yes
	}
	if !granted {
		return nil, false, nil
	}
	for _, st := range p.Statements() {
		alone, err := withAllow(p, st)
		if st.Effect() != "Allow" || err != nil {
			continue
		}
		answers, err := prove.NotGranted(ctx, alone, accesses...)
		if err == nil && slices.ContainsFunc(answers, func(a prove.Answer) bool { return a.Verdict == prove.Yes }) {
			statements = append(statements, st)
		}
	}
	return statements, true, ctx.Err()
}

// withAllow is a policy with one of its Allows, and all of its Denies.
func withAllow(p *enforce.Policy, allow *enforce.Statement) (*enforce.Policy, error) {
	doc := p.Elements()
	var kept []enforce.StatementElements
	for i, st := range p.Statements() {
		if st == allow || st.Effect() == "Deny" {
			kept = append(kept, doc.Statements[i])
		}
	}
	doc.Statements = kept
	doc.Version.Value = p.Version()
	return enforce.Build(doc, p.Kind(), p.Source())
}

// kindsOf are the kinds of the policies of resources; of all others it is ResourcePolicy.
var kindsOf = map[types.AccessCheckResourceType]enforce.Kind{
	types.AccessCheckResourceTypeS3Bucket: enforce.BucketPolicy, types.AccessCheckResourceTypeSqsQueue: enforce.QueuePolicy,
	types.AccessCheckResourceTypeKmsKey: enforce.KeyPolicy, types.AccessCheckResourceTypeRoleTrust: enforce.TrustPolicy,
}

func (s *Fake) checkNoPublicAccess(call *fakeaws.Call, in *aa.CheckNoPublicAccessInput) (*fakeaws.Plan[*aa.CheckNoPublicAccessOutput], error) {
	return checked(call, in, func() (*aa.CheckNoPublicAccessOutput, error) {
		kind, ok := kindsOf[in.ResourceType]
		if !ok {
			kind = enforce.ResourcePolicy
		}
		// What AWS takes is more than what the services store: a statement of the API
		// reference's example for buckets has no resource.
		kinds := []enforce.Kind{kind}
		if kind != enforce.TrustPolicy {
			kinds = append(kinds, enforce.ResourcePolicy)
		}
		p, err := parseAs(*in.PolicyDocument, kinds...)
		if err != nil {
			return nil, err
		}
		statements, err := publicStatements(call, p, call.Account)
		switch {
		case err != nil:
			return nil, err
		case len(statements) == 0:
			return &aa.CheckNoPublicAccessOutput{Result: types.CheckNoPublicAccessResultPass, Message: aws.String(textNotPublic)}, nil
		}
		return &aa.CheckNoPublicAccessOutput{Result: types.CheckNoPublicAccessResultFail, Message: aws.String(textPublic), Reasons: reasons(p, statements, textPublicIn)}, nil
	})
}

// publicStatements returns the statements that let everybody in. What cannot be known is an
// error, unless some are found.
func publicStatements(ctx context.Context, p *enforce.Policy, owner string) (statements []*enforce.Statement, err error) {
	exposure, err := prove.Public(ctx, p, prove.Zone{Account: owner})
	if err := undecided(ctx, prove.Answer{Verdict: prove.No}, err); err != nil {
		return nil, err
	}
	unknown := len(exposure.Reasons) > 0
	for i := range exposure.Findings {
		switch f := &exposure.Findings[i]; f.Public {
		case prove.Yes:
			statements = append(statements, f.Statements...)
		case prove.Unknown:
			unknown = true
		}
	}
	if len(statements) == 0 && unknown {
		return nil, unprocessable(strings.Join(exposure.Reasons, "; "))
	}
	return statements, nil
}
