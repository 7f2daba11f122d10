#!/bin/bash
# `reconcilectl dependency` from the outside: what it writes, prints and refuses.
set -u
cd "$(dirname "$0")/../.." || exit 1
case ${O:=build/release} in /*) ;; *) O=$PWD/$O ;; esac
ctl=$O/reconcilectl
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache PASSWORD=secret
# shellcheck source=tests/support/check.sh
. tests/support/check.sh

show_more() {
	cat "$work/out" "$work/err"
}

chart() { # FOLDER NAME VERSION [DEPENDENCIES]
	mkdir -p "$1"
	printf 'apiVersion: v2\nname: %s\nversion: %s\ndependencies: %s\n' "$2" "$3" "${4:-[]}" >"$1/Chart.yaml"
}

run() { # EXIT-CODE COMMAND...
	local wanted=$1

	shift
	(cd "$work" && "$ctl" dependency "$@") >"$work/out" 2>"$work/err"
	[ $? = "$wanted" ]
}

says() {
	grep -qF -- "$2" "$work/$1"
}

mkdir -p "$work/www/charts"
for version in 1.0.0 1.2.0; do
	chart "$work/make/web" web $version
	tar czf "$work/www/charts/web-$version.tgz" -C "$work/make" web
done
cat >"$work/www/charts/index.yaml" <<-END
	apiVersion: v1
	entries:
	  web:
	  - {name: web, version: 1.0.0, urls: [web-1.0.0.tgz]}
	  - {name: web, version: 1.2.0, urls: [web-1.2.0.tgz]}
END
mkdir -p "$work/www/org/web"
cp "$work/www/charts/web-1.0.0.tgz" "$work/www/org/web/1.0.0.tgz"
"$O/support/charts" --root "$work/www" --user me:secret >"$work/listening" &
server=$!
for ((i = 0; i < 100; i++)); do
	[ -s "$work/listening" ] && break
	sleep 0.05
done
address=$(awk '{ print $2 }' "$work/listening")
cat >"$work/reconciled.yaml" <<-END
	repositories:
	  - { name: stand, type: helm, url: "http://$address/charts", auth: { username: me, env: PASSWORD } }
END
chart "$work/libs/base" base 0.1.0

chart "$work/app" app 1.0.0 "[{name: base, version: 0.x, repository: 'file://../libs/base'}]"
check "a folder is packed" run 0 build app
check "in Helm's words" says out "Saving 1 charts"
check "it is there" test -f "$work/app/charts/base-0.1.0.tgz"
check "and locked" grep -q '^digest: sha256:' "$work/app/Chart.lock"
check "a lock that fits is kept as it is" run 0 build app
check "what comes is rendered" run 0 build app
check "by us" "$ctl" render "$work/app"

chart "$work/app" app 1.0.0 "[{name: base, version: 0.1.x, repository: 'file://../libs/base'}]"
check "the lock is out of date now" run 1 build app
check "as Helm has it" says err \
	"Error: the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update the dependencies"
chart "$work/app" app 1.0.0 "[{name: web, version: ^1.0.0, repository: '@stand'}]"
check "an alias nobody knows" run 1 update app
check "by its name" says err "no repository definition for @stand"
check "an update with the repositories of a configuration" run 0 update app --config reconciled.yaml
check "says what it loads" says out "Downloading web from repo http://$address/charts"
check "brings the newest" test -f "$work/app/charts/web-1.2.0.tgz"
check "takes the old one away" test ! -e "$work/app/charts/base-0.1.0.tgz"
check "writes the URL" grep -qF "repository: http://$address/charts" "$work/app/Chart.lock"

chart "$work/app" app 1.0.0 "[{name: web, version: 1.0.0, repository: 'oci://$address/org'}]"
rm "$work/app/Chart.lock"
check "a registry lets nobody in without a name" run 1 build app --plain-http
check "a registry with credentials" run 0 build app --plain-http --username me --password=secret
check "gives what is asked for" test -f "$work/app/charts/web-1.0.0.tgz"

check "a packed chart is refused" run 1 build app/charts/web-1.0.0.tgz
check "with Helm's words" says err "only unpacked charts can be updated"
check "a chart that is not there" run 1 build nowhere
check "a flag that is not there" run 64 build app --nosuch
check "a command that is not there" run 64 list app
summary
