#!/bin/bash
# Completion as the shells ask for it: commands, flags, formats, and names from the daemon; and
# nothing, at once, where no daemon answers.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT
passed=0 failed=0 skipped=0
completion=$top/conf/completion

check() { # WHAT WANTED WORD...: what is offered, in one line
	local what=$1 wanted=$2 got

	shift 2
	got=$("$ctl" --complete "$@" | tr '\n' ' ')
	if [ "$got" = "$wanted" ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAIL: $what: '$got', not '$wanted'"
}

in_bash() { # WORD...: what bash offers
	PATH=$O:$PATH bash -c '. "$0"; COMP_WORDS=(reconcilectl "$@"); COMP_CWORD=$#; COMP_LINE="reconcilectl $*"
		COMP_POINT=${#COMP_LINE}; _reconcilectl; echo "${COMPREPLY[*]}"' "$completion/reconcilectl.bash" "$@"
}

parses() { # SHELL FILE
	if ! command -v "$1" >/dev/null; then
		skipped=$((skipped + 1))
		echo "SKIP: no $1 is here: ${2##*/} was not read by it"
	elif "$1" -n "$2"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL: $1 does not read $2"
	fi
}

check 'commands' 'validate version ' v
check 'commands of a command' 'rollback resume refresh resources ' app r
check 'without a daemon no names' '' app get j
check 'flags' '--check ' validate --c
check 'the flags of all' '--socket ' app get --so
check 'formats' 'json ' app list -o j
check 'formats of validate' 'json junit ' validate -o j
start_platform && until_so 40 is_synced || { tail "$work/log"; echo "$passed passed, 1 failed"; exit 1; }
check 'applications' 'judge-platform ' app get j
check 'applications to be checked' 'judge-platform ' validate ''
check 'repositories' 'helm ' repository poll ''
check 'secrets' 'judge/gateway-secrets ' secret get judge/g
check 'an unknown command' '' nonsense x
check 'a list takes no name' '' app list j
if [ "$(in_bash app get j)" = judge-platform ]; then passed=$((passed + 1)); else
	failed=$((failed + 1))
	echo "FAIL: bash: $(in_bash app get j)"
fi
parses bash "$completion/reconcilectl.bash"
parses zsh "$completion/_reconcilectl"
parses fish "$completion/reconcilectl.fish"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
