#!/bin/bash
# One template a line through `reconcilectl render`, against what Helm printed for it: values whose
# types only Go's reflection shows, errors that only one function gives. GOLDEN=write with
# PROGRAM="helm template" asks Helm again.
set -u
cd "$(dirname "$0")/../.." || exit 1
program=${PROGRAM:-$PWD/${O:-build/release}/reconcilectl render}
golden=tests/golden/expressions.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/support/check.sh
. tests/support/check.sh
export TZ=UTC

mkdir -p "$work/c/templates"
cat >"$work/c/Chart.yaml" <<-'END'
	apiVersion: v2
	name: c
	version: 1.2.3
	annotations: {an: x}
END
cat >"$work/c/values.yaml" <<-'END'
	m: {a: 1, b: {c: d}}
	l: [1, a, null]
	s: text
	f: 1.5
	nul: null
	t: true
END

# A template stands behind "T ", what is printed for it behind "> " a line.
grep '^T ' "$golden" | while IFS= read -r line; do
	printf '%s\n' "${line#T }" >"$work/c/templates/t.yaml"
	printf '%s\n' "$line"
	$program rel "$work/c" 2>&1 | grep -vxF -e --- -e '# Source: c/templates/t.yaml' \
		-e 'Use --debug flag to render out invalid YAML' -e '' | sed 's/^/> /'
done >"$work/all"
if [ "${GOLDEN:-}" = write ]; then
	cp "$work/all" "$golden"
fi
check "the templates: $(diff "$golden" "$work/all" | head -20)" cmp -s "$golden" "$work/all"

summary
