package sns

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) protectionOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.putDataProtectionPolicy),
		signed(s.getDataProtectionPolicy),
	}
}

// maxProtection is the most characters of a data protection policy (API reference,
// PutDataProtectionPolicy).
const maxProtection = 30720

// checkProtection checks no more of a data protection policy than that it is a JSON object:
// messages are not looked at for sensitive data.
func checkProtection(document *string) error {
	if d := aws.ToString(document); d != "" && (len(d) > maxProtection || !isObject(d)) {
		return invalidParameter(textProtection)
	}
	return nil
}

// putDataProtectionPolicy stores the data protection policy of a topic; an empty one
// removes it.
func (s *Fake) putDataProtectionPolicy(call *fakeaws.Call, in *awssns.PutDataProtectionPolicyInput) (*fakeaws.Plan[*awssns.PutDataProtectionPolicyOutput], error) {
	if in.DataProtectionPolicy == nil {
		return nil, required("DataProtectionPolicy")
	}
	return onTopic(s, call, "ResourceArn", in.ResourceArn, "sns:PutDataProtectionPolicy", shareable, func(t *topic) (*awssns.PutDataProtectionPolicyOutput, error) {
		if err := checkProtection(in.DataProtectionPolicy); err != nil {
			return nil, err
		}
		t.protection = *in.DataProtectionPolicy
		return &awssns.PutDataProtectionPolicyOutput{}, nil
	})
}

// getDataProtectionPolicy returns the data protection policy of a topic.
func (s *Fake) getDataProtectionPolicy(call *fakeaws.Call, in *awssns.GetDataProtectionPolicyInput) (*fakeaws.Plan[*awssns.GetDataProtectionPolicyOutput], error) {
	return onTopic(s, call, "ResourceArn", in.ResourceArn, "sns:GetDataProtectionPolicy", shareable, func(t *topic) (*awssns.GetDataProtectionPolicyOutput, error) {
		out := new(awssns.GetDataProtectionPolicyOutput)
		if t.protection != "" {
			out.DataProtectionPolicy = aws.String(t.protection)
		}
		return out, nil
	})
}
