# A file of C without one of its rules: the condition number `want` of an if becomes false, or the row of
# a table goes. The file on standard output, what was taken out on standard error; fails beyond the last.
# How errors are passed on is no rule.
{ text = text $0 "\n" }

function take_out(from, to, instead, what,    head, lines) {
	if (++n != want)
		return
	head = substr(text, 1, from - 1)
	printf "%s%s%s", head, instead, substr(text, to)
	lines = gsub(/\n/, "", head) + 1
	gsub(/[ \t\n]+/, " ", what)
	printf "%d: %s\n", lines, substr(what, 1, 90) > "/dev/stderr"
	found = 1
	exit
}

END {
	if (found)
		exit 0
	row = "^\n\t+(FLAG|OPTION)?[({]\"[^\n]*[)}],"
	last = length(text)
	for (i = 1; i <= last; i++) {
		c = substr(text, i, 1)
		if (c == "\n" && match(substr(text, i, 200), row)) {
			take_out(i + 1, i + RLENGTH, "", substr(text, i + 1, RLENGTH - 1))
			i += RLENGTH - 1
			continue
		}
		if (c != "i" || substr(text, i, 4) != "if (")
			continue
		depth = 1
		for (j = i + 4; depth > 0; j++) {
			c = substr(text, j, 1)
			depth += (c == "(") - (c == ")")
		}
		what = substr(text, i + 4, j - i - 5)
		if (what != "r < 0" && what != "r == 0" && what != "!text" && what != "r")
			take_out(i + 4, j - 1, "false", what)
	}
	exit !found
}
