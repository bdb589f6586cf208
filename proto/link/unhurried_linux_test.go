package link

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestUnhurriedChild is the program that TestUnhurried starts: it tells of itself when it has begun anew.
func TestUnhurriedChild(t *testing.T) {
	if os.Getenv("UNHURRIED_CHILD") == "" {
		t.Skip("only for TestUnhurried")
	}
	Unhurried()
	_, marked := os.LookupEnv(begunAnew)
	fmt.Println("process", os.Getpid(), os.Args[1:], marked, setting())
}

// setting is the slack of the present process's first thread; empty: the kernel does not know it.
func setting() string {
	ns, err := os.ReadFile("/proc/self/timerslack_ns")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(ns))
}

// TestUnhurried: the program begins anew in the same process, with the same arguments, once.
func TestUnhurried(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestUnhurriedChild$", "-test.v")
	cmd.Env = append(os.Environ(), "UNHURRIED_CHILD=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := fmt.Sprintf("process %d [-test.run=^TestUnhurriedChild$ -test.v] false ", cmd.Process.Pid)
	if setting() != "" {
		want += fmt.Sprint(slack.Nanoseconds())
	}
	if strings.Count(string(out), want+"\n") != 1 {
		t.Errorf("want %s\n%s", want, out)
	}
}
