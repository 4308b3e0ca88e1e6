//! The bodies of the contract: what is sent, and what an answer must hold to be one.

use super::{Answer, Ask, Error};
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::domain::orders::{Price, Product, ProductId, SourceOrderId, Stock};
use crate::domain::redact::scrub;
use serde::Deserialize;
use serde_json::json;

/// Letters of a name or a reason that are kept.
const LONGEST_TEXT: usize = 200;

#[derive(Deserialize)]
struct ProductBody {
    id: String,
    name: String,
    price: Money,
    /// Nothing for as many as anybody wants.
    stock: Option<u32>,
}

#[derive(Deserialize)]
struct PlacedBody {
    id: SourceOrderId,
}

#[derive(Deserialize)]
struct RefusedBody {
    reason: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AnswerBody {
    Placed(PlacedBody),
    Refused(RefusedBody),
}

/// Amounts are texts, because a JSON number is a float.
pub(super) fn ask(ask: &Ask<'_>) -> serde_json::Result<String> {
    serde_json::to_string(&json!({
        "business": ask.business, "key": ask.key, "customer": ask.customer, "items": ask.basket.items(),
        "total": ask.basket.total(), "note": ask.note,
    }))
}

pub(super) fn product(body: &[u8], id: &ProductId, now: Timestamp) -> Result<Product, Error> {
    let told: ProductBody = read(body)?;
    if told.id != id.as_str() {
        return Err(Error::InDoubt("the answer is about another product".to_owned()));
    }
    let price = Price::try_from(told.price).map_err(|e| Error::InDoubt(format!("{id}: {e}")))?;
    let stock = told.stock.map_or(Stock::Unlimited, Stock::Left);
    Ok(Product { id: id.clone(), name: told.name.chars().take(LONGEST_TEXT).collect(), price, stock, as_of: now })
}

pub(super) fn placed(body: &[u8]) -> Result<SourceOrderId, Error> {
    read::<PlacedBody>(body).map(|told| told.id)
}

pub(super) fn answer(body: &[u8]) -> Result<Answer, Error> {
    Ok(match read(body)? {
        AnswerBody::Placed(told) => Answer::Placed(told.id),
        AnswerBody::Refused(told) => Answer::Refused(short(&told.reason)),
    })
}

/// A refusal is one even without a reason.
pub(super) fn reason(body: &[u8]) -> String {
    read::<RefusedBody>(body).map_or_else(|_| "it gives no reason".to_owned(), |told| short(&told.reason))
}

/// People read it, and it may quote a customer's number.
fn short(text: &str) -> String {
    scrub(&text.chars().take(LONGEST_TEXT).collect::<String>())
}

fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|e| Error::InDoubt(format!("the answer is not what the contract says: {e}")))
}
