//! The door for customers who pay: a link in their message opens one page, and a button on it leads to the payment.
//!
//! It is no page of the console: whoever comes here has no session and must get none, is somebody's customer and not of the
//! team, and proves nothing but the link. To look at a link uses nothing up, because programs that show previews look as well.

use crate::domain::canonical::sha256;
use crate::domain::orders::PaymentUrl;
use crate::domain::orders::links::LinkToken;
use crate::error::Result;
use crate::store::orders::links::{self, Opened, Opening};
use crate::store::people;
use crate::tools::Ctx;
use crate::words::{Lang, Words};
use askama::Template;
use axum::Router;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY,
    RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use tower_http::set_header::SetResponseHeaderLayer;

pub use crate::domain::orders::links::PATH;

/// Tokens that open nothing, from one address and from all together; more are asked to wait. Whoever has one that opens something
/// is looked up first and never held up by others.
const EACH: Quota = Quota::per_second(NonZeroU32::MIN).allow_burst(NonZeroU32::MIN.saturating_add(19));
const ALL: Quota =
    Quota::per_second(NonZeroU32::MIN.saturating_add(19)).allow_burst(NonZeroU32::MIN.saturating_add(199));
/// Addresses that are remembered before those are forgotten that have been quiet.
const ADDRESSES: usize = 10_000;

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
    misses: Misses,
}

/// How often tokens were tried that open nothing.
struct Misses {
    each: DefaultKeyedRateLimiter<IpAddr>,
    all: DefaultDirectRateLimiter,
}

impl Misses {
    fn new() -> Self {
        Self { each: RateLimiter::keyed(EACH), all: RateLimiter::direct(ALL) }
    }

    /// One more: nothing is there, or whoever asks has tried too often.
    fn count(&self, address: Option<IpAddr>) -> Trouble {
        if self.each.len() > ADDRESSES {
            self.each.retain_recent();
        }
        let free = address.is_none_or(|address| self.each.check_key(&address).is_ok()) && self.all.check().is_ok();
        if free { Trouble::Gone } else { Trouble::TooMany }
    }
}

/// Who calls, as the connection says. The half of an IPv6 address that its owner chooses says nothing.
fn caller(extensions: &Extensions) -> Option<IpAddr> {
    let address = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    Some(match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(wide) => IpAddr::V6((wide.to_bits() >> 64 << 64).into()),
    })
}

/// `/p/{token}`.
pub fn router(ctx: Ctx) -> Router {
    let policy = content_policy(ctx.orders.payment_url.as_ref());
    let door = Arc::new(Door { ctx, misses: Misses::new() });
    let routes = Router::new().route("/p/{token}", get(show).post(go)).with_state(door);
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
    /// The database was put back, and nobody has looked at it yet.
    NotNow,
    Away,
}

/// `/p/-/style.css`.
async fn style() -> Response {
    let keep = "public, max-age=31536000, immutable";
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, keep)], STYLE).into_response()
}

async fn show(
    State(door): State<Arc<Door>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let l = words(&headers);
    let Some(token) = LinkToken::parse(&token) else { return trouble(l, Trouble::Gone) };
    match page(&door.ctx, &token, &l).await {
        Ok(Ok(page)) => page,
        Ok(Err(Trouble::Gone)) => trouble(l, door.misses.count(caller(&extensions))),
        Ok(Err(other)) => trouble(l, other),
        Err(error) => {
            tracing::warn!(%error, cause = ?error, "a payment link could not be shown");
            trouble(l, Trouble::Away)
        }
    }
}

async fn page(ctx: &Ctx, token: &LinkToken, l: &Words) -> Result<std::result::Result<Response, Trouble>> {
    let opened = match links::open(&ctx.db, &token.hash(), ctx.clock.now()).await? {
        Opening::Open(opened) => opened,
        Opening::Closed => return Ok(Err(Trouble::Gone)),
        Opening::NotNow => return Ok(Err(Trouble::NotNow)),
    };
    let Opened { tenant, link, order } = &*opened;
    if destination(ctx, &opened).is_none() {
        return Ok(Err(Trouble::Gone));
    }
    let items = order.basket.items();
    let Some(tenant) = people::tenant(&ctx.db, *tenant).await? else { return Ok(Err(Trouble::Gone)) };
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
    Ok(Ok(html(StatusCode::OK, &page)))
}

/// The customer pressed the button.
async fn go(
    State(door): State<Arc<Door>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let l = words(&headers);
    let Some(token) = LinkToken::parse(&token) else { return trouble(l, Trouble::Gone) };
    match taken(&door.ctx, &token).await {
        Ok(Ok(address)) => (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response(),
        Ok(Err(Trouble::Gone)) => trouble(l, door.misses.count(caller(&extensions))),
        Ok(Err(other)) => trouble(l, other),
        Err(error) => {
            tracing::warn!(%error, cause = ?error, "a payment link could not be followed");
            trouble(l, Trouble::Away)
        }
    }
}

async fn taken(ctx: &Ctx, token: &LinkToken) -> Result<std::result::Result<HeaderValue, Trouble>> {
    // Whoever guesses holds up nothing that is written.
    if let Opening::Closed = links::open(&ctx.db, &token.hash(), ctx.clock.now()).await? {
        return Ok(Err(Trouble::Gone));
    }
    let mut tx = ctx.db.begin().await?;
    let address = match links::take(&mut tx, &token.hash(), ctx.clock.now()).await? {
        Opening::Open(opened) => destination(ctx, &opened).ok_or(Trouble::Gone),
        Opening::Closed => Err(Trouble::Gone),
        Opening::NotNow => Err(Trouble::NotNow),
    };
    // Nothing is used up that leads nowhere.
    if address.is_err() {
        tx.roll_back().await?;
        return Ok(address);
    }
    tx.commit().await?;
    metrics::counter!("countersign_payment_links_followed_total").increment(1);
    Ok(address)
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
        Trouble::NotNow => (StatusCode::SERVICE_UNAVAILABLE, l.t("pay-not-now"), l.t("pay-not-now-text")),
        Trouble::Away => (StatusCode::SERVICE_UNAVAILABLE, l.t("pay-away"), l.t("pay-away-text")),
    };
    let mut answer = html(status, &NoPage { l, style: &STYLE_LINK, title, sentence });
    if matches!(trouble, Trouble::TooMany | Trouble::NotNow | Trouble::Away) {
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
