#!/bin/bash
# The quick start of README.md, word for word, with what was just built. tests/packaging/run does the
# same from the installed package.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
case ${O:=$top/build/release} in /*) ;; *) O=$top/$O ;; esac
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
ln -s "$O/reconciled" "$O/reconcilectl" "$bin/"
ln -s "$O/support/kubeapi" "$bin/reconciled-kubeapi"
PATH=$bin:$PATH "$top/tests/packaging/quick-start" "$top/README.md"
