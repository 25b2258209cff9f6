// Package workers reads receipts in the background. PostgreSQL is the record of
// what is to be done, by whom and until when (storage: job, attempt, lease);
// Redis with Asynq is only the doorbell and may lose everything at any time.
//
//	outbox ──dispatcher──► Asynq ──ring──► worker: take, load, read, store, finish
//	jobs  ──sweeper─────►    ▲                       │
//	  ▲  due and not rung    └ job id only           └─► reader process (readerproc)
//	  └──────────── one fenced transaction ◄─────────────┘
//
// A ring carries a job's id and nothing else; its Asynq task is named
// job:attempt, so that ringing twice is ringing once. Whatever becomes of the
// ring, Asynq sees it answered: retries, counts and causes are in the job's row.
// The sweeper, one a cluster, rings again for every job that is due and was not
// taken, so unfinished work is in the queue again within 60 s.
//
// How an attempt ends:
//
//	result                          storage.Finish: passed, in review, quarantined
//	the receipt is at fault         storage.Fail by class: review or quarantine
//	a child was lost over it        once: again; twice: review, reader_failed
//	it takes longer than JobWithin  again, counted; review after MaxAttempts
//	a store is down                 storage.Release: again, not counted; the worker
//	                                waits until both stores answer
//	the worker stops                finished within Grace or released
//	the worker dies                 the lease runs out; the sweeper rings
package workers
