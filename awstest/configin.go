package awstest

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// ConfigIn returns a config for clients that call a World in a region with some
// credentials: for code that a World itself runs, such as a Lambda function, in the World or
// in a clone of it. It stays in the process.
func ConfigIn(w *fakeaws.World, region string, credentials aws.CredentialsProvider) aws.Config {
	a := &Account{world: w}
	a.options.region = region
	return a.config(credentials)
}
