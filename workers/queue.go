package workers

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"heyin/storage"
)

const (
	queueName = "receipts"
	taskRead  = "receipt:read"

	// ringLimit bounds one call to Redis, its client's retries included.
	ringLimit = 5 * time.Second
	// ringRetries is how often Asynq may hand out a ring again whose worker was
	// killed before it took the job. Never 0: that archives the task at once.
	ringRetries = 25
	// againEvery is how often a job may be rung under another name because its own
	// is stuck in Redis.
	againEvery = 30 * time.Second
	// epochKey is gone exactly when Redis has lost its data.
	epochKey = "heyin:epoch"
)

// queue is the doorbell.
type queue struct {
	redis     redis.UniversalClient
	client    *asynq.Client
	inspector *asynq.Inspector
	timeout   time.Duration // of a task, for Asynq: beyond any attempt of ours
}

// NewRedis makes a client; addr, password, db and withTLS as in Config. It
// connects when first used.
func NewRedis(addr, password string, db int, withTLS bool) redis.UniversalClient {
	opt := &redis.UniversalOptions{Addrs: strings.Split(addr, ","), Password: password, DB: db}
	if withTLS {
		opt.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return redis.NewUniversalClient(opt)
}

func newQueue(cfg Config) *queue {
	client := NewRedis(cfg.RedisAddr, cfg.RedisPassword, cfg.RedisDB, cfg.RedisTLS)
	return &queue{
		redis:     client,
		client:    asynq.NewClientFromRedisClient(client),
		inspector: asynq.NewInspectorFromRedisClient(client),
		timeout:   cfg.JobWithin + cfg.Grace + time.Minute,
	}
}

func (q *queue) close() error { return q.redis.Close() }

func taskID(r storage.Ring) string { return fmt.Sprintf("%d:%d", r.JobID, r.Attempt) }

// ring puts a job into the queue. A task of the same name there is the same ring.
func (q *queue) ring(ctx context.Context, r storage.Ring) error {
	err := q.enqueue(ctx, r, taskID(r))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}

// ringAgain is ring for a job that may have been forgotten. When a task of its
// name is in Redis but will not come soon (in the hands of a killed worker, or
// archived), the job is rung under another name: a ring too many costs nothing,
// the job can be taken only once.
func (q *queue) ringAgain(ctx context.Context, r storage.Ring) error {
	id := taskID(r)
	err := q.enqueue(ctx, r, id)
	if !errors.Is(err, asynq.ErrTaskIDConflict) {
		return err
	}
	info, err := q.inspector.GetTaskInfo(queueName, id)
	switch {
	case errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound): // just answered
	case err != nil:
		return err
	case info.State == asynq.TaskStatePending || info.State == asynq.TaskStateRetry || info.State == asynq.TaskStateScheduled:
		return nil
	}
	err = q.enqueue(ctx, r, fmt.Sprintf("%s:again-%d", id, time.Now().Unix()/int64(againEvery/time.Second)))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}

func (q *queue) enqueue(ctx context.Context, r storage.Ring, id string) error {
	ctx, cancel := context.WithTimeout(ctx, ringLimit)
	defer cancel()
	task := asynq.NewTask(taskRead, strconv.AppendInt(nil, r.JobID, 10))
	_, err := q.client.EnqueueContext(ctx, task, asynq.Queue(queueName), asynq.TaskID(id), asynq.MaxRetry(ringRetries), asynq.Timeout(q.timeout))
	if err != nil {
		return fmt.Errorf("ring job %d: %w", r.JobID, err)
	}
	return nil
}

// epoch tells since when Redis holds what it was told: it was new or wiped then.
// In a cluster it speaks for one node only.
func (q *queue) epoch(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, ringLimit)
	defer cancel()
	if err := q.redis.SetNX(ctx, epochKey, time.Now().Unix(), 0).Err(); err != nil {
		return time.Time{}, fmt.Errorf("redis: %w", err)
	}
	seconds, err := q.redis.Get(ctx, epochKey).Int64()
	if err != nil {
		return time.Time{}, fmt.Errorf("redis: %w", err)
	}
	return time.Unix(seconds, 0), nil
}

// depth is how many rings wait in Redis; 0 before the first, which makes the
// queue: GetQueueInfo then fails with an error nobody can name.
func (q *queue) depth() (int, error) {
	queues, err := q.inspector.Queues()
	if err != nil || !slices.Contains(queues, queueName) {
		return 0, err
	}
	info, err := q.inspector.GetQueueInfo(queueName)
	if err != nil {
		return 0, err
	}
	return info.Pending + info.Retry + info.Scheduled, nil
}
