#!/bin/bash
# The example infrastructure repository: every variable is declared and given, every output there,
# and (with tofu or terraform) it is formatted and its twin is valid.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/check.sh
. tests/support/check.sh
cd conf/examples/judge/infra || exit 1
program=$(command -v tofu || command -v terraform ||
	ls "${RC_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/reconciled-peers}/tofu" 2>/dev/null)

declared() { # FOLDER variable|output
	cat "$1"/*.tf | sed -n "s/^$2 \"\([a-z_]*\)\" {.*/\1/p" | sort
}

# Names that are used and not declared, and the other way round.
variables_agree() { # FOLDER
	diff <(declared "$1" variable) <(cat "$1"/*.tf | grep -o '\bvar\.[a-z_]*' | cut -d. -f2 | sort -u)
}

# "NAME FOLDER" of the modules that a root uses.
modules() { # FOLDER
	awk '/^module "/ { gsub(/"/, "", $2); name = $2 } name && $1 == "source" { gsub(/"/, "", $3); print name, $3; name = "" }' "$1/main.tf"
}

arguments() { # FOLDER MODULE
	awk -v start="module \"$2\" {" '$0 == start { on = 1; next } on && /^}/ { exit }
		on && /^  [a-z_]+ *=/ { print $1 }' "$1/main.tf" | grep -vxE 'source|for_each|depends_on|count' | sort
}

required() { # FOLDER: variables without a default
	cat "$1"/*.tf | awk '/^variable "/ { gsub(/"/, "", $2); name = $2; has = 0 }
		name && $1 == "default" { has = 1 } name && /^}/ { if (!has) print name; name = "" }' | sort
}

module_agrees() { # ROOT NAME FOLDER
	local unknown missing output bad=0

	unknown=$(comm -23 <(arguments "$1" "$2") <(declared "$1/$3" variable))
	missing=$(comm -13 <(arguments "$1" "$2") <(required "$1/$3"))
	for output in $(cat "$1"/*.tf | grep -oE "module\.$2\.[a-z_]+" | cut -d. -f3 | sort -u); do
		declared "$1/$3" output | grep -qx "$output" || { echo "module.$2 has no output $output"; bad=1; }
	done
	[ -z "$unknown$missing" ] || { echo "module.$2: unknown: $unknown; missing: $missing"; bad=1; }
	return $bad
}

for folder in modules/* live/*; do
	check "$folder: variables" variables_agree "$folder"
done
for root in live/*; do
	while read -r name folder; do
		check "$root: module $name" module_agrees "$root" "$name" "$folder"
	done < <(modules "$root")
done
check 'vault is given what it requires' diff <(required live/vault) \
	<(sed -n 's/.*name: \([a-z_]*\), stack: aws.*/\1/p' stacks.yaml | sort)
check 'and aws has it' test -z "$(comm -23 <(required live/vault) <(declared live/aws output))"
check 'the twin has outputs of the original, and no others' test -z \
	"$(comm -23 <(declared twin/aws output) <(declared live/aws output); comm -23 <(declared twin/vault output) <(declared live/vault output))"

if [ -n "$program" ]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	export HOME=$work CHECKPOINT_DISABLE=1
	unset "${!TF_@}"
	check 'it is formatted' "$program" fmt -check -recursive .
	for name in aws vault; do
		cp -R "twin/$name" "$work/$name"
		check "the twin of $name is valid" eval '(cd "$work/$name" && "$program" init -backend=false >"$work/out" && "$program" validate >>"$work/out") 2>&1 || { cat "$work/out"; false; }'
	done
else
	skip 3 'no tofu and no terraform: neither formatted nor validated'
fi
summary
