// Package partiql reads statements of PartiQL as DynamoDB has it (developer guide, "PartiQL - a
// SQL-compatible query language for Amazon DynamoDB"). What they say becomes the conditions,
// projections and updates of package expression.
package partiql

import (
	"fmt"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// A Kind is what a statement does.
type Kind uint8

// The kinds of statements. Exists is the function of that name, which transactions take in the
// place of a statement.
const (
	Select Kind = iota + 1
	Insert
	Update
	Delete
	Exists
)

// A Statement is a statement that was read.
type Statement struct {
	Kind         Kind
	Table, Index string // as they are named; Index is empty without one
	// Projection is what a SELECT returns: nil is all attributes.
	Projection *expression.Paths
	Where      *expression.Predicate // nil without a condition
	Order      []Order
	Item       value.Map // of an INSERT
	Update     *expression.Updates
	// Returning is the value of ReturnValues that RETURNING stands for; empty without it.
	Returning string
}

// An Order is a key attribute that ORDER BY names.
type Order struct {
	Attribute  string
	Descending bool
}

// Reads reports whether the statement reads and does not write. EXISTS is part of writes.
func (s *Statement) Reads() bool { return s.Kind == Select }

// An UnsupportedError is what DynamoDB may have and this package has not, by its name.
type UnsupportedError string

// Error implements error.
func (u UnsupportedError) Error() string { return "PartiQL: " + string(u) }

// The bounds of statements. That of operators is DynamoDB's for expressions; the depth is
// unverified.
const (
	maxOperators = 300
	maxDepth     = 64
	maxIn        = 100
)

// textMalformed begins what DynamoDB answers to what is no statement.
const textMalformed = "Statement wasn't well formed, can't be processed: "

// What is wrong with a statement, as DynamoDB answers it.
const (
	textNoStatement = "Expected data manipulation"
	textKeyword     = "Unexpected keyword"
	textDot         = "Invalid path dot component"
	textParameters  = "Number of parameters in request and statement don't match."
)

// Texts of which no answer of DynamoDB is on record: unverified.
const (
	textToken     = "Unexpected token: %s"
	textEnd       = "Unexpected end of the statement"
	textFunction  = "Unsupported function: %s"
	textOperands  = "Incorrect number of arguments of function: %s"
	textPath      = "Function %s takes a path"
	textType      = "Incorrect type of an operand of: %s"
	textTypeName  = "Invalid attribute type name: %s"
	textDeep      = "The statement is nested too deep"
	textOperators = "The statement has too many operators"
	textIn        = "The IN operator has too many values"
	textReturning = "Invalid RETURNING"
	textWhere     = "WHERE is required"
	textIndex     = "An index of a list is a number"
)

// keywords cannot be names without quotes.
var keywords = map[string]bool{
	"SELECT": true, "INSERT": true, "UPDATE": true, "DELETE": true, "FROM": true, "INTO": true, "VALUE": true, "VALUES": true, "SET": true,
	"REMOVE": true, "WHERE": true, "AND": true, "OR": true, "NOT": true, "IN": true, "IS": true, "BETWEEN": true, "NULL": true, "MISSING": true,
	"TRUE": true, "FALSE": true, "ORDER": true, "BY": true, "ASC": true, "DESC": true, "RETURNING": true, "EXISTS": true, "SIZE": true, "AS": true,
	"GROUP": true, "HAVING": true, "LIMIT": true, "JOIN": true, "UNION": true, "LIKE": true, "CASE": true,
}

func malformed(format string, args ...any) error {
	return value.Error(textMalformed + fmt.Sprintf(format, args...))
}
