// Package selectsql parses and evaluates the SQL of Amazon S3 Select: one SELECT over the
// records of an object (User Guide, "SQL reference for Amazon S3 Select").
package selectsql

import (
	"fmt"
	"net/http"
)

// An Error is one of S3's "SELECT Object Content Error Codes" (API Reference, "Error
// responses").
type Error struct {
	Code    string
	Message string
	Status  int
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Fail is the error of a code with the text that the API Reference has for it.
func Fail(code string) *Error { return failWith(code, texts[code]) }

// Failf is the error of a code with a text of its own.
func Failf(code, format string, args ...any) *Error {
	return failWith(code, fmt.Sprintf(format, args...))
}

func failWith(code, text string) *Error {
	return &Error{Code: code, Message: text, Status: http.StatusBadRequest}
}

// texts are those of the API Reference.
var texts = map[string]string{
	"AmbiguousFieldName":         "The field name matches to multiple fields in the file. Check the SQL expression and the file, and try again.",
	"CastFailed":                 "An attempt to convert from one data type to another using CAST failed in the SQL expression.",
	"ColumnTooLong":              "The length of a column in the result is greater than maxCharsPerColumn of 1 MB.",
	"CSVEscapingRecordDelimiter": "A quoted record delimiter was found in the file. To allow quoted record delimiters, set AllowQuotedRecordDelimiter to 'TRUE'.",
	"CSVUnescapedQuote":          "An unescaped quote was found while parsing the CSV file. To allow quoted record delimiters, set AllowQuotedRecordDelimiter to 'TRUE'.",

	"EvaluatorInvalidArguments":                        "There is an incorrect number of arguments in the function call in the SQL expression.",
	"EvaluatorInvalidTimestampFormatPatternSymbol":     "The timestamp format pattern contains a symbol in the SQL expression that is not valid.",
	"EvaluatorInvalidTimestampFormatPatternToken":      "The timestamp format pattern contains a token in the SQL expression that is not valid.",
	"EvaluatorLikePatternInvalidEscapeSequence":        "An argument given to the LIKE expression was not valid.",
	"EvaluatorNegativeLimit":                           "LIMIT must not be negative.",
	"EvaluatorUnterminatedTimestampFormatPatternToken": "The timestamp format pattern contains an unterminated token in the SQL expression.",
	"ExpressionTooLong":                                "The SQL expression is too long. The maximum byte-length for an SQL expression is 256 KB.",
	"ExternalEvalException":                            "The query cannot be evaluated. Check the file and try again.",
	"IllegalSqlFunctionArgument":                       "An illegal argument was used in the SQL function.",
	"IncorrectSqlFunctionArgumentType":                 "An incorrect argument type was specified in a function call in the SQL expression.",
	"IntegerOverflow":                                  "An integer overflow or underflow occurred in the SQL expression.",
	"InvalidCast":                                      "An attempt to convert from one data type to another using CAST failed in the SQL expression.",
	"InvalidCompressionFormat":                         "The file is not in a supported compression format. Only GZIP and BZIP2 are supported.",
	"InvalidDataSource":                                "The data source type is not valid. Only CSV, JSON, and Parquet are supported.",
	"InvalidDataType":                                  "The SQL expression contains a data type that is not valid.",
	"InvalidExpressionType":                            "The ExpressionType value is not valid. Only SQL expressions are supported.",
	"InvalidFileHeaderInfo":                            "The FileHeaderInfo value is not valid. Only NONE, USE, and IGNORE are supported.",
	"InvalidJsonType":                                  "The JsonType value is not valid. Only DOCUMENT and LINES are supported.",
	"InvalidKeyPath":                                   "The key path in the SQL expression is not valid.",
	"InvalidQuoteFields":                               "The QuoteFields value is not valid. Only ALWAYS and ASNEEDED are supported.",
	"InvalidRequestParameter":                          "The value of a parameter in the SelectRequest element is not valid. Check the service API documentation and try again.",
	"InvalidScanRange":                                 "The provided scan range is not valid.",
	"InvalidTableAlias":                                "The SQL expression contains a table alias that is not valid.",
	"JSONParsingError":                                 "An error occurred while parsing the JSON file. Check the file and try again.",
	"LikeInvalidInputs":                                "The argument given to the LIKE clause in the SQL expression is not valid.",
	"MaxOperatorsExceeded":                             "Failed to parse SQL expression, try reducing complexity. For example, reduce number of operators used.",
	"MissingRequiredParameter":                         "The SelectRequest entity is missing a required parameter. Check the service documentation and try again.",
	"MultipleDataSourcesUnsupported":                   "Multiple data sources are not supported.",
	"NumberFormatError":                                "An error occurred while parsing a number. This error can be caused by underflow or overflow of integers.",
	"ObjectSerializationConflict":                      "InputSerialization specifies more than one format (CSV, JSON, or Parquet), or OutputSerialization specifies more than one format (CSV or JSON). For InputSerialization and OutputSerialization, you can specify only one format for each.",
	"OverMaxColumn":                                    "The number of columns in the result is greater than the maximum allowable number of columns.",
	"ParseAsteriskIsNotAloneInSelectList":              "Other expressions are not allowed in the SELECT list when * is used without dot notation in the SQL expression.",
	"ParseCastArity":                                   "The SQL expression CAST has incorrect arity.",
	"ParseEmptySelect":                                 "The SQL expression contains an empty SELECT clause.",
	"ParseInvalidContextForWildcardInSelectList":       "The use of * in the SELECT list in the SQL expression is not valid.",
	"ParseMalformedJoin":                               "JOIN is not supported in the SQL expression.",
	"ParseNonUnaryAgregateFunctionCall":                "Only one argument is supported for aggregate functions in the SQL expression.",
	"ParseUnsupportedCallWithStar":                     "Only COUNT with (*) as a parameter is supported in the SQL expression.",
	"ParseUnsupportedSelect":                           "The SQL expression contains an unsupported use of SELECT.",
	"ParseUnsupportedSyntax":                           "The SQL expression contains unsupported syntax.",
	"TruncatedInput":                                   "Object decompression failed. Check that the object is properly compressed using the format specified in the request.",
	"UnrecognizedFormatException":                      "The record type is not valid.",
	"UnsupportedFunction":                              "S3 encountered an unsupported SQL function.",
	"UnsupportedRangeHeader":                           "A range header is not supported for this operation.",
	"UnsupportedScanRangeInput":                        "Scan range queries are not supported on this type of object.",
	"UnsupportedSqlOperation":                          "S3 encountered an unsupported SQL operation.",
	"UnsupportedSqlStructure":                          "S3 encountered an unsupported SQL structure. Check the SQL Reference.",
	"UnsupportedStorageClass":                          "The storage class is not supported. Only STANDARD, STANDARD_IA, and ONEZONE_IA storage classes are supported.",
	"ValueParseFailure":                                "A timestamp parse failure occurred in the SQL expression.",
}

// at is the error of a code at a place in the expression. The form of the text is the
// service's, as callers quote it of some codes; of the others it is unverified.
func at(code, text string, t *token) *Error {
	return Failf(code, "%s at line %d, column %d.", text, t.line, t.column)
}

// unexpected is the error of a code about what was found in place of something.
func unexpected(code, text string, t *token) *Error { return at(code, text+" "+t.describe(), t) }

// MissingHeaders is the error of a column that the header does not have. The API
// Reference has no such code: it is the service's, as callers quote it.
func missingHeaders() *Error {
	return Failf("MissingHeaders", "Some headers in the query are missing from the file. Please check the file and try again.")
}

// OverMaxRecordSize is the error of a record that is longer than S3 Select takes. The text
// is the service's, as callers quote it.
func OverMaxRecordSize() *Error {
	return Failf("OverMaxRecordSize", "The character number in one record is more than our max threshold, maxCharsPerRecord: 1,048,576")
}

// InvalidTextEncoding is the error of bytes that are not UTF-8. The text is the service's,
// as callers quote it; how near the number is to the byte is unverified.
func InvalidTextEncoding(offset int64) *Error {
	return Failf("InvalidTextEncoding", "UTF-8 encoding is required. The text encoding error was found near byte %s.", thousands(offset))
}

// thousands writes a number as Java does for English: 8,192.
func thousands(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
