#!/bin/bash
# The API over TLS: who is known by a token or a certificate may do what its role and its projects
# allow, nobody else anything. Then under attack: what is no HTTP, wrong tokens, and connections that
# never end; the daemon goes on with its work meanwhile, in bounded memory.
#
# Alone: measures memory and how soon a change is undone under load.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
# shellcheck source=tests/support/pki.sh
. "$(dirname "$0")/../support/pki.sh"
trap stop_platform EXIT
trap '' PIPE # the other end may be closed already, which is what is tested
port=$(free_port)
pki=$work/pki

make_pki() {
	local one

	mkdir "$pki"
	authority ca
	authority other
	certificate server server ca serverAuth 1
	certificate deploy deploy ca clientAuth 1
	certificate stranger stranger ca clientAuth 1
	certificate forged deploy other clientAuth 1
	certificate misused deploy ca serverAuth 1
	certificate expired deploy ca clientAuth -1
	for one in reader syncer approver admin team outsider; do
		token "$one"
	done
	cp "$pki/admin.token" "$pki/bare.digest" # not a digest
}

more_config() { # FILE
	make_pki
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
		      - { name: approver, role: approve, token: { file: $pki/approver.digest } }
		      - { name: admin, role: admin, token: { file: $pki/admin.digest } }
		      - { name: team, role: sync, token: { file: $pki/team.digest }, projects: [default] }
		      - { name: outsider, role: admin, token: { file: $pki/outsider.digest }, projects: [elsewhere] }
		      - { name: bare, role: admin, token: { file: $pki/bare.digest } }
		      - { name: deploy, role: sync, certificate: deploy }
	END
}

ask() { # PATH CURL-ARGUMENT...: the status; the answer is in $work/answer
	curl -sS --max-time 10 --cacert "$pki/ca.pem" -o "$work/answer" -w '%{http_code}' "${@:2}" "https://127.0.0.1:$port$1" 2>"$work/curl"
}

answers() { # STATUS WHO PATH CURL-ARGUMENT...
	local status=$1 who=$2 got

	shift 2
	got=$(ask "$@" -H "Authorization: Bearer $(cat "$pki/$who.token")")
	[ "$got" = "$status" ] || { echo "  it answers $got: $(cat "$work/answer" "$work/curl")"; return 1; }
}

shows() { # STATUS CERTIFICATE PATH CURL-ARGUMENT...
	local status=$1 name=$2 got

	shift 2
	got=$(ask "$@" --cert "$pki/$name.pem" --key "$pki/$name.key")
	[ "$got" = "$status" ] || { echo "  it answers $got: $(cat "$work/answer" "$work/curl")"; return 1; }
}

says() { # TEXT
	grep -qF -- "$1" "$work/answer"
}

logged() { # TEXT
	until_so 5 grep -qF -- "$1" "$work/log"
}

memory_kib() {
	awk '/^VmRSS/ { print $2 }' "/proc/$daemon_pid/status"
}

deployment=/apis/apps/v1/namespaces/judge/deployments/kratos
uid() {
	get "$deployment" '.metadata.uid // "none"'
}

is_another() { # UID
	local now

	now=$(uid)
	[ "$now" != none ] && [ "$now" != "$1" ]
}

# What is no TLS at all, one connection each.
garbage() { # COUNT
	local i fd

	for ((i = 0; i < $1; i++)); do
		{ exec {fd}<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || continue
		printf 'GET /%s HTTP/9.9\r\n\0\377\26\3\1' "$i" >&"$fd" 2>/dev/null
		exec {fd}>&-
	done
}

# Requests that are wrong in their ways, over TLS and a few connections.
malformed() { # COUNT for each
	local long

	long=$(head -c 20000 /dev/zero | tr '\0' a)
	curl -sk --interface 127.0.0.3 --max-time 25 -o /dev/null -H 'Authorization: Bearer nonsense' "https://127.0.0.1:$port/v1/apps/[1-$1]" &
	curl -sk --interface 127.0.0.3 --max-time 25 -o /dev/null -H 'Authorization: Basic \0' -X 'BREW' "https://127.0.0.1:$port/%00%ff/..//v1/[1-$1]" &
	curl -sk --interface 127.0.0.3 --max-time 25 -o /dev/null -H 'Authorization: Bearer ' -d '{"a": [[[[' "https://127.0.0.1:$port/v1/terraform/a/approve?[1-$1]" &
	curl -sk --interface 127.0.0.3 --max-time 25 -o /dev/null -H "X-Long: $long" -H "X-Longer: $long" "https://127.0.0.1:$port/[1-200]" &
	wait $! $(jobs -p | tail -n 4)
}

slow() { # COUNT: connections that say nothing whole; held until they are cut off
	(
		ulimit -n 4096 2>/dev/null
		fds=()
		for ((i = 0; i < $1; i++)); do
			{ exec {fd}<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || continue
			printf '\26' >&"$fd" 2>/dev/null
			fds+=("$fd")
		done
		echo "${#fds[@]}" >"$work/slow"
		sleep 12
	) &
	slow_pid=$!
}

unknown() {
	awk '/^reconciled_api_requests_total.*unknown/ { print $2 }' "$work/answer"
}

held() { # connections that the daemon holds on its port
	ls -l "/proc/$daemon_pid/fd" 2>/dev/null | grep -c socket:
}

start_platform && until_so 40 is_synced || give_up 'the platform does not come up'
app=/v1/apps/judge-platform

check 'without a token nobody is told anything' [ "$(ask /v1/status)" = 401 ]
check 'and it says so' says 'not known by token or certificate'
check 'a wrong token' [ "$(ask /v1/status -H 'Authorization: Bearer 0123456789')" = 401 ]
check 'the digest is no token' [ "$(ask /v1/status -H "Authorization: Bearer $(cut -d: -f2 "$pki/admin.digest")")" = 401 ]
check 'a reader reads' answers 200 reader /v1/status
check 'the metrics, too' answers 200 reader /metrics
check 'a reader cannot sync' answers 403 reader $app/refresh -d ''
check 'and is told why' says "has the role read, and this needs sync"
check 'which is written down' logged "audit: reader may not POST $app/refresh"
check 'a syncer can' answers 200 syncer $app/refresh -d ''
check 'written down, too' logged "audit: syncer asks for POST $app/refresh"
check 'a syncer cannot approve' answers 403 syncer $app/approve -d ''
check 'an approver may (nothing waits)' eval '! answers 403 approver $app/approve -d "" >/dev/null'
check 'an approver cannot freeze' answers 403 approver /v1/terraform-freeze -d '{"reason": "x"}'
check 'an admin can' answers 200 admin /v1/terraform-freeze -d '{"reason": "x"}'
check 'and lift it' answers 200 admin /v1/terraform-freeze -d '{}'
check 'one of the project sees its application' answers 200 team $app
check 'and syncs it' answers 200 team $app/refresh -d ''
check 'but not what is of no project' answers 403 team /v1/secrets
check 'one of another project does not know it' answers 404 outsider $app
check 'cannot change it' answers 404 outsider $app/sync -d '{}'
check 'and has none in its list' eval 'answers 200 outsider /v1/apps && [ "$(jq ".items | length" "$work/answer")" = 0 ]'
check 'a token that lies there in the clear is not taken' logged "client 'bare': the token's digest is wanted"
check 'a certificate' shows 200 deploy $app
check 'may do what its role says' shows 200 deploy $app/refresh -d ''
check 'and no more' shows 403 deploy $app/approve -d ''
check 'one that nobody is known by' shows 401 stranger $app
check 'one of another authority' shows 401 forged $app
check 'one that is not for clients' shows 401 misused $app
check 'one that has expired' shows 401 expired $app
check 'TLS 1.1 is refused' eval '! curl -sk --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 -o /dev/null "https://127.0.0.1:$port/"'
check 'TLS 1.2 is taken' eval '[ "$(ask /v1/status --tls-max 1.2)" = 401 ]'
check 'no HTTP in the clear' eval '! curl -s --max-time 5 -o /dev/null "http://127.0.0.1:$port/"'
check 'a stranger posts no more than a little' eval '[ "$(head -c 100000 /dev/zero | ask /v1/apps --data-binary @-)" = 413 ]'

# ---- under attack ----
before=$(memory_kib) fds=$(held) started=$(uid)
garbage 3000
slow 1000
api "$deployment" -X DELETE -o /dev/null
malformed 3300
check 'what was deleted meanwhile is there again' until_so 20 is_another "$started"
check 'somebody at another address is served' until_so 10 eval '[ "$(ask /v1/status --interface 127.0.0.2 -H "Authorization: Bearer $(cat "$pki/reader.token")")" = 200 ]'
check 'a user of the socket, too' "$ctl" status -o json >"$work/status.json"
# Sanitizers keep what was freed for a while.
case $O in */release) check 'memory is bounded' eval '[ $(($(memory_kib) - before)) -lt 65536 ] || { echo "  $before KiB, now $(memory_kib)"; false; }' ;; esac
check 'slow connections are cut off, though they wait' until_so 13 eval '[ "$(held)" -le $((fds + 8)) ]'
wait $slow_pid
check 'there were a thousand' eval '[ "$(cat "$work/slow")" -ge 900 ]'
check 'then its own address is served again' until_so 10 answers 200 reader /v1/status
check 'the strangers are counted' eval 'answers 200 reader /metrics && [ "$(unknown)" -ge 9900 ] || { echo "  $(unknown) of them"; false; }'
check 'and do not fill the journal' eval '[ "$(grep -c "audit: somebody" "$work/log")" -lt 100 ]'
check 'no token is in the log' [ -z "$(grep -F -f <(cat "$pki"/*.token) "$work/log")" ]
check 'it was one process all the time' kill -0 "$daemon_pid"
summary
