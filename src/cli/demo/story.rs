//! The demo's story: what Meta and the customers do, and when. What the team does about it is in `staff`.

use super::cast::{Cast, MACAU, Part};
use super::pace::Pace;
use super::templates::{LANGUAGES, TEAPOTS};
use crate::simulate::Simulator;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;

/// What one customer sent in: a picture that can be looked at.
const BROKEN_TEAPOT: &[u8] = include_bytes!("teapot.png");

/// Something that happens at a time.
struct Beat {
    /// Seconds since the start.
    at: u64,
    /// For the log.
    says: String,
    /// A call of the simulator's control endpoint.
    call: &'static str,
    body: Value,
}

/// Lets it happen, once.
pub async fn play(simulator: &Simulator, cast: &Cast, pace: Pace) {
    let mut beats: Vec<Beat> = customers(cast).into_iter().chain(meta()).collect();
    beats.sort_by_key(|beat| beat.at);
    let begun = tokio::time::Instant::now();
    for Beat { at, says, call, body } in beats {
        tokio::time::sleep_until(begun + pace.of(Duration::from_secs(at))).await;
        match patiently(simulator, call, &body).await {
            Ok(()) => tracing::info!("{says}"),
            // Somebody may have taken the simulator in hand meanwhile.
            Err(why) => tracing::warn!(why, "this did not happen: {says}"),
        }
    }
    tracing::info!("the demo's story is told; customers go on writing");
}

/// A button that is not on a customer's screen yet is waited for.
async fn patiently(simulator: &Simulator, call: &str, body: &Value) -> Result<(), String> {
    const TRIES: usize = 40;
    for _ in 1..TRIES {
        if simulator.control(call, body).is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    simulator.control(call, body).map(drop)
}

fn customers(cast: &Cast) -> Vec<Beat> {
    let text = |text: &str| json!({ "text": text });
    let picture = json!({"media": {"mime_type": "image/png", "filename": "teapot.png", "base64": STANDARD.encode(BROKEN_TEAPOT),
        "caption": "The teapot arrived broken. What can you do?"}});
    let item = |id: &str, quantity: u32, price: u32| json!({"product_retailer_id": id, "quantity": quantity, "item_price": price, "currency": "HKD"});
    let cart = |items: Vec<Value>| json!({"order": {"catalog_id": "harbour", "product_items": items}});
    let teas = cart(vec![item("OOLONG-WINTER-50", 2, 118), item("JASMINE-100", 1, 138)]);
    let gift = cart(vec![item("GAIWAN-PORCELAIN", 1, 220), item("WHITE-PEONY-75", 1, 158)]);
    let order = json!({"media": {"mime_type": "application/pdf", "filename": "訂單 H-4071.pdf", "caption": "想改一改這張訂單的數量"}});
    let acts = [
        (6, Part::Curious, text("Good morning!"), "a customer says hello, and is welcomed"),
        (9, Part::Regular, text("Hello again"), "a regular customer says hello"),
        (12, Part::Curious, text("menu"), "a customer asks for the menu, and gets buttons"),
        (15, Part::Regular, text("menu"), "the regular customer asks for the menu, too"),
        (18, Part::Curious, json!({"tap": "Our teas 茶單"}), "the first one taps: our teas"),
        (
            21,
            Part::Regular,
            json!({"tap": "Talk to us 找店員"}),
            "the regular customer taps: talk to us, and waits in a queue",
        ),
        (24, Part::Waiting, text("想找真人客服"), "a customer asks for a person, and nobody will come in time"),
        (28, Part::Broken, picture, "a customer sends a picture of a broken teapot"),
        (32, Part::Buyer, order, "a customer sends an order as a file"),
        (36, Part::Evening, text("請問有冇鐵觀音？"), "a customer writes to Macau, where nobody is there"),
        (40, Part::Closing, text("几点关门？"), "a customer asks when the shop closes, and is told at once"),
        (42, Part::Shopper, teas, "a customer sends a cart: its order is signed, and a link to pay it follows"),
        (46, Part::Returning, text("Can I return a teapot?"), "a customer wants to give something back"),
        (54, Part::Guest, gift, "a customer sends a cart, whose order waits for a signature"),
        (58, Part::Regular, text("Perfect, thank you!"), "the regular customer is content"),
        (70, Part::Leaving, text("停止"), "a customer has had enough: nobody writes to them any more"),
        (100, Part::Waiting, text("有人嗎？"), "whoever waits for a person asks once more"),
    ];
    let beats = acts.into_iter().filter_map(|(at, part, mut act, says)| {
        let player = cast.player(part)?;
        let fields = act.as_object_mut()?;
        fields.insert("number".to_owned(), player.phone.e164().into());
        fields.insert("phone_number_id".to_owned(), part.writes_to().into());
        Some(Beat { at, says: says.to_owned(), call: "customers/act", body: act })
    });
    beats.chain(pays(cast)).collect()
}

/// Whoever sent the first cart follows the link, as far as it was signed.
fn pays(cast: &Cast) -> Option<Beat> {
    let body = json!({"number": cast.player(Part::Shopper)?.phone.e164()});
    let says = "the customer with the first cart goes on to the payment".to_owned();
    Some(Beat { at: 80, says, call: "customers/follow", body })
}

fn meta() -> Vec<Beat> {
    let number = |at, says: &str, body: Value| Beat { at, says: format!("Meta: {says}"), call: "phones", body };
    let beats = LANGUAGES.into_iter().flat_map(|language| {
        let template = |at, says: &str, what: &str, to: &str| Beat {
            at,
            says: format!("Meta: {says} ({TEAPOTS}, {language})"),
            call: "templates",
            body: json!({"name": TEAPOTS, "language": language, what: to}),
        };
        [
            template(75, "a template is not liked", "quality", "YELLOW"),
            template(110, "the template is paused for three hours", "status", "PAUSED"),
        ]
    });
    beats
        .chain([
            number(125, "the number in Macau is flagged", json!({"id": MACAU, "quality": "RED"})),
            number(155, "the number in Macau may send no more", json!({"id": MACAU, "status": "RESTRICTED"})),
        ])
        .collect()
}
