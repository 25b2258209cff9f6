package local

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// childVar, when set, makes MaybeRunChild run that child instead of the program.
const (
	childVar = "HEYIN_LOCAL_CHILD"
	childS3  = "s3"
)

// gatewayOrders are what the S3 child is told on its standard input.
type gatewayOrders struct {
	Address   string `json:"address"`
	Dir       string `json:"dir"`
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
}

// MaybeRunChild must be the first call of main and of TestMain. In the process a
// Stack has started as its S3 gateway it serves until told to end, and exits; in
// any other process it does nothing.
func MaybeRunChild() {
	switch os.Getenv(childVar) {
	case "":
		return
	case childS3:
		if err := runGateway(os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "s3 gateway:", err)
			os.Exit(1)
		}
		os.Exit(0)
	default:
		fmt.Fprintf(os.Stderr, "%s=%q: no such child\n", childVar, os.Getenv(childVar))
		os.Exit(2)
	}
}

// runGateway serves until SIGTERM, or until in closes because the parent is gone.
func runGateway(in io.Reader) error {
	r := bufio.NewReader(in)
	line, err := r.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	var orders gatewayOrders
	if err := json.Unmarshal(line, &orders); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, r) // however the lifeline ends, we end
	}()

	store, err := openFolder(orders.Dir)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- embedgw.RunVersityGW(ctx, store, gatewayConfig(orders)) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-served:
		return err
	case <-time.After(gatewayGrace):
		return nil
	}
}

// gatewayGrace is for requests under way when told to end. The gateway itself
// would wait 10 s for clients that merely keep a connection open.
const gatewayGrace = 500 * time.Millisecond

func gatewayConfig(orders gatewayOrders) *embedgw.Config {
	return &embedgw.Config{
		RootUserAccess:    orders.AccessKey,
		RootUserSecret:    orders.SecretKey,
		Ports:             []string{orders.Address},
		MaxConnections:    4096,
		MaxRequests:       2048,
		MultipartMaxParts: 10000, // the S3 limit
		HealthPath:        healthPath,
		KeepAlive:         true,
		Quiet:             true,
	}
}

// openFolder serves dir/objects and keeps old versions in dir/versions. Where
// the file system has no extended attributes, metadata go to dir/metadata.
func openFolder(dir string) (*posix.Posix, error) {
	opts := posix.PosixOpts{VersioningDir: filepath.Join(dir, "versions")}
	objects, metadata := filepath.Join(dir, "objects"), filepath.Join(dir, "metadata")
	if (meta.XattrMeta{}).Test(objects) == nil {
		return posix.New(objects, meta.XattrMeta{}, opts)
	}
	sidecar, err := meta.NewSideCar(metadata)
	if err != nil {
		return nil, err
	}
	opts.SideCarDir = metadata
	return posix.New(objects, sidecar, opts)
}
