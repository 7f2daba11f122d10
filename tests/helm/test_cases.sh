#!/bin/bash
# Small charts, each in one text file of tests/golden/charts: the words after `reconcilectl render`, the
# chart's files behind lines "-- NAME --", and at last what Helm prints, its standard error sorted.
# `GOLDEN=write HELM=helm` asks Helm anew.
set -u
cd "$(dirname "$0")/../.." || exit 1
case ${O:=build/release} in /*) ;; *) O=$PWD/$O ;; esac
golden=$PWD/tests/golden/charts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC
# shellcheck source=tests/support/check.sh
. tests/support/check.sh

show_more() {
	diff "$work/wanted" "$work/got" | head -n 20
}

# The files of a case below $work/case; its words are in the file of that name.
unpack() { # FILE
	rm -rf "$work/case"
	awk -v to="$work/case" '
		function put(name) {
			path = to "/" name
			folder = path
			sub(/\/[^\/]*$/, "", folder)
			system("mkdir -p \047" folder "\047")
			printf "" >path
		}
		BEGIN { put("words") }
		/^-- .* --$/ { close(path); put(substr($0, 4, length($0) - 6)); next }
		{ print >path }' "$1"
}

# What a program says of the case. The time and the line of a warning are Helm's own.
say() { # PROGRAM WORD...
	(cd "$work/case" && "$@" >"$work/out" 2>"$work/err")
	cat "$work/out"
	echo '-- errors --'
	sed 's/^[0-9/]\+ [0-9:]\+ //' "$work/err" | sort
}

for case in "$golden"/*.txt; do
	unpack "$case"
	read -r -a words <"$work/case/words"
	if [ "${GOLDEN:-}" = write ]; then
		{ sed '/^-- output --$/,$d' "$case"; echo '-- output --'; say "$HELM" template "${words[@]}"; } >"$work/new"
		cp "$work/new" "$case"
		unpack "$case"
	fi
	sed '1,/^-- output --$/d' "$case" >"$work/wanted"
	say "$O/reconcilectl" render "${words[@]}" >"$work/got"
	check "${case##*/}" cmp -s "$work/wanted" "$work/got"
done
summary
