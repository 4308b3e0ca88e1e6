//! The sample business: two numbers and a handful of templates in three languages, enough to try everything on.

use serde_json::{Value, json};

use super::settings::PhoneSettings;

pub const WABA_ID: &str = "102290129340398";
pub const BUSINESS_NAME: &str = "Harbour Tea House";
pub const APP_ID: &str = "670843887433847";
/// Belongs to somebody else: calls to it lack permission.
pub const FOREIGN_ID: &str = "104400000000001";

pub fn phone_numbers() -> Vec<PhoneSettings> {
    vec![
        PhoneSettings::new("106540352242922", "+852 5550 1000", "Harbour Tea House"),
        PhoneSettings::new("106540352242923", "+852 5550 2000", "Harbour Tea House Care"),
    ]
}

pub fn templates() -> Vec<Value> {
    let stop = json!({"type": "BUTTONS", "buttons": [
        {"type": "URL", "text": "See the menu", "url": "https://shop.example/m/{{1}}", "example": ["https://shop.example/m/winter"]},
        {"type": "QUICK_REPLY", "text": "Stop promotions"}]});
    let offer = |language: &str, header: &str, text: &str, example: [&str; 2], footer: &str| {
        json!({"name": "winter_offer", "language": language, "category": "MARKETING", "status": "APPROVED",
            "quality_score": "GREEN", "components": [
                {"type": "HEADER", "format": "TEXT", "text": header},
                {"type": "BODY", "text": text, "example": {"body_text": [example]}},
                {"type": "FOOTER", "text": footer}, stop]})
    };
    vec![
        offer(
            "en_US",
            "Winter tea is here",
            "Hi {{1}}, our winter oolong has arrived. Until {{2}} your first pot is half price at any branch.",
            ["Ada", "31 December"],
            "Reply STOP to opt out",
        ),
        offer(
            "zh_HK",
            "冬茶到店",
            "你好 {{1}}，冬季烏龍已經到店。{{2}} 或之前，任何分店首壺半價。",
            ["阿達", "12月31日"],
            "回覆「停止」即可退訂",
        ),
        offer(
            "zh_CN",
            "冬茶到店",
            "您好 {{1}}，冬季乌龙已经到店。{{2}} 或之前，任何门店首壶半价。",
            ["阿达", "12月31日"],
            "回复“停止”即可退订",
        ),
        json!({"name": "order_ready", "language": "en_US", "category": "UTILITY", "status": "APPROVED",
            "parameter_format": "NAMED", "quality_score": "GREEN", "components": [
                {"type": "BODY", "text": "Hello {{first_name}}, order {{order_number}} is ready at the counter.",
                 "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Ada"},
                                                        {"param_name": "order_number", "example": "A-17"}]}}]}),
        json!({"name": "order_ready", "language": "zh_HK", "category": "UTILITY", "status": "APPROVED",
            "parameter_format": "NAMED", "quality_score": "GREEN", "components": [
                {"type": "BODY", "text": "你好 {{first_name}}，訂單 {{order_number}} 已可到櫃檯取貨。",
                 "example": {"body_text_named_params": [{"param_name": "first_name", "example": "阿達"},
                                                        {"param_name": "order_number", "example": "A-17"}]}}]}),
        json!({"name": "login_code", "language": "en_US", "category": "AUTHENTICATION", "status": "APPROVED",
            "quality_score": "UNKNOWN", "components": [
                {"type": "BODY", "add_security_recommendation": true},
                {"type": "FOOTER", "code_expiration_minutes": 10},
                {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}]}]}),
        json!({"name": "tasting_evening", "language": "en_US", "category": "MARKETING", "status": "APPROVED",
            "quality_score": "YELLOW", "components": [
                {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1hZ2UvcG5n"]}},
                {"type": "BODY", "text": "Dear {{1}}, taste nine teas with us on Friday. Places are few.",
                 "example": {"body_text": [["Ada"]]}},
                {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Save me a seat"},
                                                {"type": "QUICK_REPLY", "text": "Stop promotions"}]}]}),
        json!({"name": "old_campaign", "language": "en_US", "category": "MARKETING", "status": "PAUSED",
            "quality_score": "RED", "components": [
                {"type": "BODY", "text": "Hi {{1}}, you have not visited for a while. Come back!",
                 "example": {"body_text": [["Ada"]]}}]}),
        json!({"name": "too_good", "language": "en_US", "category": "MARKETING", "status": "REJECTED",
            "rejected_reason": "SCAM", "components": [
                {"type": "BODY", "text": "You have won a lifetime of tea. Send us your card number."}]}),
    ]
}
