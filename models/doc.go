// Package models holds heyin's domain types, their legal states and the
// errors that say what happens next. It imports no other room.
//
// Glossary (the Chinese term is what users see):
//
//	customer / account   客户 / 账户      a statement is per customer; each account is one line of it
//	agreement            对账协议         channel, address, contact, frequency, agreed seals
//	period               账期             the cut-off date and the statements issued for it
//	statement, line      余额对账单, 行   number, customer, accounts with balance and currency
//	receipt              对账回执         the returned slip, as imaged
//	batch                批次             receipts scanned together at a station, with the paper count
//	mark                 核对结果         agree (核对相符), differ (不符), blank, unclear
//	seal                 印章             the physical tool: 公章 company, 财务专用章 finance, 个人名章 personal
//	specimen             预留印鉴         the seal's reference image on file, with effective dates
//	card                 印鉴卡           the paper on which a customer left his seals; specimens are cut out of its scan
//	proposal             待复核印鉴       a specimen one person proposes off a card and another approves
//	imprint              印文             what is found on a receipt
//	seal rule            印鉴组合         which specimens must match
//	verification         验印             1:1 comparison of imprint and specimen: sub-scores, verdict
//	verdict              系统结论         the machine's: match, mismatch, inconclusive
//	decision             人工结论         the person's: valid, invalid, rescan, refer up
//	fold comparison      折角比对         the reviewer's manual method
//
// Images are measured in pixels of the file as stored unless a name says
// otherwise; lengths ending in MM are millimetres on paper; angles are degrees,
// clockwise positive as a person sees the page.
package models
