# Sourced: a real Kubernetes control plane on loopback, of the programs that tests/peers gets: etcd,
# kube-apiserver with RBAC, kube-controller-manager, kube-scheduler, and kwok, which plays the node.
#
#   start_cluster FOLDER   returns when it is ready, some seconds later; all state in FOLDER. Sets
#                          cluster_url cluster_ca cluster_token (an administrator's) cluster_audit (the
#                          audit log, a JSON object a line) and leaves FOLDER/kubeconfig (his, too)
#   stop_cluster
#   make_cluster_kubeconfig FILE TOKEN    somebody else's
#
# Its programs end with the shell that started them, however that ends.
# shellcheck shell=bash

cluster_pids=()

# A program that dies with us, its output in the folder.
cluster_run() { # NAME PROGRAM ARGUMENT...
	local name=$1

	shift
	setpriv --pdeathsig KILL "$@" >"$cluster_folder/$name.log" 2>&1 &
	cluster_pids+=($!)
}

# So many ports that nobody listens on, apart from each other.
free_ports() { # N
	python3 - "$1" <<-'END' 2>/dev/null || perl -MIO::Socket::INET -e '@s = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) } 1 .. shift; print join(" ", map { $_->sockport } @s), "\n"' "$1"
		import socket, sys
		sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
		[s.bind(("127.0.0.1", 0)) for s in sockets]
		print(*[s.getsockname()[1] for s in sockets])
	END
}

cluster_api() { # PATH CURL-ARGUMENT...
	curl -sS --max-time 30 --cacert "$cluster_ca" -H "Authorization: Bearer $cluster_token" \
		"$cluster_url$1" "${@:2}"
}

make_cluster_kubeconfig() { # FILE TOKEN
	cat >"$1" <<-END
		apiVersion: v1
		kind: Config
		current-context: test
		clusters:
		- name: test
		  cluster: { server: "$cluster_url", certificate-authority: "$cluster_ca" }
		contexts:
		- name: test
		  context: { cluster: test, user: test }
		users:
		- name: test
		  user: { token: "$2" }
	END
	chmod 600 "$1"
}

# Try a command every 100 ms, at most SECONDS long.
cluster_wait() { # SECONDS WHAT COMMAND...
	local end=$((SECONDS + $1)) what=$2 pid

	shift 2
	until "$@" >/dev/null 2>&1; do
		for pid in "${cluster_pids[@]}"; do
			kill -0 "$pid" 2>/dev/null && continue
			echo "cluster: a program ended while waiting for $what:" >&2
			tail -n 5 "$cluster_folder"/*.log >&2
			return 1
		done
		if [ $SECONDS -gt $end ]; then
			echo "cluster: $what: not within the time" >&2
			tail -n 5 "$cluster_folder"/*.log >&2
			return 1
		fi
		sleep 0.1
	done
}

cluster_has() { # PATH
	cluster_api "$1" -f -o /dev/null
}

node_is_ready() {
	cluster_api /api/v1/nodes/node-0 |
		jq -e '.status.conditions[]? | select(.type == "Ready" and .status == "True")'
}

cluster_secrets() {
	local name

	openssl genrsa -out "$cluster_folder/accounts.key" 2048 2>/dev/null
	for name in admin controllers scheduler kwok; do
		openssl rand -hex 16 >"$cluster_folder/$name.token"
	done
	cat >"$cluster_folder/tokens.csv" <<-END
		$(<"$cluster_folder/admin.token"),admin,admin,system:masters
		$(<"$cluster_folder/controllers.token"),system:kube-controller-manager,controllers
		$(<"$cluster_folder/scheduler.token"),system:kube-scheduler,scheduler
		$(<"$cluster_folder/kwok.token"),kwok,kwok,system:masters
	END
	cat >"$cluster_folder/audit-policy.yaml" <<-'END'
		apiVersion: audit.k8s.io/v1
		kind: Policy
		omitStages: [ResponseStarted, ResponseComplete, Panic]
		rules:
		  - level: None
		    users: ["system:apiserver", "system:kube-scheduler", "system:kube-controller-manager", "kwok"]
		  - level: None
		    userGroups: ["system:serviceaccounts:kube-system"]
		  - level: Metadata
	END
}

# Flags beyond those each test needs: CLUSTER_API_FLAGS.
cluster_control_plane() { # ETCD-PORT ETCD-PEER-PORT API-PORT
	local peers=$1 etcd=$2 etcd_peer=$3 port=$4

	mkdir -p "$cluster_folder/etcd"
	chmod 700 "$cluster_folder/etcd"
	cluster_run etcd "$peers/etcd" --data-dir "$cluster_folder/etcd" --unsafe-no-fsync \
		--listen-client-urls "http://127.0.0.1:$etcd" --advertise-client-urls "http://127.0.0.1:$etcd" \
		--listen-peer-urls "http://127.0.0.1:$etcd_peer" --initial-advertise-peer-urls "http://127.0.0.1:$etcd_peer" \
		--initial-cluster "default=http://127.0.0.1:$etcd_peer" --log-level warn \
		--quota-backend-bytes 4294967296
	# shellcheck disable=SC2086
	cluster_run kube-apiserver "$peers/kube-apiserver" --etcd-servers "http://127.0.0.1:$etcd" \
		--bind-address 127.0.0.1 --secure-port "$port" --cert-dir "$cluster_folder" \
		--token-auth-file "$cluster_folder/tokens.csv" --authorization-mode RBAC \
		--service-account-issuer https://kubernetes.default.svc \
		--service-account-key-file "$cluster_folder/accounts.key" \
		--service-account-signing-key-file "$cluster_folder/accounts.key" \
		--service-cluster-ip-range 10.96.0.0/12 --endpoint-reconciler-type none \
		--audit-policy-file "$cluster_folder/audit-policy.yaml" --audit-log-path "$cluster_audit" \
		--audit-log-mode blocking --profiling=false ${CLUSTER_API_FLAGS:-}
	cluster_ca=$cluster_folder/apiserver.crt
}

start_cluster() { # FOLDER
	local peers=${RC_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/reconciled-peers} ports name

	cluster_folder=$1
	cluster_audit=$cluster_folder/audit.json
	for name in etcd kube-apiserver kube-controller-manager kube-scheduler kwok; do
		[ -x "$peers/$name" ] || { echo "cluster: no $name in $peers (make peers)" >&2; return 1; }
	done
	mkdir -p "$cluster_folder"
	cluster_secrets
	read -ra ports <<<"$(free_ports 5)"
	[ ${#ports[@]} = 5 ] || { echo "cluster: no free ports" >&2; return 1; }
	cluster_url=https://127.0.0.1:${ports[2]}
	cluster_token=$(<"$cluster_folder/admin.token")
	cluster_control_plane "$peers" "${ports[@]:0:3}"
	cluster_wait 60 'the API server' cluster_has /readyz || return 1
	make_cluster_kubeconfig "$cluster_folder/kubeconfig" "$cluster_token"
	for name in controllers scheduler kwok; do
		make_cluster_kubeconfig "$cluster_folder/$name.kubeconfig" "$(<"$cluster_folder/$name.token")"
	done
	cluster_run kube-controller-manager "$peers/kube-controller-manager" --kubeconfig "$cluster_folder/controllers.kubeconfig" \
		--service-account-private-key-file "$cluster_folder/accounts.key" --root-ca-file "$cluster_ca" \
		--use-service-account-credentials --leader-elect=false --bind-address 127.0.0.1 --secure-port "${ports[3]}" --cert-dir "$cluster_folder/controllers" \
		--kube-api-qps 200 --kube-api-burst 400 --horizontal-pod-autoscaler-sync-period 1s
	cluster_run kube-scheduler "$peers/kube-scheduler" --kubeconfig "$cluster_folder/scheduler.kubeconfig" \
		--leader-elect=false --bind-address 127.0.0.1 --secure-port "${ports[4]}" --cert-dir "$cluster_folder/scheduler"
	cluster_run kwok "$peers/kwok" --kubeconfig "$cluster_folder/kwok.kubeconfig" --manage-all-nodes \
		--node-lease-duration-seconds 40 --config "$(dirname "${BASH_SOURCE[0]}")/kwok-stages.yaml"
	cluster_api /api/v1/nodes -o /dev/null -H 'Content-Type: application/json' -d '{"apiVersion": "v1", "kind": "Node",
		"metadata": {"name": "node-0", "labels": {"kubernetes.io/hostname": "node-0"}}}'
	cluster_wait 60 'the node' node_is_ready &&
		cluster_wait 60 'accounts of namespaces' cluster_has /api/v1/namespaces/default/serviceaccounts/default
}

stop_cluster() {
	local pid

	for pid in "${cluster_pids[@]}"; do
		kill -9 "$pid" 2>/dev/null
	done
	wait "${cluster_pids[@]}" 2>/dev/null
	cluster_pids=()
}
