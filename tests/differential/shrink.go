package main

import "maps"

// shrink takes away what is not needed to show a difference.
func (r *runner) shrink(p *program, want, got outcome) (*program, outcome, outcome) {
	budget := 400
	try := func(q *program) bool {
		if budget--; budget < 0 {
			return false
		}
		different, w, g := r.differs(q)
		if different && (w.err == "") == (want.err == "") && (g.err == "") == (got.err == "") {
			p, want, got = q, w, g
			return true
		}
		return false
	}
	for name := range maps.Clone(p.files) {
		if name != "Chart.yaml" {
			q := p.copy()
			delete(q.files, name)
			try(q)
		}
	}
	for i := len(p.args) - 2; i >= 0; i -= 2 {
		q := p.copy()
		q.args = append(append([]string{}, p.args[:i]...), p.args[i+2:]...)
		try(q)
	}
	for name := range maps.Clone(p.files) {
		if text := p.files[name]; text != chartYAML && text != wrapped {
			r.shrinkText(&p, name, try)
		}
	}
	for i := 1; i < len(p.args); i += 2 {
		for at := len(p.args[i]) - 1; at >= 0; at-- {
			if at >= len(p.args[i]) {
				continue
			}
			q := p.copy()
			q.args[i] = p.args[i][:at] + p.args[i][at+1:]
			try(q)
		}
	}
	return p, want, got
}

func (r *runner) shrinkText(p **program, name string, try func(*program) bool) {
	for size := (len((*p).files[name]) + 1) / 2; size > 0; size /= 2 {
		for at := 0; at < len((*p).files[name]); {
			text := (*p).files[name]
			q := (*p).copy()
			q.files[name] = text[:at] + text[min(len(text), at+size):]
			if !try(q) {
				at += size
			}
		}
	}
}

func (p *program) copy() *program {
	return &program{kind: p.kind, files: maps.Clone(p.files), args: append([]string{}, p.args...)}
}
