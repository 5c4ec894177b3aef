package wire

import (
	"net/http"
	"slices"
)

// Where a service is not what its model says.

// statuses are the success codes that differ from the model's. S3's own API
// references have 204 in the sample answers of all but some, and S3's says of
// RestoreObject that it accepts what is not there yet.
var statuses = map[string]map[string]int{
	"s3": {
		"PutBucketPolicy":  http.StatusNoContent,
		"PutBucketTagging": http.StatusNoContent,
		"RestoreObject":    http.StatusAccepted,
		// The sample answers of these have 200; S3 answers 204.
		"PutBucketAnalyticsConfiguration":          http.StatusNoContent,
		"PutBucketIntelligentTieringConfiguration": http.StatusNoContent,
		"PutBucketInventoryConfiguration":          http.StatusNoContent,
		"PutBucketMetricsConfiguration":            http.StatusNoContent,
	},
	"s3-control": {
		"DeleteAccessPoint":       http.StatusNoContent,
		"DeleteAccessPointPolicy": http.StatusNoContent,
		"DeletePublicAccessBlock": http.StatusNoContent,
	},
}

// signingNames are those of services whose requests are signed for another one.
var signingNames = map[string]string{"s3-control": "s3"}

// unlessTrue are the truth values that a service leaves out when they are false, where
// its other answers have them: by service and structure.
var unlessTrue = map[string]map[string]string{
	// This list was answered in one piece until 2025.
	"iam": {"ListServiceSpecificCredentialsResponse": "IsTruncated"},
}

// otherRoots are the root elements that a request may have in place of the model's: the
// examples of S3's API Reference have them.
var otherRoots = map[string]string{"SelectObjectContentRequest": "SelectRequest"}

// queryMessages are errors that SQS words differently in its older protocol.
var queryMessages = map[string]string{
	"AWS.SimpleQueueService.NonExistentQueue": "The specified queue does not exist for this wsdl version.",
}

// outputOf is the name of the shape that an operation answers.
func outputOf(m *model, operation string) string {
	for i := range m.Operations {
		if m.Operations[i].Name == operation {
			return m.Operations[i].Out
		}
	}
	return ""
}

// applyQuirks corrects a model before it is planned.
func applyQuirks(s *Service, m *model) {
	for i := range m.Operations {
		if code := statuses[s.name][m.Operations[i].Name]; code != 0 {
			m.Operations[i].Code = code
		}
	}
	if s.name != "s3" {
		return
	}
	if out := s.shapes[outputOf(m, "ListBuckets")]; out != nil {
		// S3 writes the owner first; the model has it behind the buckets.
		slices.SortStableFunc(out.Members, func(a, b trait) int {
			switch {
			case a.Name == b.Name || a.Name != "Owner" && b.Name != "Owner":
				return 0
			case a.Name == "Owner":
				return -1
			}
			return 1
		})
	}
	// The SDKs' customized models read the header Expires twice, as a time and,
	// because S3 stores whatever it was sent, as text.
	for _, sh := range s.shapes {
		for i := range sh.Members {
			if sh.Members[i].Name == "ExpiresString" {
				sh.Members[i].Header = "Expires"
			}
		}
	}
}

// textRoot reports whether a shape's document is the text of its only member:
// <LocationConstraint>eu-west-1</LocationConstraint>, where the model would
// have an element of that name in another.
func (s *Service) textRoot(shape string) bool {
	return s.name == "s3" && shape == "GetBucketLocationOutput"
}
