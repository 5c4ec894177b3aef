package iam

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// credentialReportOps are the operations on credential reports.
func (s *Fake) credentialReportOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.generateCredentialReport),
		fakeaws.Bind(s.getCredentialReport),
	}
}

const (
	// reportLife is for how long a report is the latest one (User Guide
	// "Generate credential reports for your AWS account").
	reportLife    = 4 * time.Hour
	reportStarted = "No report exists. Starting a new report generation task"

	notApplicable = notUsed
	noInformation = "no_information"
	notSupported  = "not_supported"
)

// A credentialReport lists the users of an account with their credentials.
type credentialReport struct {
	content   []byte
	generated time.Time
}

func (r *credentialReport) expired(now time.Time) bool { return now.Sub(r.generated) >= reportLife }

// reportColumns are the columns of a report. AWS's page has one more,
// additional_credentials_info, for users with more than two keys or
// certificates, which the quotas do not allow; real reports do not have it.
var reportColumns = strings.Fields(`user arn user_creation_time
	password_enabled password_last_used password_last_changed password_next_rotation mfa_active
	access_key_1_active access_key_1_last_rotated
	access_key_1_last_used_date access_key_1_last_used_region access_key_1_last_used_service
	access_key_2_active access_key_2_last_rotated
	access_key_2_last_used_date access_key_2_last_used_region access_key_2_last_used_service
	cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated`)

// generateCredentialReport makes a report unless there is one of the last four
// hours. It is ready at once, but says so in the next answer only, as AWS does.
func (s *Fake) generateCredentialReport(call *fakeaws.Call, in *sdk.GenerateCredentialReportInput) (*fakeaws.Plan[*sdk.GenerateCredentialReportOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.GenerateCredentialReportOutput, error) {
		if r := a.signIn.report; r != nil && !r.expired(s.now()) {
			return &sdk.GenerateCredentialReportOutput{State: types.ReportStateTypeComplete}, nil
		}
		r, err := s.report(call, a)
		if err != nil {
			return nil, err
		}
		a.signIn.report = r
		return &sdk.GenerateCredentialReportOutput{
			State: types.ReportStateTypeStarted, Description: aws.String(reportStarted),
		}, nil
	})
}

// getCredentialReport returns the latest report. AWS's errors have no message.
func (s *Fake) getCredentialReport(call *fakeaws.Call, in *sdk.GetCredentialReportInput) (*fakeaws.Plan[*sdk.GetCredentialReportOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.GetCredentialReportOutput, error) {
		switch r := a.signIn.report; {
		case r == nil:
			return nil, &types.CredentialReportNotPresentException{}
		case r.expired(s.now()):
			return nil, &types.CredentialReportExpiredException{}
		default:
			return &sdk.GetCredentialReportOutput{
				Content: slices.Clone(r.content), GeneratedTime: aws.Time(r.generated), ReportFormat: types.ReportFormatTypeTextCsv,
			}, nil
		}
	})
}

// report lists the root user and then all users by name.
func (s *Fake) report(ctx context.Context, a *account) (*credentialReport, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	// Writing to memory does not fail.
	_ = w.Write(reportColumns)
	_ = w.Write(s.reportRow(a.root))
	var gone error
	a.users.Scan(func(_ string, u *entity) bool {
		_ = w.Write(s.reportRow(u))
		gone = ctx.Err()
		return gone == nil
	})
	if gone != nil {
		return nil, gone
	}
	w.Flush()
	return &credentialReport{content: bytes.TrimSuffix(b.Bytes(), []byte("\n")), generated: s.now()}, nil
}

func (s *Fake) reportRow(u *entity) []string {
	name := u.name
	if u == u.account.root {
		name = "<root_account>"
	}
	row := []string{name, u.arn, reportTime(u.created)}
	row = append(row, u.passwordColumns()...)
	row = append(row, strconv.FormatBool(len(u.user.mfa) > 0))
	for i := range maxKeys {
		row = append(row, s.keyColumns(u, i)...)
	}
	for i := range maxSigningCertificates {
		if i >= len(u.user.signing) {
			row = append(row, "false", notApplicable)
			continue
		}
		c := u.user.signing[i]
		row = append(row, strconv.FormatBool(c.status == types.StatusTypeActive), reportTime(c.uploaded))
	}
	return row
}

// reportTime writes a time as reports do: ISO 8601 with the offset of UTC.
func reportTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }

// passwordColumns are enabled, last used, last changed, next rotation. There
// is no console to sign in to here.
func (e *entity) passwordColumns() []string {
	login := e.user.login
	switch {
	case e == e.account.root:
		return []string{strconv.FormatBool(login != nil), noInformation, notSupported, notSupported}
	case login == nil:
		return []string{"false", notApplicable, notApplicable, notApplicable}
	}
	rotation := notApplicable
	if p := e.account.signIn.passwordPolicy; p != nil && p.MaxPasswordAge != nil {
		rotation = reportTime(login.changed.AddDate(0, 0, int(*p.MaxPasswordAge)))
	}
	return []string{"true", noInformation, reportTime(login.changed), rotation}
}

// keyColumns are active, last rotated, and date, region and service of the last
// use of a user's access key.
func (s *Fake) keyColumns(u *entity, i int) []string {
	if i >= len(u.keys) {
		return []string{"false", notApplicable, notApplicable, notApplicable, notApplicable}
	}
	k := u.keys[i]
	last, used := k.lastUsed(), notApplicable
	if last.LastUsedDate != nil {
		used = reportTime(*last.LastUsedDate)
	}
	return []string{
		strconv.FormatBool(k.status == types.StatusTypeActive), reportTime(k.created),
		used, *last.Region, *last.ServiceName,
	}
}
