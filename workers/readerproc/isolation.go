package readerproc

import (
	"os"
	"syscall"
)

// isolation is a set of Linux namespaces a child is born into.
type isolation struct {
	name      string
	flags     uintptr
	noNetwork bool
}

// isolations in falling order. Without a user namespace of its own, a child of
// the same user could read the worker's environment (its secrets) by /proc or
// kill the worker; Landlock bars the first of these too where it exists.
var isolations = []isolation{
	{"own user, network, process and IPC namespace",
		syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC, true},
	{"own network, process and IPC namespace", // needs root
		syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC, true},
	{"none", 0, false},
}

// attributes of a child: its own session (no terminal, one group to kill), dead
// when the worker's starting thread dies (see spawner), isolated.
func (i isolation) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: i.flags}
	if i.flags&syscall.CLONE_NEWUSER != 0 {
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
	return attr
}
