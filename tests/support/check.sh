# Sourced by the scripts that check one thing after the other, most often by way of platform.sh: single
# checks are counted, and summary prints the closing line that tests/run reads.
#
# What helps when a check fails is the end of the daemon's log (LINES_OF_LOG of it), and before it
# whatever a script shows by a function show_more of its own.
# shellcheck shell=bash
passed=0 failed=0 skipped=0

show_more() {
	:
}

pass() {
	passed=$((passed + 1))
}

fail() { # WHAT
	failed=$((failed + 1))
	echo "FAIL: $1"
	show_more
	[ ! -f "${work:-}/log" ] || tail -n "${LINES_OF_LOG:-20}" "$work/log"
	return 1
}

skip() { # COUNT WHY
	skipped=$((skipped + $1))
	echo "skip: $2"
}

check() { # WHAT COMMAND...
	local what=$1

	shift
	if "$@"; then pass; else fail "$what"; fi
}

# The same where what follows a failure would say nothing: the first is the end.
must() { # WHAT COMMAND...
	check "$@" || summary
}

give_up() { # WHY
	fail "$1"
	summary
}

# The closing line; the script ends with it.
summary() {
	local more=

	[ "$skipped" -eq 0 ] || more=", $skipped skipped"
	printf '%d passed, %d failed%s\n' "$passed" "$failed" "$more"
	[ "$failed" -eq 0 ]
	exit
}

# Look every 50 ms until a command succeeds: until_so SECONDS COMMAND...
until_so() {
	local end=$(($(date +%s%N) + $1 * 1000000000))

	shift
	until "$@"; do
		[ "$(date +%s%N)" -gt "$end" ] && return 1
		sleep 0.05
	done
}

soon() { # COMMAND...
	until_so "${PATIENCE_S:-20}" "$@"
}
