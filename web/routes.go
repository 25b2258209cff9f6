package web

// routes is all that can be asked of heyin and who may ask it. A handler has no
// other way to be reached: the mux takes patterns from this table only.
func (s *server) routes() []route {
	return []route{
		// For machines that watch.
		{"GET /healthz", probe, desk(s.healthShow)},
		{"GET /readyz", probe, desk(s.readyShow)},
		{"GET " + metricsPath, probe, desk(s.metricsShow)},
		{"GET /openapi.json", probe, desk(s.openAPIShow)},
		{"GET /assets/", probe, desk(s.assetShow)},

		// Stations: batches and uploads.
		{"POST /api/v1/batches", upload, api(s.batchOpen, "batch-open", "Open a batch", created)},
		{"POST /api/v1/batches/{id}/receipts", upload, api(s.receiptUpload, "receipt-upload", "Upload one scan", created, rawBody)},
		{"POST /api/v1/batches/{id}/close", upload, api(s.batchClose, "batch-close", "Close a batch with its paper count")},
		{"GET /api/v1/batches/{id}", readBatches, api(s.batchShow, "batch-show", "Counts of a batch by state")},

		// Receipts, as imaged.
		{"GET /api/v1/receipts", readReceipts, api(s.receiptSearch, "receipt-search", "Search receipts")},
		{"GET /api/v1/receipts/{id}", readReceipts, api(s.receiptShow, "receipt-show", "Everything known of a receipt")},
		{"GET /api/v1/receipts/{id}/images/{name}", readImages, api(s.imageShow, "image-show", "One re-encoded picture of a receipt", pictures)},

		// The review queue.
		{"GET /api/v1/review", judge, api(s.reviewList, "review-list", "What waits for a person")},
		{"POST /api/v1/review/claim", judge, api(s.reviewClaimNext, "review-claim-next", "Claim the most urgent receipt")},
		{"POST /api/v1/review/{id}/claim", judge, api(s.reviewClaim, "review-claim", "Claim a receipt, or renew the claim")},
		{"POST /api/v1/review/ahead", judge, api(s.reviewAhead, "review-ahead", "Claim the receipt that comes next")},
		{"POST /api/v1/review/{id}/undo", judge, api(s.reviewUndo, "review-undo", "Take back one's last judgement within a minute")},
		{"GET /api/v1/review/{id}/statements", judge, api(s.reviewCandidates, "review-statements", "Search the statement of a claimed receipt")},
		{"POST /api/v1/review/{id}/statement", judge, api(s.reviewName, "review-name", "Say which statement a claimed receipt answers")},
		{"POST /api/v1/review/{id}/decide", judge, api(s.reviewDecide, "review-decide", "Decide a claimed receipt")},

		// Specimens: one person proposes, another checks.
		{"POST /api/v1/specimens/cards", makeSpecimen, api(s.cardUpload, "card-upload", "Propose a specimen off a scanned card", created, rawBody)},
		{"GET /api/v1/specimens/proposals", seeSpecimens, api(s.proposalList, "proposal-list", "Proposed specimens")},
		{"GET /api/v1/specimens/proposals/{id}/images/{name}", seeSpecimens, api(s.proposalImage, "proposal-image", "A picture of a proposed specimen", pictures)},
		{"POST /api/v1/specimens/proposals/{id}/approve", vetSpecimens, api(s.proposalApprove, "proposal-approve", "Put a proposed specimen in force")},
		{"POST /api/v1/specimens/proposals/{id}/refuse", vetSpecimens, api(s.proposalRefuse, "proposal-refuse", "Refuse a proposed specimen")},
		{"GET /api/v1/specimens/doubtful", seeSpecimens, api(s.specimensDoubtful, "specimens-doubtful", "Specimens that receipts no longer match")},

		// Rule sets: one person proposes, another checks.
		{"GET /api/v1/rules", manageRules, api(s.rulesList, "rules-list", "Rule sets, newest first")},
		{"POST /api/v1/rules", manageRules, api(s.rulesPropose, "rules-propose", "Propose a rule set", created)},
		{"POST /api/v1/rules/rehearse", manageRules, api(s.rulesRehearse, "rules-rehearse", "What a rule set would have meant for the last quarter")},
		{"POST /api/v1/rules/{id}/approve", manageRules, api(s.rulesApprove, "rules-approve", "Approve a proposed rule set")},
		{"POST /api/v1/rules/{id}/refuse", manageRules, api(s.rulesRefuse, "rules-refuse", "Refuse a proposed rule set")},

		// The desk: signing in and out.
		{"GET /login", anyone, desk(s.loginShow)},
		{"POST /login", anyone, desk(s.loginSubmit)},
		{"GET /login/code", anyone, desk(s.codeShow)},
		{"POST /login/code", anyone, desk(s.codeSubmit)},
		{"GET /login/oidc", anyone, desk(s.oidcShow)},
		{"GET " + callbackPath, anyone, desk(s.oidcCallback)},
		{"POST /logout", ownAccount, desk(s.logout)},
		{"GET /account", ownAccount, desk(s.accountPage)},
		{"POST /account/password", ownAccount, desk(s.passwordSubmit)},
		{"POST /account/totp", ownAccount, desk(s.totpBeginSubmit)},
		{"POST /account/totp/confirm", ownAccount, desk(s.totpConfirmSubmit)},
		{"GET /language/{lang}", anyone, desk(s.languageChoose)},
		{"GET /{$}", signedIn, desk(s.home)},

		// The desk: reviewers.
		{"GET /review", judge, desk(s.queuePage)},
		{"POST /review/claim", judge, desk(s.claimNextSubmit)},
		{"POST /review/{id}/claim", judge, desk(s.claimSubmit)},
		{"GET /review/{id}", judge, desk(s.itemPage)},
		{"POST /review/{id}/statement", judge, desk(s.nameSubmit)},
		{"POST /review/{id}/decide", judge, desk(s.decideSubmit)},
		{"POST /review/{id}/release", judge, desk(s.releaseSubmit)},
		{"POST /review/{id}/undo", judge, desk(s.undoSubmit)},

		// The desk: who looks receipts up.
		{"GET /archive", readReceipts, desk(s.searchPage)},
		{"GET /archive/{id}", readReceipts, desk(s.receiptPage)},

		// The desk: supervisors and branches.
		{"GET /board", seeBoard, desk(s.boardPage)},
		{"GET /faults", seeFaults, desk(s.faultsPage)},
		{"GET /api/v1/figures", seeBoard, api(s.figuresShow, "figures-show", "What waits and what was done")},
		{"GET /api/v1/faults", seeFaults, api(s.faultsShow, "faults-show", "Invalid receipts and faults of specimens")},

		{"GET /faults.csv", seeFaults, desk(s.secondRoundFile)},
		{"GET /mismatches", seeFaults, desk(s.mismatchesPage)},
		{"GET /mismatches.csv", seeFaults, desk(s.mismatchesFile)},
		{"GET /api/v1/mismatches", seeFaults, api(s.mismatchesShow, "mismatches-show", "Differences and what explains them")},
		{"POST /mismatches/{id}", explain, desk(s.mismatchExplainSubmit)},
		{"POST /mismatches/{id}/settle", settle, desk(s.mismatchSettleSubmit)},
		{"GET /addresses", seeAddresses, desk(s.addressesPage)},
		{"GET /addresses.csv", seeAddresses, desk(s.addressesFile)},
		{"GET /api/v1/addresses", seeAddresses, api(s.addressesShow, "addresses-show", "Corrected mailing addresses")},
		{"POST /addresses", fixAddress, desk(s.addressSubmit)},
		{"POST /addresses/{id}/approve", vetAddresses, desk(s.addressApproveSubmit)},
		{"POST /addresses/{id}/refuse", vetAddresses, desk(s.addressRefuseSubmit)},

		// The desk: operators.
		{"GET /batches", watchBatches, desk(s.batchesPage)},
		{"GET /batches/{id}", watchBatches, desk(s.batchPage)},
		{"GET /rescans", watchBatches, desk(s.rescansPage)},
		{"GET /api/v1/rescans", watchBatches, api(s.rescansShow, "rescans-show", "What is to be scanned again")},

		// The desk: specimens.
		{"GET /specimens", seeSpecimens, desk(s.specimensPage)},
		{cardFormPattern, makeSpecimen, desk(s.cardSubmit)},
		{"GET /specimens/doubtful", seeSpecimens, desk(s.doubtfulPage)},
		{"POST /specimens/{id}/approve", vetSpecimens, desk(s.approveSubmit)},
		{"POST /specimens/{id}/refuse", vetSpecimens, desk(s.refuseSubmit)},

		// The desk: administrators and auditors.
		{"GET /users", seeUsers, desk(s.usersPage)},
		{"POST /users", manageUsers, desk(s.userCreateSubmit)},
		{"POST /users/{id}/disable", manageUsers, desk(s.userDisableSubmit)},
		{"POST /users/{id}/enable", manageUsers, desk(s.userEnableSubmit)},
		{"POST /users/{id}/roles", manageUsers, desk(s.userRolesSubmit)},
		{"POST /users/{id}/password", manageUsers, desk(s.userPasswordSubmit)},
		{"POST /users/{id}/totp-reset", resetTOTP, desk(s.userTOTPResetSubmit)},
		{"GET /audit", readAudit, desk(s.auditPage)},
		{"GET /house", manageHouse, desk(s.housePage)},
		{"POST /branches", manageHouse, desk(s.branchPutSubmit)},
		{"POST /stations", manageHouse, desk(s.stationPutSubmit)},
		{"POST /stations/{id}/disable", manageHouse, desk(s.stationDisableSubmit)},
		{"POST /stations/{id}/enable", manageHouse, desk(s.stationEnableSubmit)},
		{"POST /calendar", manageHouse, desk(s.calendarPutSubmit)},
		{"POST /calendar/drop", manageHouse, desk(s.calendarDropSubmit)},
		{"GET /rules", manageRules, desk(s.rulesPage)},
		{"POST /rules", manageRules, desk(s.rulesProposeSubmit)},
		{"POST /rules/{id}/approve", manageRules, desk(s.rulesApproveSubmit)},
		{"POST /rules/{id}/refuse", manageRules, desk(s.rulesRefuseSubmit)},

		// Everything else does not exist.
		{"/", anyone, desk(s.notFound)},
	}
}
