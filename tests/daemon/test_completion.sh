#!/bin/bash
# Completion as the shells ask for it: commands, flags, formats, and names from the daemon; and
# nothing, at once, where no daemon answers.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT
completion=$top/conf/completion

offers() { # WANTED WORD...: what is offered, in one line
	local wanted=$1 got

	shift
	got=$("$ctl" --complete "$@" | tr '\n' ' ')
	[ "$got" = "$wanted" ] || { echo "  it offers '$got', not '$wanted'"; return 1; }
}

in_bash() { # WORD...: what bash offers
	PATH=$O:$PATH bash -c '. "$0"; COMP_WORDS=(reconcilectl "$@"); COMP_CWORD=$#; COMP_LINE="reconcilectl $*"
		COMP_POINT=${#COMP_LINE}; _reconcilectl; echo "${COMPREPLY[*]}"' "$completion/reconcilectl.bash" "$@"
}

parses() { # SHELL FILE
	if command -v "$1" >/dev/null; then
		check "$1 reads ${2##*/}" "$1" -n "$2"
	else
		skip 1 "no $1 is here: ${2##*/} was not read by it"
	fi
}

check 'commands' offers 'validate version ' v
check 'commands of a command' offers 'rollback resume refresh resources ' app r
check 'without a daemon no names' offers '' app get j
check 'flags' offers '--check ' validate --ch
check 'the flags of all' offers '--socket ' app get --so
check 'formats' offers 'json ' app list -o j
check 'formats of validate' offers 'json junit ' validate -o j
start_platform && until_so 40 is_synced || give_up 'the platform does not come up'
check 'applications' offers 'judge-platform ' app get j
check 'applications to be checked' offers 'judge-platform ' validate ''
check 'repositories' offers 'helm ' repository poll ''
check 'secrets' offers 'judge/gateway-secrets ' secret get judge/g
check 'an unknown command' offers '' nonsense x
check 'a list takes no name' offers '' app list j
check 'bash asks it' [ "$(in_bash app get j)" = judge-platform ]
parses bash "$completion/reconcilectl.bash"
parses zsh "$completion/_reconcilectl"
parses fish "$completion/reconcilectl.fish"
summary
