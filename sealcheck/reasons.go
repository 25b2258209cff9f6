package sealcheck

import "heyin/models"

// reason says in a sentence a clerk understands why a verdict was given.
type reason struct {
	zh, en string
	doubt  models.Doubt
}

var (
	reasonAgrees          = reason{zh: "印文与预留印鉴各处一致", en: "the imprint agrees with the specimen in every part checked"}
	reasonShifted         = reason{zh: "多处笔画位置与预留印鉴不符", en: "strokes lie elsewhere than on the specimen in many places"}
	reasonCharacter       = reason{zh: "有文字笔画与预留印鉴不符", en: "a character is cut differently from the specimen"}
	reasonForeign         = reason{zh: "印文有预留印鉴上没有的笔画", en: "the imprint has strokes that the specimen does not have"}
	reasonHidden          = reason{zh: "印文大部被文字遮盖或未扫全", en: "too much of the imprint is hidden by print or cut off"}
	reasonFaint           = reason{zh: "印文过淡或残缺", en: "the imprint is too faint or incomplete"}
	reasonUnchecked       = reason{zh: "有文字看不清，无法逐字核对", en: "some characters cannot be seen well enough to be checked"}
	reasonCharacterUnsure = reason{zh: "有文字笔画可疑，请人工核对", en: "a character looks different; a person must compare"}
	reasonShiftUnsure     = reason{zh: "笔画位置有偏差，请人工核对", en: "strokes are displaced; a person must compare"}
	reasonDigitsUnsure    = reason{zh: "印章编码看不清或不一致，请人工核对", en: "the code is not legible or differs; a person must compare", doubt: models.DoubtCode}
	reasonForeignUnsure   = reason{zh: "印文有多余笔画或污迹，请人工核对", en: "strokes or stains that the specimen does not have; a person must compare"}
	reasonPrinted         = reason{zh: "印文由网点或墨点组成，疑为彩色打印件，请人工核对原件", en: "made of a printer's dots: perhaps a colour print and no stamping; a person must see the paper"}
	reasonUnsure          = reason{zh: "相似但把握不足，请人工核对", en: "alike, but not surely the same; a person must compare"}
	reasonNoInk           = reason{zh: "未见印文", en: "no seal ink was found"}
	reasonSize            = reason{zh: "图像尺寸或分辨率不合要求", en: "the picture's size or resolution does not fit a seal"}
)
