//! One form for characters that are written in two ways: those of the words that rules look for.

use std::collections::HashMap;
use std::sync::LazyLock;

/// As they are written in Hong Kong, Macau and Taiwan, each above its mainland form in the list below.
const TRADITIONAL: &[&str] = &[
    "並併來係倉偉傘傢傳債價償優內剛勁動務匯卽厤員問單嘗嚐埰報場壓壯夠奬學寀實寫寶將專屆層師帳幣幫廣強彈彔彙後復態應懷",
    "戶掃採換搶摺擬數斷於昇時暫曆會朮査條槍樂機檢權歡歷殺沒減準溼滙滿濕無煙營牀狀獎獲現疊療癒癥發確碼禮穩穫紀約結絕絡",
    "給絶經網綵緊緻縴繫纖羣聯脩腫臟臨菸葯蒞薦藥處虛號術衕補製複覈見訂訊記許訴診註証試認諾證護豐財貨買貸費貼資賠賣賬賭",
    "賺購贈趕輸轉迴運過達選醣醫釦銀銷錄錢錯録閃開間閤閱閲陞陰陽險雙電頁預題願顧風飲養馬驗髒體髮鬱鮮麪麫麵點齣",
];

/// As they are written on the mainland, in the same order.
const SIMPLIFIED: &[&str] = &[
    "并并来系仓伟伞家传债价偿优内刚劲动务汇即历员问单尝尝采报场压壮够奖学采实写宝将专届层师帐币帮广强弹录汇后复态应怀",
    "户扫采换抢折拟数断于升时暂历会术查条枪乐机检权欢历杀没减准湿汇满湿无烟营床状奖获现叠疗愈症发确码礼稳获纪约结绝络",
    "给绝经网彩紧致纤系纤群联修肿脏临烟药莅荐药处虚号术同补制复核见订讯记许诉诊注证试认诺证护丰财货买贷费贴资赔卖账赌",
    "赚购赠赶输转回运过达选糖医扣银销录钱错录闪开间合阅阅升阴阳险双电页预题愿顾风饮养马验脏体发郁鲜面面面点出",
];

static PAIRS: LazyLock<HashMap<char, char>> =
    LazyLock::new(|| TRADITIONAL.iter().zip(SIMPLIFIED).flat_map(|(from, to)| from.chars().zip(to.chars())).collect());

/// The mainland's form of a character; the character itself if it has no other, or none that matters here.
pub(super) fn simplified(c: char) -> char {
    if c.is_ascii() { c } else { PAIRS.get(&c).copied().unwrap_or(c) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_character_has_one_other_form() {
        let all = |rows: &[&str]| rows.iter().flat_map(|row| row.chars()).collect::<Vec<char>>();
        for (from, to) in TRADITIONAL.iter().zip(SIMPLIFIED) {
            assert_eq!(from.chars().count(), to.chars().count(), "{from} {to}");
        }
        let (from, to) = (all(TRADITIONAL), all(SIMPLIFIED));
        assert_eq!(from.iter().collect::<BTreeSet<_>>().len(), from.len(), "none twice");
        assert!(to.iter().all(|c| simplified(*c) == *c), "none has a further form");
        assert_eq!("優惠券減價錢".chars().map(simplified).collect::<String>(), "优惠券减价钱");
    }
}
