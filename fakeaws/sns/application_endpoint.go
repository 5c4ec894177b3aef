package sns

import (
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) endpointOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.createPlatformEndpoint),
		signed(s.deleteEndpoint),
		signed(s.getEndpointAttributes),
		signed(s.setEndpointAttributes),
		signed(s.listEndpointsByPlatformApplication),
	}
}

// An endpoint is a device of an application.
type endpoint struct {
	arn        string
	attributes map[string]string
}

// maxUserData is how long CustomUserData must be less than: "less than 2KB".
const maxUserData = 2048

var endpointAttributes = []string{"CustomUserData", "Enabled", "Token", "ChannelId", "UserId"}

// checkEndpointAttributes checks the attributes of an endpoint.
func checkEndpointAttributes(given map[string]string) error {
	if err := checkNames(given, endpointAttributes); err != nil {
		return err
	}
	if enabled, ok := given["Enabled"]; ok && !isBool(enabled) {
		return invalidParameter("Attributes Reason: Invalid value for attribute: Enabled: Must be a boolean") // unverified
	}
	if data := given["CustomUserData"]; len(data) >= maxUserData || !utf8.ValidString(data) {
		return invalidParameter("Attributes Reason: Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding")
	}
	return nil
}

// createPlatformEndpoint makes an endpoint of a device. One that there is with the same
// token and attributes is answered as if it were new.
func (s *Fake) createPlatformEndpoint(call *fakeaws.Call, in *awssns.CreatePlatformEndpointInput) (*fakeaws.Plan[*awssns.CreatePlatformEndpointOutput], error) {
	if in.Token == nil {
		return nil, required("Token")
	}
	return onPlace(s, call, "sns:CreatePlatformEndpoint", "PlatformApplicationArn", in.PlatformApplicationArn, "app/", func(arn string) (*awssns.CreatePlatformEndpointOutput, error) {
		a, err := s.application(arn)
		if err != nil {
			return nil, err
		}
		wanted := map[string]string{"Enabled": "true"}
		maps.Copy(wanted, in.Attributes)
		if in.CustomUserData != nil {
			wanted["CustomUserData"] = *in.CustomUserData
		}
		wanted["Token"] = *in.Token
		if err := checkEndpointAttributes(wanted); err != nil {
			return nil, err
		}
		if *in.Token == "" {
			return nil, invalidParameter("Token Reason: must not be empty") // unverified
		}
		for _, e := range a.endpoints {
			if e.attributes["Token"] != *in.Token {
				continue
			}
			if !maps.Equal(e.attributes, wanted) {
				return nil, invalidParameter("Token Reason: Endpoint " + e.arn + " already exists with the same Token, but different attributes.")
			}
			return &awssns.CreatePlatformEndpointOutput{EndpointArn: &e.arn}, nil
		}
		e := &endpoint{arn: strings.Replace(arn, ":app/", ":endpoint/", 1) + "/" + s.world.IDs().UUID(), attributes: wanted}
		a.endpoints[e.arn] = e
		return &awssns.CreatePlatformEndpointOutput{EndpointArn: &e.arn}, nil
	})
}

// endpointAt finds an endpoint by its ARN; nil when there is none. The lock is held.
func (s *Fake) endpointAt(arn string) *endpoint {
	if a := s.applicationOf(arn); a != nil {
		return a.endpoints[arn]
	}
	return nil
}

// applicationOf finds the application of an endpoint's ARN.
func (s *Fake) applicationOf(arn string) *application {
	i := strings.LastIndexByte(arn, '/')
	return s.applications[strings.Replace(arn[:max(i, 0)], ":endpoint/", ":app/", 1)]
}

// deleteEndpoint deletes an endpoint. One that does not exist is fine. "When you delete an
// endpoint that is also subscribed to a topic, then you must also unsubscribe".
func (s *Fake) deleteEndpoint(call *fakeaws.Call, in *awssns.DeleteEndpointInput) (*fakeaws.Plan[*awssns.DeleteEndpointOutput], error) {
	return onPlace(s, call, "sns:DeleteEndpoint", "EndpointArn", in.EndpointArn, "endpoint/", func(arn string) (*awssns.DeleteEndpointOutput, error) {
		if a := s.applicationOf(arn); a != nil {
			delete(a.endpoints, arn)
		}
		return &awssns.DeleteEndpointOutput{}, nil
	})
}

// getEndpointAttributes returns the attributes of an endpoint.
func (s *Fake) getEndpointAttributes(call *fakeaws.Call, in *awssns.GetEndpointAttributesInput) (*fakeaws.Plan[*awssns.GetEndpointAttributesOutput], error) {
	return onPlace(s, call, "sns:GetEndpointAttributes", "EndpointArn", in.EndpointArn, "endpoint/", func(arn string) (*awssns.GetEndpointAttributesOutput, error) {
		e := s.endpointAt(arn)
		if e == nil {
			return nil, notFound("Endpoint does not exist")
		}
		return &awssns.GetEndpointAttributesOutput{Attributes: maps.Clone(e.attributes)}, nil
	})
}

// setEndpointAttributes changes attributes of an endpoint.
func (s *Fake) setEndpointAttributes(call *fakeaws.Call, in *awssns.SetEndpointAttributesInput) (*fakeaws.Plan[*awssns.SetEndpointAttributesOutput], error) {
	if in.Attributes == nil {
		return nil, required("Attributes")
	}
	return onPlace(s, call, "sns:SetEndpointAttributes", "EndpointArn", in.EndpointArn, "endpoint/", func(arn string) (*awssns.SetEndpointAttributesOutput, error) {
		e := s.endpointAt(arn)
		if e == nil {
			return nil, notFound("Endpoint does not exist")
		}
		if err := checkEndpointAttributes(in.Attributes); err != nil {
			return nil, err
		}
		maps.Copy(e.attributes, in.Attributes)
		return &awssns.SetEndpointAttributesOutput{}, nil
	})
}

// listEndpointsByPlatformApplication lists the endpoints of an application.
func (s *Fake) listEndpointsByPlatformApplication(call *fakeaws.Call, in *awssns.ListEndpointsByPlatformApplicationInput) (*fakeaws.Plan[*awssns.ListEndpointsByPlatformApplicationOutput], error) {
	return onPlace(s, call, "sns:ListEndpointsByPlatformApplication", "PlatformApplicationArn", in.PlatformApplicationArn, "app/", func(arn string) (*awssns.ListEndpointsByPlatformApplicationOutput, error) {
		a, err := s.application(arn)
		if err != nil {
			return nil, err
		}
		arns := make([]string, 0, len(a.endpoints))
		for arn := range a.endpoints {
			arns = append(arns, arn)
		}
		p, err := listed(arns, in.NextToken, pageSize, func(arn string) types.Endpoint {
			return types.Endpoint{EndpointArn: &arn, Attributes: maps.Clone(a.endpoints[arn].attributes)}
		})
		if err != nil {
			return nil, err
		}
		return &awssns.ListEndpointsByPlatformApplicationOutput{Endpoints: p.Items, NextToken: p.Next}, nil
	})
}

// publishToEndpoint keeps a message for a device, for [PublishedDirectly].
func (s *Fake) publishToEndpoint(call *fakeaws.Call, in *awssns.PublishInput, message *entry) (*fakeaws.Plan[*awssns.PublishOutput], error) {
	need := fakeaws.Need{Action: "sns:Publish", Resource: *in.TargetArn, Policy: noPolicy}
	return &fakeaws.Plan[*awssns.PublishOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awssns.PublishOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		e := s.endpointAt(*in.TargetArn)
		switch {
		case e == nil:
			return nil, invalidParameter("TargetArn Reason: No endpoint found for the target arn specified")
		case !isTrue(e.attributes["Enabled"]) || !isTrue(s.applicationOf(*in.TargetArn).attributes["Enabled"]):
			return nil, &types.EndpointDisabledException{Message: aws.String("Endpoint is disabled")}
		}
		return s.publishDirectly(call, in, message)
	}}, nil
}
