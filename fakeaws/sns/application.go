package sns

import (
	"maps"
	"strings"

	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) applicationOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.createPlatformApplication),
		signed(s.deletePlatformApplication),
		signed(s.getPlatformApplicationAttributes),
		signed(s.setPlatformApplicationAttributes),
		signed(s.listPlatformApplications),
	}
}

// An application is one of mobile push, with the endpoints of its devices by their ARNs.
// Nothing is ever sent to a push notification service.
type application struct {
	arn        string
	of         place
	attributes map[string]string
	endpoints  map[string]*endpoint
}

const (
	// maxAttributes bounds the attributes of an application or an endpoint, and
	// maxAttribute each of them: unverified.
	maxAttributes = 50
	maxAttribute  = 32 << 10
)

// platforms are the push notification services that there are applications of.
var platforms = []string{"ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "FCM", "GCM", "MACOS", "MACOS_SANDBOX", "MPNS", "WNS"}

// applicationAttributes are those of applications that a call may set. The first two are
// secret, and not shown.
var applicationAttributes = []string{
	"PlatformCredential", "PlatformPrincipal", "ApplePlatformBundleID", "ApplePlatformTeamID", "EventDeliveryFailure",
	"EventEndpointCreated", "EventEndpointDeleted", "EventEndpointUpdated", "FailureFeedbackRoleArn", "SuccessFeedbackRoleArn",
	"SuccessFeedbackSampleRate", "Enabled",
}

// checkNames refuses attributes that are none, or are too long.
func checkNames(given map[string]string, known []string) error {
	if len(given) > maxAttributes {
		return invalidParameter("Attributes")
	}
	for name, value := range given {
		if !contains(known, name) || len(value) > maxAttribute {
			return invalidParameter("Attributes Reason: Invalid attribute name: " + name[:min(len(name), maxNameSize)])
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// onPlace plans an operation about mobile push, on one application or endpoint of the
// caller's account. IAM has no resource for these (Service Authorization Reference).
func onPlace[O any](s *Fake, call *fakeaws.Call, action, parameter string, arn *string, kind string, do func(arn string) (O, error)) (*fakeaws.Plan[O], error) {
	if arn == nil {
		return nil, required(parameter)
	}
	if !isEndpointARN(*arn, "sns", kind) {
		return nil, invalidParameter(parameter + " Reason: An ARN must have at least 6 elements, not " + countElements(*arn))
	}
	return onAccount(s, call, action, func() (O, error) {
		if !strings.HasPrefix(*arn, fakeaws.ARN("sns", call.Region, call.Account, kind)) {
			var none O
			return none, authorizationError("User is not authorized to access this resource") // unverified
		}
		return do(*arn)
	})
}

// createPlatformApplication makes an application, or answers one that there is.
func (s *Fake) createPlatformApplication(call *fakeaws.Call, in *awssns.CreatePlatformApplicationInput) (*fakeaws.Plan[*awssns.CreatePlatformApplicationOutput], error) {
	switch {
	case in.Name == nil:
		return nil, required("Name")
	case in.Platform == nil:
		return nil, required("Platform")
	case in.Attributes == nil:
		return nil, required("Attributes")
	}
	return onAccount(s, call, "sns:CreatePlatformApplication", func() (*awssns.CreatePlatformApplicationOutput, error) {
		switch {
		case !isName(strings.ReplaceAll(*in.Name, ".", "-")):
			return nil, invalidParameter("Name Reason: must be between 1 and 256 characters long and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, hyphens, and periods.")
		case !contains(platforms, *in.Platform):
			return nil, invalidParameter("Platform Reason: Unsupported platform") // unverified
		}
		if err := checkNames(in.Attributes, applicationAttributes); err != nil {
			return nil, err
		}
		if in.Attributes["PlatformCredential"] == "" {
			return nil, invalidParameter("Attributes Reason: PlatformCredential attribute missing") // unverified
		}
		arn := fakeaws.ARN("sns", call.Region, call.Account, "app/"+*in.Platform+"/"+*in.Name)
		if s.applications[arn] == nil {
			a := &application{arn: arn, of: place{call.Account, call.Region}, attributes: map[string]string{"Enabled": "true"}, endpoints: map[string]*endpoint{}}
			maps.Copy(a.attributes, in.Attributes)
			s.applications[arn] = a
		}
		return &awssns.CreatePlatformApplicationOutput{PlatformApplicationArn: &arn}, nil
	})
}

// deletePlatformApplication deletes an application with its endpoints.
func (s *Fake) deletePlatformApplication(call *fakeaws.Call, in *awssns.DeletePlatformApplicationInput) (*fakeaws.Plan[*awssns.DeletePlatformApplicationOutput], error) {
	return onPlace(s, call, "sns:DeletePlatformApplication", "PlatformApplicationArn", in.PlatformApplicationArn, "app/", func(arn string) (*awssns.DeletePlatformApplicationOutput, error) {
		delete(s.applications, arn)
		return &awssns.DeletePlatformApplicationOutput{}, nil
	})
}

// application finds one by its ARN. The lock is held.
func (s *Fake) application(arn string) (*application, error) {
	if a := s.applications[arn]; a != nil {
		return a, nil
	}
	return nil, notFound("PlatformApplication does not exist")
}

// shown are the attributes of an application that are no secrets.
func (a *application) shown() map[string]string {
	m := maps.Clone(a.attributes)
	delete(m, "PlatformCredential")
	delete(m, "PlatformPrincipal")
	return m
}

// getPlatformApplicationAttributes returns the attributes of an application.
func (s *Fake) getPlatformApplicationAttributes(call *fakeaws.Call, in *awssns.GetPlatformApplicationAttributesInput) (*fakeaws.Plan[*awssns.GetPlatformApplicationAttributesOutput], error) {
	return onPlace(s, call, "sns:GetPlatformApplicationAttributes", "PlatformApplicationArn", in.PlatformApplicationArn, "app/", func(arn string) (*awssns.GetPlatformApplicationAttributesOutput, error) {
		a, err := s.application(arn)
		if err != nil {
			return nil, err
		}
		return &awssns.GetPlatformApplicationAttributesOutput{Attributes: a.shown()}, nil
	})
}

// setPlatformApplicationAttributes changes attributes of an application.
func (s *Fake) setPlatformApplicationAttributes(call *fakeaws.Call, in *awssns.SetPlatformApplicationAttributesInput) (*fakeaws.Plan[*awssns.SetPlatformApplicationAttributesOutput], error) {
	if in.Attributes == nil {
		return nil, required("Attributes")
	}
	return onPlace(s, call, "sns:SetPlatformApplicationAttributes", "PlatformApplicationArn", in.PlatformApplicationArn, "app/", func(arn string) (*awssns.SetPlatformApplicationAttributesOutput, error) {
		a, err := s.application(arn)
		if err != nil {
			return nil, err
		}
		if err := checkNames(in.Attributes, applicationAttributes); err != nil {
			return nil, err
		}
		maps.Copy(a.attributes, in.Attributes)
		return &awssns.SetPlatformApplicationAttributesOutput{}, nil
	})
}

// listPlatformApplications lists the applications of the caller's account in the call's
// region.
func (s *Fake) listPlatformApplications(call *fakeaws.Call, in *awssns.ListPlatformApplicationsInput) (*fakeaws.Plan[*awssns.ListPlatformApplicationsOutput], error) {
	return onAccount(s, call, "sns:ListPlatformApplications", func() (*awssns.ListPlatformApplicationsOutput, error) {
		var arns []string
		for arn, a := range s.applications {
			if a.of == (place{call.Account, call.Region}) {
				arns = append(arns, arn)
			}
		}
		p, err := listed(arns, in.NextToken, pageSize, func(arn string) types.PlatformApplication {
			return types.PlatformApplication{PlatformApplicationArn: &arn, Attributes: s.applications[arn].shown()}
		})
		if err != nil {
			return nil, err
		}
		return &awssns.ListPlatformApplicationsOutput{PlatformApplications: p.Items, NextToken: p.Next}, nil
	})
}
