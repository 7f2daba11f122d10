#!/bin/bash
# What became of a commit is written back to its forge, by each forge's API on a stand-in: pending,
# then success or failure, one state for each application and commit, tried again while the forge is
# away, and kept through a crash.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT
type=github

config() {
	cat >"$work/reconciled.yaml" <<-END
		clusters: [{ name: one, kubeconfig: $work/kubeconfig }]
		repositories:
		  - { name: apps, url: $git/apps.git, interval: 10s, commitStatus: { type: $type, api: $forge/api, project: acme/apps, link: 'https://ci.example.com/', secret: { file: $work/token } } }
		applications:
		  - from: { repository: apps, path: argocd }
		sync: { waveTimeout: 5s }
		api: { socket: $RECONCILED_SOCKET }
		log: { level: ${LEVEL:-info}, format: text }
		stateDirectory: $work/state
		cacheDirectory: $work/cache
	END
}

head_of() {
	git -C "$work/repo" rev-parse HEAD
}

count() { # PATH STATE [APP]: how often
	jq -s --arg path "$1" --arg state "$2" --arg app "${3:-}" '[.[] | select(.path == $path and .body.state == $state and
		(.body.context // .body.name | endswith($app)))] | length' "$work/forge" 2>/dev/null
}

told() { # PATH STATE [APP [TIMES]]
	[ "$(count "$1" "$2" "${3:-}")" = "${4:-1}" ]
}

misbehave() { # STATUS COUNT
	curl -sS -o /dev/null "$forge/_control" -d "{\"status\": $1, \"count\": $2}"
}

broken() { # a Deployment whose pods never become ready
	cat <<-END
		apiVersion: apps/v1
		kind: Deployment
		metadata: { name: web, annotations: { } }
		spec:
		  progressDeadlineSeconds: 1
		  selector: { matchLabels: { app: web } }
		  template:
		    metadata: { labels: { app: web }, annotations: { kubeapi.test/behaviour: $1 } }
		    spec: { containers: [{ name: web, image: "example.com/web:1" }] }
	END
}

printf 'forge-t0ken-c4n4ry\n' >"$work/token"
start_apps || give_up 'the servers do not come up'
serve forge receiver --log "$work/forge"
config
mkdir -p "$work/repo/argocd" "$work/repo/a" "$work/repo/b"
application a a | sed 's/syncPolicy: {/& retry: { limit: 0 },/' >"$work/repo/argocd/a.yaml"
application b b >"$work/repo/argocd/b.yaml"
config_map one >"$work/repo/a/a.yaml"
config_map two >"$work/repo/b/b.yaml"
start_daemon || give_up 'the daemon does not start'
publish first
path=/api/repos/acme/apps/statuses/$(head_of)
check 'success is written to the commit' until_so 20 told "$path" success /a
check 'of each application' until_so 20 told "$path" success /b
check 'after pending' eval 'told "$path" pending /a && told "$path" pending /b'
check 'with the token' eval 'jq -se "all(.token == \"Bearer forge-t0ken-c4n4ry\")" "$work/forge" >/dev/null'
check 'which is in no log' eval '! grep -q forge-t0ken "$work/log"'
"$ctl" app sync a >/dev/null
"$ctl" app refresh b >/dev/null
sleep 1
check 'the same commit again is no news' eval '[ "$(jq -s length "$work/forge")" = 4 ]'
kill -HUP "$daemon_pid"
sleep 1
stop_daemon
start_daemon
until_so 20 synced a
sleep 1
check 'nor after a reload and a restart' eval '[ "$(jq -s length "$work/forge")" = 4 ]'

broken never >"$work/repo/a/a.yaml"
publish 'a bad image'
path=/api/repos/acme/apps/statuses/$(head_of)
check 'a commit that cannot be brought there has failed' until_so 30 told "$path" failure /a
check 'and says why' eval 'jq -se --arg path "$path" "any(.path == \$path and .body.state == \"failure\" and (.body.description | test(\"web\")))" "$work/forge" >/dev/null'
check 'the other application has not' until_so 20 told "$path" success /b
misbehave 503 3
config_map one >"$work/repo/a/a.yaml"
publish 'put right'
path=/api/repos/acme/apps/statuses/$(head_of)
check 'a forge that fails is asked again' until_so 60 eval '[ "$(jq -s --arg path "$path" "[.[] | select(.path == \$path and .status == 201 and .body.state == \"success\" and .body.context == \"reconciled/a\")] | length" "$work/forge")" = 1 ]'

# ---- the other forges ----
id=0
for one in "gitea /api/repos/acme/apps/statuses/SHA success token" "gitlab /api/projects/acme%2Fapps/statuses/SHA success key" \
	"bitbucket /api/repositories/acme/apps/commit/SHA/statuses/build SUCCESSFUL Bearer" "bitbucket-server /api/projects/acme/repos/apps/commits/SHA/builds SUCCESSFUL Bearer"; do
	read -r type path state proof <<<"$one"
	config
	kill -HUP "$daemon_pid"
	id=$((id + 1))
	config_map "one-$id" >"$work/repo/a/a.yaml"
	publish "for $type"
	path=${path/SHA/$(head_of)}
	# The server decodes what is asked for.
	path=${path//%2F//}
	check "$type is told" until_so 20 told "$path" "$state" /a
	case $proof in
	key) check "$type gets its token" eval 'jq -se --arg path "$path" "any(.path == \$path and .key == \"forge-t0ken-c4n4ry\")" "$work/forge" >/dev/null' ;;
	*) check "$type gets its token" eval 'jq -se --arg path "$path" --arg token "$proof forge-t0ken-c4n4ry" "any(.path == \$path and .token == \$token)" "$work/forge" >/dev/null' ;;
	esac
done
check 'Bitbucket gets the link it wants' eval 'jq -se "any(.body.url == \"https://ci.example.com/\")" "$work/forge" >/dev/null'

# ---- a crash ----
type=github
config
kill -HUP "$daemon_pid"
sleep 0.5
misbehave 503 1000
config_map last >"$work/repo/a/a.yaml"
publish 'before the crash'
path=/api/repos/acme/apps/statuses/$(head_of)
until_so 20 synced a
check 'the forge is away' until_so 20 eval 'jq -se --arg path "$path" "any(.path == \$path and .status == 503)" "$work/forge" >/dev/null'
sleep 1
stop_daemon KILL
misbehave 503 0
start_daemon
check 'what was not told before a crash is told after it' until_so 30 eval '[ "$(jq -s --arg path "$path" "[.[] | select(.path == \$path and .status == 201 and .body.state == \"success\" and .body.context == \"reconciled/a\")] | length" "$work/forge")" = 1 ]'
summary
