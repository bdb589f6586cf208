package link

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// slack is by how much the kernel may put off waking a thread that waits for a time. Nothing here waits for less than some milliseconds.
// Measured while copying: the thread that looks took 6 to 7 % of an agent's processor time with 0.5 ms, and takes 2 % now.
const slack = 2 * time.Millisecond

// Numbers of prctl's operations: linux/prctl.h, PR_SET_TIMERSLACK(2const).
const (
	setTimerSlack = 29
	getTimerSlack = 30
)

// begunAnew is in the environment of a program that has begun anew, until it has seen it.
const begunAnew = "BAILEY_BEGUN_ANEW"

// Unhurried lets the kernel wake this program's threads up to two milliseconds late. It must come first in main: what was begun before
// is lost.
//
// Whenever Go's runtime has waited for the network it looks every 20 µs, for a while, whether its threads get on. Of a program that
// waits for the wire and the database again and again it took a tenth of the processor time. The thread that looks is there before
// main, and inherits the setting from the one that executes the program; so that one executes it again, once, as the same process with
// the same arguments. Where that is not allowed the program goes on as it is.
func Unhurried() {
	if _, again := os.LookupEnv(begunAnew); again {
		_ = os.Unsetenv(begunAnew)
		return
	}
	// The setting is a thread's own.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	now, _, failed := syscall.RawSyscall(syscall.SYS_PRCTL, getTimerSlack, 0, 0)
	if failed != 0 || time.Duration(now) >= slack {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	if _, _, failed = syscall.RawSyscall(syscall.SYS_PRCTL, setTimerSlack, uintptr(slack), 0); failed == 0 {
		_ = syscall.Exec(self, os.Args, append(os.Environ(), begunAnew+"=1"))
	}
}
