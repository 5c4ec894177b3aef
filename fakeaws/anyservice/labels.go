package anyservice

import (
	"strings"

	"github.com/aws/smithy-go/encoding/httpbinding"
)

// withLabels puts what the path of a request has in place of the labels of its URI into the
// form of an ARN, arn:${Partition}:apigateway:${Region}::/restapis/{restApiId}: resources of
// API Gateway are called as the paths of its requests, escaped as SDKs do.
func (r *request) withLabels(form string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(form, '{')
		length := strings.IndexByte(form[open+1:], '}')
		if open < 0 || length < 0 {
			return b.String() + form
		}
		name, end := form[open+1:open+1+length], open+length+2
		if open > 0 && form[open-1] == '$' { // a variable
			b.WriteString(form[:end])
		} else {
			text, _ := r.msg.Operation.Label(r.msg.Request, strings.TrimSuffix(name, "+"))
			b.WriteString(form[:open] + httpbinding.EscapePath(text, true))
		}
		form = form[end:]
	}
}
