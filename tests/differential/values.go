package main

import (
	"strconv"
	"strings"
)

// The values of a program, as YAML text and as paths by the type of what is there.
type table struct {
	yaml  string
	paths map[byte][]string
}

func (m *maker) path(kind byte) string {
	some := m.values.paths[kind]
	if len(some) == 0 {
		return ".Values." + m.key()
	}
	return m.oneOf(".Values.", "$.Values.", "$.Values.", ".Values.") + some[m.Intn(len(some))]
}

func (m *maker) scalar() string {
	return m.oneOf("1", "0", "-5", "3", "1.5", "0.1", "1e3", "1000000", "1e6", "12345678901234567890", "9007199254740993", "0x1F", "017", "08", "0o17", "1_000", "1e400", "-0", "-0.0", "1.0", "100000000", "1e21", "1e-7", "123456789.125", "0b11", "+5", "1.", ".5", "-.5e2",
		"true", "false", "yes", "No", "on", "off", "y", "n", "null", "~", "Null", "", "tRue", "2024-01-02", "2024-01-02T03:04:05Z", "2001-12-14 21:59:43.10 -5", "1:30", "190:20:30", "abc", "a b", "a: b", "'it''s'", "\"x\\ty\"", "\"\\u00e9\\x41\"", "é", "日本", "😀", "a#b", "a #b", "'a #b'",
		"!!str 5", "!!int \"5\"", "!!float 1", "!!binary aGk=", "!foo x", "!!bool yes", "!!null x", "\"\"", "''", "\"a\\\n  b\"", "\"\\/\"", "\"\\ud83d\"", ".inf", ".nan", "-.INF", "<<", "=", "1e", "v1", "100m", "50%", "'1'", "\"true\"", "- 1", "@x", "`x`", "%x", "a\tb", "[", "{", "&a x", "*a")
}

// A document of any shape, odd ones and broken ones among them.
func (m *maker) yaml(depth int) string {
	var b strings.Builder
	m.yamlNode(&b, depth, 0)
	if m.chance(5) {
		return m.oneOf("---\n", "--- ", "%YAML 1.1\n---\n", "# c\n", "\ufeff", "...\n") + b.String() + m.oneOf("", "\n---\nb: 1\n", "\n...\n", "\n... x")
	}
	return b.String()
}

func (m *maker) yamlNode(b *strings.Builder, depth, indent int) {
	pad := strings.Repeat(" ", indent)
	switch n := m.Intn(10); {
	case depth > 0 && n < 5:
		for i, count := 0, 1+m.Intn(3); i < count; i++ {
			b.WriteString(pad + m.yamlKey() + ":")
			if depth > 1 && m.chance(40) {
				b.WriteString("\n")
				m.yamlNode(b, depth-1, indent+1+m.Intn(3))
			} else {
				b.WriteString(" " + m.yamlValue(indent) + "\n")
			}
		}
	case depth > 0 && n < 8:
		for i, count := 0, 1+m.Intn(3); i < count; i++ {
			b.WriteString(pad + "- ")
			if depth > 1 && m.chance(30) {
				b.WriteString("\n")
				m.yamlNode(b, depth-1, indent+2)
			} else {
				b.WriteString(m.yamlValue(indent) + "\n")
			}
		}
	default:
		b.WriteString(pad + m.yamlValue(indent) + "\n")
	}
}

func (m *maker) yamlKey() string {
	return m.oneOf("a", "b", "c", "key", "a", "x-y", "y", "no", "1", "1.0", "'q k'", "\"dq\"", "~", "<<", "on", "0x10", "? k\n", "é", "a b", "true", "1e3", "[a]", "{a: 1}", "!!str 1", "&k k", "2024-01-02", "")
}

func (m *maker) yamlValue(indent int) string {
	pad := strings.Repeat(" ", indent+2)
	switch m.Intn(14) {
	case 0:
		return m.oneOf("|", ">", "|-", "|+", ">-", ">+", "|2", "|1-", ">1") + m.oneOf("", " # c") + "\n" + pad + m.oneOf("x", "line", "a: b", " lead") + "\n" + m.oneOf("", "\n", pad+"y\n", pad+" more\n\n", pad+"z\n\n\n")
	case 1:
		return m.oneOf("[]", "[1, 2]", "[a, b c, 'd']", "[1, [2, 3], {a: b}]", "[a\n"+pad+",b]", "[1,]", "[", "[a: 1]", "[,]", "[1 2]")
	case 2:
		return m.oneOf("{}", "{a: 1}", "{a: 1, b: {c: d}}", "{a, b}", "{a: , b: 2}", "{a:1}", "{\"a\":1}", "{a: 1,}", "{", "{? a : b}", "{a: [1, 2], <<: {b: 1}}")
	case 3:
		return m.oneOf("a\n"+pad+"b", "'a\n"+pad+"b'", "\"a\n\n"+pad+"b\"", "a\n\n"+pad+"b", "x # c", "&x 5", "*x", "&x {a: 1}")
	case 4:
		return strconv.Quote(m.text())
	}
	return m.scalar()
}

func (m *maker) json(depth int) string {
	switch n := m.Intn(12); {
	case depth > 0 && n < 4:
		var parts []string
		for i := m.Intn(4); i > 0; i-- {
			parts = append(parts, strconv.Quote(m.oneOf("a", "b", "A", "é", "<"))+m.oneOf(":", ": ", " : ")+m.json(depth-1))
		}
		return "{" + strings.Join(parts, m.oneOf(",", ", ")) + m.oneOf("}", "}", "}", "}", ",}", "")
	case depth > 0 && n < 7:
		var parts []string
		for i := m.Intn(4); i > 0; i-- {
			parts = append(parts, m.json(depth-1))
		}
		return "[" + strings.Join(parts, m.oneOf(",", ", ")) + m.oneOf("]", "]", "]", "]", ",]", "")
	}
	return m.oneOf("1", "0", "-1", "1.5", "1e3", "1E+2", "1000000", "123456789012345678901234567890", "0.1", "1e400", "-0", "01", "1.", ".5", "+1", "true", "false", "null", "nul", "True", "\"a\"", "\"\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"\\n\"", "\"\\x\"", "\"\n\"", "\"a", "'a'", "", " ", "\"\\/\"", "1 2",
		"\"\u007f\"", "\"日本\"", "{}", "[]", "1e21", "1e-7", "9007199254740993", "NaN", "\"\\u0000\"", "// c", "\xff")
}

// TOML text; BurntSushi/toml reads it.
func (m *maker) toml() string {
	var b strings.Builder
	for n := 1 + m.Intn(4); n > 0; n-- {
		switch m.Intn(10) {
		case 0:
			b.WriteString(m.oneOf("[t]", "[t.u]", "[[l]]", "[a]", "[\"q k\".x]", "[ t . v ]", "[]", "[t", "[[l]", "[a.b.c]", "[[t.l]]") + m.oneOf("", " # c", " x") + "\n")
		default:
			b.WriteString(m.oneOf("a", "b", "c", "a.b", "\"q k\"", "'l'", "1", "a.b.c", "x-y_z", "é", "", "\"\"", "t") + m.oneOf(" = ", "=", " = ", " ", " =\n") + m.tomlValue(2) + m.oneOf("\n", "\n", " # c\n", "\r\n", " x\n", "", "\n\n"))
		}
	}
	return b.String()
}

func (m *maker) tomlValue(depth int) string {
	if depth > 0 && m.chance(20) {
		var parts []string
		for n := m.Intn(3); n > 0; n-- {
			parts = append(parts, m.tomlValue(depth-1))
		}
		return m.oneOf("[", "[ ", "[\n", "[ # c\n") + strings.Join(parts, m.oneOf(",", ", ", ",\n", " ")) + m.oneOf("]", "]", " ]", ",]", "\n]", "")
	}
	if depth > 0 && m.chance(12) {
		var parts []string
		for n := m.Intn(3); n > 0; n-- {
			parts = append(parts, m.oneOf("a", "b", "a.b", "\"q\"")+" = "+m.tomlValue(depth-1))
		}
		return "{" + strings.Join(parts, ", ") + m.oneOf("}", " }", "}", ",}", "\n}", "")
	}
	return m.oneOf("1", "0", "-1", "+5", "1_000", "1__0", "0x1F", "0o17", "0b11", "017", "0x", "1.5", "1e3", "-0.0", "1.", ".5", "6.02e23", "1e+3", "inf", "-inf", "nan", "+nan", "true", "false", "True", "\"s\"", "\"\\t\\u00e9\\U0001F600\"", "\"\\x\"", "'lit\\x'", "\"\"\"m\nl\"\"\"", "\"\"\"\nx \\\n   y\"\"\"",
		"'''m'l'''", "\"\"", "\"a", "'a", "1979-05-27T07:32:00Z", "1979-05-27T07:32:00.5-07:00", "1979-05-27 07:32:00", "1979-05-27", "07:32:00", "1979-13-01", "9223372036854775808", "-9223372036854775808", "1_", "_1", "1e400", "x", "", "\"\u007f\"", "\"a\tb\"", "3.0", "1e-7", "100000000.0", "'\n'", "\"\\e\"", "\"\\x41\"", "0.0", "00", "--1", "1.5.2")
}

// Values with known paths, then some of any shape.
func (m *maker) makeValues() *table {
	t := &table{paths: map[byte][]string{}}
	var b strings.Builder
	put := func(kind byte, key, text string) {
		b.WriteString(key + ": " + text + "\n")
		t.paths[kind] = append(t.paths[kind], key)
	}
	for i := 1; i <= 3; i++ {
		n := strconv.Itoa(i)
		put('s', "s"+n, yamlText(m.text()))
		put('f', "n"+n, m.oneOf("1", "0", "3", "-7", "42", "1000000", "1.5", "0.1", "2.5e10", "1e21", "12345678901", "-0.5", "0x1F", "100000000.5", "1e-7"))
		put('b', "b"+n, m.oneOf("true", "false", "yes", "off"))
	}
	put('L', "l1", m.oneOf("[1, 2, 3]", "[b, a, c]", "[]", "[1, x, null, [2], {k: v}]", "[true, false]", "[{a: 1}, {a: 2}]", "[1.5, 1, 1e6]", "['', 0, null]"))
	put('L', "l2", "["+yamlText(m.text())+", "+yamlText(m.text())+"]")
	put('M', "m1", m.oneOf("{a: 1, b: x}", "{a: {b: {c: d}}}", "{}", "{a: null, b: [1, 2], c: ''}", "{k: v, z: 1, B: 2}", "{v1: 1, v10: 2, v9: 3}", "{a9: x, a10: y, A: z, a-b: 1, a.b: 2}"))
	put('M', "m2", "{a: "+yamlText(m.text())+", "+yamlText(m.text()+"k")+": "+yamlText(m.text())+"}")
	b.WriteString("m3:\n  deep:\n    list: [{name: x, on: true}]\n    text: |\n      multi\n      line\n")
	t.paths['M'] = append(t.paths['M'], "m3", "m3.deep")
	t.paths['L'] = append(t.paths['L'], "m3.deep.list")
	t.paths['s'] = append(t.paths['s'], "m3.deep.text")
	b.WriteString("nul: null\n")
	t.yaml = b.String()
	return t
}

// A text as a double-quoted YAML scalar that keeps it.
func yamlText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString("\\n")
		case r == '\t':
			b.WriteString("\\t")
		case r < ' ' || r == 0x7f || r == 0xfeff || r == 0x2028 || r == 0xa0:
			b.WriteString("\\u" + pad4(strconv.FormatInt(int64(r), 16)))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func pad4(text string) string { return strings.Repeat("0", 4-len(text)) + text }
