// Package question reads questions to the policies that no call asks: an action, a
// resource and condition keys, by their names. What AWS does not have is an error: every
// policy denies an action that does not exist, and an assertion that it is denied would
// hold and prove nothing.
package question

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/lint"
	"github.com/leastpriv/leastpriv/internal/awsid"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// Known says whether AWS has an action, as far as is known. What has not the form of one
// is for others to say.
func Known(action string) error {
	if !strings.Contains(action, ":") || strings.ContainsAny(action, "*?") {
		return nil
	}
	if wrong := lint.Action(action); wrong != nil {
		return asError(wrong)
	}
	return nil
}

func asError(f *lint.Finding) error {
	if f.Suggestion != "" {
		return fmt.Errorf("%s; %s", f.Message, f.Suggestion)
	}
	return errors.New(f.Message)
}

// ErrNoResource is in the error of a question without a resource about an action that acts
// on one.
var ErrNoResource = errors.New("acts on a resource")

// Action finds the action of a question about a resource: an ARN without wildcards, or
// "*" for an action without resource-level permissions. An action that never acts on the
// resource is an error too.
func Action(name, resource string) (*catalog.Action, error) {
	if strings.ContainsAny(name, "*?") || !strings.Contains(name, ":") {
		return nil, fmt.Errorf("action %q; want a form like s3:GetObject", name)
	}
	if err := Known(name); err != nil {
		return nil, err
	}
	action, _ := catalog.Find(name)
	switch forms := lint.ResourceForms(action); {
	case resource == "*" && len(action.Resources) > 0:
		return nil, fmt.Errorf(`%s %w, and "*" is none; it acts on %s`, action, ErrNoResource, strings.Join(forms, ", "))
	case resource == "*":
		return action, nil
	case strings.ContainsAny(resource, "*?") && len(action.Resources) > 0:
		return nil, fmt.Errorf("resource %q: a question is about one resource, without wildcards", resource)
	case !lint.Takes(action, resource) && forms == nil:
		return nil, fmt.Errorf(`%s has no resource-level permissions: it is asked for on "*"`, action)
	case !lint.Takes(action, resource):
		return nil, fmt.Errorf("%s never acts on %s; it acts on %s", action, resource, strings.Join(forms, ", "))
	}
	return action, nil
}

// Resource says whether a resource is "*" or has the form of an ARN: with an account of 12
// digits, if with any.
func Resource(text string) error {
	if text == "*" {
		return nil
	}
	parsed, err := arn.Parse(text)
	if err != nil {
		return fmt.Errorf(`resource %q; want an ARN, or "*" for an action without resource-level permissions`, text)
	}
	if a := parsed.AccountID; a != "" && a != "aws" && !awsid.IsAccount(a) {
		return fmt.Errorf("resource %q: account %q is none: it has 12 digits", text, a)
	}
	return nil
}

// SetKey gives a request a condition key. Without values the request lacks it; a list is
// for keys with several values. A key that AWS does not have, and a value that none of its
// requests can have, are errors: no condition would hold, and the answer be about no
// request. The actions are those of the requests, which may have keys of their services.
func SetKey(to *enforce.Context, name string, values []string, list bool, actions ...*catalog.Action) error {
	if wrong := lint.Key(name, actions...); wrong != nil {
		return asError(wrong)
	}
	kind, known := lint.KeyType(name, actions...)
	one, many := strings.CutPrefix(kind, "ArrayOf")
	for _, v := range values {
		if known && !isOfType(v, one) {
			return fmt.Errorf("%s is of type %s, which %q is not", name, one, v)
		}
	}
	switch {
	case values == nil, len(values) == 0 && !list && !many:
		to.SetAbsent(name)
	case list && known && !many:
		return fmt.Errorf("%s has one value, not a list", name)
	case list || many:
		to.SetMulti(name, values)
	case one == "Binary":
		bytes, _ := base64.StdEncoding.DecodeString(values[0]) // it is of its type
		to.SetBinary(name, bytes)
	default:
		to.Set(name, values[0])
	}
	return nil
}

// isOfType reports whether a request can have a value for a key of a type of the Service
// Authorization Reference.
func isOfType(value, kind string) bool {
	var err error
	switch kind {
	case "Bool":
		return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case "Numeric":
		_, err = strconv.ParseFloat(value, 64)
	case "IPAddress":
		_, err = netip.ParseAddr(value)
	case "ARN":
		return strings.HasPrefix(value, "arn:") && strings.Count(value, ":") >= 5
	case "Binary":
		_, err = base64.StdEncoding.DecodeString(value)
	case "Date":
		if _, err = strconv.ParseInt(value, 10, 64); err != nil {
			_, err = time.Parse(time.RFC3339, value)
		}
	}
	return err == nil
}
