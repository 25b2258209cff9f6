// Package ocr reads a page: the statement number, the customer, the accounts
// with their balances, and the mark the customer gave. It knows no layout by
// heart. A page is read in these steps, one file each:
//
//	ink     → density of print and of coloured ink, against the local paper
//	rules   → ruled lines, and the cells they enclose
//	lines   → pieces of text
//	labels  → what each piece names (账号, 余额, 核对结果 …)
//	tables, forms → which crop holds which value
//	values  → each value by two readers, under the grammar of its kind
//	ticks, phrases → the mark
//
// Boxes are in pixels of the sheet handed in; lengths in the code are
// millimetres on paper unless a name says otherwise.
package ocr
