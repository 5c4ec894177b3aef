package s3

// An accessPoint is a named way to a bucket, with a policy of its own.
type accessPoint struct {
	name, arn string
}
