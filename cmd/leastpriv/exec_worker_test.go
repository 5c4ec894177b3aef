package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// worker is a program that the exec command runs: each argument is a call. It has the account
// from its environment, and ends with 1 when a call fails.
func worker(calls []string) int {
	client := s3.NewFromConfig(aws.Config{
		Region: os.Getenv("AWS_REGION"), BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
	}, func(o *s3.Options) { o.UsePathStyle = true })
	for _, call := range calls {
		if err := workerCall(client, call); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

func workerCall(client *s3.Client, call string) error {
	bucket := aws.String("reports")
	ctx := context.Background()
	verb, key, _ := strings.Cut(call, "=")
	switch verb {
	case "make":
		_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
		return err
	case "put":
		_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: strings.NewReader("a,b")})
		return err
	case "get":
		_, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: &key})
		return err
	case "heads": // so many at once, each of another object, whose failures do not matter
		n, err := strconv.Atoi(key)
		var all sync.WaitGroup
		for w := range 8 {
			all.Go(func() {
				for i := w; i < n; i += 8 {
					_, _ = client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String(strconv.Itoa(i))})
				}
			})
		}
		all.Wait()
		return err
	}
	return fmt.Errorf("no call %q", call)
}
