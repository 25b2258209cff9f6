package models

import "time"

// BankTime is the civil time of the bank, whatever the zone of the machine: China
// has one zone and, since 1992, no summer time. Dates that an instant falls on
// (which specimen was in force, when a deadline ends) are dates in it.
var BankTime = time.FixedZone("CST", 8*60*60)
