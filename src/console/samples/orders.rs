//! A sample order, and a link by which it is paid.

use super::review::session;
use super::{HOSTILE, at};
use crate::console::parts::{Tag, Tone};
use crate::console::review::{CustomerReview, FoundLine, OrderLine, OrderReview, PaymentReview};
use crate::words::Words;

fn customer(l: &Words) -> CustomerReview {
    let session = session();
    CustomerReview {
        name: session.name,
        to: session.to,
        from: session.from,
        identity: Tag::new(Tone::Ok, "check", l.t("identity-marked")),
        changed: Some(at("2026-11-02T02:00:00Z")),
        confirmed: None,
        closes: session.closes,
        now: session.now,
        lines: session.lines,
    }
}

fn line(name: &str, found: Option<FoundLine>) -> OrderLine {
    OrderLine {
        product: "OOLONG-WINTER-50".into(),
        name: name.into(),
        quantity: 2,
        price: "HK$118.00".into(),
        amount: "HK$236.00".into(),
        found,
    }
}

/// Two lines, one of a product that never runs out and whose price nobody named.
pub fn order(l: &Words) -> OrderReview {
    let found = |claimed: Option<&str>, stock| {
        Some(FoundLine { claimed: claimed.map(str::to_owned), stock, as_of: at("2026-11-20T02:00:00Z") })
    };
    OrderReview {
        customer: customer(l),
        source: l.t("order-source-catalogue"),
        told: l.t("order-told-agent"),
        lines: vec![line("Winter oolong, 50 g", found(Some("HK$118.00"), Some(40))), line(HOSTILE, found(None, None))],
        total: "HK$472.00".into(),
        note: Some(HOSTILE.into()),
    }
}

/// A link by which that is paid.
pub fn payment(l: &Words) -> PaymentReview {
    PaymentReview {
        customer: customer(l),
        order: "1F2E3D".into(),
        source_id: Some(HOSTILE.into()),
        state: Tag::new(Tone::Ok, "check", l.t("order-state-placed")),
        source: l.t("order-source-connector"),
        ordered: at("2026-11-20T02:00:00Z"),
        lines: vec![line(HOSTILE, None)],
        total: "HK$236.00".into(),
        amount: "HK$236.00".into(),
        minutes: 120,
        page: "https://approvals.example.com".into(),
        pays_at: Some("https://pay.example.com".into()),
        guarded: false,
        message: session().message,
    }
}
