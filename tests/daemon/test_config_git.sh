#!/bin/bash
# The configuration in Git: signed, never rewound, checked before it comes into force, kept for a start
# without Git; a change makes anew only what it changes.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT

gone() { # the server of Git
	kill "$git_pid"
	wait "$git_pid" 2>/dev/null
}

local_config() { # [LINES under configuration]
	cat >"$work/reconciled.yaml" <<-END
		repositories:
		  - { name: config, url: $git/config.git, interval: 10s, timeout: 5s, commitStatus: { type: gitea, api: $forge/api, project: acme/config, secret: { file: $work/token } } }
		configuration:
		  repository: config
		  path: reconciled
		  signers: $work/allowed
		  keyring: $work/keyring.asc
		${1:-}
		api: { socket: $RECONCILED_SOCKET }
		log: { level: ${LEVEL:-info}, format: text }
		stateDirectory: $work/state
		cacheDirectory: $work/cache
	END
}

# What is in Git; standard input is added to it.
git_config() {
	mkdir -p "$work/config/reconciled"
	cat - "$work/base.yaml" >"$work/config/reconciled/main.yaml"
}

write_base() {
	cat >"$work/base.yaml" <<-END
		clusters: [{ name: one, kubeconfig: $work/kubeconfig }]
		repositories: [{ name: apps, url: $git/apps.git, interval: 10s }]
		applications: [{ from: { repository: apps, path: argocd } }]
	END
}

# shellcheck disable=SC2120
push_config() { # KEY MESSAGE [GIT-COMMIT-ARGUMENT...]: as signed by KEY ("": not at all)
	local sign=(-c gpg.format=ssh -c "user.signingkey=$work/$1" commit -S)

	[ -n "$1" ] || sign=(commit --no-gpg-sign)
	[ "$1" != openpgp ] || sign=(-c gpg.format=openpgp -c "user.signingkey=olga@example.com" commit -S)
	git -C "$work/config" add -A
	git -C "$work/config" "${sign[@]}" -q --allow-empty -m "$2" "${@:3}" 2>"$work/signing" || cat "$work/signing"
	git -C "$work/config" push -q -f origin main
	"$ctl" repository poll config 2>/dev/null
}

commit_of() {
	git -C "$work/config" rev-parse HEAD
}

status() { # JQ-FILTER
	"$ctl" status -o json 2>/dev/null | jq -r "$1"
}

is_in_force() { # COMMIT
	[ "$(status .configuration.commit)" = "$1" ]
}

refused() { # TEXT: the newest commit is, and this is why
	until_so 15 eval '[ "$(status .configuration.refused)" = "$(commit_of)" ]' &&
		status .configuration.error | grep -qF -- "$1" || { echo "  it says: $(status .configuration)"; return 1; }
}

metric() { # LINE
	curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics | grep -qxF "$1"
}

forge_has() { # COMMIT STATE
	until_so 10 eval "jq -se 'any(.path == \"/api/repos/acme/config/statuses/$1\" and .body.state == \"$2\" and .body.context == \"reconciled/configuration\")' '$work/forge' >/dev/null"
}

writes() { # changes of objects that the API server saw
	requests 0 '[.[] | select(.method != "GET" and .dryRun == "" and (.path | contains("/events") or contains("_review") | not))] | length'
}

reads() { # whole lists
	requests 0 '[.[] | select(.method == "GET" and (.path | test("configmaps$|deployments$")))] | length'
}

for name in anna mallory; do
	ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$work/$name"
done
echo "anna@example.com namespaces=\"git\" $(cat "$work/anna.pub")" >"$work/allowed"
export GNUPGHOME=$work/gnupg
mkdir -m 700 "$GNUPGHOME"
has_gpg=
if gpg --batch --quiet --passphrase '' --quick-generate-key 'Olga <olga@example.com>' ed25519 sign 2>/dev/null; then
	gpg --armor --export olga@example.com >"$work/keyring.asc"
	has_gpg=yes
else
	: >"$work/keyring.asc"
fi
echo t0ken >"$work/token"
start_apps || give_up 'the servers do not come up'
git_pid=${pids[-1]}
serve forge receiver --log "$work/forge"
git init -q -b main "$work/config"
git -C "$work/config" config user.name Anna
git -C "$work/config" config user.email anna@example.com
git init -q --bare -b main "$work/served/config.git"
git -C "$work/config" remote add origin "$work/served/config.git"
mkdir -p "$work/repo/argocd" "$work/repo/a"
application a a >"$work/repo/argocd/a.yaml"
config_map one >"$work/repo/a/a.yaml"
publish first
local_config
write_base

# ---- it comes into force ----
git_config </dev/null
push_config anna first
start_daemon || give_up 'the daemon does not start'
first=$(commit_of)
must 'a signed commit comes into force' until_so 20 is_in_force "$first"
check 'who signed it is told' [ "$(status .configuration.by)" = anna@example.com ]
must 'its application is synced' until_so 20 synced a
check 'the forge is told' forge_has "$first" success
check 'it can be looked at' eval '"$ctl" config show -o json | jq -e ".repositories | map(.name) == [\"config\", \"apps\"]" >/dev/null'

# ---- what is refused ----
git_config <<<'nonsense: 1'
push_config anna 'a mistake'
check 'a mistake is refused with its place' refused "config@$(commit_of | cut -c1-12):main.yaml:1:1: error: unknown key 'nonsense'"
check 'the one before stays in force' is_in_force "$first"
check 'the metric says so' metric 'reconciled_config_last_reload_successful 0'
check 'the status says so' eval '"$ctl" status | grep -q "the configuration was refused"'
check 'the feed says so' eval '"$ctl" events -o json | jq -e "any(.items[]; .type == \"config-rejected\")" >/dev/null'
check 'the forge is told, too' forge_has "$(commit_of)" failure
for key in 'stateDirectory: /tmp' 'configuration: { repository: apps }' 'instance: other'; do
	git_config <<<"$key"
	push_config anna "$key"
	check "${key%%:*} is not for Git" refused "'${key%%:*}' is for the local file"
done
printf 'repositories: [{ name: config, url: /elsewhere }]\n' >"$work/config/reconciled/zz.yaml"
git_config </dev/null
push_config anna 'elsewhere'
check 'it cannot send us elsewhere' refused "repository 'config' is where this comes from"
rm "$work/config/reconciled/zz.yaml"
git_config <<<'log: { level: info }'
push_config '' unsigned
check 'what is not signed' refused 'its signature'
push_config mallory 'by another key'
check 'what is signed by nobody we believe' refused 'commit'
check 'all that changed nothing' is_in_force "$first"
push_config anna 'signed again'
second=$(commit_of)
check 'a signed commit on top of them' until_so 15 is_in_force "$second"
check 'the metric says so again' until_so 5 metric 'reconciled_config_last_reload_successful 1'
git -C "$work/config" reset -q --hard "$first"
push_config anna 'rewound'
check 'a branch that was rewound' refused "it does not descend from $(cut -c1-12 <<<"$second"), which is trusted"
git -C "$work/config" reset -q --hard "$second"
if [ -n "$has_gpg" ]; then
	push_config openpgp 'by OpenPGP'
	check 'OpenPGP counts, too' until_so 15 is_in_force "$(commit_of)"
	check 'by its mail' [ "$(status .configuration.by)" = olga@example.com ]
else
	skip 2 'gpg makes no key here'
fi

# ---- only what changed ----
lists=$(reads) wrote=$(writes)
git_config <<-END
	log: { level: info }
	notifications: [{ name: team, type: webhook, url: "$forge/team" }]
	validation: { checks: [{ name: map, type: pods }] }
END
push_config anna 'notifications and validation'
must 'more of it' until_so 15 is_in_force "$(commit_of)"
check 'it is told what changed' until_so 5 grep -q 'changed: validation, notifications' "$work/log"
sleep 1
check 'not one list was asked for' [ "$(reads)" = "$lists" ]
check 'nothing in the cluster was written' [ "$(writes)" = "$wrote" ]
check 'the checks are in force' eval '"$ctl" validate a | grep -q map'
"$ctl" config diff "$work/reconciled.yaml" >"$work/diff"
check 'nothing differs from what is in force' [ ! -s "$work/diff" ]

# ---- before it is pushed ----
git_config <<-END
	log: { level: debug }
	notifications: [{ name: team, type: webhook, url: "$forge/team" }]
	validation: { checks: [{ name: map, type: pods }] }
END
"$ctl" config diff "$work/reconciled.yaml" --folder "$work/config/reconciled" >"$work/diff"
check 'a folder can be compared' eval '[ $? = 0 ] && grep -q "^+ *level: debug" "$work/diff" && grep -q "^- *level: info" "$work/diff"'
check 'and checked' eval '"$ctl" config check "$work/reconciled.yaml" --folder "$work/config/reconciled" | grep -q "1 clusters, 2 repositories"'
git_config <<<'log: { level: loud }'
check 'with its mistakes' eval '"$ctl" config check "$work/reconciled.yaml" --folder "$work/config/reconciled" 2>&1 | grep -q "main.yaml:1:15: error: log.level: .loud. is none of"'
git -C "$work/config" checkout -q .

# ---- a start without Git, and what is trusted for ever ----
newest=$(commit_of)
stop_daemon
gone
must 'it starts without Git' start_daemon
check 'with what was in force' is_in_force "$newest"
check 'its application is there' until_so 20 of_app a .metadata.name a
wrote=$(writes)
stop_daemon KILL
rm "$work/git.out"
serve git githttp --root "$work/served"
local_config "  since: $newest"
must 'and after a kill' start_daemon
check 'nothing was written' [ "$(writes)" = "$wrote" ]
rm -r "$work/state"
stop_daemon
git -C "$work/config" reset -q --hard "$second"
push_config anna 'older than what is trusted'
start_daemon
check 'below a trusted commit nothing comes into force, on a new disk either' refused "it does not descend from $(cut -c1-12 <<<"$newest")"
summary
