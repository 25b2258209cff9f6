// heyin (核印) takes the receipts of bank–company reconciliation from the
// scanner to a verdict. One binary, a file per subcommand.
//
// The rules of its command line: what a program may read goes to standard
// output, what a person should know to standard error; --json gives objects, one
// a line; exit status 0 done, 1 failed, 2 usage; an error says what happened and
// what to do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"heyin/deploy/local"
	"heyin/models"
	"heyin/workers/readerproc"
)

// Exit statuses of the command line contract.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// cli is the whole command line. Settings come from flag, then HEYIN_…
// environment, then YAML, then default.
type cli struct {
	Config  kong.ConfigFlag  `help:"YAML file with settings, keys named like the flags." placeholder:"FILE"`
	JSON    bool             `help:"Print JSON objects, one a line, instead of text."`
	Quiet   bool             `help:"Log warnings and errors only." short:"q"`
	Version kong.VersionFlag `help:"Print the version and exit."`

	Up        upCmd        `cmd:"" help:"Run everything on this machine, data in ./var."`
	Demo      demoCmd      `cmd:"" help:"Run a sample period end to end and show what became of each receipt."`
	API       apiCmd       `cmd:"" name:"api" help:"Serve the HTTP API and the pages (for a cluster)."`
	Worker    workerCmd    `cmd:"" help:"Take jobs and judge receipts (for a cluster)."`
	Reader    readerCmd    `cmd:"" hidden:"" help:"Internal: the sandboxed child that reads pages."`
	Scan      scanCmd      `cmd:"" help:"Upload a folder of scans from a station."`
	Read      readCmd      `cmd:"" help:"Read pages and print what they say."`
	Layout    layoutCmd    `cmd:"" help:"Learn forms for speed."`
	Seal      sealCmd      `cmd:"" help:"Compare seals."`
	Import    importCmd    `cmd:"" help:"Import the bank's books."`
	Statement statementCmd `cmd:"" help:"Print statements."`
	Report    reportCmd    `cmd:"" help:"Lists for supervisors and branches."`
	Eval      evalCmd      `cmd:"" help:"Measure accuracy."`
	Replay    replayCmd    `cmd:"" help:"Judge a stored receipt again and compare with the record."`
	Audit     auditCmd     `cmd:"" help:"Check the audit chain."`
	Doctor    doctorCmd    `cmd:"" help:"Check the stores and the accounting equation."`
}

// output is where a command writes; tests replace it.
type output struct {
	stdout, stderr io.Writer
	json           bool
	log            *slog.Logger
}

// command is the first argument that is no flag.
func command(args []string) string {
	if i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") }); i >= 0 {
		return args[i]
	}
	return ""
}

func main() {
	local.MaybeRunChild()
	args := os.Args[1:]
	if name := command(args); name == "read" {
		var err error
		if args, err = readerproc.MakeFrugal(name, args); err != nil {
			fmt.Fprintln(os.Stderr, "heyin:", err)
			os.Exit(exitFailed)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, args, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	out := &output{stdout: stdout, stderr: stderr}
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("heyin"),
		kong.Description("heyin (核印): from the scanned receipt to a verdict.\nEvery command takes --help; settings may also come from HEYIN_… variables or a YAML file."),
		kong.Configuration(loadSettings, "/etc/heyin/heyin.yaml"),
		kong.DefaultEnvars("HEYIN"),
		kong.Vars{"version": models.Version},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(out),
	)
	if err != nil {
		fmt.Fprintln(stderr, "heyin:", err)
		return exitFailed
	}
	cmd, err := parser.Parse(args)
	if exited >= 0 { // --help or --version
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "heyin: %v\nSee heyin --help.\n", err)
		return exitUsage
	}
	level := slog.LevelInfo
	if c.Quiet {
		level = slog.LevelWarn
	}
	out.json = c.JSON
	out.log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	return report(cmd.Run(), stderr)
}

// usageError is a mistake in the command line that only the command could see.
type usageError struct{ error }

// report prints err the way a person can use it and gives the exit status.
func report(err error, stderr io.Writer) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "heyin:", err)
		return exitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "heyin: stopped")
		return exitFailed
	}
	fmt.Fprintln(stderr, "heyin:", err)
	return exitFailed
}
