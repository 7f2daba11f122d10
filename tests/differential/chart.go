package main

import (
	"fmt"
	"strconv"
	"strings"
)

// The grammar of --set, broken now and then.
func makeSet(m *maker, p *program) {
	p.files["templates/t.yaml"] = "out: {{ .Values | toJson }}\nfmt: {{ printf \"%#v\" .Values | toJson }}\n"
	if m.chance(50) {
		p.files["values.yaml"] = "a: {b: 1, c: [1, 2, {d: x}]}\nl: [a, b]\ns: text\n"
	}
	for n := 1 + m.Intn(3); n > 0; n-- {
		flag := m.oneOf("--set", "--set", "--set", "--set-string", "--set-json", "--set-literal")
		var parts []string
		for k := 1 + m.Intn(2); k > 0; k-- {
			parts = append(parts, m.setKey()+m.oneOf("=", "=", "=", "=", "", "==")+m.setValue(flag))
		}
		p.args = append(p.args, flag, strings.Join(parts, ","))
	}
}

func (m *maker) setKey() string {
	var b strings.Builder
	b.WriteString(m.oneOf("a", "b", "l", "s", "x", "a\\.b", "", " k"))
	for m.chance(50) {
		b.WriteString(m.oneOf(".b", ".c", "[0]", "[1]", "[3]", ".", "[", "]", "[-1]", "[x]", "[99999]", ".d", "[0].d", "\\,", "[0][1]", "{"))
	}
	return b.String()
}

func (m *maker) setValue(flag string) string {
	if flag == "--set-json" && m.chance(70) {
		return m.json(2)
	}
	return m.oneOf("1", "0", "-5", "+5", "007", "1.5", "1e3", "0x10", "true", "FALSE", "Null", "null", "~", "", "text", "a b", "{1,2}", "{x,y}", "{}", "{,}", "{a,{b}}", "{1", "a\\,b", "a\\", "\"q\"", "9223372036854775808", "9223372036854775807", "yes", "a=b", "{a}b=2", "é", "1,b=2", " 1", "{ 1, 2}", "[1]",
		"a.b", "{true,null,1}", "x\\ny", "$HOME", "\\{a}", "{a\\,b}", "{a=b}")
}

// Documents of many kinds, hooks, separators in odd places.
func makeManifests(m *maker, p *program) {
	for n := 1 + m.Intn(3); n > 0; n-- {
		var b strings.Builder
		for k := 1 + m.Intn(4); k > 0; k-- {
			b.WriteString(m.manifest())
			b.WriteString(m.oneOf("---\n", "\n---\n", "---", "\n--- # c\n", "--- \n\n", " ---\n", "\n---\n---\n", "----\n", "\r\n---\r\n", "...\n", "\n"))
		}
		p.files["templates/"+m.oneOf("a.yaml", "b.yaml", "z.yml", "sub/c.yaml", "NOTES.txt", "subNOTES.txt", "x.json", "_p.yaml", ".hidden.yaml", "noext")] = b.String()
	}
	if m.chance(20) {
		p.files["crds/c.yaml"] = m.manifest()
	}
	if m.chance(15) {
		p.args = append(p.args, "--kube-version", m.oneOf("1.30", "v1.29.3", "1.25.4-gke.3", "1", "x", "1.2.3.4", "v1.30.0+k3s1"))
	}
	if m.chance(10) {
		p.args = append(p.args, "--api-versions", m.oneOf("a/v1", "x", "a/v1/K"))
	}
}

func (m *maker) manifest() string {
	kind := m.oneOf("ConfigMap", "Service", "Deployment", "Job", "Secret", "List", "Foo", "configmap", "Ingress", "CustomResourceDefinition", "Namespace", "", "APIService", "PriorityClass", "ServiceAccount", "Pod", "\"Service\" # x", "5", "[a]", "null")
	var b strings.Builder
	b.WriteString(m.oneOf("", "", "", "# comment\n", "\n", "  \n"))
	b.WriteString(m.oneOf("apiVersion: v1\n", "apiVersion: v1\n", ""))
	b.WriteString("kind: " + kind + "\n")
	if m.chance(80) {
		b.WriteString("metadata:\n  name: " + m.oneOf("a", "b", "1", "null", "[x]", "true", "{{ .Release.Name }}") + "\n")
		if m.chance(50) {
			b.WriteString("  annotations:" + m.oneOf("\n", "\n", "\n", " {}\n", " null\n", " x\n"))
			b.WriteString("    " + m.oneOf("helm.sh/hook", "helm.sh/hook", "x", "helm.sh/hook-weight", "helm.sh/hook-delete-policy", "helm.sh/resource-policy") + ": " +
				m.oneOf("pre-install", "post-install,pre-upgrade", "test", "test-success", "Pre-Install , test", "crd-install", "unknown", "", "5", "\"5\"", "true", "[a]", "{a: 1}", "null", "before-hook-creation", "pre-rollback", "post-delete", "\"-1\"", "1.5", "2024-01-02") + "\n")
		}
	}
	if m.chance(25) {
		b.WriteString(m.oneOf("data:\n  x: |\n    a\n    ---\n    b\n", "data: |\n---\nx\n", "kind: Twice\n", "spec: {a: [1, 2}\n", "x: 'unclosed\n", "a:\tb\n", "\tx: 1\n", "text only\n", "- a\n", "x: *none\n", "x: &a 1\ny: *a\n", "<<: {b: 1}\n", "x: \"\\q\"\n", "a: b: c\n", "\"a\" b\n", "? [a]\n: b\n", "y: 1\n", "{{- /* c */}}\n", "%x\n", "@y: 1\n"))
	}
	return b.String()
}

// Subcharts, dependencies, globals, nulls: what coalescing makes of them.
func makeSubcharts(m *maker, p *program) {
	var deps strings.Builder
	names := []string{"suba", "subb"}
	for _, name := range names[:1+m.Intn(2)] {
		base := "charts/" + name + "/"
		p.files[base+"Chart.yaml"] = "apiVersion: v2\nname: " + name + "\nversion: " + m.oneOf("1.0.0", "1.2.3", "0.1.0-rc.1") + m.oneOf("", "", "", "\ntype: library") + "\n"
		p.files[base+"values.yaml"] = m.tree(2, names)
		p.files[base+"templates/t.yaml"] = "{{ .Chart.Name }}-{{ .Chart.IsRoot }}: {{ .Values | toJson }}\nf: {{ len .Files }}\n"
		p.files[base+"templates/_x.tpl"] = "{{ define \"x\" }}" + name + "{{ end }}"
		if m.chance(20) {
			p.files[base+"charts/deep/Chart.yaml"] = "apiVersion: v2\nname: deep\nversion: 1.0.0\n"
			p.files[base+"charts/deep/values.yaml"] = m.tree(1, names)
			p.files[base+"charts/deep/templates/t.yaml"] = "deep: {{ .Values | toJson }}\n"
			if m.chance(50) {
				p.files[base+"Chart.yaml"] += "dependencies:\n- name: deep\n  version: '*'\n" + m.oneOf("", "  condition: deep.on\n", "  tags: [t]\n", "  import-values: [data]\n")
			}
		}
		for n := m.Intn(3); n > 0; n-- {
			deps.WriteString("- name: " + name + "\n  version: " + m.oneOf("'*'", "1.0.0", "^1.0", ">=0.1.0-0", "9.x", "''", "bad ver") + "\n")
			deps.WriteString(m.oneOf("", "", "  alias: al\n", "  alias: al2\n", "  alias: bad.name\n"))
			deps.WriteString(m.oneOf("", "", "  condition: "+name+".on\n", "  condition: nosuch.x,a.on\n", "  condition: al.on, global.on\n"))
			deps.WriteString(m.oneOf("", "", "  tags: [t]\n", "  tags: [t, u]\n", "  tags: t\n"))
			deps.WriteString(m.oneOf("", "", "  import-values: [data]\n", "  import-values:\n  - child: a\n    parent: imported\n", "  import-values:\n  - child: a.b\n    parent: .\n", "  import-values: [data, nosuch, 5]\n", "  import-values: [{child: a}]\n", "  import-values: [{child: global, parent: a}]\n"))
		}
	}
	chart := chartYAML
	if deps.Len() > 0 {
		chart += "dependencies:\n" + deps.String()
	}
	p.files["Chart.yaml"] = chart
	p.files["values.yaml"] = m.tree(3, names)
	p.files["templates/t.yaml"] = "root: {{ .Values | toJson }}\nx: {{ include \"x\" . }}\nsubs: {{ range $k, $v := .Subcharts }}{{ $k }}={{ $v.Values | toJson }};{{ end }}\nd: {{ range .Chart.Dependencies }}{{ .Name }}/{{ .Alias }}/{{ .Enabled }},{{ end }}\n"
	if m.chance(70) {
		p.files["v.yaml"] = m.tree(3, names)
		p.args = append(p.args, "-f", "@/v.yaml")
	}
	if m.chance(30) {
		p.args = append(p.args, "--set", m.oneOf("tags.t=true", "tags.t=false", "suba.on=false", "suba.on=true", "suba=null", "suba.a=null", "global.g=null", "subb.on=maybe", "a=null", "suba.a.b=null"))
	}
}

func (m *maker) tree(depth int, names []string) string {
	var b strings.Builder
	m.branch(&b, depth, 0, names)
	return b.String()
}

func (m *maker) branch(b *strings.Builder, depth, indent int, names []string) {
	pad := strings.Repeat("  ", indent)
	seen := map[string]bool{}
	count := 0
	for n := 1 + m.Intn(5); n > 0; n-- {
		key := m.oneOf("a", "b", "c", "on", "global", "suba", "subb", "tags", "al", "exports", "g", "deep", "data")
		if key == "on" {
			key = "'on'"
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		count++
		if depth > 0 && m.chance(60) {
			b.WriteString(pad + key + ":\n")
			m.branch(b, depth-1, indent+1, names)
		} else {
			b.WriteString(pad + key + ": " + m.oneOf("1", "null", "null", "x", "true", "false", "[1, 2]", "{}", "{a: 1}", "{b: null}", "''", "{t: true}", "{t: false, u: true}", "{data: {z: 1}}", "{a: {b: {c: 1}}}") + "\n")
		}
	}
	if count == 0 {
		b.WriteString(pad + "k: 1\n")
	}
}

// Schemas and values that fit or do not.
func makeSchema(m *maker, p *program) {
	p.files["values.schema.json"] = m.schema(3)
	p.files["values.yaml"] = m.oneOf("", "", "") + "a: " + m.schemaValue() + "\nb: " + m.schemaValue() + "\nc: " + m.schemaValue() + "\nd: {a: " + m.schemaValue() + ", b: [" + m.schemaValue() + ", " + m.schemaValue() + "]}\n"
	p.files["templates/t.yaml"] = "ok: true\n"
}

func (m *maker) schemaValue() string {
	return m.oneOf("1", "0", "-1", "1.5", "100", "80.0", "abc", "''", "ABC", "true", "false", "null", "[]", "[1, 2]", "[1, 1]", "[a, 1, null]", "{}", "{a: 1}", "{a: x, b: 2, c: [1]}", "1.2.3.4", "'2024-01-02'", "a@b.c", "'http://x/y'", "1e3", "[{a: 1}, {a: x}]", "12345678901",
		"'23:59:60'", "'12:00:00+01:00'", "'2024-1-02'", "'2024-01-02T03:04:05.5Z'", "'2024-01-02 03:04:05'", "'::1'", "'::ffff:1.2.3.4'", "'fe80::1%eth0'", "01.2.3.4", "'A b <c@d.e>'", "'\"q q\"@x'", "'a..b@c'", "'a@[1.2.3.4]'", "'g: a@b;'", "'a@b (c)'", "a.", "'-a.b'",
		"'x:'", "'//h/p'", "'%zz'", "'a\\b'", "'http://[::1'", "'/a/{b}'", "'/a/{b'", "'/a~1'", "'/a~'", "'1/x'", "'01/x'", "'0#'", "'123e4567-e89b-12d3-a456-426614174000'", "'123E4567-e89b-12d3-a456-426614174000'", "'(x'", "'a{2,1}'")
}

func (m *maker) schema(depth int) string {
	if depth <= 0 {
		return m.oneOf(`{"type": "string"}`, `{"type": "integer"}`, `{"type": "number"}`, `{"type": "boolean"}`, `{"type": "null"}`, `{"type": ["string", "null"]}`, `true`, `false`, `{}`, `{"enum": [1, "abc", null]}`, `{"const": 1}`, `{"type": "object"}`, `{"type": "array"}`, `{"$ref": "#/definitions/x"}`)
	}
	var parts []string
	add := func(key, value string) { parts = append(parts, strconv.Quote(key)+": "+value) }
	for n := 1 + m.Intn(4); n > 0; n-- {
		switch m.Intn(35) {
		case 0, 1:
			add("type", m.oneOf(`"object"`, `"string"`, `"integer"`, `"number"`, `"array"`, `"boolean"`, `["string", "integer"]`, `"x"`, `[]`, `5`, `["string", "string"]`))
		case 2, 3, 4, 5, 6:
			var props []string
			for _, key := range []string{"a", "b", "c", "d"} {
				if m.chance(50) {
					props = append(props, strconv.Quote(key)+": "+m.schema(depth-1))
				}
			}
			add("properties", "{"+strings.Join(props, ", ")+"}")
		case 7:
			add("required", m.oneOf(`["a"]`, `["a", "z"]`, `[]`, `["x", "y"]`, `"a"`, `[1]`, `["a", "a"]`))
		case 8:
			add("additionalProperties", m.oneOf("false", "true", m.schema(depth-1), "5"))
		case 9:
			add("patternProperties", fmt.Sprintf(`{"%s": %s}`, m.oneOf("^a", "b", ".", "["), m.schema(depth-1)))
		case 10:
			add("items", m.oneOf(m.schema(depth-1), "["+m.schema(depth-1)+", "+m.schema(depth-1)+"]", "true", "5"))
		case 11:
			add("additionalItems", m.oneOf("false", "true", m.schema(depth-1)))
		case 12:
			add("minimum", m.oneOf("0", "1", "1.5", "\"x\""))
		case 13:
			add("maximum", m.oneOf("0", "10", "99.5", "null"))
		case 14:
			add("exclusiveMinimum", m.oneOf("0", "1", "true", "false", "\"x\""))
		case 15:
			add("exclusiveMaximum", m.oneOf("0", "100", "true", "false"))
		case 16:
			add("multipleOf", m.oneOf("2", "0.1", "5", "0", "-1", "0.01"))
		case 17:
			add("minLength", m.oneOf("1", "4", "-1", "1.5"))
		case 18:
			add("maxLength", m.oneOf("0", "2", "\"x\""))
		case 19:
			add("pattern", m.oneOf(`"^[a-z]+$"`, `"\\d"`, `"["`, `"."`, "5"))
		case 20:
			add("format", m.oneOf(`"ipv4"`, `"date"`, `"email"`, `"uri"`, `"hostname"`, `"nosuch"`, `"date-time"`, `"regex"`, `"uuid"`, `"ipv6"`, `"time"`, `"uri-reference"`, `"json-pointer"`,
				`"relative-json-pointer"`, `"uri-template"`, `"idn-email"`, `"iri"`))
		case 21:
			add("enum", m.oneOf(`["a", "b"]`, `[1, 2]`, `[null, true, {}]`, `[]`, `["abc", 1.0]`, `[[1, 2], {"a": 1}]`, `"x"`))
		case 22:
			add("const", m.oneOf("1", `"abc"`, "null", `{"a": 1}`, "[1, 2]"))
		case 23:
			add("allOf", "["+m.schema(depth-1)+", "+m.schema(depth-1)+"]")
		case 24:
			add("anyOf", "["+m.schema(depth-1)+", "+m.schema(depth-1)+"]")
		case 25:
			add("oneOf", "["+m.schema(depth-1)+", "+m.schema(depth-1)+"]")
		case 26:
			add("not", m.schema(depth-1))
		case 27:
			add("if", m.schema(depth-1))
			add("then", m.schema(depth-1))
			if m.chance(50) {
				add("else", m.schema(depth-1))
			}
		case 28:
			add("minItems", m.oneOf("1", "3", "-1"))
			add("maxItems", m.oneOf("0", "2", "1"))
		case 29:
			add("uniqueItems", m.oneOf("true", "false", "1"))
		case 30:
			add("minProperties", m.oneOf("1", "3"))
			add("maxProperties", m.oneOf("0", "2"))
		case 31:
			add("dependencies", m.oneOf(`{"a": ["b", "z"]}`, `{"a": `+m.schema(depth-1)+`}`, `{"a": "b"}`, `[]`))
		case 32:
			add("contains", m.schema(depth-1))
		case 34:
			add("$ref", m.oneOf(`"#/definitions/x"`, `"#"`, "5"))
		case 33:
			// A remote $ref is refused by us, on purpose.
			add(m.oneOf("definitions", "$schema", "title", "default", "propertyNames", "$defs", "readOnly", "id", "$id"), m.oneOf(`"#/definitions/x"`, `{"x": {"type": "string"}}`, `"http://json-schema.org/draft-07/schema#"`, `"#"`, `{"pattern": "^a"}`, "5"))
		}
	}
	seen := map[string]bool{}
	var unique []string
	for _, part := range parts {
		key := part[:strings.Index(part, ":")]
		if !seen[key] {
			unique = append(unique, part)
		}
		seen[key] = true
	}
	return "{" + strings.Join(unique, ", ") + "}" + m.oneOf("", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "}", " x")
}

// Chart.yaml with odd fields, and what templates see of them.
func makeMetadata(m *maker, p *program) {
	var b strings.Builder
	line := func(key, usual string, odd ...string) {
		if m.chance(85) {
			if m.chance(60) || len(odd) == 0 {
				b.WriteString(key + ": " + usual + "\n")
			} else {
				b.WriteString(key + ": " + m.oneOf(odd...) + "\n")
			}
		}
	}
	b.WriteString("name: " + m.oneOf("c", "c", "c", "my-chart", "a/b", "C_x", "1", "null", "''", "é", "a b") + "\n")
	b.WriteString("version: " + m.oneOf("1.2.3", "1.2.3", "1", "1.10", "v1.2", "x", "''", "1.2.3-rc.1+b", "01.2.3", "1.2.3.4") + "\n")
	line("apiVersion", "v2", "v1", "v3", "2", "null", "''")
	line("appVersion", "'1.0'", "1.10", "1e3", "16777217.0", "2024-01-02", "true", "[a]", "{a: 1}", "0x10", "null", "12345678901")
	line("description", "some text", "5", "\"a\\tb\\u00a0c\\u0001\"", "|\n  two\n  lines", "null")
	line("type", "application", "library", "x", "''", "5", "Application")
	line("kubeVersion", "'>=1.20'", "'>=1.99'", "1.32.x", "x", "'>=1.20-0'", "5")
	line("keywords", "[a, b]", "a", "[1, true]", "[null]", "{}", "[[a]]")
	line("maintainers", "[{name: a, email: b}]", "[null]", "[a]", "{}", "[{name: \"a\\u0001\"}]", "[{Name: x}]", "[{name: 5}]")
	line("annotations", "{a: b}", "{a: 5}", "{a: null}", "[a]", "{a: {b: c}}", "{a: true, 1: x}")
	line("deprecated", "false", "true", "yes", "\"true\"", "1", "null")
	line("home", "http://x", "5", "null", "[]")
	line("sources", "[http://a]", "[5]", "x")
	line("icon", "x", "true")
	line("unknownField", "1", "[a]")
	line("Name", "X", "Y")
	line("dependencies", "[]", "[null]", "null", "{}", "[{name: a}]", "x", "[{}]")
	if m.chance(5) {
		b.WriteString(m.oneOf("a: [\n", "\tx: 1\n", "name: twice\n", "x: *a\n", "- a\n"))
	}
	p.files["Chart.yaml"] = b.String()
	p.files["templates/t.yaml"] = m.oneOf("out: {{ .Chart | toJson }}\n", "{{ .Chart | toYaml }}\n", "out: {{ .Chart | toYamlPretty | toJson }}\n", "out: {{ print .Chart.Name .Chart.Version .Chart.AppVersion .Chart.Description .Chart.Keywords .Chart.Annotations .Chart.Deprecated .Chart.Type | toJson }}\n")
	if m.chance(10) {
		p.files["requirements.yaml"] = m.oneOf("dependencies: []\n", "dependencies:\n- name: zz\n  version: 1\n", "x\n", "")
	}
}

// .helmignore against a few files.
func makeIgnore(m *maker, p *program) {
	var b strings.Builder
	for n := 1 + m.Intn(4); n > 0; n-- {
		b.WriteString(m.oneOf("*.txt", "/f.txt", "d/", "d/*", "/d", "*.bak", "# c", "", "!f.txt", "!*.yaml", "**", "a/**/b", "[", "d/x.yaml", "x.yaml", "*", "templates/", "*/*.md", "?.md", "[a-c].md", "\\#x", " /sub/ ", "sub/", "./d", "/", "f.*", "ci", "README*") + "\n")
	}
	p.files[".helmignore"] = b.String()
	for _, name := range []string{"a.md", "sub/a.md", "sub/deep/b.md", "x.bak", "#x", "README.md", "ci/v.yaml", "templates/x.txt", "templates/.h.yaml", "templates/sub/.h2.yaml"} {
		if m.chance(60) {
			p.files[name] = "n: 1\n"
		}
	}
	p.files["templates/t.yaml"] = "files:\n{{- range $k, $v := .Files }}\n- {{ $k | quote }}\n{{- end }}\ng: {{ .Files.Glob " + m.quoted(m.oneOf("*", "**", "*.md", "sub/*", "{a,b}.md", "[!a].md", "?.md", "**.md", "sub/**", "[", "*/{a,deep}*", "\\#x", "[a-", "{a", "s?b/*", "*.{md,txt}")) + " | toJson }}\n"
}
