package models

import (
	"fmt"
	"slices"
)

// Role is what a person may do. A person may hold several; the three
// administrators stand alone and see no receipts.
type Role string

// Roles of users.
const (
	RoleOperator   Role = "operator"   // 中心操作员: watches batches and counts
	RoleReviewer   Role = "reviewer"   // 审核员: decides what the machine could not pass
	RoleArchivist  Role = "archivist"  // 档案员: retrieves imaged receipts
	RoleSupervisor Role = "supervisor" // 主管: takes what was referred up
	RoleBranch     Role = "branch"     // 网点: sees its own receipts
	RoleAdmin      Role = "admin"      // 系统管理员: users, branches, stations, calendar
	RoleSecurity   Role = "security"   // 安全管理员: checks rules, lets people in again who lost their second factor
	RoleAuditor    Role = "auditor"    // 审计员: reads the audit trail
)

// Roles lists all roles in the order people meet them.
func Roles() []Role {
	return []Role{RoleOperator, RoleReviewer, RoleArchivist, RoleSupervisor, RoleBranch, RoleAdmin, RoleSecurity, RoleAuditor}
}

// Exclusive reports whether the role is held alone, and at the centre: an
// administrator's.
func (r Role) Exclusive() bool {
	return r == RoleAdmin || r == RoleSecurity || r == RoleAuditor
}

// Actor is who asks. BranchID bounds what is seen: 0 is the whole centre.
type Actor struct {
	Kind     string // user, station, system
	ID       int64
	BranchID int64
	Roles    []Role // of a user
}

// String is how the audit names the actor: user:7, station:3, system.
func (a Actor) String() string {
	if a.ID == 0 {
		return a.Kind
	}
	return fmt.Sprintf("%s:%d", a.Kind, a.ID)
}

// Has reports whether the actor holds any of the roles.
func (a Actor) Has(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(a.Roles, r) })
}
