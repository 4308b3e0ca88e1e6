//! The demo's templates: those of the simulator's sample business, and one for each broadcast of its story.

use crate::simulate::Settings;
use serde_json::{Value, json};

/// Its broadcast ends well.
pub const MENU: &str = "ask_us_here";
/// Meta pauses it.
pub const TEAPOTS: &str = "new_teapots";
/// Its broadcast is still on its way after five minutes.
pub const TASTING: &str = "tasting_table";
/// It goes out from a number that Meta stops.
pub const COUNTER: &str = "macau_counter";

/// The languages in which each of them is there.
pub const LANGUAGES: [&str; 3] = ["en_US", "zh_HK", "zh_CN"];

const TEXTS: [(&str, [&str; 3]); 4] = [
    (
        MENU,
        [
            "Hi {{1}}, you can now ask us anything in this chat. Write MENU to see what we can do for you.",
            "你好 {{1}}，現在可以在這裡向我們查詢。輸入「選單」看看我們可以幫你甚麼。",
            "您好 {{1}}，现在可以在这里向我们咨询。输入“菜单”看看我们可以帮您什么。",
        ],
    ),
    (
        TEAPOTS,
        [
            "Hi {{1}}, twelve new teapots from Yixing are in our Mong Kok branch from today.",
            "你好 {{1}}，十二款全新宜興茶壺今天起在旺角分店發售。",
            "您好 {{1}}，十二款全新宜兴茶壶今天起在旺角门店发售。",
        ],
    ),
    (
        TASTING,
        [
            "Hi {{1}}, our Sha Tin branch has a tasting table now. Come and try three teas for free.",
            "你好 {{1}}，沙田分店新設品茶桌，歡迎免費試飲三款茶。",
            "您好 {{1}}，沙田门店新设品茶桌，欢迎免费试饮三款茶。",
        ],
    ),
    (
        COUNTER,
        [
            "Hi {{1}}, our counter in Macau has moved next to the ferry pier.",
            "你好 {{1}}，我們的澳門專櫃已遷至客運碼頭旁。",
            "您好 {{1}}，我们的澳门专柜已迁至客运码头旁。",
        ],
    ),
];

const MORE: [&str; 3] = ["Tell me more", "了解更多", "了解更多"];
const FOOTERS: [&str; 3] = ["Reply STOP to opt out", "回覆「停止」即可退訂", "回复“停止”即可退订"];

/// As the simulator takes them.
pub fn all() -> Vec<Value> {
    let mut all = Settings::default().templates;
    for (name, texts) in TEXTS {
        for (((language, text), footer), more) in LANGUAGES.into_iter().zip(texts).zip(FOOTERS).zip(MORE) {
            all.push(json!({
                "name": name, "language": language, "category": "MARKETING", "status": "APPROVED", "quality_score": "GREEN",
                "components": [
                    {"type": "BODY", "text": text, "example": {"body_text": [["Ada"]]}},
                    {"type": "FOOTER", "text": footer},
                    {"type": "BUTTONS", "buttons": [
                        {"type": "QUICK_REPLY", "text": more}, {"type": "QUICK_REPLY", "text": "Stop promotions"}]},
                ],
            }));
        }
    }
    all
}
