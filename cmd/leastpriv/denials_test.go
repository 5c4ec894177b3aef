package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A writtenText is what several goroutines write and read.
type writtenText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *writtenText) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *writtenText) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// With -log each denial is a line, also after a reset; in the mode soft it says that the call
// passes.
func TestServeLog(t *testing.T) {
	for mode, passes := range map[string]string{"strict": "", "soft": ", which passes"} {
		t.Run(mode, func(t *testing.T) {
			errors := new(writtenText)
			url, _ := startTo(t, errors, "-log", "-mode", mode, "-account", "111122223333:AKIAONE:one-secret")
			try := func(key string) {
				root := config(t, url, "AKIAONE", "one-secret")
				_, err := s3.NewFromConfig(root).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("reports")})
				require.NoError(t, err)
				admin := iam.NewFromConfig(root)
				_, err = admin.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("test")})
				require.NoError(t, err)
				made, err := admin.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("test")})
				require.NoError(t, err)
				objects := s3.NewFromConfig(config(t, url, *made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey))
				_, err = objects.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: aws.String(key)})
				assert.Equal(t, passes == "", err != nil, "%v", err)
			}
			try("q3.csv")
			resp, _ := send(t, "POST", url+"/_leastpriv/reset")
			require.Equal(t, 204, resp.StatusCode)
			try("bell\a\x1b[2Jé")
			var lines []string
			require.EventuallyWithT(t, func(c *assert.CollectT) {
				lines = strings.Split(strings.TrimSuffix(errors.String(), "\n"), "\n")
				assert.Len(c, lines, 2)
			}, 10*time.Second, time.Millisecond)
			assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ DENY user/test s3:DeleteObject arn:aws:s3:::reports/q3.csv  no identity-based policy allows it \(s3:DeleteObject`+passes+`\)$`, lines[0])
			assert.Contains(t, lines[1], `arn:aws:s3:::reports/bell\a\x1b[2Jé  `)
		})
	}
}
