#!/bin/bash
# Yeses to plans that come by a signed commit and by a signed webhook, with the stand-in for
# terraform.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
port=$(free_port)
trap stop_platform EXIT
: "${PATIENCE_S:=60}"

show_more() {
	"$ctl" terraform get aws -o json | jq 'del(.run.plan)'
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
start_daemon || give_up 'the daemon does not start'

# ---- signed commits
must 'the plan waits' soon is .phase awaiting-approval
yes_by anna anna
must 'a signed commit is a yes' soon says .waitsFor '(1 of 2)'
yes_by mallory mallory
must 'a key nobody knows is none, and it says so' soon says .run.refused 'approvals/mallory.yaml.*is not in'
must 'and counts for nothing' says .waitsFor '(1 of 2)'
yes_by again anna
sleep 2
must 'one person says yes once' says .waitsFor '(1 of 2)'
must 'nothing was applied' test ! -s "$work/aws.tfstate"
yes_by berta berta
must 'the second applies it' soon is .phase applied
run=$("$ctl" terraform get aws --run 1 -o json)
must 'who and how is recorded' test "$(jq -c '[.approvals[] | [.by, .method]]' <<<"$run")" = '[["anna@example.com","commit"],["berta@example.com","commit"]]'
must 'an approved run has no refusal' test "$(jq .refused <<<"$run")" = null

# ---- what was said before the plan was made, by its author, unsigned, or by a change of others' files
infra two
must 'another commit is another plan' soon is .phase awaiting-approval
sleep 1
must 'old files approve nothing' says .waitsFor '(0 of 2)'
GIT_COMMITTER_DATE=2020-01-01T00:00:00Z yes_by anna anna
must 'a commit of before is refused' soon says .run.refused 'it was signed before this plan was made'
sed -i 's/$/ /' "$work/config/approvals/anna.yaml"
signing=()
push config 'a file without a signature'
must 'a commit without a signature is refused' soon says .run.refused 'is not signed'
echo "carol@example.com $(cat "$work/mallory.pub")" >>"$work/signers"
yes_by carol mallory
must 'the author does not approve his own' soon says .run.refused 'carol@example.com wrote the commit'
must 'nothing of that counts' says .waitsFor '(0 of 2)'

# ---- webhooks
must 'a message without its signature is turned away' answers 403 wrong "$(message anna@example.com)"
must 'an old message, too' answers 400 s3cr3t-of-the-chat "$(message anna@example.com 2026-01-01T00:00:00Z)"
must 'another plan, too' answers 400 s3cr3t-of-the-chat "$(message anna@example.com | jq -c '.plan = "0123456789abcdef"')"
must 'a stack there is not, too' answers 404 s3cr3t-of-the-chat "$(message anna@example.com | jq -c '.stack = "gcp"')"
must 'who is no approver, too' answers 403 s3cr3t-of-the-chat "$(message dora@example.com)"
body=$(message anna@example.com)
must 'a yes is taken' answers 202 s3cr3t-of-the-chat "$body"
must 'once' answers 409 s3cr3t-of-the-chat "$body"
must 'and not again under a shorter name' answers 409 s3cr3t-of-the-chat "$(message anna)"
must 'it counts' says .waitsFor '(1 of 2)'
yes_by berta berta
must 'with a signed commit it is enough' soon is .phase applied
must 'nothing waits now' answers 409 s3cr3t-of-the-chat "$(message berta@example.com)"

# ---- what is protected is named in the file
echo 'resource "aws_subnet" "main" { value = "y" }' >"$work/infra/main.tf"
signing=()
push infra 'the network goes'
must 'a deletion waits' soon says .waitsFor 'naming aws_vpc.main'
yes_by anna anna
must 'a yes that does not name it is refused' soon says .run.refused 'it would destroy or replace what is protected: aws_vpc.main'
yes_by anna anna "$(digest)" 'destroy: [aws_vpc.main]'
yes_by berta berta "$(digest)" 'destroy: [aws_vpc.main]'
must 'one that does is taken' soon is .phase applied
must 'the secret of the chat is in no log' eval '! grep -rqs s3cr3t-of "$work/log" "$work/state"'

# ---- the configuration
sed -i "s/, allowedSigners: [^ ]*//" "$work/reconciled.yaml"
must 'signers must be said' eval '! "$ctl" config check "$work/reconciled.yaml" >"$work/said" 2>&1'
must 'with the place and what to do' grep -q "reconciled.yaml:5:.*terraform.approvals: it needs 'allowedSigners' or 'keyring'" "$work/said"
summary
