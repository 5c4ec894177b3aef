package awstest

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awsorg "github.com/aws/aws-sdk-go-v2/service/organizations"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/lint"
)

// A placement is a policy that this package has put in place in a World, and how another
// one takes its place in a clone: for [Mutate].
type placement struct {
	account  *Account
	document document
	// at says which policy it is. What is put there later replaces it.
	at string
	// current returns the text that is there now; false where there is no policy any more.
	current func() (string, bool)
	// put replaces the policy in a clone, whose account it gets; nil where nobody knows how.
	put func(a *Account, d *document) error
}

// place remembers a policy that was put in place.
func (a *Account) place(p placement) {
	if p.document.source.Implied {
		return
	}
	p.account = a
	key := a.ID() + " " + p.at
	a.shared.mu.Lock()
	defer a.shared.mu.Unlock()
	if at, ok := a.shared.places[key]; ok {
		a.shared.placements[at] = p
		return
	}
	if a.shared.places == nil {
		a.shared.places = make(map[string]int)
	}
	a.shared.places[key] = len(a.shared.placements)
	a.shared.placements = append(a.shared.placements, p)
}

// inForce returns the document that is there now. Where the program has put another one
// there since, it does not stand in the file that the first one came from.
func (p *placement) inForce() (*document, bool) {
	text, ok := p.current()
	if !ok {
		return nil, false
	}
	d := p.document
	if text == d.text {
		return &d, true
	}
	was, err := enforce.Parse(d.text, d.kind, d.source)
	if err != nil {
		return nil, false
	}
	is, err := enforce.Parse(text, d.kind, enforce.Source{})
	if err != nil {
		return nil, false
	}
	if !lint.SameMeaning(was.Elements(), is.Elements()) {
		d.text, d.source = text, enforce.Source{Name: d.source.Name, ARN: d.source.ARN}
	}
	return &d, true
}

// placed remembers the policy that a call has put in place.
func (f fixture) placed(in, out any) {
	p := placement{document: *f.policy, at: fmt.Sprintf("%T", in)}
	read, write := f, f
	read.policy = nil
	// by makes the placement of a call that can be made again with another document.
	by := func(get any, text func(out any) *string, again func(text *string) any) {
		about, _ := json.Marshal(get) // texts alone
		p.at = fmt.Sprintf("%T %s", get, about)
		p.current = func() (string, bool) {
			out, err := read.do(get)
			if err != nil {
				return "", false
			}
			shown := text(out)
			return aws.ToString(shown), shown != nil
		}
		p.put = func(a *Account, d *document) error {
			f := write
			f.account, f.policy = a, d
			_, err := f.do(again(&d.text))
			return err
		}
	}
	switch in := in.(type) {
	case *awsiam.PutUserPolicyInput:
		by(&awsiam.GetUserPolicyInput{UserName: in.UserName, PolicyName: in.PolicyName},
			func(out any) *string { return f.decoded(out.(*awsiam.GetUserPolicyOutput).PolicyDocument) },
			func(text *string) any {
				return &awsiam.PutUserPolicyInput{UserName: in.UserName, PolicyName: in.PolicyName, PolicyDocument: text}
			})
	case *awsiam.PutRolePolicyInput:
		by(&awsiam.GetRolePolicyInput{RoleName: in.RoleName, PolicyName: in.PolicyName},
			func(out any) *string { return f.decoded(out.(*awsiam.GetRolePolicyOutput).PolicyDocument) },
			func(text *string) any {
				return &awsiam.PutRolePolicyInput{RoleName: in.RoleName, PolicyName: in.PolicyName, PolicyDocument: text}
			})
	case *awsiam.PutGroupPolicyInput:
		by(&awsiam.GetGroupPolicyInput{GroupName: in.GroupName, PolicyName: in.PolicyName},
			func(out any) *string { return f.decoded(out.(*awsiam.GetGroupPolicyOutput).PolicyDocument) },
			func(text *string) any {
				return &awsiam.PutGroupPolicyInput{GroupName: in.GroupName, PolicyName: in.PolicyName, PolicyDocument: text}
			})
	case *awsiam.CreateRoleInput:
		by(&awsiam.GetRoleInput{RoleName: in.RoleName},
			func(out any) *string { return f.decoded(out.(*awsiam.GetRoleOutput).Role.AssumeRolePolicyDocument) },
			func(text *string) any {
				return &awsiam.UpdateAssumeRolePolicyInput{RoleName: in.RoleName, PolicyDocument: text}
			})
	case *awsiam.CreatePolicyInput:
		f.placedManaged(&p, out.(*awsiam.CreatePolicyOutput).Policy.Arn)
	case *awss3.PutBucketPolicyInput:
		by(&awss3.GetBucketPolicyInput{Bucket: in.Bucket},
			func(out any) *string { return out.(*awss3.GetBucketPolicyOutput).Policy },
			func(text *string) any { return &awss3.PutBucketPolicyInput{Bucket: in.Bucket, Policy: text} })
	case *awssqs.SetQueueAttributesInput:
		const policy = types.QueueAttributeNamePolicy
		by(&awssqs.GetQueueAttributesInput{QueueUrl: in.QueueUrl, AttributeNames: []types.QueueAttributeName{policy}},
			func(out any) *string {
				return shownIn(out.(*awssqs.GetQueueAttributesOutput).Attributes, string(policy))
			},
			func(text *string) any {
				return &awssqs.SetQueueAttributesInput{QueueUrl: in.QueueUrl, Attributes: map[string]string{string(policy): *text}}
			})
	case *awsorg.CreatePolicyInput:
		id := out.(*awsorg.CreatePolicyOutput).Policy.PolicySummary.Id
		by(&awsorg.DescribePolicyInput{PolicyId: id},
			func(out any) *string { return out.(*awsorg.DescribePolicyOutput).Policy.Content },
			func(text *string) any { return &awsorg.UpdatePolicyInput{PolicyId: id, Content: text} })
	case *awssts.AssumeRoleInput:
		f.placedSession(&p, in, out.(*awssts.AssumeRoleOutput))
	}
	f.account.place(p)
}

// placedManaged is placed for a managed policy, which gets another version.
func (f fixture) placedManaged(p *placement, arn *string) {
	p.at = *arn
	p.current = func() (string, bool) {
		for _, v := range versionsOf(f.account, arn) {
			if !v.IsDefaultVersion {
				continue
			}
			out, err := fixture{account: f.account}.do(&awsiam.GetPolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId})
			if err == nil {
				return *f.decoded(out.(*awsiam.GetPolicyVersionOutput).PolicyVersion.Document), true
			}
		}
		return "", false
	}
	p.put = func(a *Account, d *document) error {
		for _, v := range versionsOf(a, arn) {
			if v.IsDefaultVersion {
				continue // there are up to five
			}
			if _, err := (fixture{account: a}).do(&awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId}); err != nil {
				return err
			}
		}
		_, err := fixture{account: a, policy: d}.do(&awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: &d.text, SetAsDefault: true})
		return err
	}
}

// versionsOf are the versions of a managed policy; none where there is no such policy.
func versionsOf(a *Account, arn *string) []iamtypes.PolicyVersion {
	out, err := fixture{account: a}.do(&awsiam.ListPolicyVersionsInput{PolicyArn: arn})
	if err != nil {
		return nil
	}
	return out.(*awsiam.ListPolicyVersionsOutput).Versions
}

// placedSession is placed for a session policy. A session keeps its own for life: the
// clone gets a session of the same name, whose credentials the principal has there.
func (f fixture) placedSession(p *placement, in *awssts.AssumeRoleInput, out *awssts.AssumeRoleOutput) {
	key := *out.Credentials.AccessKeyId
	p.at = "session " + key
	p.current = func() (string, bool) { return p.document.text, true }
	p.put = func(a *Account, d *document) error {
		again := *in
		again.Policy = &d.text
		made, err := fixture{account: a, policy: d}.do(&again)
		if err != nil {
			return err
		}
		a.shared.mu.Lock()
		defer a.shared.mu.Unlock()
		sessions := maps.Clone(a.shared.sessions)
		if sessions == nil {
			sessions = make(map[string]aws.Credentials)
		}
		sessions[key] = a.temporary(made.(*awssts.AssumeRoleOutput).Credentials)
		a.shared.sessions = sessions
		return nil
	}
}

// decoded is a document of IAM, which answers it encoded as a URL is.
func (f fixture) decoded(text *string) *string {
	plain := f.account.IAM().decode(text)
	return &plain
}

func shownIn(attributes map[string]string, name string) *string {
	text, ok := attributes[name]
	if !ok {
		return nil
	}
	return &text
}
