// Package sim makes sample receipts: it invents customers and their books, cuts
// seals, prints statements, lets the customers answer and stamp, and scans the
// paper with the faults real scans have. Every piece comes with its truth.
//
// It serves `heyin demo`, the tests and the accuracy tables of eval. Everything
// follows from a seed: the same seed gives the same bytes, in any order and on
// any number of cores, given the same fonts and the same poppler. All names are
// composed from lists of parts; none is meant to be a real company, person or bank.
//
// Lengths are millimetres on paper unless a name says pixels; angles are degrees
// clockwise, as a person sees the page.
package sim
