package selectsql

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 123_456_789, time.UTC)

// resultsOf evaluates a query over records of JSON.
func resultsOf(expression string, rows ...string) (results []string, err error) {
	q, err := Parse(expression)
	if err == nil {
		err = q.BindJSON()
	}
	if err != nil {
		return nil, err
	}
	q.Start(noon, func() error { return nil })
	add := func(out *Output, err error) error {
		if out == nil || err != nil {
			return err
		}
		if out.Whole.Kind() == Struct {
			results = append(results, out.Whole.JSONText())
			return nil
		}
		b := []byte{'{'}
		for i := range out.Values {
			if v := &out.Values[i]; !v.IsMissing() {
				b = v.AppendJSON(append(AppendQuoted(b, out.Names[i]), ':'))
				b = append(b, ' ')
			}
		}
		results = append(results, strings.TrimSpace(string(b))+"}")
		return nil
	}
	for _, row := range rows {
		if err := add(q.Next(&Row{Value: JSON(row)})); err != nil {
			return results, err
		}
	}
	return results, add(q.Last())
}

// valueOf is what an expression is, or the code of its error.
func valueOf(t *testing.T, expression, row string) string {
	t.Helper()
	results, err := resultsOf("SELECT "+expression+" AS v FROM S3Object s", row)
	if err != nil {
		require.ErrorAs(t, err, new(*Error))
		return err.(*Error).Code
	}
	require.Len(t, results, 1)
	if results[0] == "{}" {
		return results[0] // MISSING
	}
	return strings.TrimSuffix(strings.TrimPrefix(results[0], `{"v":`), "}")
}

const record = `{"i":7,"d":1.50,"big":123456789012345678901234567890,"s":"abc","n":null,"t":true,"l":[1,[2,3]],"o":{"x":{"y":"z"}},"CAST":"c","q r":1}`

func TestExpressions(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		// Operators.
		"1 + 2 * 3 - 4 / 2 % 3": "5", "-(1 + 2) * -3": "9", "7 / 2": "3", "-7 % 3": "-1", "7 / 2.0": "3.5", "1 / 3.0": "0.33333333333333333333333333333333333333",
		"0.1 + 0.2": "0.3", "1.50 * 2": "3.00", "1e2 + 1": "101", "5 - - 5": "10", "CAST(0.456 AS FLOAT) * 2": "0.912",
		"9223372036854775807 + 1": "IntegerOverflow", "-9223372036854775807 - 2": "IntegerOverflow", "9223372036854775807 * 2": "IntegerOverflow",
		"1 / 0": "ExternalEvalException", "1 % 0.0": "ExternalEvalException", "'a' + 1": "CastFailed", "s.l + 1": "IncorrectSqlFunctionArgumentType",
		"s.big + 1": "123456789012345678901234567891", "1e7000": "LexerInvalidLiteral", "s.i + s.n": "null", "s.i + s.none": "null",
		"1 < 2": "true", "1 = 1.0": "true", "'a' < 'b'": "true", "'a' = 1": "false", "'a' <> 1": "true", "'a' < 1": "null", "NULL = NULL": "null", "s.none = 1": "null",
		"1 <> 2 AND 2 >= 2 AND 3 != 4 AND NOT 1 > 2": "true", "TRUE OR s.n": "true", "FALSE AND s.n": "false", "TRUE AND NULL": "null", "FALSE OR MISSING": "null",
		"NOT NULL": "null", "1 AND 2": "IncorrectSqlFunctionArgumentType", "NOT 1": "IncorrectSqlFunctionArgumentType",
		"`2010T` < `2010-02T`": "true", "`2010-01-01T00:00Z` = `2010-01-01T01:00+01:00`": "true",
		"2 BETWEEN 1 AND 3": "true", "5 NOT BETWEEN 1 AND 3": "true", "NULL BETWEEN 1 AND 3": "null", "0 BETWEEN 1 AND NULL": "false", "2 BETWEEN NULL AND 1": "false", "2 BETWEEN NULL AND 3": "null",
		"'b' IN ('a', 'b', 'c')": "true", "'d' NOT IN ('a', 'b')": "true", "1 IN (2, NULL)": "null", "1 IN (1, NULL)": "true", "NULL IN (1)": "null",
		"s.n IS NULL": "true", "s.none IS NULL": "true", "s.n IS MISSING": "false", "s.none IS MISSING": "true", "s.i IS NOT NULL": "true", "s.i IS NOT MISSING": "true",
		"s.i IS INT": "true", "s.s IS NOT STRING": "false", "s.l IS INT": "false",
		"s.s LIKE 'a%'": "true", "s.s LIKE '%b%'": "true", "s.s LIKE '_b_'": "true", "s.s LIKE 'ab'": "false", "s.s LIKE ''": "false", "'' LIKE ''": "true", "'' LIKE '%'": "true",
		"s.s LIKE '%c'": "true", "s.s LIKE 'a%c'": "true", "s.s LIKE '%b_'": "true", "s.s NOT LIKE '%d%'": "true", "'aXbXc' LIKE '%X_X%'": "true", "'aab' LIKE '%ab'": "true", "'ab' LIKE 'ab%b'": "false",
		"'50%' LIKE '50x%' ESCAPE 'x'": "true", "'50' LIKE '50x%' ESCAPE 'x'": "false", "'ä' LIKE '_'": "true", "s.n LIKE 'a'": "null", "'a' LIKE NULL": "null",
		"'a' LIKE 'xa' ESCAPE 'x'": "EvaluatorLikePatternInvalidEscapeSequence", "'a' LIKE 'a' ESCAPE 'xy'": "EvaluatorLikePatternInvalidEscapeSequence", "'a' LIKE 'ax' ESCAPE 'x'": "EvaluatorLikePatternInvalidEscapeSequence",
		"1 LIKE 'a'": "LikeInvalidInputs", "'a' LIKE 1": "LikeInvalidInputs",
		// Paths.
		"s.i": "7", "s.I": "7", "s.\"I\"": "{}", "i": "7", "s.d": "1.50", "s.l[1][0]": "2", "s.l[5]": "{}", "s.o.x.y": `"z"`, "s.o['x']": `{"y":"z"}`, "s.\"CAST\"": `"c"`, "s.\"q r\"": "1", "s.s.x": "{}", "s['i']": "7",
		// Conditional functions: the examples of the User Guide.
		"COALESCE(1)": "1", "COALESCE(null)": "null", "COALESCE(null, null)": "null", "COALESCE(missing)": "null", "COALESCE(missing, missing)": "null", "COALESCE(1, null)": "1",
		"COALESCE(null, null, 1)": "1", "COALESCE(null, 'string')": `"string"`, "COALESCE(missing, 1)": "1",
		"NULLIF(1, 1)": "null", "NULLIF(1, 2)": "1", "NULLIF(1.0, 1)": "null", "NULLIF(1, '1')": "1", "NULLIF(s.l, s.l)": "null", "NULLIF(1, NULL)": "1", "NULLIF(NULL, 1)": "null",
		"NULLIF(null, null)": "null", "NULLIF(missing, null)": "null", "NULLIF(missing, missing)": "null",
		"CASE s.i WHEN 1 THEN 'a' WHEN 7 THEN 'b' ELSE 'c' END": `"b"`, "CASE WHEN s.i < 5 THEN 'group 1' WHEN s.i > 5 THEN 'group 2' ELSE 'group 3' END": `"group 2"`, "CASE s.i WHEN 1 THEN 2 END": "null",
		// String functions: the examples of the User Guide, with string literals.
		"CHAR_LENGTH('')": "0", "CHAR_LENGTH('abcdefg')": "7", "CHARACTER_LENGTH('äöü')": "3", "LOWER('AbCdEfG!@#$')": `"abcdefg!@#$"`, "UPPER('AbCdEfG!@#$')": `"ABCDEFG!@#$"`, "LOWER(NULL)": "null",
		"SUBSTRING('123456789', 0)": `"123456789"`, "SUBSTRING('123456789', 1)": `"123456789"`, "SUBSTRING('123456789', 2)": `"23456789"`, "SUBSTRING('123456789', -4)": `"123456789"`,
		"SUBSTRING('123456789', 0, 999)": `"123456789"`, "SUBSTRING('123456789', 1, 5)": `"12345"`, "SUBSTRING('123456789' FROM 2 FOR 3)": `"234"`, "SUBSTRING('123' FROM -1 FOR 1)": `""`, "SUBSTRING('123' FROM -1 FOR 3)": `"1"`,
		"SUBSTRING('äöü', 2, 1)": `"ö"`, "SUBSTRING('a', 9)": `""`, "SUBSTRING('a', 1, -1)": "IllegalSqlFunctionArgument", "SUBSTRING(1, 1)": "IncorrectSqlFunctionArgumentType", "SUBSTRING('a', 1, 9223372036854775807)": `"a"`,
		"TRIM('       foobar         ')": `"foobar"`, "TRIM(LEADING FROM '   foobar   ')": `"foobar   "`, "TRIM(TRAILING FROM '   foobar   ')": `"   foobar"`, "TRIM(BOTH FROM '   foobar   ')": `"foobar"`,
		"TRIM(BOTH '12' FROM '1112211foobar22211122')": `"foobar"`, "TRIM('x' FROM 'xax')": `"a"`,
		// Date functions: the examples of the User Guide.
		"DATE_ADD(year, 5, `2010-01-01T`)": `"2015-01-01"`, "DATE_ADD(month, 1, `2010T`)": `"2010-02T"`, "DATE_ADD(month, 13, `2010T`)": `"2011-02T"`, "DATE_ADD(day, -1, `2017-01-10T`)": `"2017-01-09"`,
		"DATE_ADD(hour, 1, `2017T`)": `"2017-01-01T01:00-00:00"`, "DATE_ADD(hour, 1, `2017-01-02T03:04Z`)": `"2017-01-02T04:04Z"`, "DATE_ADD(minute, 1, `2017-01-02T03:04:05.006Z`)": `"2017-01-02T03:05:05.006Z"`,
		"DATE_ADD(second, 1, `2017-01-02T03:04:05.006Z`)": `"2017-01-02T03:04:06.006Z"`, "DATE_ADD(month, 1, `2015-01-31T`)": `"2015-02-28"`, "DATE_ADD(year, 9000, `2010T`)": "IllegalSqlFunctionArgument",
		"DATE_ADD(month, -1, `2010-01T`)": `"2009-12T"`, "DATE_ADD(day, 'x', `2010T`)": "IncorrectSqlFunctionArgumentType", "DATE_ADD(day, 1, '2010T')": "IncorrectSqlFunctionArgumentType", "DATE_ADD(day, 9223372036854775807, `2010T`)": "IllegalSqlFunctionArgument",
		"DATE_DIFF(year, `2010-01-01T`, `2011-01-01T`)": "1", "DATE_DIFF(month, `2010T`, `2011T`)": "12", "DATE_DIFF(month, `2011T`, `2010T`)": "-12", "DATE_DIFF(day, `2010-01-01T23:00Z`, `2010-01-02T01:00Z`)": "0",
		"DATE_DIFF(month, `2010-01-31T`, `2010-02-28T`)": "0", "DATE_DIFF(second, `2010-01-01T00:00:00.5Z`, `2010-01-01T00:00:02Z`)": "1", "DATE_DIFF(hour, `2010-01-02T`, `2010-01-01T`)": "-24",
		"EXTRACT(YEAR FROM `2010-01-01T`)": "2010", "EXTRACT(MONTH FROM `2010T`)": "1", "EXTRACT(MONTH FROM `2010-10T`)": "10", "EXTRACT(HOUR FROM `2017-01-02T03:04:05+07:08`)": "3",
		"EXTRACT(MINUTE FROM `2017-01-02T03:04:05+07:08`)": "4", "EXTRACT(TIMEZONE_HOUR FROM `2017-01-02T03:04:05+07:08`)": "7", "EXTRACT(TIMEZONE_MINUTE FROM `2017-01-02T03:04:05+07:08`)": "8",
		"TO_STRING(`1969-07-20T20:18Z`, 'MMMM d, y')": `"July 20, 1969"`, "TO_STRING(`1969-07-20T20:18Z`, 'MMM d, yyyy')": `"Jul 20, 1969"`, "TO_STRING(`1969-07-20T20:18Z`, 'M-d-yy')": `"7-20-69"`,
		"TO_STRING(`1969-07-20T20:18Z`, 'MM-d-y')": `"07-20-1969"`, "TO_STRING(`1969-07-20T20:18Z`, 'MMMM d, y h:m a')": `"July 20, 1969 8:18 PM"`, "TO_STRING(`1969-07-20T20:18Z`, 'y-MM-dd''T''H:m:ssX')": `"1969-07-20T20:18:00Z"`,
		"TO_STRING(`1969-07-20T20:18+08:00`, 'y-MM-dd''T''H:m:ssXXXX')": `"1969-07-20T20:18:00+0800"`, "TO_STRING(`1969-07-20T20:18+08:00`, 'y-MM-dd''T''H:m:ssXXXXX')": `"1969-07-20T20:18:00+08:00"`,
		"TO_STRING(`1969-07-20T20:18:01.5Z`, 'HH:mm:ss.SSS n x xxx MMMMM')": `"20:18:01.500 500000000 +00 +00:00 J"`, "TO_STRING(`2010T`, 'q')": "EvaluatorInvalidTimestampFormatPatternSymbol",
		"TO_STRING(`2010T`, 'ddd')": "EvaluatorInvalidTimestampFormatPatternToken", "TO_STRING(`2010T`, '''y')": "EvaluatorUnterminatedTimestampFormatPatternToken",
		"TO_TIMESTAMP('2007T')": `"2007T"`, "TO_TIMESTAMP('2007-02-23T12:14:33.079-08:00')": `"2007-02-23T12:14:33.079-08:00"`, "TO_TIMESTAMP('2007-02-30T')": "ValueParseFailure", "TO_TIMESTAMP('2007-02-23T12:14')": "ValueParseFailure",
		"UTCNOW()": `"2026-05-04T12:00:00.123Z"`,
		// CAST.
		"CAST('2007-04-05T14:30Z' AS TIMESTAMP)": `"2007-04-05T14:30Z"`, "CAST(' 12 ' AS INT)": "12", "CAST('1.9' AS INTEGER)": "1", "CAST('x' AS INT)": "CastFailed", "CAST('' AS INT)": "CastFailed", "CAST(s.n AS INT)": "null", "CAST(s.none AS INT)": "{}",
		"CAST('1.50' AS DECIMAL)": "1.50", "CAST('1.50' AS NUMERIC(10, 2))": "1.50", "CAST(2 AS FLOAT)": "2", "CAST('TRUE' AS BOOL)": "true", "CAST(0 AS BOOL)": "false", "CAST('yes' AS BOOL)": "CastFailed", "CAST(TRUE AS INT)": "1",
		"CAST(1.50 AS STRING)": `"1.50"`, "CAST(TRUE AS STRING)": `"true"`, "CAST(1e30 AS INT)": "CastFailed", "CAST(s.l AS STRING)": "InvalidCast", "CAST(1 AS TIMESTAMP)": "InvalidCast", "CAST('2007' AS TIMESTAMP)": "CastFailed",
		"CAST(1 AS BLOB)": "InvalidDataType", "CAST(1)": "ParseCastArity", "CAST 1": "ParseExpectedLeftParenAfterCast", "CAST(1 AS 'INT')": "ParseExpectedTypeName",
		// Calls.
		"LOWER()": "EvaluatorInvalidArguments", "LOWER('a', 'b')": "EvaluatorInvalidArguments", "FROBNICATE(1)": "UnsupportedFunction", "SIZE(s.l)": "UnsupportedFunction", "LOWER(1)": "IncorrectSqlFunctionArgumentType",
		"DATE_ADD(week, 1, `2010T`)": "ParseExpectedDatePart", "DATE_ADD(timezone_hour, 1, `2010T`)": "ParseExpectedDatePart", "EXTRACT(YEAR, `2010T`)": "ParseExpectedKeyword", "LOWER('a' 'b')": "ParseExpectedArgumentDelimiter",
		// Literals.
		"'it''s'": `"it's"`, "`\"x\\n\"`": `"x\n"`, "`1.5`": "1.5", "`{a:1}`": "LexerInvalidIONLiteral", "`x": "LexerInvalidIONLiteral", "'x": "LexerInvalidLiteral", "1x": "LexerInvalidLiteral", "1 # 2": "LexerInvalidChar", "1 /* c */ + 1 -- d\n": "2",
		"'a' || 'b'": "UnsupportedSqlOperation",
	} {
		assert.Equal(t, want, valueOf(t, expression, record), expression)
	}
}

func TestStatements(t *testing.T) {
	t.Parallel()
	rows := []string{`{"a":1,"b":"x"}`, `{"a":2,"b":"y"}`, `{"a":3.5}`}
	for expression, want := range map[string]string{
		"SELECT * FROM S3Object":                                                    `{"a":1,"b":"x"}|{"a":2,"b":"y"}|{"a":3.5}`,
		"select s.* from s3object as s limit 1;":                                    `{"a":1 "b":"x"}`,
		"SELECT s.a x, 1, s.b FROM S3Object s WHERE a > 1":                          `{"x":2 "_2":1 "b":"y"}|{"x":3.5 "_2":1}`,
		"SELECT S3Object.a FROM S3Object LIMIT 2":                                   `{"a":1}|{"a":2}`,
		"SELECT a FROM S3Object LIMIT 0":                                            ``,
		"SELECT COUNT(*), COUNT(b), SUM(a), AVG(a), MIN(a), MAX(a) FROM S3Object":   `{"_1":3 "_2":2 "_3":6.5 "_4":2.1666666666666666666666666666666666667 "_5":1 "_6":3.5}`,
		"SELECT COUNT(*) c, SUM(a) / COUNT(*) FROM S3Object WHERE b IS NOT MISSING": `{"c":2 "_2":1}`,
		"SELECT SUM(a), AVG(a), MAX(a), COUNT(a) FROM S3Object WHERE FALSE":         `{"_1":null "_2":null "_3":null "_4":0}`,
		"SELECT AVG(CAST(a AS FLOAT)) FROM S3Object LIMIT 1":                        `{"_1":2.1666666666666665}`,
		"SELECT AVG(a) FROM S3Object WHERE a < 3":                                   `{"_1":1.5}`,
		"SELECT MAX(b) FROM S3Object":                                               "IncorrectSqlFunctionArgumentType",
		"SELECT COUNT(*) FROM S3Object LIMIT 0":                                     ``,
		// What S3 Select has not.
		"SELECT COUNT(*), a FROM S3Object":          "UnsupportedSqlStructure",
		"SELECT DISTINCT a FROM S3Object":           "ParseUnsupportedSelect",
		"SELECT a FROM S3Object GROUP BY a":         "UnsupportedSqlStructure",
		"SELECT a FROM S3Object ORDER BY a":         "UnsupportedSqlStructure",
		"SELECT a FROM (SELECT * FROM S3Object)":    "UnsupportedSqlStructure",
		"SELECT a FROM S3Object s, S3Object t":      "MultipleDataSourcesUnsupported",
		"SELECT a FROM S3Object s JOIN S3Object t":  "ParseMalformedJoin",
		"SELECT a FROM other":                       "InvalidTableAlias",
		"SELECT S3Object.a FROM S3Object s":         "InvalidTableAlias",
		"SELECT a FROM S3Object.path":               "InvalidKeyPath",
		"SELECT SUM(*) FROM S3Object":               "ParseUnsupportedCallWithStar",
		"SELECT SUM(a, a) FROM S3Object":            "ParseNonUnaryAgregateFunctionCall",
		"SELECT SUM(COUNT(*)) FROM S3Object":        "UnsupportedSqlStructure",
		"SELECT a FROM S3Object WHERE COUNT(*) > 1": "UnsupportedSqlStructure",
		"SELECT *, a FROM S3Object":                 "ParseAsteriskIsNotAloneInSelectList",
		"SELECT a, * FROM S3Object":                 "ParseAsteriskIsNotAloneInSelectList",
		"SELECT s.a[*] FROM S3Object s":             "ParseInvalidContextForWildcardInSelectList",
		"SELECT 1 FROM S3Object s WHERE s.*":        "ParseInvalidContextForWildcardInSelectList",
		"SELECT FROM S3Object":                      "ParseEmptySelect",
		"SELECT a":                                  "ParseSelectMissingFrom",
		"SELECT a AS FROM S3Object":                 "ParseExpectedIdentForAlias",
		"SELECT a FROM S3Object LIMIT -1":           "EvaluatorNegativeLimit",
		"SELECT a FROM S3Object LIMIT x":            "ParseExpectedNumber",
		"SELECT a FROM S3Object WHERE":              "ParseExpectedExpression",
		"SELECT a FROM S3Object WHERE a IN ()":      "ParseUnexpectedTerm",
		"SELECT a FROM S3Object WHERE select":       "ParseUnExpectedKeyword",
		"SELECT a FROM S3Object WHERE a = = 1":      "ParseUnexpectedOperator",
		"SELECT CASE a ELSE 1 END FROM S3Object":    "ParseExpectedWhenClause",
		"SELECT s.CAST FROM S3Object s":             "ParseInvalidPathComponent",
		"SELECT (a FROM S3Object":                   "ParseExpectedTokenType",
		"DELETE FROM S3Object":                      "ParseUnexpectedToken",
		"":                                          "ParseUnexpectedToken",
		"SELECT '\xff' FROM S3Object":               "InvalidRequestParameter",
		strings.Repeat(" ", MaxExpression+1):        "ExpressionTooLong",
	} {
		got, err := resultsOf(expression, rows...)
		text := strings.Join(got, "|")
		if err != nil {
			require.ErrorAs(t, err, new(*Error), expression)
			assert.NotEmpty(t, err.(*Error).Message, expression)
			text = err.(*Error).Code
		}
		assert.Equal(t, want, text, "%.200s", expression)
	}
}

// The texts of errors are as Hadoop's documentation quotes them of S3 Select.
func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"SELECT * FROM S3OBJECT WHERE odd = true":               "InvalidColumnIndex: The column index at line 1, column 30 is invalid. Please check the service documentation and try again.",
		"SELECT * FROM S3OBJECT s WHERE s._1 = \"true\"":        "InvalidColumnIndex: The column index at line 1, column 39 is invalid. Please check the service documentation and try again.",
		"SELECT * FROM S3OBJECT s WHERE s.'odd' is \"true\"":    "ParseInvalidPathComponent: Invalid Path component, expecting either an IDENTIFIER or STAR, got: LITERAL,at line 1, column 34.",
		"SELECT * FROM S3OBJECT s WHERE s.odd is \"true\"":      "ParseExpectedTypeName: Expected type name, found QUOTED_IDENTIFIER:'true' at line 1, column 41.",
		"SELECT * FROM S3OBJECT s WHERE s.5 = `true`":           "ParseUnexpectedToken: Unexpected token found LITERAL:5d-1 at line 1, column 33.",
		"SELECT *\nFROM S3OBJECT s\nWHERE s._1 = 'ü' AND x = 1": "InvalidColumnIndex: The column index at line 3, column 22 is invalid. Please check the service documentation and try again.",
	} {
		q, err := Parse(expression)
		if err == nil {
			err = q.BindCSV(nil)
		}
		assert.EqualError(t, err, want)
	}
	q, err := Parse("SELECT * FROM S3OBJECT s WHERE s.\"odd\" = `true`")
	require.NoError(t, err)
	assert.EqualError(t, q.BindCSV([]string{"Odd"}), "MissingHeaders: Some headers in the query are missing from the file. Please check the file and try again.")
	assert.Equal(t, "UTF-8 encoding is required. The text encoding error was found near byte 8,192.", InvalidTextEncoding(8192).Message)
}

func TestColumns(t *testing.T) {
	t.Parallel()
	names := []string{"id", "Name", "name", "_2"}
	for expression, want := range map[string]string{
		"id": "1", "s.id": "1", "ID": "1", "_1": "1", "s._3": "3", "\"Name\"": "2", "s.\"name\"": "3", "_2": "4", "\"_1\"": "1", "_9": "",
		"name": "AmbiguousFieldName", "none": "MissingHeaders", "\"Id\"": "MissingHeaders", "_0": "InvalidColumnIndex", "_01": "InvalidColumnIndex", "_10001": "InvalidColumnIndex",
		"s.id.x": "InvalidKeyPath", "s[0]": "InvalidKeyPath", "_1 + _3": "4", "CAST(_1 AS INT) + 0.5": "1.5",
	} {
		q, err := Parse("SELECT " + expression + " FROM S3Object s")
		require.NoError(t, err, expression)
		var got string
		if err = q.BindCSV(names); err == nil {
			out, err := q.Next(&Row{Fields: []string{"1", "2", "3", "4"}, Names: names})
			require.NoError(t, err)
			got = out.Values[0].String()
		} else {
			got = err.(*Error).Code
		}
		assert.Equal(t, want, got, expression)
	}
	q, err := Parse("SELECT a FROM S3Object[*].b")
	require.NoError(t, err)
	assert.Equal(t, Fail("InvalidKeyPath"), q.BindCSV(nil))
}

// A row may take a while, but neither for ever nor when nobody waits for it.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	pattern := "'%" + strings.Repeat("a_", 20_000) + "b%'"
	row := JSON(`{"s":"` + strings.Repeat("a", MaxRecord-10) + `"}`)
	q, err := Parse("SELECT 1 FROM S3Object s WHERE s.s LIKE " + pattern)
	require.NoError(t, err)
	require.NoError(t, q.BindJSON())
	q.Start(noon, nil)
	_, err = q.Next(&Row{Value: row})
	assert.Equal(t, Fail("ExternalEvalException"), err)
	looks := 0
	q.Start(noon, func() error {
		if looks++; looks == 3 {
			return context.Canceled
		}
		return nil
	})
	_, err = q.Next(&Row{Value: row})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 3, looks)
}
