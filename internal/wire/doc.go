// Package wire turns HTTP requests into the inputs of the AWS SDK for Go and its
// outputs and errors into HTTP answers, the way the AWS services do.
//
// One codec serves all services and protocols. What it needs to know of a
// service (operations, HTTP bindings, names in XML and JSON, error codes) is in
// a schema file that internal/gen extracts from AWS's own SDK packages; what it
// needs to know of the Go types, reflection tells once for each type.
package wire
