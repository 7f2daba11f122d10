package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"sort"
	"strings"
	"time"
)

// What Helm's logger puts before a warning.
var logged = regexp.MustCompile(`(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d `)

// renderByProgram runs a program that takes the words of `helm template`, or of `helm lint`; what
// lint prints before it fails counts, too.
func renderByProgram(program, verb, dir string, args []string) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	words := []string{verb, "rel", dir}
	if verb == "lint" {
		words = []string{verb, dir}
	}
	cmd := exec.CommandContext(ctx, program, append(words, args...)...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	failed := cmd.Run()
	o := outcome{out: out.String()}
	warnings, message, isError := cutError(err.String())
	o.warn = logged.ReplaceAllString(warnings, "")
	if isError {
		o.err = message
	}
	if verb == "lint" {
		o.err = strings.TrimSuffix(o.out+message, "\n")
	}
	if failed != nil && !isError {
		o.err = fmt.Sprintf("%v: %s", failed, err.String())
	}
	return o
}

func cutError(text string) (warnings, message string, isError bool) {
	if strings.HasPrefix(text, "Error: ") {
		return "", strings.TrimSuffix(text[len("Error: "):], "\n"), true
	}
	warnings, message, isError = strings.Cut(text, "\nError: ")
	if isError {
		warnings += "\n"
	}
	return warnings, strings.TrimSuffix(message, "\n"), isError
}

func sortLines(text string) string {
	lines := strings.Split(text, "\n")
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}
