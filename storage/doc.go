// Package storage keeps what heyin must not lose: image bytes in an
// S3-compatible object store, everything else in PostgreSQL. It takes receipts
// in, hands them out as jobs, takes results back, and chains the audit.
//
// Promises (each has a test):
//
//   - What Receive or Accept has answered is durable: the object was read back
//     and hashed, and receipt, job, outbox and audit were committed together.
//   - A job is finished by the worker that took it last, or not at all (Finish).
//   - Every receipt is where its state says; at commit the database itself
//     checks it (migrations/0006), and Accounting adds it up.
//
// Errors are models.Fault where the caller must know what happens next: class
// Retryable for a store that is down, Permanent for a request that is wrong.
// The tables are in migrations/, with comments; rooms that own rules write their
// own SQL against DB and InTx, and call Record last in each transaction.
package storage
