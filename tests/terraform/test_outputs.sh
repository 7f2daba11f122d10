#!/bin/bash
# Outputs of a stack in the values of an Application, and an Application that waits for a stack:
# on the in-memory API server, with the stand-in for terraform.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT
: "${PATIENCE_S:=60}"

show_more() {
	"$ctl" terraform list
	"$ctl" app get shop -o json | jq .status
}

shop() { # JQ-FILTER VALUE
	[ "$("$ctl" app get shop -o json 2>/dev/null | jq -r "$1")" = "$2" ]
}

says() { # PATTERN: the reason of the application
	"$ctl" app get shop -o json 2>/dev/null | jq -r .status.reason | grep -q -- "$1"
}

map() { # FILTER VALUE
	[ "$(get /api/v1/namespaces/shop/configmaps/where "$1" 2>/dev/null)" = "$2" ]
}

push() { # REPOSITORY MESSAGE
	git -C "$work/$1" add -A
	git -C "$work/$1" commit -q -m "$2"
	git -C "$work/$1" push -q "$work/served/$1.git" main
	"$ctl" repository poll "$1" 2>/dev/null
}

approve() {
	until_so 60 eval '[ "$("$ctl" terraform get aws -o json | jq -r .phase)" = awaiting-approval ]'
	"$ctl" terraform approve aws --plan "$("$ctl" terraform get aws -o json | jq -r .run.digest)" >/dev/null
}

infra() { # DATABASE-HOST
	cat >"$work/infra/main.tf" <<-END
		resource "aws_db_instance" "db" { value = "$1" }
		output "host" { value = "$1" }
		output "password" { value = "s3ns1t1ve" sensitive = true }
	END
}

application() { # ANNOTATION-LINE...
	cat >"$work/apps/apps/shop.yaml" <<-END
		apiVersion: argoproj.io/v1alpha1
		kind: Application
		metadata:
		  name: shop
		  annotations:
		$(printf '    %s\n' "$@")
		spec:
		  source: { repoURL: file://$work/served/apps.git, path: chart, helm: { values: "database: {host: none, port: 5432}" } }
		  destination: { server: https://kubernetes.default.svc, namespace: shop }
		  syncPolicy: { automated: {}, syncOptions: [CreateNamespace=true] }
	END
}

mkdir -p "$work/served" "$work/infra" "$work/apps/apps" "$work/apps/chart/templates"
serve kube kubeapi --kubeconfig-out "$work/kubeconfig" --ready-after 100
for name in infra apps; do
	git init -q -b main "$work/$name"
	git -C "$work/$name" config user.name Anna
	git -C "$work/$name" config user.email anna@example.com
	git init -q --bare -b main "$work/served/$name.git"
done
printf 'apiVersion: v2\nname: chart\nversion: 1.0.0\n' >"$work/apps/chart/Chart.yaml"
cat >"$work/apps/chart/templates/where.yaml" <<-'END'
	apiVersion: v1
	kind: ConfigMap
	metadata: { name: where }
	data:
	  host: {{ .Values.database.host | quote }}
	  port: {{ .Values.database.port | quote }}
	  all: {{ .Values.all | toJson | quote }}
	  note: one
END
infra db-1.example.com
application 'reconciled.io/depends-on: terraform/aws' 'reconciled.io/values-from: |' \
	'  database.host: terraform/aws/host' '  all: terraform/aws'
cat >"$work/reconciled.yaml" <<-END
	clusters: [{ name: shop, kubeconfig: $work/kubeconfig }]
	repositories:
	  - { name: infra, url: file://$work/served/infra.git, interval: 10s }
	  - { name: apps, url: file://$work/served/apps.git, interval: 10s }
	applications: [{ from: { repository: apps, path: apps } }]
	terraform:
	  stacks:
	    - name: aws
	      repository: infra
	      binary: $top/tests/support/terraform/terraform
	      backendConfig: path=$work/aws.tfstate
	      authorMayApprove: true
	      outputs:
	        - { kind: ConfigMap, namespace: shop, object: infra }
	        - { kind: Secret, namespace: shop, object: database, keys: { DB_HOST: host, DB_PASSWORD: password } }
	        - { kind: ConfigMap, namespace: shop, object: wrong, keys: { p: password } }
	validation:
	  interval: 1h
	  checks:
	    - { name: database, type: dns, application: shop, from: { host: terraform/aws/host } }
	    - { name: secret, type: dns, application: shop, from: { host: terraform/aws/password } }
	api: { socket: $RECONCILED_SOCKET }
	log: { level: debug, format: text }
	stateDirectory: $work/state
	cacheDirectory: $work/cache
END
push infra first
push apps first
start_daemon || give_up 'the daemon does not start'

# ---- an output that is not there yet
must 'an output that is not there is waited for, and it says why' soon \
	says '^.*blocked by terraform/aws because it has no outputs yet: it waits for approval of plan'
must 'nothing is known of what is wanted' shop .status.sync.status Unknown
must 'and nothing was made' map .kind Status
must 'a yes' approve
must 'the application is synced after the apply' soon shop .status.sync.status Synced
must 'the output is in its values' soon map .data.host db-1.example.com
must 'beside the values of its manifest' map .data.port 5432
must 'all outputs can be asked for, without those that are sensitive' map .data.all '{"host":"db-1.example.com"}'

# ---- a stack that is not ready
infra db-2.example.com
push infra 'another host'
until_so 60 eval '[ "$("$ctl" terraform get aws -o json | jq -r .phase)" = awaiting-approval ]'
sed -i 's/note: one/note: two/' "$work/apps/chart/templates/where.yaml"
push apps 'another note'
must 'a commit waits for the stack, and it says why' soon \
	says 'blocked by terraform/aws because it waits for approval of plan'
must 'it is a condition, too' shop '[.status.conditions[] | select(.type == "DependencyWaiting")] | length' 1
must 'it is compared nonetheless' shop .status.sync.status OutOfSync
must 'and nothing is brought' map .data.note one
kill "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
start_daemon
must 'a restart changes nothing about it' soon says 'blocked by terraform/aws because it waits for approval'
must 'and nothing is brought' map .data.note one
must 'a yes' approve
must 'the commit is brought after the apply' soon map .data.note two
must 'with the other output' soon map .data.host db-2.example.com
must 'and it is in sync' soon shop .status.sync.status Synced

# ---- another output alone is something to sync
infra db-3.example.com
push infra 'a third host'
must 'a yes' approve
must 'another output alone is brought, without self-heal' soon map .data.host db-3.example.com

# ---- objects of the cluster that hold outputs
secret() { # JQ-FILTER VALUE
	[ "$(get /api/v1/namespaces/shop/secrets/database "$1" 2>/dev/null)" = "$2" ]
}
written() { # OBJECT FILTER
	"$ctl" terraform get aws -o json | jq -r ".written[] | select(.name == \"$1\") | $2"
}
host() {
	secret '.data.DB_HOST | @base64d' "$1"
}
password() {
	secret '.data.DB_PASSWORD | @base64d' "$1"
}
must 'outputs are in a Secret' soon host db-3.example.com
must 'those that are sensitive, too' password s3ns1t1ve
must 'ours by field manager' secret '[.metadata.managedFields[].manager] | join(",")' reconciled
must 'the stack is named' secret '.metadata.annotations."reconciled.io/terraform-stack"' aws
must 'and in a ConfigMap, without what is sensitive' soon eval '[ "$(get /api/v1/namespaces/shop/configmaps/infra .data)" = "$(printf "{\n  \"host\": \"db-3.example.com\"\n}")" ]'
must 'the status names them' test "$(written database .state)" = written
must 'a sensitive output is refused for a ConfigMap' soon eval 'written wrong .reason | grep -q "output .password. is sensitive, and a ConfigMap is no place for it"'
must 'which is not made' test "$(get /api/v1/namespaces/shop/configmaps/wrong .kind)" = Status
api /api/v1/namespaces/shop/secrets/database -o /dev/null -X PATCH -H 'Content-Type: application/merge-patch+json' \
	-d '{"data": {"DB_HOST": "bm8=", "OTHER": "bm8="}}'
must 'what somebody changed is put right' soon host db-3.example.com
must 'what is others stays' secret '.data.OTHER' bm8=
# What was put right comes back by the watch, and may be looked at once more.
is_quiet() {
	local from round

	for round in 1 2 3; do
		from=$(last_request)
		sleep 12
		[ "$(requests "$from" 'map(select(.path | endswith("/secrets/database"))) | length')" = 0 ] && return
		echo "  round $round: $(requests "$from" 'map(select(.path | endswith("/secrets/database")) | [.atMs, .method, .agent])')"
	done
	return 1
}
must 'it is watched, not asked for again and again' is_quiet
begin=$(date +%s%3N)
api /api/v1/namespaces/shop/secrets/database -o /dev/null -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"data": {"DB_HOST": "bm8="}}'
must 'so a change is put right at once' eval 'soon host db-3.example.com && [ $(($(date +%s%3N) - begin)) -lt 1500 ]'
api /api/v1/namespaces/shop/secrets/database -o /dev/null -X DELETE
must 'and a deletion' soon host db-3.example.com
infra db-4.example.com
push infra 'a fourth host'
must 'a yes' approve
must 'another output is brought there' soon host db-4.example.com
kill "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
api /api/v1/namespaces/shop/secrets/database -o /dev/null -X DELETE
start_daemon
must 'after a restart they are read anew, and a lost Secret is made' soon password s3ns1t1ve
must 'by a run of its own' eval '[ "$("$ctl" terraform runs aws -o json | jq -r "[.items[] | select(.kind == \"outputs\") | .phase] | unique | join(\",\")")" = read ]'
must 'which says nothing about the plan' eval '[ "$("$ctl" terraform get aws -o json | jq -r .phase)" = applied ]'

# ---- targets of validation
validated() { # CHECK OUTCOME PATTERN
	"$ctl" validate --check "$1" -o json 2>/dev/null | jq -r ".items[0].checks[] | select(.check == \"$1\") | \"\(.outcome) \(.evidence)\"" >"$work/validated"
	grep -q "^$2 .*$3" "$work/validated" || { cat "$work/validated"; return 1; }
}
must 'a check looks at what the output says' validated database 'fail\|error' 'db-4.example.com'
infra localhost
push infra 'a fifth host'
must 'a yes' approve
must 'another output is another target' soon host localhost
must 'which is looked at' validated database pass localhost
must 'a sensitive output is no target' validated secret error "output 'password' is sensitive"
wrong() { # FROM PATTERN
	sed "s|from: { host: terraform/aws/host }|from: { $1 }|" "$work/reconciled.yaml" >"$work/wrong.yaml"
	"$ctl" config check "$work/wrong.yaml" >"$work/said" 2>&1 && return 1
	grep -q "wrong.yaml:[0-9]*:[0-9]*: error: $2" "$work/said" || { cat "$work/said"; return 1; }
}
must 'a stack there is not is refused' wrong 'host: terraform/gcp/host' "check 'database': no stack is named 'gcp'"
must 'a key there is not, too' wrong 'hosts: terraform/aws/host' "check 'database': 'from' has no key 'hosts'"
must 'one of another type, too' wrong 'host: terraform/aws/host, bucket: terraform/aws/host' "check 'database' is of type dns, which takes no 'bucket'"
must 'and what is no output' wrong 'host: aws/host' "check 'database': 'aws/host' is not terraform/STACK/OUTPUT"

# ---- what cannot be
application 'reconciled.io/values-from: "all: terraform/aws/password"'
push apps 'a sensitive one'
must 'a sensitive output is refused, with what to do' soon says "output 'password' is sensitive"
application 'reconciled.io/values-from: "all: terraform/aws/nothing"'
push apps 'one there is not'
must 'an output there is not is named' soon says "blocked by terraform/aws because it has no output 'nothing'"
application 'reconciled.io/depends-on: terraform/gcp'
push apps 'a stack there is not'
must 'a stack there is not is named' soon says 'blocked by terraform/gcp because there is no stack of that name'
application 'reconciled.io/depends-on: gcp'
push apps 'nonsense'
must 'nonsense is refused with its place' soon grep -q "depends-on: 'gcp' is nothing to wait for" "$work/log"
must 'a sensitive value is nowhere' eval '! grep -rqs s3ns1t1ve "$work/state" "$work/log"'
summary
