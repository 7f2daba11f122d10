#!/bin/bash
# Forges tell of pushes: a proved message makes the repository be polled at once; what is not proved,
# was there before, comes too often or never ends is turned away.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT
port=$(free_port)
secret=s3cr3t-of-the-forge

more_config() { # FILE
	printf '%s\n' "$secret" >"$work/secret"
	cat >>"$1" <<-END
		webhooks:
		  listen: 127.0.0.1:$port
		  receivers:
		    - { name: forge, type: github, secret: { file: $work/secret } }
		    - { name: lab, type: gitlab, secret: { file: $work/secret }, repositories: [helm] }
	END
}

sign() {
	openssl dgst -sha256 -hmac "$secret" -r | sed 's/ .*//; s/^/sha256=/'
}

message() { # NUMBER
	printf '{"after": "%s", "repository": {"clone_url": "%s/judge.git"}}' "$1" "$git"
}

post() { # PATH BODY HEADER...: the status
	local path=$1 body=$2 headers=() h

	shift 2
	for h in "$@"; do headers+=(-H "$h"); done
	curl -sS --max-time 10 -o "$work/answer" -w '%{http_code}' "${headers[@]}" --data-binary "$body" "http://127.0.0.1:$port$path"
}

answers() { # STATUS POST-ARGUMENT...
	local status got

	status=$1
	shift
	got=$(post "$@")
	[ "$got" = "$status" ] || { echo "  it answers $got: $(cat "$work/answer")"; return 1; }
}

is_at_head() {
	[ "$(app .status.sync.revision)" = "$(git -C "$work/repo" rev-parse HEAD)" ]
}

push_alone() { # nobody is told
	sed -i "/^judgeApi:/,/tag:/s/tag: .*/tag: $1/" "$work/repo/charts/judge/values.yaml"
	commit "tag $1"
	git -C "$work/repo" push -q origin main
}

never_ends() { # a request whose head does not end is cut off
	exec 3<>"/dev/tcp/127.0.0.1/$port"
	printf 'POST /hook/forge HTTP/1.1\r\nHost: x\r\n' >&3
	timeout 25 cat <&3 >/dev/null
	local rc=$?
	exec 3>&-
	[ $rc -eq 0 ]
}

start_platform && until_so 40 is_synced || give_up 'the platform does not come up'

push_alone 2.19.0
sleep 1
check 'without a word nothing is polled' eval '! is_at_head'
body=$(message 1)
check 'a wrong signature is refused' answers 403 /hook/forge "$body" "X-Hub-Signature-256: sha256=$(printf '%064d' 0)"
check 'none, too' answers 403 /hook/forge "$body"
check 'one of another body, too' answers 403 /hook/forge "$(message 2)" "X-Hub-Signature-256: $(printf %s "$body" | sign)"
sleep 1
check 'and nothing is polled' eval '! is_at_head'
check 'a proved message is taken' answers 202 /hook/forge "$body" "X-Hub-Signature-256: $(printf %s "$body" | sign)"
check 'and says what it did' grep -q '^1 repositories' "$work/answer"
check 'the push is there' until_so 15 is_at_head
check 'the same again is refused' answers 409 /hook/forge "$body" "X-Hub-Signature-256: $(printf %s "$body" | sign)"
other='{"repository": {"clone_url": "https://git.example.com/else.git"}}'
check 'one about another repository' answers 202 /hook/forge "$other" "X-Hub-Signature-256: $(printf %s "$other" | sign)"
check 'polls nothing' grep -q '^0 repositories' "$work/answer"
check 'what is no JSON' answers 400 /hook/forge 'no' "X-Hub-Signature-256: $(printf no | sign)"
push_alone 2.19.1
check 'a token, as GitLab has it' answers 202 /hook/lab '{}' "X-Gitlab-Token: $secret"
check 'the second push is there' until_so 15 is_at_head
check 'a wrong token' answers 403 /hook/lab '{"a": 1}' 'X-Gitlab-Token: nonsense'
check 'another path' answers 404 /hook/nobody '{}'
check 'no API on it' answers 404 /v1/status '{}'
check 'too large a body' eval '[ "$(head -c 6000000 /dev/zero | curl -sS --max-time 20 -o /dev/null -w "%{http_code}" --data-binary @- "http://127.0.0.1:$port/hook/forge")" = 413 ]'
limited=0
for ((i = 0; i < 40; i++)); do
	body=$(message "many-$i")
	[ "$(post /hook/forge "$body" "X-Hub-Signature-256: $(printf %s "$body" | sign)")" = 429 ] && limited=$((limited + 1))
done
check 'too many are turned away' [ "$limited" -gt 0 ]
check 'and not all of them' [ "$limited" -lt 40 ]
check 'a request that never ends is' never_ends
check 'the secret is in no log' [ -z "$(grep -F "$secret" "$work/log")" ]
check 'the numbers are told' [ -n "$(curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics | grep 'reconciled_webhooks_total{receiver="forge",result="repeated"} 1')" ]
summary
