package iamtoolbox

import (
	"fmt"
	"net/http"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Texts of which no answer of AWS is on record; unverified. The first two follow the
// descriptions of the errors in the API reference, the others the words of AWS's front end.
const (
	noDetails  = "The requested authorization details do not exist in this region or have expired."
	noPolicy   = "The requested policy does not exist in the authorization details."
	badPattern = "1 validation error detected: Value '%s' at 'authorizationId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0123456789abcdefghijklmnopqrstuvwxyz]+"
	tooLong    = "1 validation error detected: Value '%s' at 'authorizationId' failed to satisfy constraint: Member must have length less than or equal to 256"
	noURI      = "1 validation error detected: Value null at 'policyUri' failed to satisfy constraint: Member must not be null"
	badToken   = "Invalid nextToken."
)

func refused(code string, status int, message string) error {
	return &fakeaws.Error{Code: code, Message: message, Status: status}
}

func notFound(message string) error {
	return refused("ResourceNotFoundException", http.StatusNotFound, message)
}

func invalid(message string) error {
	return refused("ValidationException", http.StatusBadRequest, message)
}

// maxID and idForm are the constraints of authorization ids in the API reference.
const maxID = 256

var idForm = regexp.MustCompile(`^[0-9a-z]+$`)

// checkID refuses an id that the API reference does not admit.
func checkID(id *string) error {
	switch text := aws.ToString(id); {
	case len(text) > maxID:
		return invalid(fmt.Sprintf(tooLong, text))
	case !idForm.MatchString(text):
		return invalid(fmt.Sprintf(badPattern, text))
	}
	return nil
}
