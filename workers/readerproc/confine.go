package readerproc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Variables of the child's otherwise empty environment.
const (
	envDeps     = "HEYIN_DEPS"            // recogniser and ONNX Runtime
	envBank     = "HEYIN_BANK"            // our bank's name as its forms print it
	envLayout   = "HEYIN_LAYOUT"          // layout files
	envTessdata = "TESSDATA_PREFIX"       // Tesseract's language files, where not in /usr/share
	envTemp     = "TMPDIR"                // the child's own empty folder
	envConfined = "HEYIN_READER_CONFINED" // set by confine for itself after exec
)

// What the libraries behind pipeline (OpenCV, Tesseract, ONNX Runtime, poppler's
// commands) open: themselves, fonts, the machine's make-up.
var (
	readable = []string{
		"/usr", "/lib", "/lib64", "/bin", "/etc/fonts", "/etc/ld.so.cache",
		"/sys/devices/system/cpu", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",
		"/dev/urandom", "/dev/zero", "/proc/self/exe",
	}
	writable = []string{"/dev/null"}
)

// confine takes from this process, for good, every file it has no business with
// and all TCP, by Landlock (Linux 5.13; TCP from 6.7). A domain binds a thread
// and what it executes, and the Go runtime has several by now: so confine
// restricts the thread it runs on and starts the program again from there. It
// returns only in that second life (true) or where the kernel has no Landlock
// (false; namespaces and limits still hold).
//
// Libraries that restrict all threads in place find them by /proc, which a
// process in a process namespace of its own sees with the wrong numbers.
func confine() (bool, error) {
	if os.Getenv(envConfined) != "" {
		return true, nil
	}
	abi := landlockABI()
	if abi < 1 {
		return false, nil
	}
	runtime.LockOSThread() // never unlocked: exec, or the end
	if err := restrict(abi); err != nil {
		return false, fmt.Errorf("reader: confining itself: %w", err)
	}
	err := syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), envConfined+"=1"))
	return false, fmt.Errorf("reader: starting again, confined: %w", err)
}

// landlockABI asks the kernel which version it has: 1 is the first, below it none.
func landlockABI() int {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(abi)
}

// Access rights to files.
const (
	accessRead  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	accessWrite = accessRead | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO
	accessOfFiles = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
		unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE // the rest are of folders
)

// ruleset forbids everything the kernel's version can forbid.
func ruleset(abi int) unix.LandlockRulesetAttr {
	attr := unix.LandlockRulesetAttr{Handled_access_fs: 2*unix.LANDLOCK_ACCESS_FS_MAKE_SYM - 1} // all of version 1
	if abi >= 2 {
		attr.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if abi >= 3 {
		attr.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if abi >= 4 {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if abi >= 5 {
		attr.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	if abi >= 6 {
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	return attr
}

// restrict confines the calling thread.
func restrict(abi int) error {
	attr := ruleset(abi)
	set, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return fmt.Errorf("landlock_create_ruleset: %w", errno)
	}
	// An exec follows, or the end of the process: either closes set.
	unix.CloseOnExec(int(set))
	for _, path := range slices.Concat(readable, []string{os.Getenv(envDeps), os.Getenv(envTessdata), os.Getenv(envLayout)}) {
		if err := allow(int(set), path, accessRead&attr.Handled_access_fs); err != nil {
			return err
		}
	}
	for _, path := range slices.Concat(writable, []string{os.Getenv(envTemp)}) {
		if err := allow(int(set), path, accessWrite&attr.Handled_access_fs); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("giving up privileges: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, set, 0, 0); errno != 0 {
		return fmt.Errorf("landlock_restrict_self: %w", errno)
	}
	return nil
}

// allow adds one path, if it exists.
func allow(set int, path string, access uint64) error {
	if path == "" {
		return nil
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= accessOfFiles
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(fd)}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(set), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
		return fmt.Errorf("allowing %s: %w", path, errno)
	}
	return nil
}
