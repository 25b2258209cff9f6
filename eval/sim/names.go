package sim

import (
	"strings"
	"unicode/utf8"
)

// Parts of invented names. The towns do not exist; the marks are ordinary words.
var (
	towns      = []string{"云州", "宁溪", "安陵", "东岭", "沙河口", "白石", "松江口", "南屏", "青浦湾", "临川岭", "永昌岗", "平湖口"}
	marks      = []string{"朝阳", "瑞丰", "恒通", "金禾", "明远", "德润", "华盛", "天成", "正和", "蓝海", "兴达", "百川", "立新", "广源", "同德", "长风"}
	trades     = []string{"电子科技", "机械制造", "商贸", "食品", "建材", "物流", "纺织", "印刷包装", "环保工程", "信息技术", "五金制品", "农业发展"}
	forms      = []string{"有限公司", "有限公司", "有限责任公司", "股份有限公司"}
	surnames   = []string{"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡", "林"}
	givenChars = []string{"伟", "芳", "敏", "静", "强", "磊", "洋", "勇", "军", "杰", "娟", "涛", "明", "超", "霞", "平", "刚", "桂", "文", "辉", "建", "国", "华", "丽"}
	bankMarks  = []string{"青桥", "云岭", "北渡", "临海湾", "新禾"}
	quarters   = []string{"北门", "河东", "新城", "高岭", "西园", "南湖", "开发区"}
)

// lookalikes pairs characters a forger may swap unnoticed; both stand in GB 2312.
var lookalikes = map[rune]rune{
	'阳': '明', '明': '阳', '丰': '半', '恒': '桓', '通': '逼', '金': '全', '禾': '木', '远': '近', '德': '得',
	'润': '涧', '华': '毕', '盛': '威', '天': '夫', '成': '戌', '正': '止', '和': '知', '蓝': '篮', '海': '侮',
	'兴': '光', '达': '过', '百': '白', '川': '州', '立': '丘', '新': '亲', '广': '厂', '源': '原', '同': '冈',
	'长': '民', '风': '凤', '朝': '潮', '瑞': '端', '电': '甩', '子': '予', '科': '料', '技': '枝', '机': '杭',
	'商': '高', '贸': '贺', '食': '良', '品': '晶', '建': '健', '材': '村', '物': '扬', '流': '硫', '王': '玉',
	'李': '季', '张': '涨', '刘': '刚', '陈': '阵', '杨': '扬', '赵': '越', '黄': '横', '周': '用', '吴': '昊',
	'徐': '除', '孙': '孩', '马': '乌', '朱': '末', '胡': '湖', '林': '材', '印': '卯', '安': '妥', '宁': '字',
	'云': '去', '州': '川', '东': '车', '岭': '岑', '白': '自', '石': '右', '南': '楠', '平': '乎', '永': '水',
}

func companyName(d dice) string {
	return pick(d, towns) + "市" + pick(d, marks) + pick(d, trades) + pick(d, forms)
}

// sisterCompany keeps the town and the mark and changes the trade: the hardest
// other company.
func sisterCompany(d dice, name string) string {
	for _, t := range trades {
		if before, after, ok := strings.Cut(name, t); ok {
			for {
				if other := pick(d, trades); other != t {
					return before + other + after
				}
			}
		}
	}
	return companyName(d)
}

// personSeal is what a personal name seal says: always four characters.
func personSeal(d dice) string {
	name := pick(d, surnames) + pick(d, givenChars)
	if d.chance(0.65) {
		return name + pick(d, givenChars) + "印"
	}
	return name + "之印"
}

func personName(d dice) string {
	return pick(d, surnames) + pick(d, givenChars) + pick(d, givenChars)
}

// alterOne swaps one character that has a look-alike and says which.
func alterOne(d dice, text string) (altered string, from, to rune, ok bool) {
	runes := []rune(text)
	for _, i := range d.Perm(utf8.RuneCountInString(text)) {
		if other, has := lookalikes[runes[i]]; has {
			from, to = runes[i], other
			runes[i] = other
			return string(runes), from, to, true
		}
	}
	return text, 0, 0, false
}
