//! The door for customers who pay: a link in their message opens one page, and a button on it leads to the payment.
//!
//! It is no page of the console: whoever comes here has no session and must get none, is somebody's customer and not of the
//! team, and proves nothing but the link. To look at a link uses nothing up, because programs that show previews look as well.

use crate::domain::canonical::sha256;
use crate::domain::orders::PaymentUrl;
use crate::domain::orders::links::LinkToken;
use crate::error::Result;
use crate::store::orders::links::{self, Opened};
use crate::store::people;
use crate::tools::Ctx;
use crate::words::{Lang, Words};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY,
    RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use tower_http::set_header::SetResponseHeaderLayer;

pub use crate::domain::orders::links::PATH;

/// Looks and presses of all customers together; more are asked to wait. A token cannot be guessed at any pace: this keeps the
/// database free for the rest.
const A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
const AT_ONCE: NonZeroU32 = NonZeroU32::MIN.saturating_add(199);

/// Lines of an order that are shown.
const LINES: usize = 5;

/// The one thing that the page loads. Its address changes with its bytes, so that a browser may keep it for ever.
const STYLE: &str = include_str!("../static/pay.css");
static STYLE_LINK: LazyLock<String> = LazyLock::new(|| {
    let hash = hex::encode(sha256(STYLE.as_bytes()));
    format!("{PATH}-/style.css?v={}", hash.get(..12).unwrap_or(&hash))
});

/// What every answer carries, beside the policy for its content.
const HEADERS: [(HeaderName, &str); 8] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (VARY, "accept-language"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

struct Door {
    ctx: Ctx,
    pace: DefaultDirectRateLimiter,
}

/// `/p/{token}`.
pub fn router(ctx: Ctx) -> Router {
    let policy = content_policy(ctx.orders.payment_url.as_ref());
    let pace = RateLimiter::direct(Quota::per_second(A_SECOND).allow_burst(AT_ONCE));
    let routes = Router::new().route("/p/{token}", get(show).post(go)).with_state(Arc::new(Door { ctx, pace }));
    let routes = routes.route("/p/-/style.css", get(style));
    let routes = HEADERS.into_iter().fold(routes, |routes, (name, value)| {
        // What may be kept says so itself.
        routes.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    });
    routes.layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, policy))
}

/// Browsers hold the address that the form leads on to against the policy as well, so the provider's is named.
fn content_policy(url: Option<&PaymentUrl>) -> HeaderValue {
    let provider = url.map(PaymentUrl::origin).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {provider}; frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

#[derive(Template)]
#[template(path = "payments/show.html")]
struct Page {
    l: Words,
    style: &'static str,
    business: String,
    order: String,
    /// How many of what.
    lines: Vec<(String, String)>,
    /// How many lines there are besides.
    more: u64,
    amount: String,
    until: String,
}

#[derive(Template)]
#[template(path = "payments/none.html")]
struct NoPage {
    l: Words,
    style: &'static str,
    title: String,
    sentence: String,
}

/// Why there is nothing to pay.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// Wrong, over, taken back or used: nobody learns which.
    Gone,
    TooMany,
    Away,
}

/// `/p/-/style.css`.
async fn style() -> Response {
    let keep = "public, max-age=31536000, immutable";
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, keep)], STYLE).into_response()
}

async fn show(State(door): State<Arc<Door>>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    let l = words(&headers);
    let Some(token) = LinkToken::parse(&token) else { return trouble(l, Trouble::Gone) };
    if door.pace.check().is_err() {
        return trouble(l, Trouble::TooMany);
    }
    match page(&door.ctx, &token, &l).await {
        Ok(Some(page)) => page,
        Ok(None) => trouble(l, Trouble::Gone),
        Err(error) => {
            tracing::warn!(%error, cause = ?error, "a payment link could not be shown");
            trouble(l, Trouble::Away)
        }
    }
}

async fn page(ctx: &Ctx, token: &LinkToken, l: &Words) -> Result<Option<Response>> {
    let Some(opened) = links::open(&ctx.db, &token.hash(), ctx.clock.now()).await? else { return Ok(None) };
    let Opened { tenant, link, order } = &opened;
    if destination(ctx, &opened).is_none() {
        return Ok(None);
    }
    let items = order.basket.items();
    let Some(tenant) = people::tenant(&ctx.db, *tenant).await? else { return Ok(None) };
    let page = Page {
        l: l.clone(),
        style: &STYLE_LINK,
        business: tenant.name,
        order: order.id.short(),
        lines: items.iter().take(LINES).map(|item| (l.num(item.quantity.get()), item.name.clone())).collect(),
        more: items.len().saturating_sub(LINES) as u64,
        amount: link.amount.to_string(),
        until: l.when(link.expires_at.to_jiff()),
    };
    Ok(Some(html(StatusCode::OK, &page)))
}

/// The customer pressed the button.
async fn go(State(door): State<Arc<Door>>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    let l = words(&headers);
    let Some(token) = LinkToken::parse(&token) else { return trouble(l, Trouble::Gone) };
    if door.pace.check().is_err() {
        return trouble(l, Trouble::TooMany);
    }
    match taken(&door.ctx, &token).await {
        Ok(Some(address)) => (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response(),
        Ok(None) => trouble(l, Trouble::Gone),
        Err(error) => {
            tracing::warn!(%error, cause = ?error, "a payment link could not be followed");
            trouble(l, Trouble::Away)
        }
    }
}

async fn taken(ctx: &Ctx, token: &LinkToken) -> Result<Option<HeaderValue>> {
    let mut tx = ctx.db.begin().await?;
    let taken = links::take(&mut tx, &token.hash(), ctx.clock.now()).await?;
    // Nothing is used up that leads nowhere.
    let Some(address) = taken.and_then(|opened| destination(ctx, &opened)) else {
        tx.roll_back().await?;
        return Ok(None);
    };
    tx.commit().await?;
    metrics::counter!("countersign_payment_links_followed_total").increment(1);
    Ok(Some(address))
}

/// Where it is paid, unless no payment provider is configured.
fn destination(ctx: &Ctx, opened: &Opened) -> Option<HeaderValue> {
    let address = ctx.orders.payment_url.as_ref()?.of(&opened.order, opened.link.amount)?;
    HeaderValue::from_str(&address).ok()
}

fn words(headers: &HeaderMap) -> Words {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Words::hong_kong(Lang::negotiate(wanted))
}

fn trouble(l: Words, trouble: Trouble) -> Response {
    let (status, title, sentence) = match trouble {
        Trouble::Gone => (StatusCode::NOT_FOUND, l.t("pay-gone"), l.t("pay-gone-text")),
        Trouble::TooMany => (StatusCode::TOO_MANY_REQUESTS, l.t("pay-many"), l.t("pay-many-text")),
        Trouble::Away => (StatusCode::SERVICE_UNAVAILABLE, l.t("pay-away"), l.t("pay-away-text")),
    };
    let mut answer = html(status, &NoPage { l, style: &STYLE_LINK, title, sentence });
    if matches!(trouble, Trouble::TooMany | Trouble::Away) {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    }
    answer
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page for a customer could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
