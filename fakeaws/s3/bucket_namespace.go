package s3

import (
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// regionalName is the name of a bucket in the namespace that an account has in a
// region: prefix-account-region-an (User Guide, "Account regional namespace naming
// rules").
var regionalName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^.+-([0-9]{12})-([a-z]{2,}(?:-[a-z]+)+-[0-9]+)-an$`)
})

// namespaceOf is the account and the region of a name in an account's namespace.
func namespaceOf(name string) (account, region string, ok bool) {
	if !strings.HasSuffix(name, "-an") {
		return "", "", false
	}
	parts := regionalName().FindStringSubmatch(name)
	if parts == nil {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// checkNamespace decides whether an account may make a bucket of a name in a region: in
// the account's own namespace, if and only if the request says so. That the namespace
// is one of the two, and all texts, are unverified; so is the code of the global
// namespace and of a name that is of no account's.
func checkNamespace(in *awss3.CreateBucketInput, account, region string) error {
	name := aws.ToString(in.Bucket)
	ofAccount, ofRegion, regional := namespaceOf(name)
	refuse := func(text string) error { return errInvalidNamespace.withText(text, "BucketName", name) }
	switch n := in.BucketNamespace; {
	case n != "" && !known(n):
		return invalidArgument("Invalid x-amz-bucket-namespace header: "+string(n), "x-amz-bucket-namespace", string(n))
	case n == "" && regional:
		return errMissingNamespace.of("BucketName", name)
	case n == types.BucketNamespaceGlobal && regional:
		return refuse("The name of the requested bucket is one of an account regional namespace.")
	case n != types.BucketNamespaceAccountRegional:
		return nil
	case !regional:
		return refuse("The name of a bucket in an account regional namespace must end with -" + account + "-" + region + "-an.")
	case ofAccount != account:
		return refuse("The account of the requested bucket's name is not the account of the request.")
	case ofRegion != region:
		return refuse("The Region of the requested bucket's name is not the Region of the request.")
	}
	return nil
}
