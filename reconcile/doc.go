// Package reconcile keeps the bank's side of reconciliation: what core banking
// exports comes in here (customers, accounts, specimens, seal rules, statements).
//
// An import reads a whole file, reports every row that is wrong with its line,
// and then changes either everything or nothing, in one transaction with its
// audit entry. The file itself is kept in the object store, so that the audit can
// show what was imported. Importing a file again changes nothing.
//
// The order is accounts, specimens, statements: a specimen needs its customer,
// and a statement's seal rule needs its specimens.
//
// Package slip, below, draws the statements.
package reconcile
