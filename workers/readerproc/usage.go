package readerproc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// clockTick is USER_HZ, the unit of times in /proc: 100 a second on every Linux
// port Go has.
const clockTick = 10 * time.Millisecond

// usage is what a process has used so far.
type usage struct {
	cpu      time.Duration // its own and that of its finished children
	resident uint64        // bytes in memory now
}

// usageOf reads /proc/PID/stat (proc_pid_stat(5)).
func usageOf(pid int) (usage, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return usage{}, err
	}
	return parseStat(stat)
}

func parseStat(stat []byte) (usage, error) {
	// The command's name, in brackets, may hold anything: count from its end.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const state = 3 // number of the first field after the name
	var u usage
	for _, number := range []int{14, 15, 16, 17} { // utime, stime, cutime, cstime
		n, err := statField(fields, number-state)
		if err != nil {
			return usage{}, err
		}
		u.cpu += time.Duration(n) * clockTick
	}
	pages, err := statField(fields, 24-state)
	u.resident = pages * uint64(os.Getpagesize())
	return u, err
}

func statField(fields [][]byte, i int) (uint64, error) {
	if i >= len(fields) {
		return 0, fmt.Errorf("/proc stat has %d fields, want %d", len(fields), i+1)
	}
	return strconv.ParseUint(string(fields[i]), 10, 64)
}
