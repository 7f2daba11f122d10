#!/bin/bash
# A folder of Applications some of which cannot be read: the others are not kept back, what is in
# force stays in force, also over a restart, and nothing is given up until all of it can be read.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT
start_apps || exit 1
r=$work/repo
mkdir -p "$r/a" "$r/b" "$r/argocd" "$work/apps"
config_map one >"$r/a/all.yaml"
config_map two >"$r/b/all.yaml"
mkdir -p "$r/c"
config_map three >"$r/c/all.yaml"
git -C "$r" add -A && git -C "$r" commit -q -m first && git -C "$r" push -q origin main

refused() { # PATTERN: how many
	"$ctl" status -o json | jq --arg p "$1" '[.sources[].refused // [] | .[] | select(test($p))] | length'
}
reload() {
	kill -HUP "$daemon_pid"
}
kustomized() { # NAME PATH
	application "$1" "$2" | sed 's/path: \(.\)/path: \1, kustomize: { namePrefix: x- }/'
}

echo 'a folder of this host'
application one a >"$work/apps/one.yaml"
kustomized two b >"$work/apps/two.yaml"
printf 'kind: Application\nmetadata: [broken\n' >"$work/apps/broken.yaml"
configure <<<"- file: $work/apps"
check 'config check refuses it' eval '"$ctl" config check "$work/reconciled.yaml" 2>"$work/said"; [ $? = 78 ]'
check 'by file and line' grep -q "$work/apps/broken.yaml:3:" "$work/said"
check 'and says what is not supported' grep -q "two.yaml:1: application 'two': spec.source.kustomize" "$work/said"
start_daemon || exit 1
check 'what can be read is done' soon synced one
check 'what cannot is not' no_app two
check 'and both are told' [ "$(refused 'broken.yaml:3|kustomize')" = 2 ]
application two b >"$work/apps/two.yaml"
reload
check 'a mended one is done' soon synced two
check 'the broken file is told' [ "$(refused .)" = 1 ]
kustomized one a >"$work/apps/one.yaml"
rm "$work/apps/two.yaml"
reload
check 'a good one that breaks is told' soon eval '[ "$(refused "kustomize")" = 1 ]'
delete "$cm/one"
check 'and stays in force' soon is_there "$cm/one"
check 'one that went is not given up while a file cannot be read' synced two
stop_daemon
start_daemon || exit 1
check 'all of it holds over a restart' soon eval 'synced one && synced two'
rm "$work/apps/broken.yaml"
application one a >"$work/apps/one.yaml"
reload
check 'with the last mistake gone it is given up' soon no_app two
check 'config check is content' "$ctl" config check "$work/reconciled.yaml"

echo 'a folder of a repository'
application three c >"$r/argocd/three.yaml"
printf 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: [four}\n' >"$r/argocd/four.yaml"
configure <<<"- from: { repository: apps, path: argocd }"
publish 'one good, one bad'
reload
check 'what can be read is done' soon synced three
check 'what cannot is told by file and line' [ "$(refused '^argocd/four.yaml:3:')" = 1 ]
rm "$r/argocd/three.yaml"
publish 'one is gone, one is still bad'
check 'it is seen' soon eval '"$ctl" status -o json | jq -e --arg c "$(git -C "$r" rev-parse HEAD)" ".sources[0].revision == \$c" >/dev/null'
check 'and not given up' soon synced three
rm "$r/argocd/four.yaml"
application five c >"$r/argocd/five.yaml"
publish 'all is well'
check 'now it is' soon no_app three

echo 'a repository that nobody listed'
git init -q -b main "$work/other" && mkdir "$work/other/d"
config_map six >"$work/other/d/all.yaml"
git -C "$work/other" add -A
git -C "$work/other" -c user.name=A -c user.email=a@example.com commit -q -m other
git clone -q --bare "$work/other" "$work/served/other.git"
application six d | sed 's/apps\.git/other.git/' >"$r/argocd/six.yaml"
publish 'one from elsewhere'
check 'is read without credentials' soon synced six
check 'and shown' eval '"$ctl" status -o json | jq -e ".repositories[] | select(.name == \"$git/other.git\") | .state == \"ok\"" >/dev/null'
cat >"$r/argocd/project.yaml" <<-END
	apiVersion: argoproj.io/v1alpha1
	kind: AppProject
	metadata: { name: team }
	spec: { sourceRepos: ['$git/apps.git'], destinations: [{ name: '*', namespace: '*' }] }
END
application seven d '  project: team' | sed 's/apps\.git/third.git/' >"$r/argocd/seven.yaml"
publish 'one that its project forbids'
check 'where the project forbids it' soon of_app seven '[.status.conditions[].message | test("third.git is not permitted in project .team.")] | any' true
check 'it is not even asked' eval '! "$ctl" status -o json | jq -e ".repositories[] | select(.url | test(\"third\"))" >/dev/null'
printf 'unlistedRepositories: false\n' >>"$work/reconciled.yaml"
rm "$r/argocd/project.yaml" "$r/argocd/seven.yaml"
reload
check 'and not at all where the configuration says so' soon of_app six '[.status.conditions[].message | test("other.git is not configured")] | any' true
summary
