#!/bin/bash
# `reconcilectl render` from the outside: the sample chart against its golden texts, flags, errors.
set -u
cd "$(dirname "$0")/../.." || exit 1
ctl=${O:-build/release}/reconcilectl
chart=conf/examples/judge/charts/judge
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/support/check.sh
. tests/support/check.sh

# $1: a name; $2: what standard error must contain; the rest: the command, which must fail with 1.
fails() {
	local name=$1 text=$2
	shift 2
	"$@" >"$work/out" 2>"$work/err"
	if [ $? -eq 1 ] && grep -qF -- "$text" "$work/err" && [ ! -s "$work/out" ]; then
		pass
	else
		fail "$name: $(head -c 300 "$work/err")"
	fi
}

for values in values values-production; do
	golden=tests/golden/render/judge-$values.yaml
	"$ctl" render judge $chart -n judge -f $chart/$values.yaml --include-crds >"$work/out" 2>"$work/err"
	if [ "${GOLDEN:-}" = write ]; then
		mkdir -p tests/golden/render && cp "$work/out" "$golden"
	fi
	if cmp -s "$golden" "$work/out" && [ ! -s "$work/err" ]; then pass; else fail "$golden differs"; fi
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
	if [ "$("$@" 2>&1)" = "$wanted" ]; then pass; else fail "$name: $("$@" 2>&1)"; fi
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
check "archive" cmp -s <("$ctl" render rel "$work/c") <("$ctl" render rel "$work/c-1.0.0.tgz")

fails "no chart" "nowhere" "$ctl" render rel "$work/nowhere"
fails "bad flag" "unknown flag: --nosuch" "$ctl" render rel "$work/c" --nosuch
fails "bad set" 'failed parsing --set data: key "b" has no value' "$ctl" render rel "$work/c" --set a=1,b
fails "bad version" "invalid kube version 'x.y'" "$ctl" render rel "$work/c" --kube-version x.y
fails "bad name" "invalid release name" "$ctl" render Bad_Name "$work/c"

# Flags of helm template, by name: what they do, or why not.
expect "name template" "---
# Source: c/templates/a.yaml
kind: A
num: 1e+06
yaml: 1000000
r: x-5" "$ctl" render "$work/c" --name-template '{{ lower "X" }}-{{ add 2 3 }}' -s templates/a.yaml
fails "name template and name" "cannot set --name-template and also specify a name" "$ctl" render rel "$work/c" --name-template x
fails "generated name and name" "cannot set --generate-name and also specify a name" "$ctl" render rel "$work/c" -g
fails "broken name template" 'template: name-template:1: function "nope" not defined' "$ctl" render "$work/c" --name-template '{{ nope }}'
fails "name template gives no name" 'release name "X": invalid release name' "$ctl" render "$work/c" --name-template '{{ upper "x" }}'
fails "bad bool" 'invalid argument "zz" for "-g, --generate-name" flag: strconv.ParseBool: parsing "zz": invalid syntax' "$ctl" render "$work/c" --generate-name=zz
fails "bad int" 'invalid argument "zz" for "--burst-limit" flag: strconv.ParseInt: parsing "zz": invalid syntax' "$ctl" render "$work/c" --burst-limit zz
fails "bad duration" 'invalid argument "zz" for "--timeout" flag: time: invalid duration "zz"' "$ctl" render "$work/c" --timeout zz
fails "no value" "flag needs an argument: --repo" "$ctl" render "$work/c" --repo
fails "bad letter" "unknown shorthand flag: 'Z' in -Z" "$ctl" render "$work/c" -Z
fails "three arguments" "expected at most two arguments, unexpected arguments: c, d" "$ctl" render a b c d
fails "post-renderer" "pipe the output into the program" "$ctl" render rel "$work/c" --post-renderer cat
fails "post-renderer-args" "pipe the output into the program" "$ctl" render rel "$work/c" --post-renderer-args x
fails validate "kubectl apply --dry-run=server" "$ctl" render rel "$work/c" --validate
fails verify "check the signature" "$ctl" render rel "$work/c" --verify
fails enable-dns "give the address as a value" "$ctl" render rel "$work/c" --enable-dns
fails dependency-update "reconcilectl dependency update" "$ctl" render rel "$work/c" --dependency-update
fails "dry-run=server" "there is no cluster" "$ctl" render rel "$work/c" --dry-run=server
fails "dry-run" "Invalid dry-run flag" "$ctl" render rel "$work/c" --dry-run=maybe
fails "repository" "name a directory or an archive" "$ctl" render rel nothing --repo https://charts.example.com
fails "oci" "name a directory or an archive" "$ctl" render rel oci://example.com/charts/c
fails "remote values" "download the file before" "$ctl" render rel "$work/c" -f https://example.com/values.yaml
# What says how a chart is fetched means nothing for one that is here, as for Helm.
check "flags without effect" cmp -s <("$ctl" render rel "$work/c") <("$ctl" render rel "$work/c" --repo https://example.com --version 1 \
	--username u --password p --ca-file x --cert-file x --key-file x --keyring x --plain-http --pass-credentials \
	--insecure-skip-tls-verify --dry-run --dry-run=client --timeout 5m --kubeconfig x --kube-context x --qps 5 \
	--debug --labels a=b --registry-config x --devel --wait=false)
mkdir -p "$work/c/crds"
printf 'kind: CustomResourceDefinition\n' >"$work/c/crds/d.yaml"
printf 'kind: H1\nmetadata: {annotations: {helm.sh/hook: test}}\n---\nkind: H2\nmetadata: {annotations: {helm.sh/hook: post-install}}\n' >"$work/c/templates/hooks.yaml"
expect "output-dir" "wrote $work/out.d/c/crds/d.yaml
wrote $work/out.d/rel/c/templates/a.yaml
wrote $work/out.d/rel/c/charts/sub/templates/b.yaml
wrote $work/out.d/rel/c/templates/hooks.yaml
wrote $work/out.d/rel/c/templates/hooks.yaml" "$ctl" render rel "$work/c" --include-crds --output-dir "$work/out.d" --release-name
expect "written documents" "---
# Source: c/templates/hooks.yaml
kind: H1
metadata: {annotations: {helm.sh/hook: test}}
---
# Source: c/templates/hooks.yaml
kind: H2
metadata: {annotations: {helm.sh/hook: post-install}}" cat "$work/out.d/rel/c/templates/hooks.yaml"
"$ctl" render rel "$work/c" --output-dir "$work/out2" --skip-tests >/dev/null
if grep -q H2 "$work/out2/c/templates/hooks.yaml" && ! grep -q H1 "$work/out2/c/templates/hooks.yaml"; then pass; else fail "output-dir without tests"; fi
rm "$work/c/templates/hooks.yaml"
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

# A chart under two names has what is below it once, under the last name, as Helm's shared charts do.
mkdir -p "$work/two/charts/sub/templates" "$work/two/charts/sub/charts/deep/templates"
printf 'apiVersion: v2\nname: two\nversion: 1.0.0\ndependencies:\n- {name: sub, version: 1.x, alias: other}\n- {name: sub, version: 1.x}\n' >"$work/two/Chart.yaml"
printf 'apiVersion: v2\nname: sub\nversion: 1.0.0\n' >"$work/two/charts/sub/Chart.yaml"
printf 'apiVersion: v2\nname: deep\nversion: 1.0.0\n' >"$work/two/charts/sub/charts/deep/Chart.yaml"
echo 'x: {{ .Values.x }}' >"$work/two/charts/sub/charts/deep/templates/a.yaml"
printf 'other: {deep: {x: 1}}\nsub: {deep: {x: 2}}\n' >"$work/two/values.yaml"
expect "two names" "---
# Source: two/charts/sub/charts/deep/templates/a.yaml
x: 2" "$ctl" render rel "$work/two"

# Starting with OpenSSL would cost more than rendering a chart.
if ldd "$ctl" | grep -E 'libssl|libcrypto'; then fail "linked with OpenSSL"; else pass; fi

summary
