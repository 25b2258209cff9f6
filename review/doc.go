// Package review is the exception queue: it lists the receipts the machine
// could not pass, hands one to a reviewer under a lease, and records what the
// reviewer decides.
//
// A claim is a lease: claimed_by and lease_until on the item. Every claim and
// every decision adds one to the item's version; a decision must name the
// version of its claim, so of two people who hold the same screen exactly one
// wins, and nobody decides on a lease that has lapsed and been taken over.
//
// A receipt that was referred up stays in the queue for supervisors, but not
// for the one who referred it. Uploads come from stations, which cannot sign
// in: nobody can decide what he uploaded. Every change is audited in its own
// transaction.
package review
