package web

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heyin/models"
)

// whoMay is the intent, written apart from the code: one letter for each who
// may ask. s station, o operator, r reviewer, a archivist, v supervisor,
// b branch, m admin, y security, u auditor; * anybody. A route missing here fails.
var whoMay = map[string]string{
	"GET /healthz":      "*",
	"GET /readyz":       "*",
	"GET /metrics":      "*",
	"GET /openapi.json": "*",
	"GET /assets/":      "*",

	"POST /api/v1/batches":               "s",
	"POST /api/v1/batches/{id}/receipts": "s",
	"POST /api/v1/batches/{id}/close":    "s",
	"GET /api/v1/batches/{id}":           "sovb",

	"GET /api/v1/receipts":                    "avb",
	"GET /api/v1/receipts/{id}":               "avb",
	"GET /api/v1/receipts/{id}/images/{name}": "ravb",

	"GET /api/v1/review":                 "rv",
	"POST /api/v1/review/claim":          "rv",
	"POST /api/v1/review/{id}/claim":     "rv",
	"POST /api/v1/review/ahead":          "rv",
	"POST /api/v1/review/{id}/decide":    "rv",
	"GET /api/v1/review/{id}/statements": "rv",
	"POST /api/v1/review/{id}/statement": "rv",
	"POST /api/v1/review/{id}/undo":      "rv",

	"POST /api/v1/specimens/cards":                       "o",
	"GET /api/v1/specimens/proposals":                    "ovb",
	"GET /api/v1/specimens/proposals/{id}/images/{name}": "ovb",
	"POST /api/v1/specimens/proposals/{id}/approve":      "v",
	"POST /api/v1/specimens/proposals/{id}/refuse":       "v",
	"GET /api/v1/specimens/doubtful":                     "ovb",

	"GET /specimens":               "ovb",
	"POST /specimens":              "o",
	"GET /specimens/doubtful":      "ovb",
	"POST /specimens/{id}/approve": "v",
	"POST /specimens/{id}/refuse":  "v",

	"GET /login":                 "*",
	"POST /login":                "*",
	"GET /language/{lang}":       "*",
	"GET /login/code":            "*",
	"POST /login/code":           "*",
	"GET /login/oidc":            "*",
	"GET /login/oidc/callback":   "*",
	"POST /logout":               "oravbmuy",
	"GET /account":               "oravbmuy",
	"POST /account/password":     "oravbmuy",
	"POST /account/totp":         "oravbmuy",
	"POST /account/totp/confirm": "oravbmuy",
	"GET /{$}":                   "oravbmuy",

	"GET /review":                 "rv",
	"POST /review/claim":          "rv",
	"POST /review/{id}/claim":     "rv",
	"GET /review/{id}":            "rv",
	"POST /review/{id}/decide":    "rv",
	"POST /review/{id}/statement": "rv",
	"POST /review/{id}/release":   "rv",
	"POST /review/{id}/undo":      "rv",

	"GET /archive":                "avb",
	"GET /archive/{id}":           "avb",
	"GET /batches":                "ovb",
	"GET /batches/{id}":           "ovb",
	"GET /users":                  "my",
	"POST /users/{id}/password":   "m",
	"POST /users/{id}/roles":      "m",
	"POST /users/{id}/totp-reset": "y",
	"POST /users":                 "m",
	"POST /users/{id}/disable":    "m",
	"POST /users/{id}/enable":     "m",
	"GET /audit":                  "u",
	"GET /house":                  "m",
	"POST /branches":              "m",
	"POST /stations":              "m",
	"POST /stations/{id}/disable": "m",
	"POST /stations/{id}/enable":  "m",
	"POST /calendar":              "m",
	"POST /calendar/drop":         "m",
	"GET /board":                  "v",
	"GET /faults":                 "vb",
	"GET /rescans":                "ovb",
	"GET /api/v1/figures":         "v",
	"GET /api/v1/faults":          "vb",
	"GET /api/v1/rescans":         "ovb",
	"GET /rules":                  "my",
	"POST /rules":                 "my",
	"POST /rules/{id}/approve":    "my",
	"POST /rules/{id}/refuse":     "my",

	"GET /faults.csv":              "vb",
	"GET /mismatches":              "vb",
	"GET /mismatches.csv":          "vb",
	"GET /api/v1/mismatches":       "vb",
	"POST /mismatches/{id}":        "b",
	"POST /mismatches/{id}/settle": "v",
	"GET /addresses":               "ovb",
	"GET /addresses.csv":           "ovb",
	"GET /api/v1/addresses":        "ovb",
	"POST /addresses":              "b",
	"POST /addresses/{id}/approve": "vb",
	"POST /addresses/{id}/refuse":  "vb",

	"GET /api/v1/rules":               "my",
	"POST /api/v1/rules":              "my",
	"POST /api/v1/rules/rehearse":     "my",
	"POST /api/v1/rules/{id}/approve": "my",
	"POST /api/v1/rules/{id}/refuse":  "my",

	"/": "*",
}

var letters = map[models.Role]string{models.RoleOperator: "o", models.RoleReviewer: "r", models.RoleArchivist: "a",
	models.RoleSupervisor: "v", models.RoleBranch: "b", models.RoleAdmin: "m", models.RoleSecurity: "y", models.RoleAuditor: "u"}

func TestEveryRouteIsInTheIntent(t *testing.T) {
	seen := map[string]bool{}
	for _, rt := range (&server{}).routes() {
		if seen[rt.pattern] {
			t.Errorf("%s is in the table twice", rt.pattern)
		}
		seen[rt.pattern] = true
		if _, ok := whoMay[rt.pattern]; !ok {
			t.Errorf("%s is a new route: say in whoMay who may ask it", rt.pattern)
		}
		if rt.needs == "" {
			t.Errorf("%s needs no permission: write anyone if that is meant", rt.pattern)
		}
	}
	for pattern := range whoMay {
		if !seen[pattern] {
			t.Errorf("%s is gone from the table", pattern)
		}
	}
}

// Handlers reach the mux only where the table is mounted.
func TestNothingIsRegisteredBesideTheTable(t *testing.T) {
	allowed := map[string]string{"Handle": "server.go", "Register": "operation.go"}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, name := fmt.Sprint(call.X), call.Sel.Name
			registers := name == "HandleFunc" || (name == "Handle" && !strings.Contains(from, "promhttp")) || (name == "Register" && from == "huma")
			if registers && allowed[name] != file {
				t.Errorf("%s calls %s.%s: routes go through the table", file, from, name)
			}
			return true
		})
	}
}

func TestOpenAPIListsTheAPIOfTheTable(t *testing.T) {
	s := newSite(t)
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Security []map[string][]string
		}
	}
	a := s.client(t).get("/openapi.json").want(t, http.StatusOK)
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s, want 3.1", doc.OpenAPI)
	}
	operations := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			operations++
			if _, ok := whoMay[strings.ToUpper(method)+" "+path]; !ok {
				t.Errorf("OpenAPI has %s %s, the table has not", method, path)
			}
			if len(op.Security) == 0 {
				t.Errorf("OpenAPI says %s %s needs no identity", method, path)
			}
		}
	}
	for pattern := range whoMay {
		if strings.Contains(pattern, " /api/") {
			operations--
		}
	}
	if operations != 0 {
		t.Errorf("OpenAPI has %d operations more than the table", operations)
	}
}

// fill puts an id into a pattern.
func fill(pattern string, id int64) (method, path string) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = http.MethodGet, "/no/such/page"
	}
	path = strings.NewReplacer("{id}", fmt.Sprint(id), "{name}", "page", "{lang}", "en", "{$}", "").Replace(path)
	if strings.HasSuffix(path, "/statements") {
		path += "?q=Foreign"
	}
	return method, path
}

// bodies are well-formed, so that a refusal is one of rights.
var bodies = map[string]string{
	"POST /api/v1/batches":               `{"paper_count":1}`,
	"POST /api/v1/batches/{id}/close":    `{"paper_count":1}`,
	"POST /api/v1/review/{id}/decide":    `{"version":2,"decision":"valid"}`,
	"POST /review/{id}/decide":           "version=2&decision=valid",
	"POST /api/v1/review/{id}/statement": `{"version":2,"statement_no":"x"}`,
	"POST /review/{id}/statement":        "version=2&statement_no=x",
	"POST /users":                        "name=",
	"POST /users/{id}/roles":             "role=reviewer",

	"POST /api/v1/specimens/proposals/{id}/refuse": `{"reason":"no"}`,
	"POST /specimens/{id}/refuse":                  "reason=no",
	"POST /addresses/{id}/refuse":                  "reason=no",
	"POST /mismatches/{id}":                        "cause=timing&note=x",
	"POST /mismatches/{id}/settle":                 "result=x",
}

func ask1(c *client, pattern string, id int64) answer {
	method, path := fill(pattern, id)
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	if strings.HasPrefix(path, "/api/") {
		header["Content-Type"] = "application/json"
	}
	body := bodies[pattern]
	if pattern == uploadPattern {
		header = map[string]string{"Content-Type": "image/png", "Idempotency-Key": sumOf("scan")}
		body = "scan"
	}
	return c.send(method, path, strings.NewReader(body), header)
}

// Every route, asked by everybody: who may not is refused whatever he asks for,
// and who may still finds nothing of another branch, nor what never was.
func TestRouteByRoleByObject(t *testing.T) {
	s, foreign := newSite(t), newSite(t)
	foreignReceipt, foreignNo := foreign.richReceipt(t, "Foreign Ltd", models.ReasonSealUnsure)
	var foreignBatch int64
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT batch_id FROM receipts WHERE id = $1`, foreignReceipt).Scan(&foreignBatch); err != nil {
		t.Fatal(err)
	}
	askers := map[string]*client{"-": s.client(t), "s": s.scanner(t)}
	for role, letter := range letters {
		branch := s.branch
		if role.Exclusive() {
			branch = ""
		}
		askers[letter] = s.signedIn(t, branch, role)
	}
	wrong := s.client(t)
	wrong.token = "guessed"
	askers["x"] = wrong

	for pattern, may := range whoMay {
		if pattern == "POST /logout" || may == "*" {
			continue // logout would end the test; what is open to all is tested by itself
		}
		objects := []int64{foreignReceipt, 1 << 50}
		if strings.Contains(pattern, "batches") {
			objects = []int64{foreignBatch, 1 << 50}
		}
		if strings.Contains(pattern, "/users/") || strings.Contains(pattern, "/rules/") || strings.Contains(pattern, "/stations/") {
			objects = []int64{1 << 50} // a real one would shut out somebody who asks here, or change the rules
		}
		for letter, c := range askers {
			for _, id := range objects {
				a := ask1(c, pattern, id)
				where := fmt.Sprintf("%s asked by %s for %d: %d", pattern, letter, id, a.status)
				switch {
				case letter != "u" && strings.Contains(a.body, "Foreign Ltd") || letter != "u" && strings.Contains(a.body, foreignNo): // the auditor reads the trail of all branches
					t.Errorf("%s: shows another branch", where)
				case !strings.Contains(may, letter) && (letter == "-" || letter == "x"):
					login := a.status == http.StatusSeeOther && a.header.Get("Location") == "/login"
					if a.status != http.StatusUnauthorized && !login {
						t.Errorf("%s, want 401 or the login page", where)
					}
				case !strings.Contains(may, letter):
					if a.status != http.StatusForbidden {
						t.Errorf("%s, want 403", where)
					}
				case strings.Contains(pattern, "{id}") && !strings.HasPrefix(pattern, "POST /review/{id}/release"):
					if a.status != http.StatusNotFound {
						t.Errorf("%s, want 404", where)
					}
				case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden || a.status >= http.StatusInternalServerError:
					t.Errorf("%s, want it allowed", where)
				}
			}
		}
	}
	for letter := range strings.SplitSeq("rvab", "") {
		for _, path := range []string{"/review", "/archive?period=2026-09-30", "/api/v1/review", "/api/v1/receipts?period=2026-09-30"} {
			if a := askers[letter].get(path); strings.Contains(a.body, "Foreign Ltd") {
				t.Errorf("%s as %s lists another branch", path, letter)
			}
		}
	}
}

func TestNobodyHoldsAnUnknownPermission(t *testing.T) {
	all := &principal{Actor: models.Actor{Kind: userKind, Roles: models.Roles()}}
	for _, p := range []*principal{nil, all, {Actor: models.Actor{Kind: stationKind}}} {
		for _, need := range []permission{"", "sudo"} {
			if p.may(need) {
				t.Errorf("%v holds %q", p, need)
			}
		}
	}
}

func TestAdministratorsSeeNoReceipts(t *testing.T) {
	for need, g := range grants {
		if slices.Contains([]permission{signedIn, ownAccount, seeUsers, manageUsers, resetTOTP, manageHouse, manageRules, readAudit}, need) {
			continue
		}
		if slices.ContainsFunc(g.roles, models.Role.Exclusive) {
			t.Errorf("%s is granted to an administrator", need)
		}
	}
}
