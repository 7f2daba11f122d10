# fish completion for reconcilectl, which knows its own commands and asks the daemon for names.
function __reconcilectl_complete
    set -l words (commandline -opc) (commandline -ct)
    reconcilectl --complete $words[2..-1] 2>/dev/null
end
complete -c reconcilectl -f -a '(__reconcilectl_complete)'
complete -c reconcilectl -n '__fish_seen_subcommand_from render check build update' -F
