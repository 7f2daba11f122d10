#!/bin/bash
# Yeses to plans that come by a signed commit and by a signed webhook, with the stand-in for
# terraform.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
passed=0
port=$((20000 + RANDOM % 20000))
trap stop_platform EXIT

ok() { # WHAT COMMAND...
	local what=$1

	shift
	if "$@"; then
		passed=$((passed + 1))
		return
	fi
	echo "FAIL: $what"
	"$ctl" terraform get aws -o json | jq 'del(.run.plan)'
	tail -n 20 "$work/log"
	printf '%d passed, 1 failed\n' "$passed"
	exit 1
}

soon() { # WHAT COMMAND...
	local what=$1

	shift
	ok "$what" until_so "${PATIENCE_S:-60}" "$@"
}

is() { # FILTER VALUE
	[ "$("$ctl" terraform get aws -o json 2>/dev/null | jq -r "$1")" = "$2" ]
}

says() { # FILTER PATTERN
	"$ctl" terraform get aws -o json 2>/dev/null | jq -r "$1" | grep -q -- "$2"
}

digest() {
	"$ctl" terraform get aws -o json | jq -r .run.digest
}

push() { # REPOSITORY MESSAGE GIT-ARGUMENT...
	local name=$1 message=$2

	shift 2
	git -C "$work/$name" add -A
	git -C "$work/$name" "$@" commit -q -m "$message" "${signing[@]}"
	git -C "$work/$name" push -q "$work/served/$name.git" main
	"$ctl" repository poll "$name" 2>/dev/null
}

infra() { # VALUE: a commit of the infrastructure, by Carol
	echo "resource \"aws_vpc\" \"main\" { value = \"$1\" }" >"$work/infra/main.tf"
	signing=()
	push infra "$1"
}

yes_by() { # NAME KEY [DIGEST [MORE]]: a file of NAME, in a commit signed with KEY
	printf 'stack: aws\nplan: %s\ncomment: fine\n%s\n' "${3:-$(digest)}" "${4-}" >"$work/config/approvals/$1.yaml"
	signing=(-S)
	push config "yes by $1" -c gpg.format=ssh -c "user.signingkey=$work/$2"
}

post() { # SECRET BODY: the status
	curl -sS --max-time 10 -o "$work/answer" -w '%{http_code}' --data-binary "$2" \
		-H "X-Reconciled-Signature: $(printf %s "$2" | openssl dgst -sha256 -hmac "$1" -r | sed 's/ .*//; s/^/sha256=/')" \
		"http://127.0.0.1:$port/hook/chat"
}

message() { # BY [AT]
	jq -cn --arg plan "$(digest)" --arg by "$1" --arg at "${2:-$(date -u +%FT%TZ)}" \
		'{stack: "aws", plan: $plan, by: $by, at: $at}'
}

answers() { # STATUS SECRET BODY
	local got

	got=$(post "$2" "$3")
	[ "$got" = "$1" ] || { echo "  it answers $got: $(cat "$work/answer")"; return 1; }
}

mkdir -p "$work/served" "$work/infra" "$work/config/approvals"
for name in anna berta mallory; do
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/$name"
	[ $name = mallory ] || echo "$name@example.com namespaces=\"git\" $(cat "$work/$name.pub")" >>"$work/signers"
done
for name in infra config; do
	git init -q -b main "$work/$name"
	git -C "$work/$name" config user.name Carol
	git -C "$work/$name" config user.email carol@example.com
	git init -q --bare -b main "$work/served/$name.git"
done
echo 'what approvals are for' >"$work/config/readme"
signing=()
push config first
printf 's3cr3t-of-the-chat\n' >"$work/secret"
cat >"$work/reconciled.yaml" <<-END
	repositories:
	  - { name: infra, url: file://$work/served/infra.git, interval: 10s }
	  - { name: config, url: file://$work/served/config.git, interval: 10s }
	terraform:
	  approvals: { repository: config, allowedSigners: $work/signers }
	  stacks:
	    - name: aws
	      repository: infra
	      binary: $top/tests/support/terraform/terraform
	      backendConfig: path=$work/aws.tfstate
	      approvals: 2
	      protect: [aws_vpc]
	      approvers: [anna@example.com, berta@example.com, carol@example.com, anna]
	webhooks:
	  listen: 127.0.0.1:$port
	  receivers: [{ name: chat, type: approval, secret: { file: $work/secret } }]
	api: { socket: $RECONCILED_SOCKET }
	log: { level: debug, format: text }
	stateDirectory: $work/state
	cacheDirectory: $work/cache
END
infra one
start_daemon || { cat "$work/log"; exit 1; }

# ---- signed commits
soon 'the plan waits' is .phase awaiting-approval
yes_by anna anna
soon 'a signed commit is a yes' says .waitsFor '(1 of 2)'
yes_by mallory mallory
soon 'a key nobody knows is none, and it says so' says .run.refused 'approvals/mallory.yaml.*is not in'
ok 'and counts for nothing' says .waitsFor '(1 of 2)'
yes_by again anna
sleep 2
ok 'one person says yes once' says .waitsFor '(1 of 2)'
ok 'nothing was applied' test ! -s "$work/aws.tfstate"
yes_by berta berta
soon 'the second applies it' is .phase applied
run=$("$ctl" terraform get aws --run 1 -o json)
ok 'who and how is recorded' test "$(jq -c '[.approvals[] | [.by, .method]]' <<<"$run")" = '[["anna@example.com","commit"],["berta@example.com","commit"]]'
ok 'an approved run has no refusal' test "$(jq .refused <<<"$run")" = null

# ---- what was said before the plan was made, by its author, unsigned, or by a change of others' files
infra two
soon 'another commit is another plan' is .phase awaiting-approval
sleep 1
ok 'old files approve nothing' says .waitsFor '(0 of 2)'
GIT_COMMITTER_DATE=2020-01-01T00:00:00Z yes_by anna anna
soon 'a commit of before is refused' says .run.refused 'it was signed before this plan was made'
sed -i 's/$/ /' "$work/config/approvals/anna.yaml"
signing=()
push config 'a file without a signature'
soon 'a commit without a signature is refused' says .run.refused 'is not signed'
echo "carol@example.com $(cat "$work/mallory.pub")" >>"$work/signers"
yes_by carol mallory
soon 'the author does not approve his own' says .run.refused 'carol@example.com wrote the commit'
ok 'nothing of that counts' says .waitsFor '(0 of 2)'

# ---- webhooks
ok 'a message without its signature is turned away' answers 403 wrong "$(message anna@example.com)"
ok 'an old message, too' answers 400 s3cr3t-of-the-chat "$(message anna@example.com 2026-01-01T00:00:00Z)"
ok 'another plan, too' answers 400 s3cr3t-of-the-chat "$(message anna@example.com | jq -c '.plan = "0123456789abcdef"')"
ok 'a stack there is not, too' answers 404 s3cr3t-of-the-chat "$(message anna@example.com | jq -c '.stack = "gcp"')"
ok 'who is no approver, too' answers 403 s3cr3t-of-the-chat "$(message dora@example.com)"
body=$(message anna@example.com)
ok 'a yes is taken' answers 202 s3cr3t-of-the-chat "$body"
ok 'once' answers 409 s3cr3t-of-the-chat "$body"
ok 'and not again under a shorter name' answers 409 s3cr3t-of-the-chat "$(message anna)"
ok 'it counts' says .waitsFor '(1 of 2)'
yes_by berta berta
soon 'with a signed commit it is enough' is .phase applied
ok 'nothing waits now' answers 409 s3cr3t-of-the-chat "$(message berta@example.com)"

# ---- what is protected is named in the file
echo 'resource "aws_subnet" "main" { value = "y" }' >"$work/infra/main.tf"
signing=()
push infra 'the network goes'
soon 'a deletion waits' says .waitsFor 'naming aws_vpc.main'
yes_by anna anna
soon 'a yes that does not name it is refused' says .run.refused 'it would destroy or replace what is protected: aws_vpc.main'
yes_by anna anna "$(digest)" 'destroy: [aws_vpc.main]'
yes_by berta berta "$(digest)" 'destroy: [aws_vpc.main]'
soon 'one that does is taken' is .phase applied
ok 'the secret of the chat is in no log' eval '! grep -rqs s3cr3t-of "$work/log" "$work/state"'

# ---- the configuration
sed -i "s/, allowedSigners: [^ ]*//" "$work/reconciled.yaml"
ok 'signers must be said' eval '! "$ctl" config check "$work/reconciled.yaml" >"$work/said" 2>&1'
ok 'with the place and what to do' grep -q "reconciled.yaml:5:.*terraform.approvals: it needs 'allowedSigners' or 'keyring'" "$work/said"
printf '%d passed, 0 failed\n' "$passed"
