#!/bin/bash
# What a sync would change if something else were followed: another revision, or files of this host.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT
start_apps || exit 1
r=$work/repo
mkdir -p "$r/a" "$r/chart/templates" "$work/apps"
{ config_map one; config_map two; } >"$r/a/all.yaml"
printf 'apiVersion: v2\nname: c\nversion: 1.0.0\n' >"$r/chart/Chart.yaml"
echo 'word: first' >"$r/chart/values.yaml"
echo 'more: of-the-chart' >"$r/chart/prod.yaml"
echo 'far: of-the-commit' >"$r/far.yaml"
# shellcheck disable=SC2016 # Helm's
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: charted}\ndata: {word: "{{ .Values.word }}", more: "{{ .Values.more }}", far: "{{ .Values.far }}"}\n' >"$r/chart/templates/a.yaml"
git -C "$r" add -A && git -C "$r" commit -q -m first && git -C "$r" push -q origin main
git -C "$r" checkout -q -b change
{ config_map one | sed 's/a: b/a: c/'; config_map three; } >"$r/a/all.yaml"
git -C "$r" commit -q -a -m change && git -C "$r" push -q origin change
git -C "$r" checkout -q main
application plain a >"$work/apps/plain.yaml"
application charted chart | sed 's/path: chart/path: chart, helm: {valueFiles: [prod.yaml, ..\/far.yaml, "extra-*.yaml"], ignoreMissingValueFiles: true}/' >"$work/apps/charted.yaml"
configure <<<"- file: $work/apps"
start_daemon || exit 1

diff_of() { # ARGUMENTS...: its exit code, and what it printed
	"$ctl" app diff "$@" >"$work/diff" 2>"$work/diff-err"
	echo $?
}

differs() { # ARGUMENTS...
	[ "$(diff_of "$@")" = 1 ]
}

is_equal() { # ARGUMENTS...
	[ "$(diff_of "$@")" = 0 ] && [ ! -s "$work/diff" ]
}

says() { # TEXT
	grep -qF -- "$1" "$work/diff"
}

refused() { # TEXT ARGUMENTS...
	local text=$1

	shift
	[ "$(diff_of "$@")" = 20 ] && grep -qF -- "$text" "$work/diff-err"
}

check 'they are synced' soon synced plain
check 'both' soon synced charted
echo 'another revision'
check 'what is followed makes no difference' is_equal plain
check 'nor by its name' is_equal plain --revision main
check 'a branch that nobody follows' differs plain --revision change
check 'shows what changes' says '+  a: c'
check 'what comes' says '+  name: three'
check 'and what goes' says '-  name: two'
check 'a commit does it, too' differs plain --revision "$(git -C "$r" rev-parse change)"
check 'nothing of it is kept' is_equal plain
check 'nor followed' of_app plain .status.sync.status Synced
check 'one that is not there is refused' refused "no-such" plain --revision no-such

echo 'files of this host'
cp -r "$r/a" "$work/local"
check 'the same files make no difference' is_equal plain --local "$work/local"
config_map four >"$work/local/more.yaml"
check 'one file more' differs plain --local "$work/local"
check 'is an object more' says '+  name: four'
check 'and nothing else' eval '[ "$(grep -c "^+++" "$work/diff")" = 1 ]'
printf 'kind: [\n' >"$work/local/broken.yaml"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {\n' >"$work/local/broken.yaml"
check 'what cannot be read is named' refused 'broken.yaml' plain --local "$work/local"
check 'a folder that is not there' refused 'nowhere' plain --local "$work/nowhere"
cp -r "$r/chart" "$work/chart"
check 'a chart' is_equal charted --local "$work/chart"
echo 'word: second' >"$work/chart/values.yaml"
check 'its values' differs charted --local "$work/chart"
check 'those that changed' says '+  word: second'
echo 'more: local' >"$work/chart/prod.yaml"
echo 'word: extra' >"$work/chart/extra-1.yaml"
check 'and its value files' differs charted --local "$work/chart"
check 'by name' says '+  more: local'
check 'and by pattern' says '+  word: extra'
check 'others are those of the commit' eval '! says "far:  "; ! grep -q "^[+-].*far" "$work/diff"'
check 'a source that is not there' refused 'no source number 2' plain --local "$r/a" --source-position 2
before=$(last_request)
diff_of charted --local "$work/chart" >/dev/null
check 'only dry runs are asked for' eval '[ "$(requests "$before" "[.[] | select(.agent == \"reconciled\" and .method != \"GET\" and .dryRun == \"\")] | length")" = 0 ]'
# A steady application asks for nothing afterwards.
sleep 1
before=$(last_request)
sleep 1
check 'and then nothing' eval '[ "$(requests "$before" "[.[] | select(.agent == \"reconciled\")] | length")" = 0 ]'
summary
