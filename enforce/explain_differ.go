package enforce

import (
	"fmt"
	"strings"
)

// otherPrincipals says which principal a statement names that is most like the caller,
// and in what they differ.
func (e *eval) otherPrincipals(s *Statement) string {
	caller := &e.req.Principal
	name := caller.callerName()
	texts := make([]string, len(s.principals))
	for i := range s.principals {
		texts[i] = s.principals[i].value
	}
	at, common := nearestText(texts, name)
	if i, n := nearestText(texts, caller.IssuerARN); n > common {
		at = i
	}
	for i := range s.principals {
		if s.principals[i].kind == principalByID {
			at = i // of one that was deleted: the likeliest surprise
		}
	}
	p := &s.principals[at]
	text := fmt.Sprintf("it names other principals: %q%s, not %q", p.value, andMore(len(texts)-1), name)
	if caller.Type == AssumedRole && caller.IssuerARN != "" {
		text += fmt.Sprintf(", a session of %q", caller.IssuerARN)
	}
	return text + p.difference(caller)
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// difference says how a principal differs from a caller whom it does not name, where that
// is easy to miss.
func (p *principalPattern) difference(caller *Principal) string {
	if p.kind == principalByID {
		return "; that is the id of a user or role, which AWS shows where it was deleted: one of the same name is another"
	}
	if caller.Type == Anonymous {
		return "; the call is not signed"
	}
	if p.kind != principalByARN {
		return ""
	}
	named, _ := splitARN(p.value)
	role, _ := splitARN(caller.IssuerARN)
	_, sessionRole, _ := strings.Cut(named.resource(), "/")
	sessionRole, _, _ = strings.Cut(sessionRole, "/")
	self, _ := splitARN(caller.ARN)
	kind, _, _ := strings.Cut(named.resource(), "/")
	switch {
	case named.account() != caller.Account:
		return fmt.Sprintf("; the account is %q there, and %q of the caller", named.account(), caller.Account)
	case kind == "assumed-role" && sessionRole == base(role.resource()):
		return "; that is one session of the role: to name the role names all"
	case kind == "role" && base(named.resource()) == base(role.resource()), kind == "user" && base(named.resource()) == base(self.resource()) && caller.Type == User:
		return "; the path differs"
	case strings.EqualFold(p.value, caller.ARN) || strings.EqualFold(p.value, caller.IssuerARN):
		return "; the letters differ in case"
	}
	return ""
}

// base returns what follows the last slash.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// otherResources says which resource of a statement is most like that of the request, and
// in what they differ.
func (e *eval) otherResources(s *Statement) string {
	const begin = "it names other resources: "
	elements := s.Elements()
	if s.not.resource {
		return begin + fmt.Sprintf("all but %s, and so not %q", strings.Join(valuesOf(elements.NotResource), ", "), e.req.Resource)
	}
	texts := valuesOf(elements.Resource)
	at, _ := nearestText(texts, e.req.Resource)
	text := begin + fmt.Sprintf("%q%s, not %q", texts[at], andMore(len(texts)-1), e.req.Resource)
	if literal := literalVariable(s, texts[at]); literal != "" {
		return text + "; " + literal
	}
	if reason := e.difference(texts[at], s.policy.version == version2012); reason != "" {
		text += "; " + reason
	}
	return text
}

// arnSegments are the names of the segments of an ARN.
var arnSegments = [...]string{"prefix", "partition", "service", "region", "account", "resource"}

// difference says in what the resource of a request differs from a pattern that does not
// match it.
func (e *eval) difference(pattern string, variables bool) string {
	a, ok := splitARN(e.req.Resource)
	if !ok {
		return `only the Resource "*" is about it`
	}
	var segments [6]string // compiled
	for i, segment := range SplitPattern(pattern) {
		t, _ := compileTemplate(segment, textMode{wild: true, variables: variables && i == 5}) // it was compiled before
		text, ok := e.expand(&t, len(pattern)+len(e.req.Resource)+1<<16)
		if !ok {
			return "a variable in it has no value in the request"
		}
		segments[i] = strings.Clone(text)
	}
	for i, segment := range segments[:5] {
		if !e.texts.glob(segment, a[i]) {
			return fmt.Sprintf("the %s is %q there, and %q in the request", arnSegments[i], readable(segment), a[i])
		}
	}
	return e.resourceDifference(segments[5], &a)
}

var unwild = sameBytes.with("\xfe\xff", "*?")

// readable writes a compiled pattern as policies do.
func readable(pattern string) string { return unwild.Replace(pattern) }

// resourceDifference is difference for the last segment.
func (e *eval) resourceDifference(pattern string, a *arn) string {
	resource := a.resource()
	matches := func(pattern, text string) bool { return e.texts.glob(pattern, text) }
	const fifo = ".fifo"
	under, ofMembers := strings.CutSuffix(pattern, "/"+anyRuns)
	switch {
	case matches(lowerCase.Replace(pattern), lowerCase.Replace(resource)):
		return "the letters differ in case"
	case a.service() == "s3" && matches(pattern+"/"+anyRuns, resource):
		return `that is the bucket: its objects are "/*" after it`
	case a.service() == "s3" && !strings.Contains(resource, "/") && kindOf(pattern) != pattern && matches(kindOf(pattern), resource):
		return "those are objects: the bucket has the ARN without the slash and what follows it"
	case matches(pattern+"/"+anyRuns, resource), matches(pattern+":"+anyRuns, resource):
		return "what is under it has a longer ARN"
	case ofMembers && matches(under, resource):
		return `that is what is under it: the ARN without "/*" is its own`
	case matches(pattern+fifo, resource):
		return "the name of a FIFO queue ends in .fifo"
	case matches(pattern, resource+fifo):
		return "the queue is no FIFO queue: .fifo is part of the name"
	case a.service() == "iam" && kindOf(pattern) == kindOf(resource) && matches(base(pattern), base(resource)):
		return "the path differs"
	}
	return fmt.Sprintf("the resource is %q there, and %q in the request", readable(pattern), resource)
}

// kindOf returns what precedes the first slash.
func kindOf(resource string) string {
	kind, _, _ := strings.Cut(resource, "/")
	return kind
}
