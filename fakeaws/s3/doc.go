// Package s3 is the fake of Amazon S3: general purpose buckets and their
// objects, in memory, with bucket policies and S3 Block Public Access in force.
//
// A bucket is as AWS makes it today: ACLs are disabled (object ownership is
// BucketOwnerEnforced), all four settings of Block Public Access are on, objects
// are encrypted with SSE-S3, and versioning is off. A parameter whose effect the
// fake does not have is refused with NotImplemented and its name.
package s3
