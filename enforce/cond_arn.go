package enforce

// likeARN is the operand of the Arn operators: six segments, each with
// wildcards of its own.
type likeARN struct{ arnPattern }

func arnLike(value string, variables bool) (operand, error) {
	p, err := compileARN(value, variables, 0)
	return &likeARN{p}, err
}

// match finds no match in a value that is not an ARN, not even for "*".
func (o *likeARN) match(e *eval, v item) outcome {
	value := v.string()
	a, ok := splitARN(value)
	return outcomeOf(ok && e.matchARN(&o.arnPattern, value, &a))
}
