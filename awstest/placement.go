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

// A replay is how to look at a policy that a call has put in place, and to make the call
// again with another one.
type replay struct {
	get   any // an input
	text  func(out any) *string
	again func(text *string) any
}

// placed remembers the policy that a call has put in place.
func (f fixture) placed(in, out any) {
	p := placement{document: *f.policy, at: fmt.Sprintf("%T", in)}
	switch in := in.(type) {
	case *awsiam.CreatePolicyInput:
		f.placedManaged(&p, out.(*awsiam.CreatePolicyOutput).Policy.Arn)
	case *awssts.AssumeRoleInput:
		f.placedSession(&p, in, out.(*awssts.AssumeRoleOutput))
	default:
		if r, ok := f.replayIAM(in); ok {
			f.placedBy(&p, r)
		} else if r, ok := replayOther(in, out); ok {
			f.placedBy(&p, r)
		}
	}
	f.account.place(p)
}

// placedBy is placed for a call that can be made again.
func (f fixture) placedBy(p *placement, r replay) {
	about, _ := json.Marshal(r.get) // texts alone
	p.at = fmt.Sprintf("%T %s", r.get, about)
	read := f
	read.policy = nil
	p.current = func() (string, bool) {
		out, err := read.do(r.get)
		if err != nil {
			return "", false
		}
		shown := r.text(out)
		return aws.ToString(shown), shown != nil
	}
	p.put = func(a *Account, d *document) error {
		write := f
		write.account, write.policy = a, d
		_, err := write.do(r.again(&d.text))
		return err
	}
}

// replayIAM is for inline policies and trust policies.
func (f fixture) replayIAM(in any) (r replay, ok bool) {
	switch in := in.(type) {
	case *awsiam.PutUserPolicyInput:
		r.get = &awsiam.GetUserPolicyInput{UserName: in.UserName, PolicyName: in.PolicyName}
		r.text = func(out any) *string { return f.decoded(out.(*awsiam.GetUserPolicyOutput).PolicyDocument) }
		r.again = func(text *string) any { return policyInputs[aUser].put(in.UserName, in.PolicyName, text) }
	case *awsiam.PutRolePolicyInput:
		r.get = &awsiam.GetRolePolicyInput{RoleName: in.RoleName, PolicyName: in.PolicyName}
		r.text = func(out any) *string { return f.decoded(out.(*awsiam.GetRolePolicyOutput).PolicyDocument) }
		r.again = func(text *string) any { return policyInputs[aRole].put(in.RoleName, in.PolicyName, text) }
	case *awsiam.PutGroupPolicyInput:
		r.get = &awsiam.GetGroupPolicyInput{GroupName: in.GroupName, PolicyName: in.PolicyName}
		r.text = func(out any) *string { return f.decoded(out.(*awsiam.GetGroupPolicyOutput).PolicyDocument) }
		r.again = func(text *string) any { return policyInputs[aGroup].put(in.GroupName, in.PolicyName, text) }
	case *awsiam.CreateRoleInput:
		r.get = &awsiam.GetRoleInput{RoleName: in.RoleName}
		r.text = func(out any) *string { return f.decoded(out.(*awsiam.GetRoleOutput).Role.AssumeRolePolicyDocument) }
		r.again = func(text *string) any {
			return &awsiam.UpdateAssumeRolePolicyInput{RoleName: in.RoleName, PolicyDocument: text}
		}
	}
	return r, r.get != nil
}

// replayOther is for the policies of buckets, queues and organizations.
func replayOther(in, out any) (r replay, ok bool) {
	switch in := in.(type) {
	case *awss3.PutBucketPolicyInput:
		r.get = &awss3.GetBucketPolicyInput{Bucket: in.Bucket}
		r.text = func(out any) *string { return out.(*awss3.GetBucketPolicyOutput).Policy }
		r.again = func(text *string) any { return &awss3.PutBucketPolicyInput{Bucket: in.Bucket, Policy: text} }
	case *awssqs.SetQueueAttributesInput:
		const policy = types.QueueAttributeNamePolicy
		r.get = &awssqs.GetQueueAttributesInput{QueueUrl: in.QueueUrl, AttributeNames: []types.QueueAttributeName{policy}}
		r.text = func(out any) *string {
			return shownIn(out.(*awssqs.GetQueueAttributesOutput).Attributes, string(policy))
		}
		r.again = func(text *string) any {
			return &awssqs.SetQueueAttributesInput{QueueUrl: in.QueueUrl, Attributes: map[string]string{string(policy): *text}}
		}
	case *awsorg.CreatePolicyInput:
		id := out.(*awsorg.CreatePolicyOutput).Policy.PolicySummary.Id
		r.get = &awsorg.DescribePolicyInput{PolicyId: id}
		r.text = func(out any) *string { return out.(*awsorg.DescribePolicyOutput).Policy.Content }
		r.again = func(text *string) any { return &awsorg.UpdatePolicyInput{PolicyId: id, Content: text} }
	}
	return r, r.get != nil
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
