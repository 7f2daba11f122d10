package main

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
)

// A program: a chart's files by path, and what stands on the command line; "@/" in an argument is
// the chart's folder.
type program struct {
	kind   string
	files  map[string]string
	args   []string
	isLint bool // by the programs, since Helm's library prints nothing
}

const chartYAML = "apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: '4.5'\nkeywords: [k1, k2]\nannotations: {an: x}\n" +
	"maintainers: [{name: n, email: e}]\n"

var kinds = []struct {
	name   string
	weight int
	make   func(*maker, *program)
}{
	{"expression", 40, makeExpression},
	{"statements", 25, makeStatements},
	{"mutation", 10, makeMutation},
	{"yaml", 8, makeYAML},
	{"formats", 5, makeFormats},
	{"set", 5, makeSet},
	{"manifests", 5, makeManifests},
	{"values", 6, makeSubcharts},
	{"schema", 4, makeSchema},
	{"metadata", 2, makeMetadata},
	{"ignore", 1, makeIgnore},
	{"lint", 3, makeLint},
}

// The program of a number; the same seed gives the same programs on every machine.
func makeProgram(seed int64, number int, only string) *program {
	m := &maker{Rand: rand.New(rand.NewSource(seed*1_000_003 + int64(number)))}
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	pick := m.Intn(total)
	m.wild = m.chance(35)
	p := &program{files: map[string]string{"Chart.yaml": chartYAML, "f.txt": "one\ntwo\n", "d/x.yaml": "a: 1\n", "empty.txt": ""}}
	for _, k := range kinds {
		if only != "" && k.name != only {
			continue
		}
		if pick -= k.weight; pick < 0 || only != "" {
			p.kind = k.name
			m.values = m.makeValues()
			p.files["values.yaml"] = m.values.yaml
			k.make(m, p)
			break
		}
	}
	return p
}

// A chart of another kind, linted.
func makeLint(m *maker, p *program) {
	p.isLint = true
	some := []func(*maker, *program){makeSubcharts, makeManifests, makeSchema, makeMetadata, makeStatements, makeYAML}
	some[m.Intn(len(some))](m, p)
	if m.chance(20) {
		p.args = append(p.args, "--kube-version", m.oneOf("1.20", "1.32.1", "v1.9.0-x", "y"))
	}
}

func (p *program) write(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for name, text := range p.files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) arguments(dir string) []string {
	var args []string
	for _, arg := range p.args {
		args = append(args, strings.ReplaceAll(arg, "@/", dir+"/"))
	}
	return args
}

// What a body prints may be no YAML: behind toJson it always is.
const wrapped = "out: {{ include \"p\" . | toJson }}\n"

func makeExpression(m *maker, p *program) {
	m.templates = []string{"p0"}
	text := "{{ " + m.callOf(functions[m.Intn(len(functions))]) + " }}"
	switch m.Intn(6) {
	case 0:
		text = "{{ $v0 := " + m.expression('A') + " }}{{ " + m.oneOf("$v0", "typeOf $v0", "$v0 | toYaml", "printf \"%v %T\" $v0 $v0") + " }}"
	case 1:
		text = "{{ " + m.expression('A') + m.oneOf(" | toJson", " | typeOf", " | printf \"%#v\"", " | quote", " | toYaml | nindent 2") + " }}"
	case 2:
		if m.wild {
			text = "{{ " + m.argument(m.anyKind()) + ".x }}"
		}
	}
	p.body(m, text)
}

func (m *maker) anyKind() byte { return "slfbMLAtA"[m.Intn(9)] }

// The text stands in a define behind toJson, or as it is.
func (p *program) body(m *maker, text string) {
	helper := "{{ define \"p0\" }}[{{ . }}]{{ end }}"
	p.files["templates/_h.tpl"] = helper
	if m.chance(75) {
		p.files["templates/_p.tpl"] = "{{ define \"p\" }}" + text + "{{ end }}"
		p.files["templates/t.yaml"] = wrapped
	} else {
		p.files["templates/t.yaml"] = text
	}
}

func makeStatements(m *maker, p *program) {
	m.templates = []string{"p0"}
	p.body(m, m.statements(3))
	if m.chance(20) {
		p.files["templates/"+m.oneOf("a.yaml", "z.yaml", "sub/b.yaml", "NOTES.txt", "_z.tpl", "x.tpl")] = m.statements(1)
	}
}

func (m *maker) action(text string) string {
	return m.oneOf("{{ ", "{{", "{{- ", "{{- ", "{{-  \n") + text + m.oneOf(" }}", "}}", " -}}", " -}}", "\n -}}")
}

func (m *maker) statements(depth int) string {
	var b strings.Builder
	visible := len(m.variables)
	for n := 1 + m.Intn(4); n > 0; n-- {
		b.WriteString(m.statement(depth))
	}
	m.variables = m.variables[:visible]
	return b.String()
}

func (m *maker) statement(depth int) string {
	n := m.Intn(14)
	if depth <= 0 && n > 5 {
		n = m.Intn(6)
	}
	switch n {
	case 0, 1:
		return m.oneOf("text", "  a: b\n", "\n", " \t\n", "x: ", "}}", "{", "{ {", "# c\n", "- y\n", "  ", "é")
	case 2, 3:
		return m.action(m.expression('A'))
	case 4:
		v := m.declared()
		op := ":="
		for _, known := range m.variables {
			if known == v && m.chance(70) {
				op = "="
			}
		}
		text := m.action(v + " " + op + " " + m.expression(m.anyKind()))
		m.variables = append(m.variables, v)
		return text
	case 5:
		switch m.Intn(8) {
		case 0:
			if !m.wild {
				return m.oneOf("{{/* c */}}", "{{- /* c\n */ -}}", "{{/* a */ -}}")
			}
			return m.oneOf("{{/* c */}}", "{{- /* c\n */ -}}", "{{/* a */ -}}", "{{ /* c */ }}", "{{-/* c */}}", "{{/* unclosed }}")
		case 1:
			if !m.wild {
				return m.action("template \"p0\" " + m.argument('A'))
			}
			return m.action(m.oneOf("template ", "template ") + m.oneOf(`"p0"`, `"nosuch"`, "`p0`", "p0", ".x") + m.oneOf("", " .", " $", " .Values.m1", " nil"))
		case 2:
			if m.inRange > 0 || m.wild && m.chance(10) {
				return m.action(m.oneOf("break", "continue"))
			}
		case 3:
			return m.action("include \"p0\" " + m.argument('A'))
		case 4:
			return m.action("set $ " + m.quoted(m.key()) + " " + m.argument('A') + m.oneOf("", " | len", " | toJson | trunc 10", "| empty"))
		}
		return m.action(m.expression('s'))
	case 6, 7, 8:
		text := m.action("if "+m.condition()) + m.statements(depth-1)
		for m.chance(25) {
			text += m.action("else if "+m.condition()) + m.statements(depth-1)
		}
		if m.chance(40) {
			text += m.action("else") + m.statements(depth-1)
		}
		return text + m.action("end")
	case 9, 10:
		visible := len(m.variables)
		head := m.expression(m.oneOf("M", "s", "A", "L")[0])
		if m.chance(30) {
			head = "$w := " + head
			m.variables = append(m.variables, "$w")
		}
		text := m.action("with "+head) + m.statements(depth-1)
		m.variables = m.variables[:visible]
		if m.chance(20) {
			text += m.action("else with "+m.expression('M')) + m.statements(depth-1)
		}
		if m.chance(30) {
			text += m.action("else") + m.statements(depth-1)
		}
		return text + m.action("end")
	case 11, 12:
		visible := len(m.variables)
		head := m.expression("LLLMMA"[m.Intn(map[bool]int{true: 6, false: 5}[m.wild])])
		switch m.Intn(4) {
		case 0:
			head = "$e := " + head
			m.variables = append(m.variables, "$e")
		case 1, 2:
			head = "$i, $e := " + head
			m.variables = append(m.variables, "$i", "$e")
		}
		m.inRange++
		text := m.action("range "+head) + m.statements(depth-1)
		m.inRange--
		m.variables = m.variables[:visible]
		if m.chance(30) {
			text += m.action("else") + m.statements(depth-1)
		}
		return text + m.action("end")
	default:
		name := fmt.Sprintf("b%d", m.Intn(3))
		m.templates = append(m.templates, name)
		if m.chance(70) {
			return m.action("block \""+name+"\" "+m.argument('A')) + m.statements(depth-1) + m.action("end")
		}
		return m.action("define \""+name+"\"") + m.statements(depth-1) + m.action("end")
	}
}

func (m *maker) condition() string {
	if m.chance(20) {
		return "$c := " + m.expression('A')
	}
	return m.expression(m.oneOf("b", "b", "A", "s")[0])
}

// A program that is broken somewhere.
func makeMutation(m *maker, p *program) {
	if m.chance(50) {
		makeStatements(m, p)
	} else {
		makeExpression(m, p)
	}
	for _, name := range []string{"templates/_p.tpl", "templates/t.yaml"} {
		text := p.files[name]
		if text == "" || text == wrapped {
			continue
		}
		for n := 1 + m.Intn(2); n > 0 && text != ""; n-- {
			at := m.Intn(len(text))
			switch m.Intn(4) {
			case 0:
				text = text[:at] + text[min(len(text), at+1+m.Intn(3)):]
			case 1:
				text = text[:at] + text[at:min(len(text), at+6)] + text[at:]
			default:
				text = text[:at] + m.oneOf("{{", "}}", "{{-", "-}}", "\"", "'", "`", "(", ")", "|", ".", "$", ":=", "=", ",", " ", "\n", "/*", "*/", "end", "{{end}}", "{{else}}", " nil ", "..", "$x", "1", "-", "\\", "0x", "1e", "é", "\x00", "!", "||", "==", "{{define \"q\"}}", "{{break}}", " if ",
					" else ", "'ab'", "08", "1i", ".5", "+", "@", "#", "&", ";", "?", "%", "^", "\xff", "$.a", "$1", "_", " range ", "{{- /*", " template ", " block ", "nil.x", "true.x", "\"s\".x", "1.x") + text[at:]
			}
		}
		p.files[name] = text
	}
}

// YAML in and out: values files, fromYaml, toYaml.
func makeYAML(m *maker, p *program) {
	document := m.yaml(3)
	switch m.Intn(5) {
	case 0:
		p.files["values.yaml"] = document
		p.files["templates/t.yaml"] = "{{ .Values | toYaml }}\n"
	case 1:
		p.files["v.yaml"] = document
		p.args = append(p.args, "-f", "@/v.yaml")
		p.files["templates/t.yaml"] = "{{ .Values | toJson }}\n"
	case 2:
		p.files["templates/t.yaml"] = document
	default:
		p.files["d.txt"] = document
		p.files["templates/t.yaml"] = "out: {{ .Files.Get \"d.txt\" | " + m.oneOf("fromYaml", "fromYaml", "fromYamlArray") + " | " + m.oneOf("toYaml", "toYaml", "toJson", "toYamlPretty", "toToml", "printf \"%v\"") + " | " + m.oneOf("toJson", "quote") + " }}\n"
	}
}

// Every other text format that goes in or out.
func makeFormats(m *maker, p *program) {
	read, text := "fromJson", m.json(3)
	switch m.Intn(3) {
	case 0:
		read, text = m.oneOf("fromJson", "fromJsonArray", "mustFromJson"), m.json(3)
	case 1:
		read, text = "fromToml", m.toml()
	case 2:
		p.files["templates/t.yaml"] = "out: {{ printf " + m.quoted(m.format()) + " " + m.argument('A') + " " + m.argument(m.anyKind()) + " | toJson }}\n"
		return
	}
	p.files["d.txt"] = text
	p.files["templates/t.yaml"] = "out: {{ .Files.Get \"d.txt\" | " + read + " | " + m.oneOf("toYaml", "toJson", "toYamlPretty", "toToml", "printf \"%v\"", "toPrettyJson", "printf \"%#v\"", "toRawJson") + " | toJson }}\n"
}
