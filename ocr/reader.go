package ocr

import "errors"

// Config says where the recogniser's files are, and whose forms it reads.
type Config struct {
	// Deps is the folder of the downloaded parts; empty means $HEYIN_DEPS, else
	// the nearest .deps above the working directory or the program.
	Deps string
	// Bank is our bank's name as its forms print it. Without it another bank's form is
	// not told by its name.
	Bank string
	// Layouts is a layout file, or a folder of them; empty means none.
	Layouts string
}

// Reader reads pages. It holds both recognisers; one a process, not safe for
// concurrent use.
type Reader struct {
	first    *recogniser
	second   secondReader
	grammars map[string]*grammar
	bank     string
	layouts  []Layout
	last     *page // of UpsideDown, for the Read that follows
	inks     inks  // of the page before: 40 MB that need not be made anew
}

// Open loads the recogniser and the layout files. The error wraps nn.ErrDeps when the
// recogniser's files are missing; see LoadLayouts for theirs.
func Open(config Config) (*Reader, error) {
	layouts, err := LoadLayouts(config.Layouts)
	if err != nil {
		return nil, err
	}
	deps, err := FindDeps(config.Deps)
	if err != nil {
		return nil, err
	}
	first, err := openRecogniser(deps)
	if err != nil {
		return nil, err
	}
	return &Reader{first: first, bank: config.Bank, layouts: layouts, grammars: map[string]*grammar{}}, nil
}

// Close frees both recognisers.
func (r *Reader) Close() error {
	return errors.Join(r.first.Close(), r.second.Close())
}

// grammar gives the automaton of a kind, built once a Reader: it grows as it is
// used.
func (r *Reader) grammar(k *kind) *grammar {
	g, ok := r.grammars[k.name]
	if !ok {
		g = k.grammar()
		r.grammars[k.name] = g
	}
	return g
}
