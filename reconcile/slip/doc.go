// Package slip draws 余额对账单: the printed statement with its receipt, as PDF.
//
// It knows forms and nothing else: no books, no store, no clock. `heyin
// statement print` gives the PDF to a printer; eval/sim rasterises the same
// drawing to make sample receipts, and for that Print also tells where on the
// page a customer ticks, writes and stamps.
package slip
