package s3_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"io"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

func benchmarkObject(b *testing.B, size int) {
	a := newAccount(b)
	a.bucket("bucket")
	body := make([]byte, size)
	in := &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")}
	b.Run("Put", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			in.Body = bytes.NewReader(body)
			if _, err := a.root.PutObject(context.Background(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Get", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			out, err := a.root.GetObject(context.Background(), &awss3.GetObjectInput{Bucket: in.Bucket, Key: in.Key})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, out.Body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMD5of8MiB is what PutObject cannot do without.
func BenchmarkMD5of8MiB(b *testing.B) {
	body := make([]byte, 8<<20)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		md5.Sum(body)
	}
}

func BenchmarkList1000Of100000(b *testing.B) {
	a := newAccount(b)
	a.bucket("bucket")
	fixture := a.world.Fixture(owner, "us-east-1")
	for i := range 100_000 {
		_, err := a.world.Do(b.Context(), fixture, &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key/" + strconv.Itoa(i))})
		require.NoError(b, err)
	}
	in := &awss3.ListObjectsV2Input{Bucket: aws.String("bucket"), StartAfter: aws.String("key/5")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.world.Do(b.Context(), fixture, in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkObject1KiB(b *testing.B) { benchmarkObject(b, 1<<10) }

func BenchmarkObject8MiB(b *testing.B) { benchmarkObject(b, 8<<20) }
