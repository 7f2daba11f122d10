#!/bin/bash
# The demo, its verified steps counted.
set -u
out=$(mktemp)
trap 'rm -f "$out"' EXIT
"$(dirname "$0")/../demo/run" >"$out" 2>&1
rc=$?
[ $rc -eq 0 ] || cat "$out"
printf '%d passed, %d failed\n' "$(grep -c '^  verified' "$out")" "$(grep -c '^  NOT SO' "$out")"
exit $rc
