#!/bin/bash
# Charts that mean harm, each an application of one daemon: every one ends in a clear error within the
# limits of `render` (10 s and 256 MiB), the worker is replaced, and the application beside them is
# synced at the next commit as if nothing were.
#
# Alone: its charts take a processor and hundreds of MiB each.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT
case $O in */asan) skip 29 'the sanitizers give memory no limit'; summary ;; esac
start_apps || exit 1
r=$work/repo
names=()
declare -A wanted

# hostile NAME WORDS: a chart, whose error has to match WORDS; a template is read from standard input.
hostile() {
	local chart=$r/$1

	names+=("$1")
	wanted[$1]=$2
	mkdir -p "$chart/templates"
	printf 'apiVersion: v2\nname: %s\nversion: 1.0.0\n' "$1" >"$chart/Chart.yaml"
	cat >"$chart/templates/t.yaml"
}

repeat() { # TEXT N
	printf "%.0s$1" $(seq "$2")
}

memory='needed more memory than its limit of 256 MiB'
time='not done within its limit of 10 s'
hostile include 'rendering template has a nested reference name: a' <<<'{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'
hostile template 'exceeded maximum template depth' <<<'{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}'
hostile tpl "$memory|$time" <<<'{{ define "g" }}{{ $t := print .t .t }}{{ tpl $t (dict "t" $t "Template" .Template) }}{{ tpl "{{ include \"g\" . }}" (dict "t" $t "Template" .Template) }}{{ end }}{{ include "g" (dict "t" "growing {{ 1 }} " "Template" .Template) }}'
hostile until 'until: a sequence of more than 10000000 numbers' <<<'{{ range until 1000000000 }}{{ . }}{{ end }}'
hostile until-step 'untilStep: a sequence of more than 10000000 numbers' <<<'{{ len (untilStep 0 2000000000 1) }}'
hostile repeat "$memory" <<<'{{ repeat 2000000000 "x" }}'
hostile doubling "$memory" <<<'{{ $s := "x" }}{{ range until 40 }}{{ $s = print $s $s }}{{ end }}{{ $s }}'
hostile printf "$memory" <<<'a: {{ range until 1000000 }}{{ printf "%1000000d" 1 }}{{ end }}'
hostile lists "$memory" <<<'{{ range until 60000 }}{{ range until 60000 }}{{ end }}{{ end }}'
hostile hashes "$time" <<<'{{ range until 100000 }}{{ htpasswd "a" "b" }}{{ end }}'
hostile endless "takes more than [0-9]+ steps" <<<'{{ $l := until 1000000 }}{{ range $l }}{{ range $l }}{{ end }}{{ end }}'
hostile regex "the regexp ended|takes too long" <<<'a: {{ regexMatch "^(((a+)+)+)+$" (print (repeat 50000 "a") "b") }}{{ regexReplaceAll "(.*.*.*.*.*.*)*x" (repeat 200000 "a") "b" }}{{ fail "the regexp ended" }}'
hostile regex-size "error parsing regexp" <<<'{{ mustRegexMatch "((((a{1000}){1000}){1000}){1000})" "a" }}'
hostile parentheses 'nested deeper than 2000' < <(printf '{{ '; repeat '(' 200000; printf 1; repeat ')' 200000; printf ' }}')
hostile blocks 'nested deeper than 2000' < <(repeat '{{ if true }}' 200000; repeat '{{ end }}' 200000)
hostile document 'exceeded max depth of 1000' < <(printf 'apiVersion: v1\nkind: A\nmetadata: {name: a}\na: '; repeat '[' 100000; repeat ']' 100000)
hostile json 'exceeded max depth' < <(printf '{{ fromJson (print (repeat 100000 "{\\"a\\":") "1" (repeat 100000 "}")) | toYaml | fail }}')
hostile utf-8 'invalid leading UTF-8 octet' < <(printf 'apiVersion: v1\nkind: A\nmetadata: {name: a}\na: "\xff\xfe\xc0"\n')
hostile utf-8-values 'values.yaml: .*invalid leading UTF-8 octet' <<<'a: 1'
printf 'a: "\xff\xc0\x80"\n' >"$r/utf-8-values/values.yaml"
hostile aliases "values.yaml: .*document contains excessive aliasing" <<<'a: {{ toYaml .Values }}'
{
	echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
	for i in $(seq 1 12); do
		printf 'a%d: &a%d [%s*a%d]\n' "$i" "$i" "$(repeat "*a$((i - 1)), " 9)" "$((i - 1))"
	done
} >"$r/aliases/values.yaml"
hostile aliases-printed "document contains excessive aliasing" < <(printf 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n'; cat "$r/aliases/values.yaml")
hostile values 'values.yaml: the files are larger than [0-9]+ bytes' <<<'a: 1'
{ printf 'a: |\n  '; head -c 104857600 /dev/zero | tr '\0' x; } >"$r/values/values.yaml"
hostile link 'link/passwd is a link out of the repository' <<<'a: {{ .Files.Get "passwd" | required "the link leaves the chart" }}'
ln -s ../../../../../../etc/passwd "$r/link/passwd"
hostile link-template 'passwd.yaml is a link out of the repository' <<<'a: {{ "1" | required "" }}'
ln -s /etc/passwd "$r/link-template/templates/passwd.yaml"
hostile parent "nothing above the chart" <<<'{{ .Files.Get "../include/Chart.yaml" | required "nothing above the chart" }}{{ .Files.Get "/etc/passwd" | required "nothing" }}'
hostile loop-schema 'the schema refers to itself more than 200 times' <<<'a: 1'
echo '{"$ref": "#/definitions/a", "definitions": {"a": {"allOf": [{"$ref": "#/definitions/b"}]}, "b": {"anyOf": [{"$ref": "#/definitions/a"}]}}}' >"$r/loop-schema/values.schema.json"
hostile bomb-archive "file 'sub/zeros' is larger than [0-9]+ bytes" <<<'a: 1'
mkdir -p "$r/bomb-archive/charts"
truncate -s 10G "$work/zeros"
hostile climbing-archive 'chart illegally references parent directory' <<<'a: 1'
mkdir -p "$r/climbing-archive/charts" "$work/sub/sub/templates"
printf 'apiVersion: v2\nname: sub\nversion: 1.0.0\n' >"$work/sub/sub/Chart.yaml"
echo 'a: 1' >"$work/sub/sub/evil.yaml"
tar -C "$work/sub" -czf "$r/climbing-archive/charts/sub-1.0.0.tgz" --transform 's,sub/evil.yaml,sub/../../../evil.yaml,' sub
# A file of 10 GiB: its head, and members of gzip that are the same 128 MiB of zeros again and again.
{
	tar -C "$work/sub" -cf - sub/Chart.yaml | head -c 1024 | gzip
	tar -C "$work" -cf - --transform 's,^,sub/,' zeros 2>/dev/null | head -c 512 | gzip
	head -c 128M /dev/zero | gzip >"$work/zeros.gz"
	for _ in $(seq 80); do cat "$work/zeros.gz"; done
} >"$r/bomb-archive/charts/sub-1.0.0.tgz"

mkdir -p "$r/good" "$r/argocd"
config_map good-0 >"$r/good/all.yaml"
{
	application good good
	for name in "${names[@]}"; do
		echo ---
		application "$name" "$name"
	done
} >"$r/argocd/all.yaml"
configure <<<"- from: { repository: apps, path: argocd }"
git -C "$r" add -A && git -C "$r" commit -q -m hostile && git -C "$r" push -q origin main
start_daemon || exit 1

failure() { # NAME
	"$ctl" app get "$1" -o json 2>/dev/null | jq -r '[.status.conditions[]? | select(.type | endswith("Error")) | .message] | join("; ")'
}

has_failed() {
	[ -n "$(failure "$1")" ]
}

check 'the application beside them is synced' soon is_there "$cm/good-0"
for name in "${names[@]}"; do
	until_so 300 has_failed "$name"
	check "$name: $(failure "$name" | tr '\n' ' ' | tail -c 200)" eval 'failure "$name" | grep -Eq -- "${wanted[$name]}"'
done
check 'the same daemon serves' kill -0 "$daemon_pid"
check 'none of its processes is larger than it may be' eval '! pgrep -P "$daemon_pid" | xargs -I{} awk "/^VmHWM/ && \$2 > 300 * 1024" /proc/{}/status 2>/dev/null | grep .'
config_map good-1 >>"$r/good/all.yaml"
publish 'after all of them'
check 'the next commit of the application beside them is synced' until_so 120 is_there "$cm/good-1"
summary
