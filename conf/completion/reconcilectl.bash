# bash completion for reconcilectl, which knows its own commands and asks the daemon for names.
_reconcilectl() {
	local IFS=$'\n' line=${COMP_LINE:0:COMP_POINT} words

	words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	mapfile -t COMPREPLY < <(reconcilectl --complete "${words[@]}" 2>/dev/null)
	# No answer: a file may be meant.
	if [ ${#COMPREPLY[@]} -eq 0 ] && [[ $line != *' --' ]]; then
		compopt -o default 2>/dev/null
	fi
}
complete -F _reconcilectl reconcilectl
