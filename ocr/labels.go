package ocr

import (
	"slices"
	"strings"
)

// role is what a label announces.
type role int

const (
	roleNone role = iota
	roleAccount
	roleBalance
	roleCurrency
	roleCustomer
	roleStatement
	roleCutOff // the day of the balance
	roleDate   // any other: it may be that of the customer's answer
	roleResult
	// roleOther is a known label of something not read here: it ends the value
	// of its neighbour, and keeps its own value from being taken for a balance.
	roleOther
)

// labelNames are the words printed before or above a value. Longer names win
// over shorter ones.
var labelNames = map[role][]string{
	roleAccount: {"账号", "账户号码", "账户账号", "银行账号", "客户账号", "账户", "结算账号", "存款账号", "单位账号", "对账账号"},
	roleBalance: {"余额", "账面余额", "账户余额", "对账日余额", "银行账面余额", "银行账户余额", "存款余额", "期末余额", "本期余额", "对账余额", "截止日余额", "银行余额", "我行账面余额",
		"银行方余额", "金额", "账面金额", "余额小写", "本行账面余额", "月末余额"},
	roleCurrency: {"币种", "币别", "市种", "市别", "巾种", "货币", "货币种类", "币种名称"},
	roleCustomer: {"户名", "客户名称", "单位名称", "账户名称", "存款人名称", "企业名称", "存款人", "客户名", "开户单位", "单位户名", "客户", "公司名称"},
	roleStatement: {"对账单编号", "账单编号", "编号", "对账单号", "对账编号", "账单号", "回执编号", "单据编号", "流水号", "序列号", "No", "No.", "NO", "NO.", "编号No.",
		"编号NO.", "回单编号", "函证编号", "对账函编号", "凭证号"},
	roleCutOff: {"截止日期", "截至日期", "对账截止日", "账务日期", "余额日期", "对账截止日期", "截止日", "核对基准日", "对账基准日", "余额截止日", "余额截止日期"},
	roleDate:   {"对账日期", "对账日", "日期", "对账期间", "账期"},
	roleResult: {"核对结果", "核对结论", "对账结果", "对账结论", "核对情况", "对账情况", "核对意见", "客户核对结果", "单位核对结果", "余额核对结果", "客户意见", "核对结果栏", "企业核对结果",
		"客户确认", "单位意见", "对账意见", "核对回复", "回复意见", "确认意见", "确认结果", "客户核对意见", "单位核对意见", "企业核对意见", "余额核对意见", "客户核对情况", "单位核对情况",
		"余额核对情况", "客户确认意见", "客户确认结果", "回签意见", "客户回签意见", "回执意见", "客户回执意见", "贵单位意见", "贵单位核对意见", "贵公司意见", "企业意见"},
	roleOther: {"序号", "开户机构", "开户行", "开户网点", "开户银行", "备注", "电话", "联系电话", "经办人", "经办人签字", "复核", "地址", "单位签章", "预留印鉴", "单位预留印鉴",
		"借方发生额", "贷方发生额", "借方", "贷方", "余额方向", "借贷方向", "方向", "发生额", "上期余额", "期初余额", "不符原因", "差额", "企业账面余额", "单位账面余额", "我单位余额", "贵单位余额", "企业余额",
		"我单位账面余额", "贵单位账面余额", "账户性质", "账户类型", "存款种类", "科目", "利率", "产品名称", "大写", "余额大写", "金额大写", "联系人", "签章", "盖章", "日均余额",
		"可用余额", "冻结金额", "邮编", "机构号", "客户号", "核对日期", "经办人员", "负责人", "会计主管", "联系方式", "摘要", "未达账项", "调节后余额", "单位余额", "企业方余额",
		"客户余额", "企业账面金额", "实际余额", "正确余额", "贵公司余额", "贵公司账面余额", "我公司余额", "我公司账面余额", "客户账面余额", "客户方余额", "单位方余额"},
}

// labelEntry is one name, ready for comparison.
type labelEntry struct {
	role role
	name []rune
}

var labelEntries = func() []labelEntry {
	var all []labelEntry
	for r, names := range labelNames {
		for _, n := range names {
			all = append(all, labelEntry{r, []rune(n)})
		}
	}
	slices.SortFunc(all, func(a, b labelEntry) int {
		if len(a.name) != len(b.name) {
			return len(b.name) - len(a.name)
		}
		return strings.Compare(string(a.name), string(b.name))
	})
	return all
}()

// labelErrors is how many wrong characters a name of n characters may have:
// short names differ by one character from others.
func labelErrors(n int) int {
	switch {
	case n < 4:
		return 0
	case n < 7:
		return 1
	default:
		return 2
	}
}

// labelAt finds the longest label that begins at text[from], spaces already
// removed; n is the number of characters it takes.
func labelAt(text []rune, from int) (r role, n int) {
	rest := text[from:]
	best := -1
	for _, e := range labelEntries {
		allowed := labelErrors(len(e.name))
		for take := max(1, len(e.name)-allowed); take <= min(len(rest), len(e.name)+allowed); take++ {
			d := distance(rest[:take], e.name)
			if d > allowed {
				continue
			}
			// Longest name first, then fewest errors: what lacks a character of one name may be
			// another. Behind the label of the answer words begin: its exact name goes before a longer one
			// that takes their first character for its last.
			score := 4*len(e.name) - 4*d - abs(take-len(e.name))
			if score > best || score == best && d == 0 && e.role == roleResult {
				best, r, n = score, e.role, take
			}
		}
	}
	return r, n
}

// roleOf is the role of exactly this name.
func roleOf(name []rune) role {
	for _, e := range labelEntries {
		if slices.Equal(e.name, name) {
			return e.role
		}
	}
	return roleNone
}

func abs(n int) int { return max(n, -n) }

// distance is the Levenshtein distance.
func distance(a, b []rune) int {
	var few [16]int // labels are short: nothing to be allocated
	row := append(few[:0], make([]int, len(b)+1)...)
	for j := range row {
		row[j] = j
	}
	for i, ra := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, rb := range b {
			cost := diagonal
			if ra != rb {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
