#!/bin/bash
# Broken configurations, each with exactly what is said of it: broken.txt holds "=== NUMBER", the
# configuration, "---", the messages. GOLDEN=1 writes the messages anew, for the difference to be read.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/support/check.sh
. "$here/../support/check.sh"
ctl=$(cd "${O:-build/release}" && pwd)/reconcilectl
table=$here/broken.txt
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
awk '/^=== / { close(out); n = $2; out = n ".yaml"; next } $0 == "---" && out ~ /yaml$/ {
	close(out); out = n ".said"; printf "" >out; next } { print >out }' "$table"

says_so() { # NUMBER
	local r

	cp "$1.yaml" c.yaml
	"$ctl" config check c.yaml >out 2>now
	r=$?
	[ $r = 78 ] || { echo "  $1: exit code $r"; return 1; }
	[ -z "${GOLDEN:-}" ] || cp now "$1.said"
	diff "$1.said" now || { cat "$1.yaml"; return 1; }
	# Each line has its place and says more than that.
	! grep -qvE '^c\.yaml:[0-9]+:[0-9]+: (error: )?.{8,}' now
}

n=0
for file in $(ls ./*.yaml | sed 's|^./||' | sort -n); do
	[ "$file" != c.yaml ] || continue
	n=$((n + 1))
	check "configuration ${file%.yaml}" says_so "${file%.yaml}"
done
check "there are 200 of them, and more ($n)" [ "$n" -ge 200 ]
[ -z "${GOLDEN:-}" ] || for i in $(seq "$n"); do echo "=== $i"; cat "$i.yaml"; echo ---; cat "$i.said"; done >"$table"
summary
