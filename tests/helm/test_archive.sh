#!/bin/bash
# Charts as archives: what tar and gzip make of a name or a cut file, and what is refused, with Helm's words.
# `HELM=helm` asks Helm, too, whether it says the same.
set -u
cd "$(dirname "$0")/../.." || exit 1
case ${O:=build/release} in /*) ;; *) O=$PWD/$O ;; esac
work=$(realpath "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/support/check.sh
. tests/support/check.sh
cd "$work" || exit 1

# $1: an archive; $2: the last line of what is printed, or the error, which must be the only line then.
gives() {
	"$O/reconcilectl" render rel "$1" >out 2>err
	local rc=$? said
	case $2 in
	Error:*) said=$(cat err); [ $rc -eq 1 ] && [ ! -s out ] ;;
	*) said=$(tail -n 1 out); [ $rc -eq 0 ] && [ ! -s err ] ;;
	esac
	if [ $? -eq 0 ] && [ "$said" = "$2" ]; then pass; else fail "$1: $said (exit $rc)"; fi
	if [ -n "${HELM:-}" ] && ! cmp -s <("$HELM" template rel "$1" 2>&1) <(cat out err); then
		fail "$1: Helm says: $("$HELM" template rel "$1" 2>&1 | tail -n 1)"
	fi
}

# $1: an archive of the chart; the rest: more words for tar. Names may lead anywhere.
pack() {
	local to=$1
	shift
	tar czPf "$to" "$@" c 2>/dev/null
}

mkdir -p c/templates
printf 'apiVersion: v2\nname: c\nversion: 1.0.0\n' >c/Chart.yaml
printf 'kind: A\nname: {{ .Chart.Name }}\n' >c/templates/a.yaml

# What is a chart.
pack good.tgz
gives good.tgz "name: c"
cp good.tgz named-otherwise
gives named-otherwise "name: c"
pack backslash.tgz --transform='s,/,\\,g'
gives backslash.tgz "name: c"
ln -s a.yaml c/templates/link.yaml
pack link.tgz
rm c/templates/link.yaml
gives link.tgz "name: c"
long=$(printf 'long-%.0s' {1..40})
mkdir "c/templates/$long"
printf 'kind: B\nname: {{ .Template.Name | len }}\n' >"c/templates/$long/$long.yaml"
pack long-gnu.tgz --format=gnu
pack long-pax.tgz --format=pax
rm -r "c/templates/$long"
gives long-gnu.tgz "name: 418"
gives long-pax.tgz "name: 418"
mkdir -p c/templates/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep
printf 'kind: B\nname: split\n' >c/templates/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/b.yaml
pack long-ustar.tgz --format=ustar
rm -r c/templates/deep
gives long-ustar.tgz "name: split"
tar cf plain.tar c
{ head -c 1000 plain.tar | gzip -c; tail -c +1001 plain.tar | gzip -c; } >two-members.tgz
gives two-members.tgz "name: c"
{ cat good.tgz; echo trailing; } >trailing.tgz
gives trailing.tgz "name: c"

# What leads out of the chart, or is no file of one.
pack absolute.tgz --transform='s,^c/templates,c//templates,'
gives absolute.tgz "Error: chart illegally contains absolute paths"
pack parent.tgz --transform='s,^c/templates,c/../templates,'
gives parent.tgz "Error: chart illegally references parent directory"
pack inner.tgz --transform='s,^c/templates,c/x/../../../templates,'
gives inner.tgz "Error: chart illegally references parent directory"
pack back.tgz --transform='s,^c/templates,c/x/../templates,'
gives back.tgz "name: c"
pack drive.tgz --transform='s,^c/templates/a,c/C:/a,'
gives drive.tgz "Error: chart contains illegally named files"
tar czf top.tgz -C c Chart.yaml
gives top.tgz 'Error: chart illegally contains content outside the base directory: "Chart.yaml"'
pack folder.tgz --transform='s,^c/Chart.yaml,Chart.yaml/c,'
gives folder.tgz "Error: chart yaml not in base directory"
tar czf none.tgz --files-from /dev/null
gives none.tgz "Error: no files in chart archive"
mkdir other && touch other/file
tar czf other.tgz other
gives other.tgz "Error: Chart.yaml file is missing"

# What is cut or broken.
head -c 100 good.tgz >cut.tgz
gives cut.tgz "Error: unexpected EOF"
head -c 3 good.tgz >head.tgz
gives head.tgz "Error: unexpected EOF"
head -c 700 plain.tar | gzip -c >cut-tar.tgz
gives cut-tar.tgz "Error: unexpected EOF"
cp plain.tar sum.tar
printf 'X' | dd of=sum.tar bs=1 seek=10 conv=notrunc status=none
gzip -c sum.tar >sum.tgz
gives sum.tgz "Error: archive/tar: invalid tar header"

# What is no archive at all.
not="does not appear to be a gzipped archive; got"
echo nothing >short.tgz
gives short.tgz "Error: file '$work/short.tgz' $not 'application/octet-stream'"
seq 1 400 >text.tgz
gives text.tgz "Error: file '$work/text.tgz' $not 'text/plain; charset=utf-8'"
echo '  <!DOCTYPE html><html>' >page.tgz
gives page.tgz "Error: file '$work/page.tgz' $not 'text/html; charset=utf-8'"
printf 'PK\003\004....' >zip.tgz
gives zip.tgz "Error: file '$work/zip.tgz' $not 'application/zip'"
gives plain.tar "Error: file '$work/plain.tar' $not 'application/octet-stream'"
cp text.tgz values.yaml
gives values.yaml "Error: file '$work/values.yaml' seems to be a YAML file, but expected a gzipped archive"
summary
