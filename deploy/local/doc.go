// Package local runs what heyin needs on one machine: PostgreSQL, redis-server
// and an S3 gateway (versitygw), each as a supervised child process on a free
// loopback port, with all data below one folder. `heyin up`, `heyin demo` and
// the tests use the same Stack.
//
// What lies in the folder:
//
//	lock           held while a Stack runs; two Stacks on one folder are refused
//	secrets.json   passwords and keys, made at random by the first start
//	running.json   where the children listen now; gone after a clean stop
//	postgres/      the database (see owner.go for where it lies when we are root)
//	redis/         append-only file of the queue
//	s3/            objects, their old versions, their metadata
//	logs/          one file a child
//
// Children end with their parent however it ends: the kernel signals them
// (Pdeathsig), and the S3 child also sees its standard input close. What a
// crash may leave behind all the same is cleared up by the next start.
//
// The S3 gateway is this same program started again, so every main that starts
// a Stack, and every TestMain, must call MaybeRunChild first.
package local
