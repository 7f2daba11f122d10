// differential makes small charts and compares what Helm and reconcilectl print for them.
//
// Helm is its own library in a process of ours, built with the toolchain that Helm was released with;
// every hundredth program, and each that differs, is also given to the program helm where there is
// one. A difference is cut down to the smallest program that still shows it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

var (
	seed     = flag.Int64("seed", time.Now().Unix()%1_000_000, "the programs' seed")
	count    = flag.Int("count", 1000, "how many programs")
	from     = flag.Int("from", 0, "the first program's number")
	only     = flag.String("kind", "", "only programs of one kind")
	ours     = flag.String("reconcilectl", "", "our program")
	helm     = flag.String("helm", "", "Helm's program, for confirming; may be empty")
	most     = flag.Int("most", 20, "stop after so many differences")
	always   = flag.Bool("binary", false, "compare with Helm's program only, never with its library")
	show     = flag.Bool("show", false, "print the programs")
	unique   = flag.Bool("unique", false, "show differences of one likeness once")
	serving  = flag.Bool("serve", false, "be the process that holds Helm's library")
	noShrink = flag.Bool("whole", false, "do not cut differing programs down")
)

type runner struct {
	dir       string
	library   library
	confirmed int
	undecided int
	slow      int
}

func (r *runner) expected(p *program) outcome {
	if p.isLint {
		return renderByProgram(*helm, "lint", r.dir, p.arguments(r.dir))
	}
	if *always {
		return renderByProgram(*helm, "template", r.dir, p.arguments(r.dir))
	}
	return r.library.render(r.dir, p.arguments(r.dir))
}

// differs says whether we print something that Helm never does: some of its answers depend on the
// order of a Go map, so a difference is only one if many runs agree on it.
func (r *runner) differs(p *program) (bool, outcome, outcome) {
	if err := p.write(r.dir); err != nil {
		panic(err)
	}
	want := r.expected(p)
	if strings.HasPrefix(want.err, crashed) {
		r.undecided++
		return false, want, want
	}
	verb := "render"
	if p.isLint {
		verb = "lint"
	}
	got := renderByProgram(*ours, verb, r.dir, p.arguments(r.dir))
	if got.equal(want) {
		return false, want, got
	}
	for i := 0; i < 30; i++ {
		again := r.expected(p)
		if got.equal(again) {
			return false, want, got
		}
		if !again.equal(want) {
			r.undecided++
			return false, want, got
		}
	}
	return true, want, got
}

func (r *runner) confirm(p *program, want outcome) error {
	if *helm == "" || *always || p.isLint {
		return nil
	}
	binary := renderByProgram(*helm, "template", r.dir, p.arguments(r.dir))
	r.confirmed++
	if !binary.equal(want) {
		again := renderByProgram(*helm, "template", r.dir, p.arguments(r.dir))
		if again.equal(binary) && r.library.render(r.dir, p.arguments(r.dir)).equal(want) {
			return fmt.Errorf("the library and the program differ:\n%s\n%s", want.text(), binary.text())
		}
	}
	return nil
}

func (o outcome) text() string {
	if o.err != "" {
		return fmt.Sprintf("error %s\n  warnings %q", o.err, o.warn)
	}
	return fmt.Sprintf("%s\n  warnings %q", o.out, o.warn)
}

func (p *program) print() {
	for name, text := range p.files {
		if text != "" && (name != "Chart.yaml" || text != chartYAML) && name != "f.txt" && name != "d/x.yaml" && !(name == "templates/t.yaml" && text == wrapped) {
			fmt.Printf("  -- %s\n%s\n", name, text)
		}
	}
	fmt.Printf("  -- args %q\n", p.args)
}

func main() {
	flag.Parse()
	if *serving {
		serve()
		return
	}
	if *ours == "" {
		fmt.Fprintln(os.Stderr, "differential: -reconcilectl is needed")
		os.Exit(2)
	}
	work, err := os.MkdirTemp("", "differential")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	r := &runner{dir: filepath.Join(work, "c")}
	status := run(r)
	r.library.stop()
	os.RemoveAll(work)
	os.Exit(status)
}

func run(r *runner) int {
	fmt.Printf("differential: seed %d, programs %d to %d\n", *seed, *from, *from+*count-1)
	differences := 0
	kindsSeen, seen, repeated := map[string]int{}, map[string]int{}, 0
	failing := 0
	i := *from
	for ; i < *from+*count && differences < *most; i++ {
		p := makeProgram(*seed, i, *only)
		p.isLint = p.isLint && *helm != ""
		kindsSeen[p.kind]++
		if *show {
			p.print()
		}
		different, want, got := r.differs(p)
		if want.err != "" {
			failing++
		}
		if different {
			differences++
			if !*noShrink {
				p, want, got = r.shrink(p, want, got)
			}
			if key := likeness(want) + "\n" + likeness(got); *unique {
				if seen[key]++; seen[key] > 1 {
					differences--
					repeated++
					continue
				}
			}
			fmt.Printf("difference: seed %d, program %d (%s)\n", *seed, i, p.kind)
			p.print()
			fmt.Printf("  -- helm\n%s\n  -- reconcilectl\n%s\n", want.text(), got.text())
		}
		if different || i%100 == 0 {
			if err := p.write(r.dir); err != nil {
				panic(err)
			}
			if err := r.confirm(p, want); err != nil {
				fmt.Printf("program %d: %v\n", i, err)
				differences++
			}
		}
	}
	fmt.Printf("kinds: %v\n", kindsSeen)
	if *unique {
		fmt.Printf("differences not shown, since alike: %d\n", repeated)
	}
	fmt.Printf("differential: %d programs, %d of them errors, %d confirmed by the program helm, %d where Helm's own answer varies, %d differences\n",
		i-*from, failing, r.confirmed, r.undecided, differences)
	if differences > 0 {
		return 1
	}
	return 0
}
