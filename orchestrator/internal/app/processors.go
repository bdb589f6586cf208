package app

import (
	"os"
	"runtime"
	"time"
)

// lookEvery is how often the load is looked at.
const lookEvery = 250 * time.Millisecond

// followLoad works with half of the processors, and takes one after the other only as long as there is work for it, until the returned
// function is called: agents and databases may stand beside this program, and between fewer threads less is handed over. Measured on
// two processors with agents and database beside: copying takes 4 % less processor time of all.
func followLoad() (end func()) {
	most := runtime.GOMAXPROCS(0)
	least := (most + 1) / 2
	if most == least || os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	if _, known := processorTime(); !known {
		return func() {}
	}
	runtime.GOMAXPROCS(least)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		follow(stop, least, most)
	}()
	return func() {
		close(stop)
		<-ended
		runtime.GOMAXPROCS(most)
	}
}

func follow(stop <-chan struct{}, least, most int) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	procs, then := least, time.Now()
	before, _ := processorTime()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		now := time.Now()
		used, _ := processorTime()
		if next := processors(procs, least, most, float64(used-before)/float64(now.Sub(then))); next != procs {
			procs = next
			runtime.GOMAXPROCS(procs)
		}
		before, then = used, now
	}
}

// processors are how many to work with, after so many were busy of those that were there.
func processors(procs, least, most int, busy float64) int {
	switch {
	case busy > 0.85*float64(procs):
		return min(procs+1, most)
	case busy < 0.6*float64(procs-1):
		return max(procs-1, least)
	}
	return procs
}
