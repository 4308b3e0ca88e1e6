//! An order from a conversation: what would be ordered, held against its source, and the creating of it, once for each request.

use super::look::{Look, still};
use super::{products, shown};
use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ContactId, ConversationId, RequestId, TenantId};
use crate::domain::money::Money;
use crate::domain::orders::{
    BadBasket, Basket, MOST_LINES, Order, OrderPlan, Problem, ProductId, Quantity, SourceKind, Standing, Wish, check,
    read_cart,
};
use crate::domain::people::{Area, Caller};
use crate::domain::policy::orders::{identified, notable, refused, unreadable};
use crate::domain::policy::rules::{ORDER_03, ORDER_08, ORDER_10, ORDER_12};
use crate::domain::policy::standing::stops;
use crate::domain::preview::{Finding, ItemsView, OrderView, Preview, Teller, View};
use crate::domain::requests::Accepted;
use crate::domain::text;
use crate::domain::webhooks::Cart;
use crate::error::{Error, Result};
use crate::store::orders::{self, Created, NewOrder};
use crate::store::{Tx, audit, conversations};
use crate::tools::envelope::write_schema;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Proposal, Tool, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.order.create_from_chat",
    title: ["Create an order from a conversation", "由對話建立訂單", "从对话创建订单"],
    summary: "Creates one order at the source of orders for the customer of a conversation: from the cart that they sent there, \
              or from lines that you put together from what they wrote. The result says its id and state; an order that \
              another system has not answered yet is `placing` until it has or people end it.",
    read_first: &["whatsapp.order_payment_message.preview"],
    governance: "A person signs every order.",
    safety: "Refused while it is not certain who the customer is, for products that the source does not have, at prices other \
             than the source's, and for more than there is. All of it is looked at again when it is signed and before it is \
             created.",
    area: Area::Orders,
    wants: None,
    kind: Kind::Write(|ctx, caller, value| {
        Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
    }),
    input: write_schema::<CreateArguments>,
    output: schema::<RequestView>,
}];

/// Characters of a note, at most.
const NOTE_LENGTH: usize = 500;
/// Orders of the thread that are looked at for the same one.
const BEFORE: u32 = 20;

/// Arguments of whatsapp.order.create_from_chat: either `cart` or `lines`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateArguments {
    /// The conversation in which it was ordered.
    #[schemars(with = "String", length(max = 64))]
    conversation_id: ConversationId,
    /// The customer whom you take it to be with; with anybody else it is refused.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    contact_id: Option<ContactId>,
    /// The cart that the customer sent: `newest`, or Meta's id of its message.
    #[serde(default)]
    #[schemars(length(max = 256))]
    cart: Option<String>,
    /// What the customer asked for in words.
    #[serde(default)]
    #[schemars(length(min = 1, max = MOST_LINES))]
    lines: Option<Vec<LineArguments>>,
    /// What the source should know besides, such as how it is packed. No phone numbers and no addresses.
    #[serde(default)]
    #[schemars(length(max = NOTE_LENGTH))]
    note: Option<String>,
}

/// One line of what a customer asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineArguments {
    /// The source's id of the product.
    #[schemars(with = "String", length(max = 100))]
    product_id: ProductId,
    /// How many.
    #[schemars(with = "u32", range(min = 1, max = 999))]
    quantity: Quantity,
    /// What the customer was told that one of it costs; if the source says otherwise, it is refused.
    #[serde(default)]
    unit_price: Option<Money>,
}

impl From<LineArguments> for Wish {
    fn from(line: LineArguments) -> Self {
        Self { product: line.product_id, quantity: line.quantity, claimed: line.unit_price }
    }
}

fn checked_note(note: Option<String>) -> Result<Option<String>> {
    let Some(note) = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty()) else { return Ok(None) };
    if note.chars().count() > NOTE_LENGTH || note.chars().any(|c| c.is_control() && c != '\n') {
        let wanted = format!("note: write at most {NOTE_LENGTH} characters, without control characters");
        return Err(Error::Invalid(wanted));
    }
    match text::refused(&note, "").first() {
        Some(refused) => Err(Error::Invalid(format!("note: leave out {}", refused.name()))),
        None => Ok(Some(note)),
    }
}

/// What is wished, who said so, and when a cart was sent.
struct Wished {
    wishes: Vec<Wish>,
    told_by: Teller,
    sent_at: Option<Timestamp>,
}

async fn wished(
    ctx: &Ctx,
    tenant: TenantId,
    look: &Look,
    cart: Option<String>,
    lines: Option<Vec<LineArguments>>,
) -> Result<Wished> {
    match (cart, lines) {
        (None, Some(lines)) => {
            let wishes = lines.into_iter().map(Wish::from).collect();
            Ok(Wished { wishes, told_by: Teller::Agent, sent_at: None })
        }
        (Some(which), None) => {
            let wamid = Some(which.as_str()).filter(|which| *which != "newest");
            let at = (look.thread.phone_number_id.as_str(), look.thread.contact);
            let sent = conversations::cart(&ctx.db, tenant, at, wamid).await?;
            let (details, sent_at) = sent.ok_or_else(|| Error::not_found("cart", &which))?;
            let cart: Cart = serde_json::from_value(details).map_err(Error::internal)?;
            let wishes = read_cart(&cart).map_err(|why| Error::Blocked(vec![unreadable(&why)]))?;
            Ok(Wished { wishes, told_by: Teller::Customer, sent_at: Some(sent_at) })
        }
        _ => Err(Error::Invalid("name either cart, for what the customer sent, or lines".to_owned())),
    }
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: CreateArguments) -> Result<Proposal> {
    let CreateArguments { conversation_id, contact_id, cart, lines, note } = arguments;
    let (tenant, now, note) = (caller.tenant(), ctx.clock.now(), checked_note(note)?);
    let look = Look::at(ctx, caller, conversation_id).await?;
    let identity = look.identity();
    let mut findings: Vec<Finding> = identified(&identity).into_iter().collect();
    if contact_id.is_some_and(|named| named != look.place.contact.id) {
        findings.push(ORDER_08.says(&[]));
    }
    let Wished { wishes, told_by, sent_at } = wished(ctx, tenant, &look, cart, lines).await?;
    if wishes.len() > MOST_LINES {
        findings.extend(refused(&[Problem::Basket(BadBasket::Lines(wishes.len()))]));
        return Err(Error::Blocked(findings));
    }
    let ids: Vec<ProductId> = wishes.iter().map(|wish| wish.product.clone()).collect();
    let found = products(ctx, tenant, &ids).await?;
    let basket = match check(&wishes, &found) {
        Ok(basket) => basket,
        Err(problems) => {
            findings.extend(refused(&problems));
            return Err(Error::Blocked(findings));
        }
    };
    let before = orders::of_conversation(&ctx.db, tenant, look.thread.id, BEFORE).await?;
    findings.extend(notable(told_by, look.footing.window, &basket, &before, now));
    findings.sort_by_key(|finding| finding.level);
    let source = ctx.orders.kind();
    let view = OrderView {
        identity,
        thread: look.view(ctx, tenant).await?,
        items: ItemsView {
            source,
            told_by,
            cart_sent_at: sent_at,
            lines: shown::wished(&basket, &wishes, &found),
            total: basket.total().money(),
            note: note.clone(),
        },
    };
    let (summary, title) = (summary(&view), format!("Order · {}", view.thread.who()));
    let action = Action::OrderCreate(Box::new(OrderPlan { customer: look.customer(), basket, note, source }));
    let preview = Preview { summary, action, findings, view: View::Order(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

/// The sentence that stands above everything else.
fn summary(view: &OrderView) -> String {
    let (items, who) = (&view.items, view.thread.who());
    let lines = items.lines.len();
    let products = if lines == 1 { "1 product".to_owned() } else { format!("{lines} products") };
    let place = match items.source {
        SourceKind::Catalogue => "in the built-in catalogue",
        SourceKind::Connector => "at the system that keeps orders",
    };
    format!("Order {products} for {who}, {} in all, {place}.", items.total)
}

/// What the rules say of creating it now.
pub async fn standing(ctx: &Ctx, tenant: TenantId, plan: &OrderPlan) -> Result<Vec<Finding>> {
    let look = Look::again(&ctx.db, tenant, &plan.customer, ctx.clock.now()).await?;
    let mut findings = still(&plan.customer, look.as_ref());
    if ctx.orders.kind() != plan.source {
        findings.push(ORDER_10.says(&[]));
        return Ok(findings);
    }
    match holds(ctx, tenant, &plan.basket).await {
        Ok(Ok(())) => {}
        Ok(Err(problems)) => findings.extend(refused(&problems)),
        // A page can be read, and another decision signed, while a source is away.
        Err(Error::Unavailable(why)) => findings.push(ORDER_12.says(&[("why", why.into())])),
        Err(error) => return Err(error),
    }
    Ok(findings)
}

/// Whether the source says of a basket now what was said then.
pub async fn holds(ctx: &Ctx, tenant: TenantId, basket: &Basket) -> Result<std::result::Result<(), Vec<Problem>>> {
    let claims = basket.claims();
    let ids: Vec<ProductId> = claims.iter().map(|claim| claim.product.clone()).collect();
    Ok(check(&claims, &products(ctx, tenant, &ids).await?).map(drop))
}

/// Writes the order down, once for each request, in the transaction that claims it; or says why it may not be made any more. In the
/// built-in catalogue it is placed by that. Another system is asked next, and looks at price and stock itself.
pub async fn start(
    ctx: &Ctx,
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &OrderPlan,
    accepted: &Accepted,
    now: Timestamp,
) -> Result<std::result::Result<Order, Finding>> {
    let look = Look::again(&mut *tx, tenant, &plan.customer, now).await?;
    let forbids = still(&plan.customer, look.as_ref()).into_iter().find(|finding| stops(finding, accepted));
    if let Some(forbids) = forbids {
        return Ok(Err(forbids));
    }
    let Some(look) = look.filter(|_| ctx.orders.kind() == plan.source) else { return Ok(Err(ORDER_10.says(&[]))) };
    let new = NewOrder {
        request,
        conversation: look.thread.id,
        contact: look.thread.contact,
        basket: &plan.basket,
        note: plan.note.as_deref(),
        source: plan.source,
        people_at: now.after(ctx.orders.unplaced_after),
    };
    match orders::create(tx, tenant, &new, now).await? {
        Created::New(order) => {
            if let Standing::Placed(id) = &order.standing {
                let details = json!({"request": request, "source_id": id});
                let subject = order.id.to_string();
                let event = Event { actor: Actor::Worker, act: "order.placed", subject, details };
                audit::append(tx, tenant, now, event).await?;
            }
            Ok(Ok(order))
        }
        Created::There(order) => Ok(Ok(order)),
        Created::Gone(product) => {
            let found = orders::found(tx, tenant, std::slice::from_ref(&product)).await?;
            let claims: Vec<Wish> = plan.basket.claims().into_iter().filter(|claim| claim.product == product).collect();
            let why = check(&claims, &found).err().and_then(|problems| refused(&problems).into_iter().next());
            Ok(Err(why.unwrap_or_else(|| ORDER_03.says(&[("product", product.as_str().into())]))))
        }
    }
}

/// What agents are told of an order when its request has come to its end.
#[must_use]
pub fn result(order: &Order, standing: &Standing) -> Value {
    let source_id = match standing {
        Standing::Placed(id) => Some(id),
        Standing::Placing | Standing::Refused(_) | Standing::Cancelled(_) => None,
    };
    json!({"order_id": order.id, "state": standing.state(), "source_order_id": source_id})
}
