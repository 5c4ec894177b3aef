package cloudwatchlogs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) keyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.associateKmsKey),
		fakeaws.Bind(s.disassociateKmsKey),
	}
}

// CloudWatch Logs encrypts as itself: the key's policy must let the service principal of the
// region use it ("Encrypt log data in CloudWatch Logs using AWS Key Management Service",
// "Step 2: Set permissions on the KMS key"), and the caller needs no permission of KMS. The
// encryption context has the ARN of the log group.
const (
	kmsGenerate    = "kms:GenerateDataKey"
	kmsEncrypt     = "kms:Encrypt"
	kmsDecrypt     = "kms:Decrypt"
	keyContextName = "aws:logs:arn"
)

// keyFor is the key that a log group gets, by its ARN; "" for none. It must be one that
// CloudWatch Logs may use. The lock is not held.
func (s *Fake) keyFor(call *fakeaws.Call, id groupID, name *string) (string, error) {
	if name == nil {
		return "", nil
	}
	if !strings.HasPrefix(*name, "arn:") {
		return "", invalidParameter(textKeyARN)
	}
	key, err := s.world.Keys().Find(id.account, id.region, *name)
	if err != nil {
		call.Help("KMS: " + err.Error())
		return "", keyDenied(id)
	}
	return key.ARN, s.useKey(call, id, key.ARN, kmsEncrypt, kmsDecrypt, kmsGenerate)
}

// useKey returns the error of a key that CloudWatch Logs may not use, or that cannot be used.
// The lock is not held.
func (s *Fake) useKey(call *fakeaws.Call, id groupID, arn string, actions ...string) error {
	if arn == "" {
		return nil
	}
	key, err := s.world.Keys().Find(id.account, id.region, arn)
	if err != nil {
		call.Help("KMS: " + err.Error())
		return keyDenied(id)
	}
	for _, action := range actions {
		if err := key.Usable(action); err != nil { // it is disabled, or pending deletion
			call.Help("KMS: " + err.Error())
			return keyDenied(id)
		}
		q := &fakeaws.Question{Service: s.asService(id, regional(id.region)), Action: action, Resource: key.ARN, Region: id.region}
		var of fakeaws.Need
		of.SetEncryptionContext(map[string]string{keyContextName: id.arn()})
		q.Keys = of.Context
		answer, err := s.world.Ask(call, q)
		if err != nil {
			return err
		}
		if !answer.Allowed() {
			call.Help(regional(id.region) + " may not perform " + action + " with the key " + key.ARN + " for " + keyContextName + " " + id.arn() + ": the key's policy must let it")
			return keyDenied(id)
		}
	}
	return nil
}

func keyDenied(id groupID) error { return accessDenied(fmt.Sprintf(textKey, id.arn())) }

// regional is the principal of CloudWatch Logs in a region, and global the one of all.
func regional(region string) string { return "logs." + region + ".amazonaws.com" }

const global = "logs.amazonaws.com"

// asService is CloudWatch Logs as it calls others for a log group, whose ARN has ":*" behind it
// there ("arn:aws:logs:region:123456789123:log-group:TestLambda:*" of the user guide).
func (s *Fake) asService(id groupID, principal string) *fakeaws.ServiceCall {
	return &fakeaws.ServiceCall{Principal: principal, SourceARN: id.arn() + ":*", SourceAccount: id.account, Region: id.region}
}

// keyTarget is the log group of which the key is set.
func keyTarget(call *fakeaws.Call, name, identifier *string) (groupID, error) {
	if (name == nil) == (identifier == nil) {
		return groupID{}, invalidParameter(textKeyIdentifier)
	}
	if name != nil {
		return named(call, name), nil
	}
	if strings.Contains(*identifier, ":query-result:") {
		return groupID{}, notImplemented("a key for the results of queries")
	}
	return identify(call, *identifier)
}

func (s *Fake) associateKmsKey(call *fakeaws.Call, in *awslogs.AssociateKmsKeyInput) (*fakeaws.Plan[*awslogs.AssociateKmsKeyOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id, err := keyTarget(call, in.LogGroupName, in.ResourceIdentifier)
	if err != nil {
		return nil, err
	}
	g, need := s.lookUp(call, "logs:AssociateKmsKey", id, id.whole())
	return &fakeaws.Plan[*awslogs.AssociateKmsKeyOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awslogs.AssociateKmsKeyOutput, error) {
		if g == nil {
			return nil, notFound(textNoGroup)
		}
		key, err := s.keyFor(call, id, in.KmsKeyId)
		if err != nil {
			return nil, err
		}
		return doOn(s, g, func(g *group) (*awslogs.AssociateKmsKeyOutput, error) {
			g.key = key
			return &awslogs.AssociateKmsKeyOutput{}, nil
		})()
	}}, nil
}

// disassociateKmsKey takes the key from a log group. What was encrypted with it stays so in
// AWS; here all events are read with the key that the group has.
func (s *Fake) disassociateKmsKey(call *fakeaws.Call, in *awslogs.DisassociateKmsKeyInput) (*fakeaws.Plan[*awslogs.DisassociateKmsKeyOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id, err := keyTarget(call, in.LogGroupName, in.ResourceIdentifier)
	if err != nil {
		return nil, err
	}
	return onGroup(s, call, id, func(g *group) (*awslogs.DisassociateKmsKeyOutput, error) {
		g.key = ""
		return &awslogs.DisassociateKmsKeyOutput{}, nil
	}), nil
}

// keyOf is the key of a log group that was found, which others may change. The lock is not held.
func (s *Fake) keyOf(g *group) string {
	if g == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return aws.ToString(&g.key)
}
