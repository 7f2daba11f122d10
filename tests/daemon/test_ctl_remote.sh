#!/bin/bash
# reconcilectl over TLS: by token, by certificate, by a file of contexts, by the environment; what it
# prints is what it prints over the socket, and when it cannot it says why and what to do.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
# shellcheck source=tests/support/pki.sh
. "$(dirname "$0")/../support/pki.sh"
trap stop_platform EXIT
port=$(free_port)
pki=$work/pki
url=https://127.0.0.1:$port
socket=$RECONCILED_SOCKET
unset XDG_CONFIG_HOME RECONCILED_TOKEN RECONCILECTL_CONFIG
export HOME=$work/home

more_config() { # FILE
	mkdir "$pki"
	authority ca
	authority other
	certificate server server ca serverAuth 1
	certificate deploy deploy ca clientAuth 1
	certificate stranger stranger ca clientAuth 1
	token reader
	token syncer
	token team
	token unknown
	sed -i '/^api:/d' "$1"
	cat >>"$1" <<-END
		api:
		  socket: $RECONCILED_SOCKET
		  tls:
		    listen: 127.0.0.1:$port
		    certificate: $pki/server.pem
		    key: $pki/server.key
		    clientCA: $pki/ca.pem
		    clients:
		      - { name: reader, role: read, token: { file: $pki/reader.digest } }
		      - { name: syncer, role: sync, token: { file: $pki/syncer.digest } }
		      - { name: team, role: admin, token: { file: $pki/team.digest }, projects: [elsewhere] }
		      - { name: deploy, role: sync, certificate: deploy }
	END
}

as() { # TOKEN COMMAND...
	local who=$1

	shift
	"$ctl" --server "$url" --certificate-authority "$pki/ca.pem" --token-file "$pki/$who.token" "$@"
}

same() { # COMMAND...: over TLS as over the socket
	as reader "$@" >"$work/tls" 2>&1
	echo "exit $?" >>"$work/tls"
	"$ctl" --socket "$socket" "$@" >"$work/unix" 2>&1
	echo "exit $?" >>"$work/unix"
	diff "$work/unix" "$work/tls"
}

ends() { # CODE TEXT COMMAND...: with that exit code, and the text in what it says
	local code=$1 text=$2 got

	shift 2
	"$@" >"$work/said" 2>&1
	got=$?
	[ "$got" = "$code" ] && grep -qF -- "$text" "$work/said" || {
		echo "  exit $got: $(cat "$work/said")"
		return 1
	}
}

works() {
	ends 0 judge-platform "$@"
}

logged() { # TEXT
	until_so 5 grep -qF -- "$1" "$work/log"
}

contexts() { # CURRENT
	mkdir -p "$HOME/.config/reconciled"
	cp "$pki/ca.pem" "$pki/syncer.token" "$HOME/.config/reconciled/"
	cat >"$HOME/.config/reconciled/reconcilectl.yaml" <<-END
		currentContext: $1
		contexts:
		  - { name: remote, server: '$url', certificateAuthority: ca.pem, tokenFile: syncer.token }
		  - { name: card, server: '$url', certificateAuthority: ca.pem, clientCertificate: $pki/deploy.pem, clientKey: $pki/deploy.key }
		  - { name: here, socket: $socket }
	END
}

start_platform && until_so 40 is_synced || give_up 'the platform does not come up'
unset RECONCILED_SOCKET

# ---- the same on both ----
until_so 10 eval '"$ctl" --socket "$socket" app get judge-platform | grep -q Succeeded'
for command in 'status' 'app list' 'app list -o json' 'app get judge-platform' 'app history judge-platform' 'app resources judge-platform' \
	'app resources judge-platform --tree' 'app diff judge-platform' 'app wait judge-platform --timeout 5' 'app get nothing' 'repository list -o yaml' \
	'secret list' 'secret get judge/gateway-secrets' 'terraform list' 'terraform show nothing' 'validate judge-platform --last'; do
	# shellcheck disable=SC2086
	check "$command is the same" same $command
done
check 'a sync is followed to its end' ends 0 '' as syncer app sync judge-platform
check 'and written down under its name' logged 'audit: syncer asks for POST /v1/apps/judge-platform/sync'
check 'the flags may stand after the command' works "$ctl" app list --server "$url" --certificate-authority "$pki/ca.pem" --token-file "$pki/reader.token"
check 'without https:// before it' works "$ctl" --server "127.0.0.1:$port" --certificate-authority "$pki/ca.pem" --token-file "$pki/reader.token" app list
check 'a certificate' works "$ctl" --server "$url" --certificate-authority "$pki/ca.pem" --client-certificate "$pki/deploy.pem" --client-key "$pki/deploy.key" app list
check 'a token from standard input' eval 'works "$ctl" --server "$url" --certificate-authority "$pki/ca.pem" --token-file - app list <"$pki/reader.token"'
check 'a token in the environment' works env RECONCILED_TOKEN="$(cat "$pki/reader.token")" RECONCILED_SERVER="$url" RECONCILED_CA="$pki/ca.pem" "$ctl" app list
check 'a file that the environment names' works env RECONCILED_TOKEN_FILE="$pki/reader.token" RECONCILED_SERVER="$url" RECONCILED_CA="$pki/ca.pem" "$ctl" app list
check 'a flag goes before the environment' works env RECONCILED_SERVER=https://127.0.0.1:1 "$ctl" --server "$url" --certificate-authority "$pki/ca.pem" --token-file "$pki/reader.token" app list
check 'names are completed' eval '[ "$("$ctl" --complete --server "$url" --certificate-authority "$pki/ca.pem" --token-file "$pki/reader.token" app get judge)" = judge-platform ]'

# ---- events, live ----
as team events --follow >"$work/team.events" 2>&1 &
team=$!
as syncer events judge-platform -f -o json >"$work/followed" 2>"$work/followed.err" &
follower=$!
check 'what just happened' until_so 10 eval 'as reader events | grep -q "operation *Succeeded"'
as syncer app sync judge-platform >/dev/null
follow_check() { jq -se '[.[] | select(.type == "operation") | .message] | map(startswith("Succeeded")) | any' "$work/followed" >/dev/null 2>&1; }
check 'who follows sees the sync begin and end' until_so 10 follow_check
check 'lines come whole' eval 'jq -se "all(.id and .at and .app == \"judge-platform\")" "$work/followed" >/dev/null'
check 'it goes on past the heartbeat' eval 'sleep 11; kill -0 $follower'
kill $follower
check 'who may see other projects only sees nothing of it' eval 'kill -0 $team && [ ! -s "$work/team.events" ]'
kill $team

# ---- contexts ----
contexts remote
check 'the current context' works "$ctl" app list
check 'is for that client' eval '"$ctl" app refresh judge-platform && logged "audit: syncer asks for POST /v1/apps/judge-platform/refresh"'
check 'another by flag' eval '"$ctl" --context card app refresh judge-platform && logged "audit: deploy asks for"'
check 'another by the environment' works env RECONCILED_CONTEXT=here "$ctl" app list
check 'a socket by flag is not mixed with the context' works "$ctl" --socket "$socket" app list
check 'one that is not there' ends 20 "there is no context 'nowhere'" "$ctl" --context nowhere app list
contexts nowhere
check 'a current one that is not there' ends 20 'reconcilectl.yaml' "$ctl" app list
echo 'contexts: [{ name: a, serverr: b }]' >"$HOME/.config/reconciled/reconcilectl.yaml"
check 'a mistake in the file, with its place' ends 20 "reconcilectl.yaml:1:23: error: unknown key 'serverr' in contexts.contexts[0]; did you mean 'server'?" "$ctl" app list
check 'a file of contexts that is named and absent' ends 13 'absent.yaml' env RECONCILECTL_CONFIG="$work/absent.yaml" "$ctl" app list
rm -r "$HOME"

# ---- what goes wrong says so ----
check 'no token' ends 12 'not known by token or certificate' "$ctl" --server "$url" --certificate-authority "$pki/ca.pem" app list
check 'a wrong token' ends 12 'not known by token or certificate' as unknown app list
check 'a role that does not allow it' ends 12 'has the role read, and this needs sync' as reader app refresh judge-platform
check 'and what to do' ends 12 'api.tls.clients' as reader app refresh judge-platform
check 'a certificate nobody is known by' ends 12 'not known by token or certificate' "$ctl" --server "$url" --certificate-authority "$pki/ca.pem" \
	--client-certificate "$pki/stranger.pem" --client-key "$pki/stranger.key" app list
check 'an authority that is not trusted' ends 12 'its certificate is not to be trusted: unable to get local issuer certificate' "$ctl" --server "$url" --token-file "$pki/reader.token" app list
check 'what to do' ends 12 '--certificate-authority FILE' "$ctl" --server "$url" --certificate-authority "$pki/other.pem" app list
check 'another name' ends 12 'mismatch' as reader app list --tls-server-name reconciled.example.com
check 'an expired certificate' eval '
	certificate old server ca serverAuth -1; other=$(free_port)
	openssl s_server -accept "127.0.0.1:$other" -cert "$pki/old.pem" -key "$pki/old.key" -quiet </dev/null >/dev/null 2>&1 & old=$!
	until_so 5 eval "{ : <>/dev/tcp/127.0.0.1/$other; } 2>/dev/null"
	ends 12 "certificate has expired" "$ctl" --server "https://127.0.0.1:$other" --certificate-authority "$pki/ca.pem" app list; ended=$?; kill $old; [ $ended = 0 ]'
check 'the token is not sent to one who is not trusted' eval '
	certificate fake server other serverAuth 1; fake_port=$(free_port)
	openssl s_server -accept "127.0.0.1:$fake_port" -cert "$pki/fake.pem" -key "$pki/fake.key" -quiet </dev/null >"$work/heard" 2>&1 & fake=$!
	until_so 5 eval "{ : <>/dev/tcp/127.0.0.1/$fake_port; } 2>/dev/null"
	"$ctl" --server "https://127.0.0.1:$fake_port" --certificate-authority "$pki/ca.pem" --token-file "$pki/reader.token" app list >/dev/null 2>&1; kill $fake
	! grep -qF "$(cat "$pki/reader.token")" "$work/heard"'
check 'nobody listens' ends 11 'Connection refused' "$ctl" --server https://127.0.0.1:1 app list
check 'a host that is not' ends 11 'nowhere.invalid:8443' "$ctl" --server https://nowhere.invalid app list
check 'something else than TLS' ends 20 'TLS: ' "$ctl" --server "https://${kube#http://}" app list
check 'http is not taken' ends 20 'it is written https://HOST:PORT' "$ctl" --server "http://127.0.0.1:$port" app list
check 'a token in the arguments is refused' ends 64 'would show the token to every user' "$ctl" --token 0123 app list
check 'so it is after the command' ends 64 'would show the token to every user' "$ctl" app list --token=0123
check 'a token that others may read' eval 'cp "$pki/reader.token" "$work/open" && chmod 644 "$work/open" && ends 12 "every user of this host may read the token" "$ctl" --server "$url" --token-file "$work/open" app list'
check 'a token file that is not there' ends 13 'the token' "$ctl" --server "$url" --token-file "$work/absent" app list
check 'an empty one' eval ': >"$work/empty"; chmod 600 "$work/empty"; ends 20 "one line with the token" "$ctl" --server "$url" --token-file "$work/empty" app list'
check 'an authority that is none' ends 20 'no certificates in PEM' "$ctl" --server "$url" --certificate-authority "$pki/reader.token" app list
check 'a certificate without its key' ends 20 'come together' "$ctl" --server "$url" --client-certificate "$pki/deploy.pem" app list
check 'another key' ends 20 'not the key of' "$ctl" --server "$url" --certificate-authority "$pki/ca.pem" --client-certificate "$pki/deploy.pem" --client-key "$pki/stranger.key" app list
check 'a server and a socket' ends 20 'two ways to ask' "$ctl" --server "$url" --socket "$socket" app list
check 'no token is in the log' [ -z "$(grep -F -f <(cat "$pki"/*.token) "$work/log")" ]
summary
