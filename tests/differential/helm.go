package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/release"
)

// What a rendering printed: the text of stdout, or an error, and warnings in any order.
type outcome struct {
	out, err, warn string
}

func (o outcome) equal(p outcome) bool {
	return o.out == p.out && sameText(o.err, p.err) && sortLines(o.warn) == sortLines(p.warn)
}

// Schema failures come in the order of a Go map.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	isAny := strings.HasPrefix(a, "values don't meet") || strings.HasPrefix(a, "==> Linting")
	return isAny && sortLines(a) == sortLines(b)
}

// render is Helm's library doing what `helm template` does, without a process.
func renderInside(dir string, args []string) outcome {
	var warnings bytes.Buffer
	log.SetFlags(log.Lshortfile)
	log.SetOutput(&warnings)
	stderr := os.Stderr
	read, write, _ := os.Pipe()
	os.Stderr = write
	text, err := renderSafely(dir, args, &warnings)
	os.Stderr = stderr
	write.Close()
	more, _ := io.ReadAll(read)
	read.Close()
	o := outcome{out: text, warn: warnings.String() + string(more)}
	if err != nil {
		o.out, o.err = "", err.Error()
	}
	return o
}

// Helm itself panics on some charts; there is nothing to compare then.
func renderSafely(dir string, args []string, warnings io.Writer) (text string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s%v", crashed, r)
		}
	}()
	return renderChart(dir, args, warnings)
}

const crashed = "helm crashes: "

func renderChart(dir string, args []string, warnings io.Writer) (string, error) {
	client := action.NewInstall(new(action.Configuration))
	client.DryRun, client.Replace, client.ClientOnly = true, true, true
	client.DryRunOption = "client"
	client.ReleaseName, client.Namespace = "rel", "default"
	options := &values.Options{}
	for i := 0; i+1 < len(args); i += 2 {
		value := args[i+1]
		switch args[i] {
		case "-f":
			options.ValueFiles = append(options.ValueFiles, value)
		case "--set":
			options.Values = append(options.Values, value)
		case "--set-string":
			options.StringValues = append(options.StringValues, value)
		case "--set-json":
			options.JSONValues = append(options.JSONValues, value)
		case "--set-literal":
			options.LiteralValues = append(options.LiteralValues, value)
		case "--kube-version":
			version, err := chartutil.ParseKubeVersion(value)
			if err != nil {
				return "", fmt.Errorf("invalid kube version '%s': %s", value, err)
			}
			client.KubeVersion = version
		case "--api-versions":
			client.APIVersions = append(client.APIVersions, value)
		default:
			panic("not known here: " + args[i])
		}
	}
	vals, err := options.MergeValues(getter.All(cli.New()))
	if err != nil {
		return "", err
	}
	chart, err := loader.Load(dir)
	if err != nil {
		return "", err
	}
	if kind := chart.Metadata.Type; kind != "" && kind != "application" {
		return "", fmt.Errorf("%s charts are not installable", kind)
	}
	if chart.Metadata.Deprecated {
		fmt.Fprintln(warnings, "WARNING: This chart is deprecated")
	}
	if chart.Metadata.Dependencies != nil {
		if err := action.CheckDependencies(chart, chart.Metadata.Dependencies); err != nil {
			return "", fmt.Errorf("An error occurred while checking for chart dependencies. "+
				"You may need to run `helm dependency build` to fetch missing dependencies: %w", err)
		}
	}
	rel, err := client.RunWithContext(context.Background(), chart, vals)
	if err != nil {
		if rel != nil {
			err = fmt.Errorf("%w\n\nUse --debug flag to render out invalid YAML", err)
		}
		return "", err
	}
	return printed(rel), nil
}

func printed(rel *release.Release) string {
	var text strings.Builder
	fmt.Fprintln(&text, strings.TrimSpace(rel.Manifest))
	for _, hook := range rel.Hooks {
		fmt.Fprintf(&text, "---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
	}
	return text.String()
}
