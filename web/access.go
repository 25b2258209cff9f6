package web

import (
	"context"

	"heyin/models"
)

// permission is what a route needs. The zero value is held by nobody, so a
// route somebody forgot to fill in is closed.
type permission string

const (
	anyone       permission = "anyone"        // no identity asked
	probe        permission = "probe"         // like anyone, and no session is looked up
	signedIn     permission = "signed_in"     // any user
	ownAccount   permission = "own_account"   // sign out, change the password, enrol a second factor
	upload       permission = "upload"        // open, fill and close batches
	readBatches  permission = "read_batches"  // counts by state
	watchBatches permission = "watch_batches" // outcome of each receipt, no images
	readReceipts permission = "read_receipts" // search, dossiers, images
	readImages   permission = "read_images"
	judge        permission = "judge"         // the review queue
	seeSpecimens permission = "see_specimens" // proposed ones with pictures, and which no longer match
	makeSpecimen permission = "make_specimen" // propose one off a card
	vetSpecimens permission = "vet_specimens" // approve and refuse; never one's own
	seeUsers     permission = "see_users"
	manageUsers  permission = "manage_users"  // create, disable, set a first password
	resetTOTP    permission = "reset_totp"    // take a lost second factor off: never the same who sets passwords
	seeBoard     permission = "see_board"     // what waits and was done, reviewers by name
	seeFaults    permission = "see_faults"    // invalid receipts, second rounds, faults of specimens
	explain      permission = "explain"       // enter why a balance differs
	settle       permission = "settle"        // end a difference; never one explained oneself
	seeAddresses permission = "see_addresses" // corrections of mailing addresses
	fixAddress   permission = "fix_address"   // enter one
	vetAddresses permission = "vet_addresses" // approve and refuse; never one's own
	manageHouse  permission = "manage_house"  // branches, stations, calendar
	manageRules  permission = "manage_rules"  // propose rule sets and check another's
	readAudit    permission = "read_audit"
)

// grants says who holds which permission: roles of users, and whether stations.
var grants = map[permission]struct {
	stations bool
	roles    []models.Role
}{
	signedIn:     {roles: models.Roles()},
	ownAccount:   {roles: models.Roles()},
	upload:       {stations: true},
	readBatches:  {stations: true, roles: []models.Role{models.RoleOperator, models.RoleSupervisor, models.RoleBranch}},
	watchBatches: {roles: []models.Role{models.RoleOperator, models.RoleSupervisor, models.RoleBranch}},
	readReceipts: {roles: []models.Role{models.RoleArchivist, models.RoleSupervisor, models.RoleBranch}},
	readImages:   {roles: []models.Role{models.RoleReviewer, models.RoleArchivist, models.RoleSupervisor, models.RoleBranch}},
	judge:        {roles: []models.Role{models.RoleReviewer, models.RoleSupervisor}},
	seeSpecimens: {roles: []models.Role{models.RoleOperator, models.RoleSupervisor, models.RoleBranch}},
	makeSpecimen: {roles: []models.Role{models.RoleOperator}},
	vetSpecimens: {roles: []models.Role{models.RoleSupervisor}},
	seeUsers:     {roles: []models.Role{models.RoleAdmin, models.RoleSecurity}},
	manageUsers:  {roles: []models.Role{models.RoleAdmin}},
	resetTOTP:    {roles: []models.Role{models.RoleSecurity}},
	seeBoard:     {roles: []models.Role{models.RoleSupervisor}},
	seeFaults:    {roles: []models.Role{models.RoleSupervisor, models.RoleBranch}},
	explain:      {roles: []models.Role{models.RoleBranch}},
	settle:       {roles: []models.Role{models.RoleSupervisor}},
	seeAddresses: {roles: []models.Role{models.RoleOperator, models.RoleSupervisor, models.RoleBranch}},
	fixAddress:   {roles: []models.Role{models.RoleBranch}},
	vetAddresses: {roles: []models.Role{models.RoleSupervisor, models.RoleBranch}},
	manageHouse:  {roles: []models.Role{models.RoleAdmin}},
	manageRules:  {roles: []models.Role{models.RoleAdmin, models.RoleSecurity}},
	readAudit:    {roles: []models.Role{models.RoleAuditor}},
}

// principal is who sent the request: a user with a session or a station with
// a token.
type principal struct {
	models.Actor
	Name  string
	Login string // of a person; what a watermark can write
	must  string // password or totp: what he must do before anything else; empty: nothing
}

// may reports whether p holds the permission; p may be nil.
func (p *principal) may(need permission) bool {
	if need == anyone || need == probe {
		return true
	}
	if p == nil {
		return false
	}
	if p.must != "" && need != ownAccount {
		return false
	}
	g := grants[need]
	if p.Kind == stationKind {
		return g.stations
	}
	return p.Has(g.roles...)
}

// Kinds of actor.
const (
	stationKind = "station"
	userKind    = "user"
)

type principalKey struct{}

func withPrincipal(ctx context.Context, p *principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// principalOf gives who asks; nil on routes open to anyone.
func principalOf(ctx context.Context) *principal {
	p, _ := ctx.Value(principalKey{}).(*principal)
	return p
}

// actorOf is for handlers behind a permission, where somebody always asks.
func actorOf(ctx context.Context) models.Actor { return principalOf(ctx).Actor }
