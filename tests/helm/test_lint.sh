#!/bin/bash
# `reconcilectl lint` from the outside: charts with faults, against a golden text that says what Helm
# says of them (make conformance PEER=lint asks it); flags and exit codes.
set -u
cd "$(dirname "$0")/../.." || exit 1
ctl=$PWD/${O:-build/release}/reconcilectl
golden=$PWD/tests/golden/lint.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/support/check.sh
. tests/support/check.sh

tests/helm/lint-charts "$work/c"
cd "$work/c" || exit 1
for chart in *; do
	"$ctl" lint "$chart" 2>&1
	echo "exit $?"
	echo
done | sed "s#$work/c#CHARTS#g" >"$work/all"
if [ "${GOLDEN:-}" = write ]; then
	cp "$work/all" "$golden"
fi
check "the findings: $(diff "$golden" "$work/all" | head -20)" cmp -s "$golden" "$work/all"

# $1: name, $2: exit code, $3: a text that must be printed (or !text: that must not be); the rest: arguments
expect() {
	local name=$1 code=$2 text=$3
	shift 3
	"$ctl" lint "$@" >"$work/out" 2>&1
	local r=$?
	if [ $r != "$code" ]; then
		fail "$name: exit $r: $(head -c 300 "$work/out")"
	elif [ "${text#!}" != "$text" ]; then
		if grep -qF -- "${text#!}" "$work/out"; then fail "$name: said $text"; else pass; fi
	elif grep -qF -- "$text" "$work/out"; then
		pass
	else
		fail "$name: $(head -c 300 "$work/out")"
	fi
}
expect "warnings pass" 0 "1 chart(s) linted, 0 chart(s) failed" deprecated
expect "warnings fail strictly" 1 "1 chart(s) linted, 1 chart(s) failed" --strict deprecated
expect "quiet and clean" 0 "!linted" --quiet plain
expect "quiet and not clean" 0 "[WARNING]" --quiet deprecated
expect "quiet has no information" 0 "![INFO]" --quiet no-values deps
expect "an old cluster" 0 "!networking.k8s.io/v1beta1 IngressClass is deprecated" --kube-version 1.15 deprecated
expect "subcharts" 1 "==> Linting unlisted/charts/sub" --with-subcharts unlisted
expect "several" 1 "3 chart(s) linted, 1 chart(s) failed" plain deprecated no-name
expect "values" 0 "0 chart(s) failed" --set a=text,b=1 schema
expect "values that do not fit" 1 "b is required" schema
expect "no schemas of subcharts" 1 "!z is required" --skip-schema-validation unlisted
expect "version" 1 "invalid kube version 'x'" --kube-version x plain
expect "no chart" 1 "Error unable to check Chart.yaml file in chart: stat none/Chart.yaml: no such file or directory" none
expect "flag" 1 "Error: unknown flag: --nope" --nope
tar -czf deprecated.tgz deprecated
expect "archive" 0 "extensions/v1beta1 Ingress is deprecated in v1.14+" deprecated.tgz
expect "what the first look dropped" 1 "!cannot overwrite" --set sub.t=null filled
# One set of values for all charts: what is freed too early is overwritten at once.
export MALLOC_PERTURB_=85
long=$(printf 'x%.0s' $(seq 800))
printf 'sub: {t: null, %s: {%s: 1}}\n' "$long" "$long" >"$work/long.yaml"
cp -r filled clash
echo "sub: {$long: 5}" >clash/values.yaml
expect "values of the first for the last" 1 "destination for sub.$long is a table" \
	-f "$work/long.yaml" filled plain clash
cd plain && expect "here" 0 "==> Linting ." && cd ..

summary
