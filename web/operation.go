package web

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"heyin/models"
)

// The routes that take a large body.
const (
	uploadPattern = "POST /api/v1/batches/{id}/receipts"
	cardPattern   = "POST /api/v1/specimens/cards"

	cardFormPattern = "POST /specimens"
)

// apiConfig describes the API; huma's own pages stay off, as they load scripts
// from elsewhere.
func apiConfig(version string) huma.Config {
	cfg := huma.DefaultConfig("heyin", version)
	cfg.Info.Description = "Reconciliation receipts: stations upload with a bearer token, people work with the cookie of their login. Errors are RFC 9457 problems with a stable code."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"station": {Type: "http", Scheme: "bearer", Description: "token of a scanning station, bound to its branch"},
		"login":   {Type: "apiKey", In: "cookie", Name: "heyin_session", Description: "session of a signed-in user; __Host-heyin_session over TLS"},
	}
	// Money travels as text: JSON numbers lose cents.
	cfg.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[models.Amount](), reflect.TypeFor[string]())
	return cfg
}

// apiHandler is one operation of the API with its place in OpenAPI.
type apiHandler[I, O any] struct {
	handle      func(context.Context, *I) (*O, error)
	id, summary string
	edits       []func(*huma.Operation)
}

func api[I, O any](handle func(context.Context, *I) (*O, error), id, summary string, edits ...func(*huma.Operation)) endpoint {
	return apiHandler[I, O]{handle, id, summary, edits}
}

func (h apiHandler[I, O]) register(rt route, m *mounter) error {
	method, path, _ := strings.Cut(rt.pattern, " ")
	op := huma.Operation{OperationID: h.id, Method: method, Path: path, Summary: h.summary, Errors: []int{401, 403, 404, 422, 503}}
	if grants[rt.needs].stations {
		op.Security = append(op.Security, map[string][]string{"station": {}})
	}
	if len(grants[rt.needs].roles) > 0 {
		op.Security = append(op.Security, map[string][]string{"login": {}})
	}
	for _, edit := range h.edits {
		edit(&op)
	}
	huma.Register(m.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h.handle(ctx, in)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return out, nil
	})
	return nil
}

func created(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }

// scanTypes are the forms of a scan heyin reads.
var scanTypes = []string{"image/jpeg", "image/png", "image/tiff", "application/pdf"}

// rawBody describes a body that is the scan itself; the handler streams it.
func rawBody(op *huma.Operation) {
	op.Errors = append(op.Errors, http.StatusConflict, http.StatusRequestEntityTooLarge)
	op.RequestBody = &huma.RequestBody{Required: true, Description: "the bytes of the scan", Content: map[string]*huma.MediaType{}}
	for _, t := range scanTypes {
		op.RequestBody.Content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
}

// pictures describes an answer that is a PNG or a JPEG.
func pictures(op *huma.Operation) {
	content := map[string]*huma.MediaType{}
	for _, t := range []string{"image/jpeg", "image/png"} {
		content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "the picture", Content: content}}
}

// init makes huma's own refusals (a field missing, a number that is none) look
// like ours; the hook is global to the process.
func init() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		p := newProblem(status, "bad_input", detail)
		for _, err := range errs {
			if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
				return problemOf(context.Background(), err)
			}
			if d, ok := err.(huma.ErrorDetailer); ok {
				p.Errors = append(p.Errors, d.ErrorDetail())
			}
		}
		return p
	}
}
