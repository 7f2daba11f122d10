#!/bin/bash
# `reconcilectl render` from the outside: the sample chart against its golden texts, flags, errors.
set -u
cd "$(dirname "$0")/../.." || exit 1
ctl=${O:-build/release}/reconcilectl
chart=conf/examples/judge/charts/judge
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

ok() {
	passed=$((passed + 1))
}

bad() {
	failed=$((failed + 1))
	echo "FAIL: $*"
}

# $1: a name; $2: what standard error must contain; the rest: the command, which must fail with 1.
fails() {
	local name=$1 text=$2
	shift 2
	"$@" >"$work/out" 2>"$work/err"
	if [ $? -eq 1 ] && grep -qF -- "$text" "$work/err" && [ ! -s "$work/out" ]; then
		ok
	else
		bad "$name: $(head -c 300 "$work/err")"
	fi
}

for values in values values-production; do
	golden=tests/golden/render/judge-$values.yaml
	"$ctl" render judge $chart -n judge -f $chart/$values.yaml --include-crds >"$work/out" 2>"$work/err"
	if [ "${GOLDEN:-}" = write ]; then
		mkdir -p tests/golden/render && cp "$work/out" "$golden"
	fi
	if cmp -s "$golden" "$work/out" && [ ! -s "$work/err" ]; then ok; else bad "$golden differs"; fi
done

# A chart made here, for what the sample has not.
mkdir -p "$work/c/templates" "$work/c/charts/sub/templates"
printf 'apiVersion: v2\nname: c\nversion: 1.0.0\n' >"$work/c/Chart.yaml"
printf 'apiVersion: v2\nname: sub\nversion: 0.1.0\n' >"$work/c/charts/sub/Chart.yaml"
printf 'num: 1000000\nsub: {lit: true}\n' >"$work/c/values.yaml"
printf 'kind: A\nnum: {{ .Values.num }}\nyaml: {{ toYaml .Values.num }}\nr: {{ .Release.Name }}\n' >"$work/c/templates/a.yaml"
printf 'kind: B\nlit: {{ .Values.lit }}\ng: {{ .Values.global | toJson }}\n' >"$work/c/charts/sub/templates/b.yaml"
expect() {
	local name=$1 wanted=$2
	shift 2
	if [ "$("$@" 2>&1)" = "$wanted" ]; then ok; else bad "$name: $("$@" 2>&1)"; fi
}
expect plain "---
# Source: c/templates/a.yaml
kind: A
num: 1e+06
yaml: 1000000
r: rel
---
# Source: c/charts/sub/templates/b.yaml
kind: B
lit: true
g: {}" "$ctl" render rel "$work/c"
expect set "---
# Source: c/templates/a.yaml
kind: A
num: 5
yaml: 5
r: release-name" "$ctl" render "$work/c" --set num=5 --show-only templates/a.yaml
tar czf "$work/c-1.0.0.tgz" -C "$work" c
if cmp -s <("$ctl" render rel "$work/c") <("$ctl" render rel "$work/c-1.0.0.tgz"); then ok; else bad "archive"; fi

fails "no chart" "nowhere" "$ctl" render rel "$work/nowhere"
fails "bad flag" "unknown flag: --nosuch" "$ctl" render rel "$work/c" --nosuch
fails "bad set" 'failed parsing --set data: key "b" has no value' "$ctl" render rel "$work/c" --set a=1,b
fails "bad version" "invalid kube version 'x.y'" "$ctl" render rel "$work/c" --kube-version x.y
fails "bad name" "invalid release name" "$ctl" render Bad_Name "$work/c"
printf '{{ required "say n" .Values.nothing }}' >"$work/c/templates/r.yaml"
fails required "execution error at (c/templates/r.yaml:1:3): say n" "$ctl" render rel "$work/c"
printf '{{ nosuch }}' >"$work/c/templates/r.yaml"
fails parse 'parse error at (c/templates/r.yaml:1): function "nosuch" not defined' "$ctl" render rel "$work/c"
printf '{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}' >"$work/c/templates/r.yaml"
fails recursion "rendering template has a nested reference name: r" "$ctl" render rel "$work/c"
printf '{{ range until 100000 }}{{ range until 100000 }}x{{ end }}{{ end }}' >"$work/c/templates/r.yaml"
fails endless "takes more than" "$ctl" render rel "$work/c"
printf 'a: [\n' >"$work/c/templates/r.yaml"
fails "not YAML" "YAML parse error on c/templates/r.yaml" "$ctl" render rel "$work/c"
printf '{"properties":{"num":{"type":"string"}}}' >"$work/c/values.schema.json"
fails schema "- num: Invalid type. Expected: string, given: integer" "$ctl" render rel "$work/c"

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
