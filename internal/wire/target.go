package wire

import "sync"

// ServiceOfTarget finds the service whose requests carry a prefix before the
// dot of X-Amz-Target: "AmazonSQS" is that of sqs.
func ServiceOfTarget(prefix string) (name string, ok bool) {
	name, ok = targets()[prefix]
	return name, ok
}

// targets reads every schema: only an unsigned request, which does not say
// which service it is for, asks.
var targets = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, len(services))
	for name := range services {
		s, _ := Load(name)
		m[s.target] = name
	}
	return m
})
