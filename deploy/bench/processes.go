package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc; Linux shows 100 a second to every program.
const tick = 10 * time.Millisecond

// spent is the processor time that a process has used, its kernel's part included; 0 when it has ended.
func spent(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name of the program, in brackets, may hold spaces. utime and stime are the 14th and 15th field.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick
}

// peak reads VmHWM of a process in KiB; 0 when it has ended.
func peak(pid int) uint64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			var kib uint64
			if _, err := fmt.Sscan(rest, &kib); err == nil {
				return kib
			}
		}
	}
	return 0
}

// The processes that are watched.
const (
	server = iota
	source
	target
	conductor
	processes
)

// names of the processes, for people.
var names = [processes]string{"mariadbd", "source agent", "target agent", "orchestrator"}

// pids of the processes.
type pids [processes]int

// spent is the processor time of each.
func (p pids) spent() (all [processes]time.Duration) {
	for i, pid := range p {
		all[i] = spent(pid)
	}
	return all
}

// stage is what one stage of a migration took.
type stage struct {
	name  string
	begun time.Time
	time  time.Duration
	cpu   [processes]time.Duration
}

// spent is the processor time of all processes.
func (s *stage) spent() (sum time.Duration) {
	for _, d := range s.cpu {
		sum += d
	}
	return sum
}

// cores is how many processors were busy on average.
func (s *stage) cores() float64 { return s.spent().Seconds() / max(s.time.Seconds(), 0.001) }

// watch follows stages: each begins where the one before ends.
type watch struct {
	pids   pids
	stages []*stage
	// ended is what the orchestrator had used when it ended.
	ended time.Duration
}

// enter begins a stage; the same name again is no new one.
func (w *watch) enter(name string) {
	if n := len(w.stages); n > 0 && w.stages[n-1].name == name {
		return
	}
	now := time.Now()
	w.leave(now)
	w.stages = append(w.stages, &stage{name: name, begun: now, cpu: w.pids.spent()})
}

// leave ends the present stage.
func (w *watch) leave(now time.Time) {
	if len(w.stages) == 0 {
		return
	}
	s := w.stages[len(w.stages)-1]
	s.time = now.Sub(s.begun)
	used := w.pids.spent()
	used[conductor] = max(used[conductor], w.ended)
	for i, d := range used {
		s.cpu[i] = d - s.cpu[i]
	}
}

// set replaces the moments at which stages were seen to begin by those at which they began; a stage that was too short to be seen
// counts to the one before.
func (w *watch) set(begun map[string]time.Time) {
	for i, s := range w.stages {
		end := s.begun.Add(s.time)
		if i+1 < len(w.stages) {
			end = w.stages[i+1].begun
			if at, ok := begun[w.stages[i+1].name]; ok {
				end = at
			}
		}
		if at, ok := begun[s.name]; ok {
			s.begun = at
		}
		s.time = end.Sub(s.begun)
	}
}

// named gives a stage; an empty one when there was none.
func (w *watch) named(name string) *stage {
	for _, s := range w.stages {
		if s.name == name {
			return s
		}
	}
	return &stage{}
}

func (w *watch) print() {
	fmt.Printf("%-8s %8s", "stage", "seconds")
	for _, n := range names {
		fmt.Printf(" %14s", n)
	}
	fmt.Printf(" %14s\n", "cores busy")
	for _, s := range w.stages {
		fmt.Printf("%-8s %8.1f", s.name, s.time.Seconds())
		for _, d := range s.cpu {
			fmt.Printf(" %12.1f s", d.Seconds())
		}
		fmt.Printf(" %14.1f\n", s.cores())
	}
}
