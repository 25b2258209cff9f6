package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"heyin/reconcile"
	"heyin/reconcile/slip"
)

type statementCmd struct {
	Print statementPrintCmd `cmd:"" help:"Print a period's statements, with their receipts, as one PDF."`
}

type statementPrintCmd struct {
	storesFlags
	Period time.Time `required:"" format:"2006-01-02" placeholder:"DATE" help:"Cut-off date of the period."`
	Out    string    `required:"" type:"path" placeholder:"PDF" help:"File to write."`
	Form   slip.Form `default:"tearoff" enum:"letter,strip,tearoff" help:"letter, strip or tearoff."`
	Bank   string    `required:"" help:"Name of the bank, as printed."`
	Branch string    `required:"" help:"Name of the branch, as printed."`
	Phone  string    `help:"Telephone for questions, as printed."`
}

func (statementPrintCmd) Help() string {
	return `Each slip bears its number as text, QR code and Code 128.

Examples:
  heyin statement print --period 2026-09-30 --bank 某某银行 --branch 某某支行 --out statements.pdf`
}

// printed is what the command says of its work.
type printed struct {
	File       string `json:"file"`
	Statements int    `json:"statements"`
}

func (c *statementPrintCmd) Run(ctx context.Context, out *output) error {
	store, _, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	statements, err := reconcile.Issued(ctx, store, c.Period)
	if err != nil {
		return err
	}
	fonts, err := slip.LoadFonts("")
	if err != nil {
		return err
	}
	orders := make([]slip.Order, len(statements))
	for i, st := range statements {
		if len(st.Lines) > c.Form.MaxLines() {
			return fmt.Errorf("statement %s has %d accounts, form %s holds %d; choose another --form", st.No, len(st.Lines), c.Form, c.Form.MaxLines())
		}
		orders[i] = slip.Order{Form: c.Form, Issuer: slip.Issuer{Bank: c.Bank, Branch: c.Branch, Phone: c.Phone}, Statement: st, Codes: slip.Codes{QR: true, Code128: true}}
	}
	var pdf bytes.Buffer
	if _, err := slip.Print(&pdf, fonts, orders); err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, pdf.Bytes(), 0o644); err != nil {
		return err
	}
	return out.print(printed{c.Out, len(orders)})
}
