// Package web is heyin's face: the HTTP API under /api/v1 (OpenAPI 3.1,
// RFC 9457 errors) and the desk, server-rendered pages that work without
// script. It is the only room that knows HTTP: other rooms answer with a
// models.Fault, and problem.go turns it into a status.
//
// routes.go is the one table of what can be asked and who may ask it; a route
// that is not in it does not exist. Who sees which rows is decided in SQL by
// the models.Actor that every query takes: a foreign object is not found.
package web
