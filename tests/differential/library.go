package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Helm has no bounds: a program may make it take all memory or all time. So its library lives in a
// process of its own, with limits; when it ends there, Helm crashes on that program.
type library struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
	started bool
}

const (
	libraryMemory  = 3 << 30
	libraryTimeout = 20 * time.Second
)

// Bytes, since JSON has no text that is not UTF-8.
type request struct {
	Dir  string
	Args [][]byte
}

type reply struct{ Out, Err, Warn []byte }

func (l *library) start() {
	l.cmd = exec.Command("/proc/self/exe", "-serve")
	l.in, _ = l.cmd.StdinPipe()
	out, _ := l.cmd.StdoutPipe()
	if err := l.cmd.Start(); err != nil {
		panic(err)
	}
	l.out, l.started = json.NewDecoder(out), true
}

func (l *library) stop() {
	if l.started {
		l.cmd.Process.Kill()
		l.cmd.Wait()
		l.started = false
	}
}

func (l *library) render(dir string, args []string) outcome {
	if !l.started {
		l.start()
	}
	timer := time.AfterFunc(libraryTimeout, func() { l.cmd.Process.Kill() })
	defer timer.Stop()
	var answer reply
	question := request{Dir: dir}
	for _, arg := range args {
		question.Args = append(question.Args, []byte(arg))
	}
	err := json.NewEncoder(l.in).Encode(question)
	if err == nil {
		err = l.out.Decode(&answer)
	}
	if err != nil {
		l.stop()
		return outcome{err: crashed + "its process ended"}
	}
	return outcome{out: string(answer.Out), err: string(answer.Err), warn: string(answer.Warn)}
}

func serve() {
	limit := syscall.Rlimit{Cur: libraryMemory, Max: libraryMemory}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		panic(err)
	}
	requests, replies := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var q request
		if requests.Decode(&q) != nil {
			return
		}
		var args []string
		for _, arg := range q.Args {
			args = append(args, string(arg))
		}
		o := renderInside(q.Dir, args)
		if replies.Encode(reply{[]byte(o.out), []byte(o.err), []byte(o.warn)}) != nil {
			return
		}
	}
}
