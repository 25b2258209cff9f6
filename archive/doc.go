// Package archive finds imaged receipts again and shows everything known of
// one: as imaged, as read, as judged and as decided. Every search and every
// view is written to the audit in the transaction that reads, and an actor
// bound to a branch finds only receipts of that branch.
package archive
