//! Phrases that advertise, ask for secrets, claim or tell too much, each beside one like it that does not.

use super::*;

fn sells(text: &str, way: Way) -> bool {
    !advertising(&Reading::of(text), way).is_empty()
}

fn is_in(lexicon: &Lexicon, text: &str) -> bool {
    lexicon.is_in(text)
}

#[test]
fn what_advertises_is_told_from_what_answers() {
    for text in [
        "Our new oolong is 20% off this week, come by!",
        "新茶八折，快來選購！",
        "新茶八折，快来选购！",
        "優惠",
        "最新优惠码 TEA",
        "全場 8.5 折",
        "全线85折",
        "低至五折",
        "買二送一",
        "买一送一",
        "满$500减$50",
        "滿500元減50元",
        "第二件半價",
        "限時搶購",
        "立即下單",
        "機不可失",
        "Save 20 % today",
        "up to 50％ OFF",
        "twenty percent off",
        "HK$50 off your next order",
        "Half price on all cups",
        "Buy 2 get 1",
        "Two for the price of one",
        "Buy one get one free",
        "Flash-sale!",
        "Don’t miss our FLASH sale",
        "Do not miss it",
        "Special offer for you",
        "Exclusive deals for members",
        "While stocks last",
        "Last chance!",
        "Shop now",
        "Treat yourself",
        "Our new teas are here, drop by!",
        "New season oolong: come and try it",
        "The spring harvest is in. Order yours online",
        "新品到貨，歡迎選購",
        "新款到了，快來",
        "Use code TEA10",
        "Free gift with every tin",
        "ｆｌａｓｈ　ｓａｌｅ",
        "Big promotion",
        "We have a summer sale",
    ] {
        assert!(sells(text, Way::Answer) && sells(text, Way::Notice), "{text}");
    }
    for text in [
        "It is HK$128 a tin.",
        "The winter oolong costs HK$128, the small tin HK$68.",
        "一罐 HK$128，小罐 68 元。",
        "We are open from 9 to 6.",
        "Your parcel was shipped this morning.",
        "Your order has arrived. Please come by to collect it before Friday.",
        "Your order today was packed.",
        "Once it is paid, it leaves the shop today.",
        "你訂的茶到了，請於星期五前來取。",
        "Our new shop is at 12 Nathan Road, come by any time before 6.",
        "We will tell you when the new tea is in.",
        "新茶下星期到。",
        "It is not on sale.",
        "Sorry, the promotion has ended.",
        "You will get no more promotions from us.",
        "We have stopped promotional messages to you.",
        "You are unsubscribed from our offers.",
        "我們不會再發推廣訊息給你。",
        "優惠已結束",
        "暫時沒有優惠",
        "三折疊椅有貨",
        "買了送給朋友的話，我們可以包裝。",
        "滿$500送貨",
        "The parcel is in customs clearance.",
        "Battery at 20 %",
        "10% of the cups came broken",
        "Exit 20, turn off the highway",
        "好的，已取消。",
        "Please call the office",
    ] {
        assert!(!sells(text, Way::Answer), "{text}: {:?}", advertising(&Reading::of(text), Way::Answer));
    }
    for text in ["There is a discount.", "Congratulations!", "我哋推薦鐵觀音", "Our sales team calls you", "恭喜你"]
    {
        assert!(sells(text, Way::Notice) && !sells(text, Way::Answer), "{text}");
    }
    assert!(sells("come by and treat yourself to our new teas this week", Way::Notice));
}

#[test]
fn what_proves_who_somebody_is_may_not_be_asked_for() {
    for text in [
        "Please tell us the 6-digit code",
        "Please send me the code you got",
        "Reply with the code",
        "What is the code?",
        "What's your one-time password?",
        "Give us your OTP",
        "your password, please",
        "請告訴我們六位數字",
        "請提供短信驗證碼",
        "你收到的6位數字是什麼？",
        "请输入密码",
        "What is the CVV?",
        "Please send your credit-card number",
        "請提供身份證號碼",
    ] {
        assert!(is_in(&SECRETS, text) || is_in(&CODES, text), "{text}");
    }
    for text in [
        "Your pickup code is 4411",
        "Please tell us your postal code",
        "Show us your order code at the counter",
        "Send us your 8-digit phone number",
        "What is the product code on the tin?",
        "The wifi password is oolong2026",
        "請提供電話號碼",
        "Your parcel has the number 123456",
        "Enter by the side door",
    ] {
        assert!(!is_in(&SECRETS, text) && !is_in(&CODES, text), "{text}");
    }
}

#[test]
fn money_and_health_are_seen_by_a_person() {
    for text in ["Transfer to account 012-345-678", "Wire the money today", "請過數到恒生", "转账即可", "account 12"]
    {
        assert!(is_in(&MONEY, text), "{text}");
    }
    for text in ["I will transfer you to a colleague", "Your account is ready", "Turn to the account manager"] {
        assert!(!is_in(&MONEY, text), "{text}");
    }
    for text in
        ["your medical results are fine", "The blood test came back", "化驗報告出了", "你的检查结果正常", "X-ray"]
    {
        assert!(is_in(&HEALTH, text), "{text}");
    }
    for text in ["Your tea is healthy", "The result of the draw", "檢查一下包裹", "We test every tin"] {
        assert!(!is_in(&HEALTH, text), "{text}");
    }
}

#[test]
fn what_nobody_may_claim_or_sell_is_found_in_each_language() {
    for text in [
        "海港茶莊的茶可以治療癌症",
        "海港茶庄的茶可以治疗癌症",
        "根治失眠",
        "包醫百病",
        "保證回報",
        "保证有高回报",
        "一個月減肥 5 公斤",
        "瘦10kg",
        "臨床證實",
        "降血壓",
        "無副作用",
        "增強免疫力",
        "lose 10 kg in a week, clinically proven",
        "Lose up to 5 pounds",
        "cures cancer",
        "Our tea treats high blood pressure",
        "Guaranteed returns of 8%",
        "Your returns are guaranteed",
        "Double your money",
        "Doctor recommended",
        "100% cure",
        "no side effects",
        "電子煙到貨",
        "replica handbags",
        "Online casino",
        "通知你的家人",
    ] {
        assert!(!prohibited(&Reading::of(text)).is_empty(), "{text}");
    }
    for text in [
        "Treat yourself to a cup of tea",
        "Your treatment appointment is on Monday",
        "可以預約治療時間",
        "Your returns were received",
        "We guarantee delivery on Friday",
        "The ivory cup is back",
        "象牙白的杯",
        "已經包好了",
        "Our doctor is away on Friday",
        "no risk of rain",
        "Your order lost 2 tins in a week",
        "政治新聞",
    ] {
        let found = prohibited(&Reading::of(text));
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn a_finding_names_each_word_once_and_marks_the_first() {
    let said = advertising(&Reading::of("快來！優惠，優惠，八折"), Way::Answer);
    let finding = says(super::super::rules::SESS_05, "body", &said).unwrap();
    let span = finding.span.unwrap();
    assert_eq!((span.start, span.end, span.text.as_str()), (3, 5, "優惠"));
    assert!(finding.message.contains("優惠, 八折."), "{}", finding.message);
    assert!(says(super::super::rules::SESS_05, "body", &[]).is_none());
}
