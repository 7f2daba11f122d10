package main

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

// A maker writes one program; everything it decides comes from its random source.
type maker struct {
	*rand.Rand
	values    *table
	variables []string // declared and visible, innermost last
	templates []string
	inRange   int
	depth     int
	wild      bool // whether most of it is wrong somewhere, or little
}

func (m *maker) oneOf(list ...string) string { return list[m.Intn(len(list))] }
func (m *maker) chance(percent int) bool     { return m.Intn(100) < percent }

var texts = []string{
	"", " ", "a", "abc", "hello world", "Hello, World!", "foo_bar", "fooBarBaz", "HTTPServer", "ABCDef12Gh", "a-b-c", "a.b.c",
	"x=1,y=2", "ünïcödé", "日本語", "😀 smile", "tab\there", "line\nbreak", "trailing ", " leading", "a  b", "\n", "one\ntwo\n", "one\ntwo\n\n",
	" \nx", "a \nb", "'single'", "\"double\"", "back\\slash", "`tick`", "true", "false", "yes", "null", "~", "on", "0", "1", "-5", "007", "0x1F",
	"1e3", "1.50", "-0.0", ".5", "1_000", "1:30", "2024-01-02", "2024-01-02T03:04:05Z", "# no comment", "a: b", "- item", "key:", "{a}", "[1]",
	"&anchor", "*alias", "!tag", "%percent", "@at", "|", ">", "?", ":", "-", "--- x", "<<", "=", "a #b", "http://u:p@host:80/a/b?q=1#f", "1.2.3",
	"v1.2.3-rc.1+b", "a/b/../c", "/abs/path.tar.gz", "<script>&'\"", "\u00a0", "\u2028", "\ufeff", "\u007f", "\u0001", "aGVsbG8=", "NBSWY3DP", "%d items", "$1",
	"long words that go on and on until the eightieth column is far behind and a line must be folded somewhere about here",
	"averyveryverylongwordwithoutanyblankinitthatcannotbefoldedwhateverthewidthmaybesetto and then more words after that one",
}

// The first where anything may fail, else the second.
func (m *maker) risky(bad, good string) string {
	if m.wild {
		return bad
	}
	return good
}

func (m *maker) text() string {
	switch m.Intn(12) {
	case 0:
		return m.randomText(1 + m.Intn(12))
	case 1:
		return texts[m.Intn(len(texts))] + texts[m.Intn(len(texts))]
	case 2:
		return strings.Repeat(texts[m.Intn(len(texts))], m.Intn(3))
	default:
		return texts[m.Intn(len(texts))]
	}
}

const letters = "abcxyzABC019 _-.,:;/\\'\"`{}[]()<>|&*!?#%@$=+~^\n\t\réßñ日\u00a0😀"

func (m *maker) randomText(n int) string {
	runes := []rune(letters)
	var b strings.Builder
	for i := 0; i < n; i++ {
		b.WriteRune(runes[m.Intn(len(runes))])
	}
	return b.String()
}

// A text as a template writes it.
func (m *maker) quoted(text string) string {
	if m.chance(15) && !strings.ContainsAny(text, "`") {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}

var numbers = []string{
	"0", "1", "2", "3", "5", "7", "10", "42", "100", "-1", "-7", "1000000", "12345678", "9007199254740993", "9223372036854775807", "-9223372036854775808",
	"0x1F", "0b101", "0o17", "017", "1_000", "'a'", "'\\n'", "'日'", "2147483648",
}

var reals = []string{
	"0.0", "1.0", "1.5", "-2.5", "0.1", "0.2", "3.14159", "1e3", "1e6", "1e-5", "123456.789", "1234567.5", "1e20", "1e21", "1e100", "-0.5", "2.5", "0x1p4",
	"1e-7", "100000000.0", "0.30000000000000004",
}

// An expression that can be an argument: of the wanted type, mostly.
func (m *maker) argument(kind byte) string {
	text := m.expression(kind)
	if strings.ContainsAny(text, " \t\n|") && !simple(text) {
		return "(" + text + ")"
	}
	return text
}

// A single literal needs no parentheses.
func simple(text string) bool {
	switch text[0] {
	case '"', '`', '\'':
		if unquoted, err := strconv.QuotedPrefix(text); err == nil && unquoted == text {
			return true
		}
	}
	return false
}

func (m *maker) expression(kind byte) string {
	if m.wild && m.chance(4) || m.Intn(400) == 0 {
		kind = "silfbMLAt"[m.Intn(9)]
	}
	if m.depth > 3 || m.chance(35) {
		return m.leaf(kind)
	}
	m.depth++
	defer func() { m.depth-- }()
	switch kind {
	case 's', 'f', 'b', 'M', 'L', 'A', 't':
		if m.chance(75) {
			return m.call(kind)
		}
	case 'l', 'i':
		if m.chance(50) {
			return m.call(kind)
		}
	}
	return m.leaf(kind)
}

func (m *maker) call(kind byte) string {
	some := resulting(kind)
	s := some[m.Intn(len(some))]
	if unpredictable[s.name] && !m.chance(3) || !m.wild && s.fails() {
		return m.leaf(kind)
	}
	return m.callOf(s)
}

func (m *maker) callOf(s signature) string {
	var args []string
	for i, p := range s.params {
		n := 1
		if s.variadic && i == len(s.params)-1 {
			n = m.Intn(4)
		}
		if p == 'D' {
			n = 1
		}
		for ; n > 0; n-- {
			args = append(args, m.argument(p))
		}
	}
	if len(s.params) == 1 && s.params[0] == 'D' {
		args = nil
		for n := m.Intn(4); n > 0; n-- {
			args = append(args, m.argument('s'), m.argument('A'))
		}
		if m.chance(5) {
			args = append(args, m.argument('s'))
		}
	}
	switch {
	case m.wild && len(args) > 0 && m.chance(2):
		args = args[:len(args)-1]
	case m.wild && m.chance(1):
		args = append(args, m.argument('A'))
	}
	text := s.name
	if len(args) > 0 && m.chance(35) {
		last := args[len(args)-1]
		args = args[:len(args)-1]
		text = last + m.oneOf(" | ", " | ", "|", " |\n") + s.name
		if len(args) > 0 {
			text += " " + strings.Join(args, " ")
		}
	} else if len(args) > 0 {
		text += " " + strings.Join(args, m.oneOf(" ", " ", " ", "  ", "\n"))
	}
	if s.shuffled {
		text = "(" + text + ") | sortAlpha"
	}
	return text
}

func (m *maker) leaf(kind byte) string {
	if len(m.variables) > 0 && m.chance(12) {
		v := m.variables[m.Intn(len(m.variables))]
		if m.wild && m.chance(15) {
			v += "." + m.key()
		}
		if m.wild || kind == 'A' {
			return v
		}
	}
	switch m.Intn(map[bool]int{true: 40, false: 160}[m.wild || kind == 'A']) {
	case 0:
		return "."
	case 1:
		return "nil"
	case 2:
		return ".Values." + m.key()
	case 3:
		return m.builtin()
	}
	return m.literal(kind)
}

func (m *maker) literal(kind byte) string {
	switch kind {
	case 's':
		if m.chance(35) {
			return m.path('s')
		}
		return m.quoted(m.text())
	case 'i':
		if m.chance(10) {
			return "(int " + m.oneOf("3", "2.9", `"4"`, "-1", "nil") + ")"
		}
		return m.oneOf("0", "1", "2", "3", "4", "5", "8", "12", "-1", "-2", "20", "80")
	case 'l':
		switch m.Intn(4) {
		case 0:
			return m.path('f')
		case 1:
			return reals[m.Intn(len(reals))]
		case 2:
			return m.quoted(m.oneOf("12", "0x10", "010", "08", "1.9", "1.0", "abc", "", " 5", "+7", "-3", "1e3", "9223372036854775808", "1_000", "true", "0b11", "1.00", ".5", "inf", "NaN"))
		}
		return numbers[m.Intn(len(numbers))]
	case 'f':
		if m.chance(30) {
			return m.path('f')
		}
		return reals[m.Intn(len(reals))]
	case 'b':
		if m.chance(30) {
			return m.path('b')
		}
		return m.oneOf("true", "false")
	case 'M':
		if m.chance(20) {
			return m.oneOf(`(dict "a" 1 "b" (dict "c" "d"))`, "(dict)", `(dict "k" nil)`, `(dict "a" "x" "b" (list 1 2))`, ".Values", "$.Values", `(split "," "a,b")`)
		}
		return m.path('M')
	case 'L':
		if m.chance(40) {
			return m.oneOf("(list 1 2 3)", `(list "b" "a" "c")`, "(list)", "(until 3)", `(splitList "," "x,y,z")`, `(list nil 0 "" false (dict) "x")`, "(list 1 1.0 2 1)", `(list (list 1 2) (dict "a" 1))`, `(list "x" "y" "x")`, m.risky("nil", "(list)"))
		}
		return m.path('L')
	case 't':
		return m.oneOf("0", "86400", "(int64 1700000000)", "(int 1234567890)", `(toDate "2006-01-02" "2024-02-29")`, `(toDate "2006-01-02 15:04:05 MST" "2021-03-04 05:06:07 CET")`,
			`(toDate "2006-01-02T15:04:05Z07:00" "2021-03-04T05:06:07.123+05:30")`, `(toDate "x" "y")`)
	case 'S':
		return m.oneOf(`(toDate "2006-01-02" "2024-02-29")`, `(toDate "2006-01-02T15:04:05Z07:00" "2021-03-04T05:06:07.123+05:30")`, `(toDate "x" "y")`, m.risky("0", `(toDate "2006" "1999")`))
	case 'N':
		if len(m.templates) > 0 && m.chance(95) {
			return strconv.Quote(m.templates[m.Intn(len(m.templates))])
		}
		return `"nosuch"`
	case 'T':
		return m.quoted(m.oneOf("{{ .Values.s1 }}", "{{ . }}", "{{ .x }}", "plain", "{{", "{{ fail \"boom\" }}", "{{ include \"p0\" . }}", "{{define \"in\"}}I{{end}}{{include \"in\" .}}",
			"{{ range . }}{{ . }},{{ end }}", "{{ $x := 1 }}{{ $x }}", "{{ .Values.l1 | toYaml }}", "{{ nosuch }}", "{{ if }}", "{{- /* c */ -}}", "{{ tpl \"{{ . }}\" 1 }}", "{{ required \"need\" .nosuch }}", "{{ . | upper }}", "<no value>"))
	case 'F':
		return m.quoted(m.format())
	case 'Y':
		if m.chance(30) {
			return "(toYaml " + m.argument('A') + ")"
		}
		return m.quoted(m.yaml(2))
	case 'J':
		if m.chance(40) {
			return "(toJson " + m.argument('A') + ")"
		}
		return m.quoted(m.json(2))
	case 'K':
		if m.chance(30) {
			return "(toToml " + m.argument('M') + ")"
		}
		return m.quoted(m.toml())
	case 'p':
		if !m.wild {
			return m.quoted(m.oneOf("a", "[a-c]+", "^.*$", "(\\w+)-(\\w+)", "\\d+", "\\s", "b*", "", "(?i)HELLO", "[^a-z0-9]", "(a|b)+?", "\\bw", "(?P<name>.)", "é|日", "o{1,2}"))
		}
		return m.quoted(m.pattern(2))
	case 'R':
		return m.quoted(m.oneOf("", "x", "$0", "$1", "${1}x", "$1x", "$$", "${name}", "$", "${", "<$2>", "\\1"))
	case 'd':
		return m.quoted(m.layout())
	case 'z':
		return m.quoted(m.oneOf("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Local", "", "Nowhere/None", "EST", "CET"))
	case 'x':
		return m.quoted(m.oneOf("2024-02-29", "2024-02-30", "29 Feb 24", "Thu Feb 29 2024", "10:11:12", "10:11PM", "2024-02-29T10:11:12Z", "2024-02-29T10:11:12.345+02:00", "", "x", "1:2", "024"))
	case 'u':
		return m.quoted(m.oneOf("1h", "-1.5h", "90m", "36h", "2h45m30s", "300ms", "1us", "1d", "", "h", "400h", "9000h", "-5s", "0", "+3h", ".5s", "1h-1m", "999999999h"))
	case 'q':
		return m.quoted(m.oneOf("long", "maximum", "medium", "short", "basic", "pin", "x", "rsa1", "dsb"))
	case 'e':
		if !m.wild {
			return m.quoted(m.oneOf("1.2.3", "v1.2", "1", "1.20.5-gke.100", "2.0.0+b", "1.2.3-rc.1+b", "0.0.3"))
		}
		return m.quoted(m.version())
	case 'v':
		if !m.wild {
			return m.quoted(m.oneOf(">=1.19-0", "^1.2", "~1.2.3", "1.x", "*", ">1.2 <2", "1.2 - 1.4", "!=1.2.3", "=1.2.3-rc.1", "<=2 || >3", ">= 1.20.0, < 2.0.0", "~0.2", "^0.0.3"))
		}
		return m.quoted(m.constraint())
	case 'U':
		if !m.wild {
			return m.quoted(m.oneOf("http://u:p@host:80/a/b?q=1#f", "host/path", "mailto:a@b", "//h/p", "http://[::1]:80/", "http://h/a%20b?x=%41", "", "?q", "#f", "/a/../b", "HTTP://H/é", "http://u@h", "http://h/?a=b c#d e"))
		}
		return m.quoted(m.oneOf("http://u:p@host:80/a/b?q=1#f", "host/path", "mailto:a@b", "//h/p", "http://[::1]:80/", "http://h/%zz", "http://h/a%20b?x=%41", "", ":", "http://a b/", "x://h:p/", "?q", "#f", "/a/../b", "HTTP://H/é", "http://u@h", "http://:@h/", "a:b:c", "http://h/?a=b c#d e",
			"http://h:99999/", "1http://x", "http://h\n/", "http://h/;x"))
	case 'P':
		return m.quoted(m.oneOf("", "/", ".", "..", "a", "a/b", "a//b/../c", "/a/b.tar.gz", "a/", "../../x", "./x.y/z", "/..", ".hidden", "a/b/./", "x.", "//"))
	case 'n':
		return m.quoted(m.oneOf("0", "12", "-3", "+4", "012", "08", "755", "x", "", "1.5", "99999999999999999999", "0x1", " 1"))
	case 'k':
		return m.quoted(m.oneOf("string", "map", "slice", "int", "int64", "float64", "bool", "invalid", "ptr", "struct", "x"))
	case ':':
		return m.quoted(m.oneOf("a:b", ":"))
	case 'V':
		return "(semver " + m.quoted(m.version()) + ")"
	default:
		return m.literal("slfbMLsl"[m.Intn(8)])
	}
}

func (m *maker) builtin() string {
	return m.oneOf(".Release.Name", ".Release", ".Chart.Name", ".Chart.Version", ".Chart", ".Capabilities.KubeVersion", ".Capabilities.KubeVersion.Minor", ".Template.Name", ".Template",
		".Files.Get \"f.txt\"", "(.Files.Get \"f.txt\")", "(.Files.Lines \"f.txt\")", "(.Files.Glob \"*.txt\")", "((.Files.Glob \"**\").AsConfig)", "((.Files.Glob \"*.y*\").AsSecrets)", "$.Chart.Annotations", "$.Release.Namespace", ".Subcharts",
		"(.Capabilities.APIVersions.Has \"v1\")", ".Chart.IsRoot", ".Chart.Nosuch", "$.Values.AsMap", "(.Values.Table \"m1\")", "(.Values.PathValue \"m1.a\")", ".Release.IsInstall", ".Capabilities.HelmVersion.Version", ".Values.YAML", "(semver \"1.2.3-a+b\").Minor",
		".Capabilities.APIVersions", "$", "(.Files.GetBytes \"f.txt\")", "($.Files.Glob \"nosuch\")", ".Chart.Dependencies", ".Chart.Maintainers", ".Chart.Keywords", ".Release.Service",
		m.time()+".Month", m.time()+".Weekday", m.time()+".Location", m.time()+".Year", "("+m.time()+".Sub "+m.time()+")", "("+m.time()+".Sub "+m.time()+").Hours", "("+m.time()+".Round "+m.oneOf("1000000000", "7", "-1", "\"x\"")+")",
		m.time()+".MarshalText", m.time()+".Date", m.time()+".ISOWeek", "("+m.time()+".AddDate 1 2 3)", m.time()+".GoString", "("+m.time()+".Add 86400000000000)", m.time()+".UnixMicro")
}

// In UTC, since any other zone is a pointer, whose place in memory some verbs print.
func (m *maker) time() string {
	return m.oneOf(`(toDate "2006-01-02" "2024-02-29").UTC`, `(toDate "x" "y")`, `(toDate "2006-01-02T15:04:05Z07:00" "2021-03-04T05:06:07.123456789+05:30").UTC`)
}

func (m *maker) key() string {
	return m.oneOf("a", "b", "c", "s1", "m1", "l1", "nosuch", "n1", "f1", "z", "Values")
}

// A verb with what may stand before it.
func (m *maker) format() string {
	var b strings.Builder
	for n := 1 + m.Intn(3); n > 0; n-- {
		b.WriteString(m.oneOf("", "", "x", " ", "é", "%%"))
		b.WriteByte('%')
		for m.chance(35) {
			b.WriteString(m.oneOf("+", "-", "#", "0", " "))
		}
		if m.chance(8) {
			b.WriteString(m.oneOf("[1]", "[2]", "[0]", "[x]", "[", "[3]"))
		}
		if m.chance(30) {
			b.WriteString(m.oneOf("1", "5", "10", "*", "20", "-3"))
		}
		if m.chance(30) {
			b.WriteString(m.oneOf(".", ".0", ".2", ".10", ".*", ".-1"))
		}
		if m.chance(95) {
			b.WriteString(m.oneOf("s", "d", "v", "q", "x", "X", "f", "g", "e", "t", "T", "c", "U", "o", "b", "O", "p", "G", "E", "F", "w", "z", "!", "é", "v", "s", "d"))
		}
	}
	return b.String()
}

func (m *maker) version() string {
	return m.oneOf("", "v") + m.oneOf("1.2.3", "1.2", "1", "0.0.3", "0.2.0", "1.20.5", "2.0.0", "1.2.3.4", "01.2.3", "x", "", "1.2.3 ", "1.19.0", "10.0.0", "1.0.0") +
		m.oneOf("", "", "", "-rc.1", "-alpha", "+build", "-0", "-rc.01", "-a.b-c+d.e", "-gke.100", "-")
}

func (m *maker) constraint() string {
	var parts []string
	for n := 1 + m.Intn(3); n > 0; n-- {
		c := m.oneOf("", "", "=", "!=", ">", "<", ">=", "<=", "~", "^", "~>", "=>", "=<", "==", ">>") + m.oneOf("", "", " ") +
			m.oneOf("1.2.3", "1.2", "1", "1.x", "*", "x", "0.2", "0.0.3", "1.2.X", ">=1.19-0", "1.20.x", "v1.2", "1.2.*", "1.*.3") + m.oneOf("", "", "", "-0", "-rc.1", "+b")
		if m.chance(10) {
			c += " - " + m.oneOf("1.4", "2", "2.0.0", "1.x")
		}
		parts = append(parts, c)
	}
	return strings.Join(parts, m.oneOf(" ", ", ", ",", " || ", "||", "  "))
}

func (m *maker) layout() string {
	if m.chance(50) {
		return m.oneOf("2006-01-02", "2006-01-02T15:04:05Z07:00", "Mon Jan _2 15:04:05 2006", "02 Jan 06 15:04 MST", "Monday, 02-Jan-06 15:04:05 -0700", "3:04PM", "x")
	}
	var b strings.Builder
	for n := 1 + m.Intn(6); n > 0; n-- {
		b.WriteString(m.oneOf("2006", "06", "01", "1", "Jan", "January", "02", "2", "_2", "002", "__2", "Mon", "Monday", "15", "03", "3", "04", "4", "05", "5", "PM", "pm", ".000", ".999", ",000", ".000000000", "MST", "-0700", "-07:00", "Z07:00", "-07", "Z0700", "Z07", "-07:00:00",
			" ", "-", ":", "T", "x", "/", "Z", "0", "_2006", "Janet", "Monk"))
	}
	return b.String()
}

func (m *maker) pattern(depth int) string {
	var b strings.Builder
	for n := 1 + m.Intn(3); n > 0; n-- {
		switch {
		case depth > 0 && m.chance(25):
			b.WriteString(m.oneOf("(", "(?:", "(?i)(", "(?P<name>", "(?s:", "(?<n>", "(?U:", "(?m:^", "(?") + m.pattern(depth-1) + ")")
		case depth > 0 && m.chance(15):
			b.WriteString(m.pattern(depth-1) + "|" + m.pattern(depth-1))
		default:
			b.WriteString(m.oneOf("a", "b", ".", "[a-c]", "[^a-z]", "\\d", "\\w+", "\\s", "^", "$", "\\b", "\\.", "[[:alpha:]]", "\\pL", "\\p{Greek}", "x", "o", "-", "\\Aa", "z\\z", "é", "[", ")", "\\", "[\\d-]", "\\x41", "\\Qa.b\\E", "a{2}", "a{,2}", "{", "[z-a]", "\\1", "(?=a)", "\\B", "[^\\n]", "\\C", "a{1001}", "[a&&b]", "\\pN", "l"))
		}
		if m.chance(30) {
			b.WriteString(m.oneOf("*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,}", "{2,1}", "**", "{1,2}?"))
		}
	}
	return b.String()
}

func (m *maker) declared() string { return fmt.Sprintf("$v%d", m.Intn(4)) }
