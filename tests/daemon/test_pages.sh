#!/bin/bash
# The manual pages, the completion and the JSON Schema beside the code, both ways: each command, flag
# and field of the code is in a page, and what a page names is in the code.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/support/check.sh
. "$here/../support/check.sh"
top=$(cd "$here/../.." && pwd)
ctl=$(cd "${O:-build/release}" && pwd)/reconcilectl
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$top" || exit 1
export RECONCILED_SOCKET=$scratch/nobody
page=daemon/ctl/reconcilectl.1
fields=conf/reconciled.yaml.5

# ---- commands and flags ----
commands() { # as "app sync"
	local command group

	for command in $("$ctl" --complete ''); do
		group=$("$ctl" --complete "$command" '' | tr '\n' ' ')
		if "$ctl" "$command" help 2>/dev/null | grep -q "^usage: reconcilectl $command COMMAND"; then
			for group in $group; do echo "$command $group"; done
		else
			echo "$command"
		fi
	done
}

listed_by_help() { # COMMAND...: of which help lists it
	local parent=("${@:1:$#-1}")

	"$ctl" "${parent[@]}" help | grep -q "^  ${*: -1} "
}

section() { # COMMAND: its text in the page; nested lists belong to it
	awk -v want="$*" '
		/^\.Bl/ { depth++ } /^\.El/ { depth-- }
		depth == 1 && /^\.It Ic / {
			name = ""
			for (i = 3; i <= NF && $i ~ /^[a-z-]+$/; i++) name = name (name ? " " : "") $i
			inside = (name == want)
		}
		depth == 0 { inside = 0 }
		inside' "$page"
}

in_page() {
	[ -n "$(section "$*")" ] || [ "$*" = 'app terminate-op' ] && grep -q 'terminate-op' "$page"
}

own_flags() { # COMMAND: what completion offers beyond what all take
	# shellcheck disable=SC2086
	"$ctl" --complete $1 -- | sort -u | grep -vxFf <(printf '%s\n' --output --socket --server \
		--certificate-authority --client-certificate --client-key --token-file --tls-server-name --context)
}

flags_in() { # mdoc text: the flags it names
	grep -oE '(\.Fl|Fl|,|\|) -[a-z-]+' | grep -oE -- '-[a-z-]+$' | sed 's/^/-/' | sort -u
}

all_in_section() { # COMMAND: its flags stand in its section, or in the one it says it is like
	local missing

	missing=$(comm -23 <(own_flags "$1") <({ section "$1"; section "${1/lint/render}"; section "${1/update/build}"
		} | flags_in))
	[ -z "$missing" ] || { echo "  $page, $1: missing $(echo $missing)"; return 1; }
}

offered() { # COMMAND: the flags of its section are offered
	local missing

	missing=$(comm -13 <(own_flags "$1") <(section "$1" | flags_in) | grep -vxF -- --output)
	[ -z "$missing" ] || { echo "  completion, $1: missing $(echo $missing)"; return 1; }
}

n=0
while read -r command; do
	n=$((n + 1))
	# shellcheck disable=SC2086
	check "$command is listed by help" listed_by_help $command
	check "$command is in the page" in_page "$command"
	check "its flags are in the page: $command" all_in_section "$command"
	case $command in
	render | lint) ;; # the page also names those that are refused
	*) check "the page's flags are offered: $command" offered "$command" ;;
	esac
done < <(commands)
check "there are commands ($n)" [ "$n" -ge 45 ]
known=$(commands)
while read -r name; do
	check "the page's '$name' is a command" grep -qxF "$name" <<<"$known"
done < <(awk '/^\.Bl/ { depth++ } /^\.El/ { depth-- } /^\.Sh/ { part = $2 }
	part == "DESCRIPTION" && depth == 1 && /^\.It Ic / {
		name = ""
		for (i = 3; i <= NF && $i ~ /^[a-z-]+$/; i++) name = name (name ? " " : "") $i
		print name
	}' "$page")
# What the code compares arguments with.
while read -r flag; do
	check "$flag of the code is in the page" grep -qE -- "(Fl|,|\|) -${flag#--}( |$)" "$page"
done < <(grep -ohE '"--[a-z][a-z-]+"' daemon/ctl/*.c | tr -d '"' | sort -u | grep -vxE -- '--(help|version|dependency|token)')
while read -r flag; do
	check "Helm's $flag is in the page" grep -qE -- "(Fl|,|\|) -${flag#--}( |$)" "$page"
done < <("$ctl" render --help | grep -oE -- '--[a-z-]+ ' | tr -d ' ' | sort -u; "$ctl" lint --help | grep -oE -- '--[a-z-]+ ' | tr -d ' ')

# ---- the shells ----
completes() { # SHELL FILE WORD...: the shell's own function offers what --complete does
	local shell=$1 file=$2 wanted
	shift 2
	wanted=$("$ctl" --complete "$@" | sort | tr '\n' ' ')
	[ "$("in_$shell" "$file" "$@" | sort | tr '\n' ' ')" = "$wanted" ]
}

in_bash() { # FILE WORD...
	PATH=${ctl%/*}:$PATH bash -c '. "$0"; COMP_WORDS=(reconcilectl "$@"); COMP_CWORD=$#; COMP_LINE="reconcilectl $*"
		COMP_POINT=${#COMP_LINE}; _reconcilectl; printf "%s\n" "${COMPREPLY[@]}"' "$@"
}

in_fish() { # FILE WORD...
	local file=$1
	shift
	PATH=${ctl%/*}:$PATH HOME=$scratch fish -c "source $file; complete -C 'reconcilectl $*'" | cut -f 1
}

in_zsh() { # FILE WORD...: compadd stands in for the line editor's
	PATH=${ctl%/*}:$PATH zsh -fc 'file=$1; shift; compadd() { print -rl -- "${(@P)2}" }; _files() { : }
		words=(reconcilectl "$@"); CURRENT=$#words; source $file' zsh "$@"
}

for shell in bash zsh fish; do
	case $shell in
	bash) file=$top/conf/completion/reconcilectl.bash ;;
	zsh) file=$top/conf/completion/_reconcilectl ;;
	fish) file=$top/conf/completion/reconcilectl.fish ;;
	esac
	command -v $shell >/dev/null || { skip "$n" "no $shell is here"; continue; }
	check "$shell: the commands" completes $shell "$file" ''
	while read -r command; do
		# shellcheck disable=SC2086
		check "$shell: $command" completes $shell "$file" $command --
	done < <(commands)
done

# ---- fields ----
"$ctl" config schema >"$scratch/schema.json"
check 'the schema is JSON' [ "$(jq -r .title "$scratch/schema.json")" = reconciled.yaml ]
jq -r '[paths | select(length > 1 and .[-2] == "properties") | .[-1]] | unique[]' "$scratch/schema.json" >"$scratch/fields"
grep -ohE '(\.name = |CONFIG_FIELD_TEXTS?\([^"]*|(TEXT|TEXTS|FLAG|NUMBER|TIME|AWS|BUCKET|REPOSITORY_FLAG|[A-Z_]+)\([^"()]*)"[A-Za-z0-9]+"' \
	daemon/config-*.c | grep -oE '"[A-Za-z0-9]+"$' | tr -d '"' | sort -u >"$scratch/parsed"
check 'fields of the schema are those of the tables' diff <(LC_ALL=C sort "$scratch/fields") <(LC_ALL=C sort "$scratch/parsed")
while read -r field; do
	check "$field is in $fields" grep -qE "^\.(It )?(Ic|Cm) (.* )?$field( |$)|Ic $field( |$)" "$fields"
done <"$scratch/fields"
jq -r '.. | .properties? // {} | .type.enum? // [] | .[]' "$scratch/schema.json" | sort -u >"$scratch/types"
# Fields by their lists in the page: each word of an item is one, a type, or a key of customizations.
while read -r word; do
	check "'$word' of $fields is a field" grep -qxF "$word" "$scratch/fields" "$scratch/types"
done < <(grep -E '^\.It Ic ' "$fields" | sed 's/^\.It Ic //; s/ Ns .*//' | tr -d ',' | tr ' ' '\n' | grep -v '^resource\.' |
	grep -E '^[A-Za-z0-9]+$' | sort -u)

# ---- the schema beside the parser: Helm's own validator of values judges ----
mkdir -p "$scratch/chart/templates"
printf 'apiVersion: v2\nname: c\nversion: 1.0.0\n' >"$scratch/chart/Chart.yaml"
cp "$scratch/schema.json" "$scratch/chart/values.schema.json"
fits() {
	"$ctl" render c "$scratch/chart" -f "$1" >"$scratch/out" 2>&1 || { cat "$scratch/out"; return 1; }
}

fits_not() {
	! "$ctl" render c "$scratch/chart" -f "$1" >/dev/null 2>&1
}

sed 's/^# \( *[a-z-]\)/\1/; s/^# \([a-z]*:\)$/\1/' conf/reconciled.yaml | grep -vE '^(The configuration|Drop-ins|lists replace)' >"$scratch/example.yaml"
check 'the configuration that is installed fits the schema' fits conf/reconciled.yaml
check 'and with all its examples' fits "$scratch/example.yaml"
check 'which the parser takes, too' "$ctl" config check "$scratch/example.yaml"
awk '/^\.Bd -literal/ { inside++; next } /^\.Ed/ { inside = 0 } /^\.Sh/ { part = $2 } inside && part == "EXAMPLES"' "$fields" >"$scratch/page.yaml"
check "the page's example fits" fits "$scratch/page.yaml"
check 'an infrastructure of the examples fits' fits conf/examples/judge/infra/stacks.yaml
n=0
while read -r path; do # a.b[].c
	n=$((n + 1))
	jq -n --arg p "$path" '($p | split(".")) as $s
		| reduce ($s | reverse[]) as $k ({"nonsense-key": 1}; if ($k | endswith("[]")) then {($k[:-2]): [.]} else {($k): .} end)' >"$scratch/bad.yaml"
	check "schema and parser know $path" sh -c "'$ctl' config check '$scratch/bad.yaml' 2>&1 | grep -qE \"unknown key 'nonsense-key'|is wanted\""
	check "and no other there" fits_not "$scratch/bad.yaml"
done < <(jq -r 'def walk($p): .properties // {} | to_entries[] | .key as $k
	| if .value.items.properties then ($p + [$k + "[]"]) as $q | ($q | join(".")), (.value.items | walk($q))
	  else ($p + [$k]) as $q | ($q | join(".")), (.value | walk($q)) end; walk([])' "$scratch/schema.json")
check "paths were walked ($n)" [ "$n" -gt 200 ]
summary
