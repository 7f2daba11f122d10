#!/bin/bash
# The page, as a browser asks for it: by a token over TLS, by a certificate, and by way of reconcilectl
# ui. Who has no session gets nothing but the way in; a change from a page needs its session's token;
# changes are told as they happen, also to who was away; and no name can be markup. What a real browser
# makes of it is tested by make conformance PEER=browser.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
# shellcheck source=tests/support/pki.sh
. "$(dirname "$0")/../support/pki.sh"
trap 'stop_ui; stop_platform' EXIT
port=$(free_port)
ui_port=$(free_port)
pki=$work/pki
ui_pid=

make_pki() {
	local one

	mkdir "$pki"
	authority ca
	certificate server server ca serverAuth 1
	certificate deploy deploy ca clientAuth 1
	for one in reader syncer outsider; do
		token "$one"
	done
}

more_config() { # FILE
	[ -d "$pki" ] || make_pki
	sed -i '/^api:/d' "$1"
	cat >>"$1" <<-END
		api:
		  socket: $RECONCILED_SOCKET
		  tls:
		    listen: 127.0.0.1:$port
		    certificate: $pki/server.pem
		    key: $pki/server.key
		    clientCA: $pki/ca.pem
		    page: ${PAGE:-true}
		    clients:
		      - { name: reader, role: read, token: { file: $pki/reader.digest } }
		      - { name: syncer, role: sync, token: { file: $pki/syncer.digest } }
		      - { name: outsider, role: read, token: { file: $pki/outsider.digest }, projects: [elsewhere] }
		      - { name: deploy, role: sync, certificate: deploy }
	END
}

# A browser: BROWSER names its jar of cookies. The status; the answer is in $work/answer, its head in
# $work/head.
browse() { # PATH CURL-ARGUMENT...
	curl -sS --max-time 10 --cacert "$pki/ca.pem" -b "$work/${BROWSER:-jar}" -c "$work/${BROWSER:-jar}" -o "$work/answer" -D "$work/head" \
		-w '%{http_code}' -H 'Sec-Fetch-Site: same-origin' "${@:2}" "${SITE:-https://127.0.0.1:$port}$1" 2>"$work/curl"
}

answers() { # STATUS PATH CURL-ARGUMENT...
	local got

	got=$(browse "${@:2}")
	[ "$got" = "$1" ] || { echo "  it answers $got: $(head -c 600 "$work/answer") $(cat "$work/curl")"; return 1; }
}

says() { # TEXT
	grep -qF -- "$1" "$work/answer"
}

has_header() { # TEXT
	grep -qiF -- "$1" "$work/head"
}

log_in() { # NAME
	browse /ui/login --data-urlencode "token=$(cat "$pki/$1.token")" >"$work/status"
	[ "$(cat "$work/status")" = 303 ]
}

csrf() { # of the page that was asked for last
	sed -n 's/.*data-token="\([0-9a-f]*\)".*/\1/p' "$work/answer"
}

# ---- the way in ----

start_platform && until_so 40 is_synced || give_up 'the platform does not come up'

check 'who is not known is sent to the way in' answers 303 /ui/apps/judge-platform
check 'by its address' has_header 'Location: /ui/login'
check 'the way in is there' answers 200 /ui/login
check 'and asks for a token' says 'name="token"'
check 'what the page loads is no secret' answers 200 /ui/static/main.js
check 'as what it is' has_header 'Content-Type: text/javascript'
check 'there is no other file' answers 404 /ui/static/../web.c --path-as-is
check 'a wrong token is refused' answers 403 /ui/login --data-urlencode 'token=nonsense'
check 'in words' says 'Nobody is known by this token'
check 'the form of another site is refused' answers 403 /ui/login -H 'Origin: https://evil.example.com' --data-urlencode "token=$(cat "$pki/syncer.token")"
check 'the API stays closed' answers 401 /v1/apps
check 'a good token is taken' log_in syncer
check 'its cookie is the host'"'"'s own' has_header 'Set-Cookie: __Host-reconciled='
check 'no script may read it, no other site send it' eval 'has_header "; HttpOnly" && has_header "; SameSite=Strict" && has_header "; Secure"'
check 'it is written down' grep -q 'audit: syncer logs in to the page' "$work/log"
check 'then the page is there' answers 200 /ui/apps/judge-platform/history
check 'nothing may be loaded from elsewhere' has_header "default-src 'none'; script-src 'self'"
check 'no style and no script stands in it' eval '! grep -qiE "<style|style=|onclick|<script>" "$work/answer"'
check 'it says who looks' says 'data-who="syncer"'
check 'and in which role' says 'data-role="sync"'
check 'without JavaScript the overview reads' says '<th scope=row>judge-platform</th>'
token=$(csrf)
check 'the API answers to the cookie' answers 200 '/v1/apps?view=summary'
check 'with what is to know' [ "$(jq -r '.items[0] | [.name, .sync, .health] | join(" ")' "$work/answer")" = 'judge-platform Synced Healthy' ]

# ---- changes ----

check 'a change without the token is refused' answers 403 /v1/apps/judge-platform/refresh -X POST
check 'in words' says "without its session's token"
check 'with a wrong one, too' answers 403 /v1/apps/judge-platform/refresh -X POST -H "X-CSRF-Token: ${token//[0-9]/0}"
check 'with its own it is done' answers 200 /v1/apps/judge-platform/refresh -X POST -H "X-CSRF-Token: $token"
check 'a program with a bearer token needs none' answers 200 /v1/apps/judge-platform/refresh -X POST -H "Authorization: Bearer $(cat "$pki/syncer.token")"
BROWSER=reader log_in reader
BROWSER=reader answers 200 /ui/
check 'a reader sees' says 'data-role="read"'
BROWSER=reader check 'but may not change' answers 403 /v1/apps/judge-platform/sync -X POST -H "X-CSRF-Token: $(csrf)" -d '{}'
BROWSER=reader check 'another session'"'"'s token is none' answers 403 /v1/apps/judge-platform/refresh -X POST -H "X-CSRF-Token: $token"
BROWSER=outsider log_in outsider
BROWSER=outsider answers 200 /ui/
check 'who is confined does not see the others' eval '! says judge-platform'
BROWSER=deploy check 'a certificate needs no form' answers 200 /ui/ --cert "$pki/deploy.pem" --key "$pki/deploy.key"
check 'it is the certificate'"'"'s name' says 'data-who="deploy"'
BROWSER=nobody check 'but a page with it needs the token, too' answers 403 /v1/apps/judge-platform/refresh -X POST --cert "$pki/deploy.pem" --key "$pki/deploy.key"

# ---- what changes is told ----

listen() { # FILE CURL-ARGUMENT...
	curl -sSN --max-time "${SECONDS_LONG:-6}" --cacert "$pki/ca.pem" -b "$work/${BROWSER:-jar}" "${@:2}" "https://127.0.0.1:$port/v1/changes" >"$1" 2>/dev/null &
	pids+=($!)
	until_so 5 grep -qs '^event' "$1"
}

last_id() { # FILE
	sed -n 's/^id: //p' "$1" | tail -n 1
}

check 'a stream begins with a reset' listen "$work/stream"
BROWSER=outsider listen "$work/outside"
api /api/v1/namespaces/judge/configmaps/kratos-config -o /dev/null -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"data": {"drifted": "yes"}}'
check 'drift is told as it happens' until_so 5 grep -q '"name":"judge-platform"' "$work/stream"
check 'with how it stands' grep -q '"sync":"' "$work/stream"
check 'not to who may not know' eval '! grep -q judge-platform "$work/outside"'
until_so 20 is_synced
at=$(sed -n 's/^id: //p' "$work/stream" | head -n 1)
sleep 0.3
check 'who was away is told what it missed' listen "$work/again" -H "Last-Event-ID: $at"
check 'and no more than that' eval '! grep -q "event: reset" "$work/again" && grep -q "^event: app" "$work/again"'
check 'of another start of the daemon nothing is known' listen "$work/fresh" -H 'Last-Event-ID: 12345-3'
check 'so everything may be different' grep -q 'event: reset' "$work/fresh"

# ---- logs of pods ----

pod=$(get /api/v1/namespaces/judge/pods '[.items[] | select(.metadata.name | startswith("gateway"))][0].metadata.name')
check 'a pod of the application has a log' answers 200 "/v1/apps/judge-platform/logs?namespace=judge&pod=$pod"
check 'as it wrote it' says "$pod says hello"
send /api/v1/namespaces/judge/pods '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stranger"}, "spec": {"containers": [{"name": "main", "image": "example.com/x:1"}]}}'
check 'a pod that is none of its own has not' answers 404 '/v1/apps/judge-platform/logs?namespace=judge&pod=stranger'
check 'nor has what is not there' answers 404 '/v1/apps/judge-platform/logs?namespace=judge&pod=../secrets'
check 'it has to be said which' answers 400 /v1/apps/judge-platform/logs
BROWSER=outsider check 'who may not see the application may not read them' answers 404 "/v1/apps/judge-platform/logs?namespace=judge&pod=$pod"

# ---- what the cluster tells of an object ----

send /api/v1/namespaces/judge/events "{\"apiVersion\": \"v1\", \"kind\": \"Event\", \"metadata\": {\"name\": \"told\"}, \"type\": \"Warning\", \"reason\": \"BackOff\",
	\"message\": \"it fell over\", \"count\": 3, \"lastTimestamp\": \"2026-01-02T03:04:05Z\", \"involvedObject\": {\"kind\": \"Pod\", \"name\": \"$pod\", \"namespace\": \"judge\"}}"
check 'Events of what it made are shown' answers 200 "/v1/apps/judge-platform/events?kind=Pod&namespace=judge&name=$pod"
check 'as the cluster has them' [ "$(jq -r '.items[] | select(.reason == "BackOff") | [.type, .message, .count, .at] | join(" ")' "$work/answer")" = 'Warning it fell over 3 2026-01-02T03:04:05Z' ]
check 'of what is not its own they are not' answers 404 '/v1/apps/judge-platform/events?kind=Pod&namespace=judge&name=stranger'
check 'it has to be said of what' answers 400 /v1/apps/judge-platform/events

# ---- nothing is markup, nothing is secret ----

check 'a hostile name is text' answers 200 '/ui/apps/%3Cscript%3Ealert(1)%3C%2Fscript%3E'
check 'it does not stand in the page' eval '! says "<script>alert"'
canary() {
	local path

	for path in /ui/ '/v1/apps?view=summary' /v1/apps/judge-platform /v1/apps/judge-platform/tree /v1/apps/judge-platform/diff /v1/secrets /v1/terraform; do
		browse "$path" >/dev/null
		if grep -qE 's3ss10n-k3y|0idc-s3cr3t|c00kie-s3cr3t|c1pher-s3cr3t|jwt-k3y' "$work/answer"; then
			echo "  $path"
			return 1
		fi
	done
}
check 'no answer holds a secret' canary

# ---- the end of a session ----

kill -9 "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
start_daemon
check 'a session outlives a restart of the daemon' answers 200 /ui/
token=$(csrf)
check 'with its token' answers 200 /v1/repositories/helm/poll -X POST -H "X-CSRF-Token: $token"
check 'of which nothing is stored that could be used' eval '! grep -qaF "$token" "$work/state/state.db"* && ! grep -qaF "$(awk "/__Host-reconciled/ { print \$7 }" "$work/jar")" "$work/state/state.db"*'
check 'it cannot be ended for its reader' answers 403 /ui/logout -X POST
check 'but by it' answers 303 /ui/logout -X POST -H "X-CSRF-Token: $token"
check 'then it has ended' answers 401 /v1/apps
log_in syncer
token syncer && kill -HUP "$daemon_pid"
check 'a token that was changed takes its sessions along' until_so 10 answers 401 /v1/apps

# ---- reconcilectl ui ----

stop_ui() {
	[ -z "$ui_pid" ] || kill "$ui_pid" 2>/dev/null
}

"$ctl" ui --port "$ui_port" --no-browser >"$work/ui" 2>&1 &
ui_pid=$!
SITE=http://127.0.0.1:$ui_port
check 'reconcilectl ui says where' until_so 5 grep -q "^$SITE/?token=" "$work/ui"
once=$(sed -n "1s#^$SITE##p" "$work/ui")
BROWSER=nobody check 'without its token nobody is let in' answers 403 /ui/
BROWSER=nobody check 'nor to the API' answers 403 /v1/apps
BROWSER=local check 'with it a browser is' answers 303 "$once"
BROWSER=local check 'then the page is there' answers 200 /ui/
check 'in the name of who runs it' says "data-who=\"$(id -un)\""
BROWSER=local check 'changes need the token here, too' answers 403 /v1/apps/judge-platform/refresh -X POST
BROWSER=local answers 200 /ui/
BROWSER=local check 'and are done with it' answers 200 /v1/apps/judge-platform/refresh -X POST -H "X-CSRF-Token: $(csrf)"
BROWSER=late check 'the token works once' answers 403 "$once"
BROWSER=local check 'a name that leads here by DNS is refused' answers 403 /ui/ -H 'Host: evil.example.com'
check 'a port that is no number' eval '! "$ctl" ui --port nonsense 2>"$work/usage" && grep -q usage "$work/usage"'
unset SITE

# ---- off unless it is asked for ----

PAGE=false
write_config 2>/dev/null
sed -i 's/page: true/page: false/' "$work/reconciled.yaml"
kill -HUP "$daemon_pid"
check 'without api.tls.page there is no page' until_so 10 answers 401 /ui/login
summary
