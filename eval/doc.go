// Package eval measures how well heyin reads and verifies: accuracy tables over
// its own generated samples (package sim) and, where present, over an independent
// set in the same format. Its report is committed, so that a diff shows every
// change in quality; it holds no times and depends on nothing but seeds, fonts
// and the code under test.
//
// It also holds the formats of `heyin read --json`, `heyin seal verify --json`
// and the bank's books in files (Ledger), because a table is only worth what the
// commands really print.
package eval
