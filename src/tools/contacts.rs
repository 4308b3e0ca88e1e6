//! Contacts: who they are, what they agreed to, and whether they may be written to.

mod history;
pub mod import;
pub mod tag;
pub mod upsert;

use super::reading::{Cursor, Limit, Page, Text, after, cut, reading};
use super::{Ctx, Kind, Tool, schema};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Consent, ConsentSource, MessageCategory, OptOut, Suppression};
use crate::domain::contacts::{Contact, ContactNo, Language};
use crate::domain::ids::{ContactId, SegmentId};
use crate::domain::masked::{CustomerName, Masked};
use crate::domain::people::{Area, Caller, Permission};
use crate::domain::phone::{Market, PhoneNumber};
use crate::domain::policy::settings::ConsentSettings;
use crate::domain::segments::{Segment, TagSets};
use crate::error::{Error, Result};
use crate::store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use history::{ContactConversation, ContactOrder, LatestMessage, Preference, dealings, latest, preferences};

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.contacts.list",
        title: ["List contacts", "列出聯絡人", "列出联系人"],
        summary: "Finds contacts by tag, language, market, number, consent, suppression or last message; `sort` turns the order round. \
                  Each comes with tags, segments, standing consent, reasons not to write, and the last interaction.",
        read_first: &["whatsapp.config.get"],
        governance: "Only reads; nobody has to approve it.",
        safety: "Numbers, names and attributes are masked unless this key may see customer data.",
        area: Area::Contacts,
        wants: None,
        kind: Kind::Read(reading!(list)),
        input: schema::<ListArguments>,
        output: schema::<Page<ContactItem>>,
    },
    Tool {
        name: "whatsapp.contact.get",
        title: ["Read one contact", "讀取一位聯絡人", "读取一位联系人"],
        summary: "Shows one contact: profile and attributes such as CRM links, tags, segments, consent and preferences, what \
                  the person may not be sent, open 24-hour windows, conversations, orders, and the latest messages with their \
                  delivery.",
        read_first: &["whatsapp.contacts.list"],
        governance: "Only reads; nobody has to approve it.",
        safety: "Shows contacts of this business only, with personal data masked unless this key may see it, and says \
                 for each kind of message whether the person's consent covers it.",
        area: Area::Contacts,
        wants: None,
        kind: Kind::Read(reading!(get)),
        input: schema::<GetArguments>,
        output: schema::<ContactDetail>,
    },
];

/// Which contacts. Every filter narrows; without any, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListArguments {
    /// Carries this tag.
    #[serde(default)]
    tag: Option<Text<64>>,
    /// Prefers this language.
    #[serde(default)]
    language: Option<Language>,
    /// Has a number of this country or territory.
    #[serde(default)]
    market: Option<Market>,
    /// Has exactly this number, in international form. Only for keys that may see customer data.
    #[serde(default)]
    phone: Option<Text<40>>,
    /// Has standing consent for this kind of message.
    #[serde(default)]
    consent: Option<MessageCategory>,
    /// True: only people on the suppression list (opted out, blocked, invalid). False: only people who are not.
    #[serde(default)]
    suppressed: Option<bool>,
    /// Wrote to the business at this time or later.
    #[serde(default)]
    wrote_since: Option<Timestamp>,
    /// In which order.
    #[serde(default)]
    sort: Sort,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// The order of contacts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    /// Whom the business has known longest comes first.
    #[default]
    CreatedOldest,
    /// Whom the business came to know last comes first.
    CreatedNewest,
}

impl Sort {
    /// A cursor of one order means nothing in the other.
    const fn cursor(self) -> &'static str {
        match self {
            Self::CreatedOldest => "contacts",
            Self::CreatedNewest => "contacts_newest",
        }
    }
}

/// One contact in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContactItem {
    /// Its id, for whatsapp.contact.get and other tools.
    #[schemars(with = "String")]
    id: ContactId,
    /// The number, masked for most; null if there is no valid one.
    phone: Option<String>,
    /// The name, masked for most.
    name: String,
    /// Preferred language.
    language: Option<Language>,
    /// Country or territory of the number.
    market: Option<Market>,
    /// Labels.
    tags: BTreeSet<String>,
    /// The segments it belongs to now.
    segments: Vec<SegmentName>,
    /// The consent that stands, by kind of message.
    consents: Vec<StandingConsent>,
    /// Reasons not to write.
    suppressions: Vec<SuppressionItem>,
    /// When the person last wrote to the business.
    last_inbound_at: Option<Timestamp>,
    /// Since when the business knows the person.
    created_at: Timestamp,
}

/// A segment by id and name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SegmentName {
    /// Its id.
    #[schemars(with = "String")]
    id: SegmentId,
    /// Its name.
    name: String,
}

/// A consent that stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StandingConsent {
    /// For this kind of message.
    category: MessageCategory,
    /// How it was given.
    source: ConsentSource,
    /// When.
    given_at: Timestamp,
    /// Whether one may rely on it now: there is proof, and an oral one was confirmed in time.
    counts: bool,
}

/// A reason not to write.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SuppressionItem {
    /// Why.
    reason: Suppression,
    /// Since when.
    since: Timestamp,
    /// The kinds of message that it forbids.
    forbids: Vec<MessageCategory>,
}

async fn list(ctx: &Ctx, caller: &Caller, arguments: ListArguments) -> Result<Page<ContactItem>> {
    let permit = caller.customer_data();
    // Whoever may not see a number could otherwise find out whose it is by asking for one after the other.
    if arguments.phone.is_some() && permit.is_none() {
        return Err(Error::Forbidden(format!("phone: looking up a number needs {}", Permission::ContactsPii)));
    }
    let number = |text: &str| PhoneNumber::parse(text, None).map_err(|e| Error::Invalid(format!("phone: {e}")));
    let filter = store::contacts::Filter {
        phone: arguments.phone.as_ref().map(|text| number(text.as_str())).transpose()?,
        tag: arguments.tag.map(Text::into_string),
        language: arguments.language,
        market: arguments.market,
        consent: arguments.consent,
        suppressed: arguments.suppressed,
        wrote_since: arguments.wrote_since,
        newest_first: arguments.sort == Sort::CreatedNewest,
        after: after::<u32>(arguments.sort.cursor(), arguments.cursor.as_ref())?.map(ContactNo),
    };
    let rows = store::contacts::list(&ctx.db, caller.tenant(), &filter, arguments.limit.and_one()).await?;
    let (rows, next_cursor) = cut(arguments.sort.cursor(), arguments.limit, rows, |contact| contact.no.0)?;
    Ok(Page { items: items(ctx, caller, rows).await?, next_cursor })
}

/// Everything that stands beside the rows, read once for all of them.
async fn items(ctx: &Ctx, caller: &Caller, contacts: Vec<Contact>) -> Result<Vec<ContactItem>> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let numbers: Vec<ContactNo> = contacts.iter().map(|contact| contact.no).collect();
    let consents = store::consent::standing(&ctx.db, tenant, &numbers).await?;
    let mut suppressions = store::consent::suppressions(&ctx.db, tenant, &numbers).await?;
    let people = store::population::some(&ctx.db, tenant, &numbers).await?;
    let people: HashMap<ContactNo, store::population::Person> = people.into_iter().map(|p| (p.no, p)).collect();
    let segments = store::segments::list(&ctx.db, tenant, None, u32::MAX).await?;
    let tags = tags_of(&contacts);
    let permit = caller.customer_data();
    let rules = &ctx.policy.settings.consent;
    let none = Vec::new();
    let item = |contact: Contact| {
        let standing = consents.get(&contact.no).unwrap_or(&none);
        let person = people.get(&contact.no);
        let belongs = |s: &&Segment| person.is_some_and(|p| s.has(&p.traits(standing), &tags, now));
        let names = segments.iter().filter(belongs).map(|s| SegmentName { id: s.id, name: s.name.clone() });
        ContactItem {
            id: contact.id,
            phone: contact.phone.map(|phone| phone.show(permit.as_ref())),
            name: contact.name.show(permit.as_ref()),
            language: contact.language,
            market: person.and_then(|p| p.market),
            tags: contact.tags,
            segments: names.collect(),
            consents: standing
                .iter()
                .map(|(category, consent)| standing_item(*category, *consent, rules, now))
                .collect(),
            suppressions: suppressions.remove(&contact.no).unwrap_or_default().iter().map(suppression_item).collect(),
            last_inbound_at: contact.last_inbound_at,
            created_at: contact.created_at,
        }
    };
    Ok(contacts.into_iter().map(item).collect())
}

/// The tag sets of these contacts alone, which is all that conditions about them can ask.
fn tags_of(contacts: &[Contact]) -> TagSets {
    let mut sets = TagSets::new();
    for contact in contacts {
        for tag in &contact.tags {
            sets.entry(tag.clone()).or_default().insert(contact.no.0);
        }
    }
    sets
}

fn standing_item(
    category: MessageCategory,
    consent: Consent,
    rules: &ConsentSettings,
    now: Timestamp,
) -> StandingConsent {
    let counts = rules.rely_on(&consent, now);
    StandingConsent { category, source: consent.source, given_at: consent.given_at, counts }
}

fn suppression_item(entry: &OptOut) -> SuppressionItem {
    let forbids = MessageCategory::ALL.iter().copied().filter(|category| entry.kind.forbids(*category)).collect();
    SuppressionItem { reason: entry.kind, since: entry.at, forbids }
}

/// Which contact.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetArguments {
    /// The contact's id, from whatsapp.contacts.list.
    #[schemars(with = "String")]
    contact_id: ContactId,
}

/// One contact with all that is known.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContactDetail {
    /// The contact.
    contact: ContactItem,
    /// Further facts that a template may insert, CRM links among them; values are masked for most.
    attributes: BTreeMap<String, String>,
    /// For each kind of message, whether the person may be written to now, and if not, why.
    may_receive: Vec<MayReceive>,
    /// The open 24-hour windows, in which free text may be sent.
    windows: Vec<Window>,
    /// What the person wants to be sent, by kind of message.
    preferences: Vec<Preference>,
    /// The conversations with the person that this key may see, the one they wrote in last first.
    conversations: Vec<ContactConversation>,
    /// The 20 newest orders of these conversations, the newest first.
    orders: Vec<ContactOrder>,
    /// The 20 newest messages to this person, of broadcasts and to them alone, newest first.
    messages: Vec<LatestMessage>,
}

/// Whether one kind of message may be sent to the person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MayReceive {
    /// Which kind.
    category: MessageCategory,
    /// Whether a message of this kind may be proposed.
    allowed: bool,
    /// The first reason against it.
    because: Option<String>,
}

/// An open 24-hour window.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Window {
    /// With which of the business's numbers.
    number: String,
    /// Since the person last wrote.
    opened_at: Timestamp,
    /// Until when free text may be sent.
    closes_at: Timestamp,
}

async fn get(ctx: &Ctx, caller: &Caller, arguments: GetArguments) -> Result<ContactDetail> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let found = store::contacts::find(&ctx.db, tenant, arguments.contact_id).await?;
    let contact = found.ok_or_else(|| Error::not_found("contact", arguments.contact_id))?;
    let no = contact.no;
    let attributes = contact.attributes.clone();
    let windows = store::messages::open_windows(&ctx.db, tenant, no, now).await?;
    let numbers = store::business::numbers(&ctx.db, tenant).await?;
    let (conversations, orders) = dealings(ctx, caller, no).await?;
    let messages = latest(ctx, caller, no).await?;
    let item = items(ctx, caller, vec![contact]).await?.pop();
    let contact = item.ok_or_else(|| Error::not_found("contact", arguments.contact_id))?;
    let rules = &ctx.policy.settings.consent;
    let may = |category: &MessageCategory| may_receive(&contact, *category, !windows.is_empty(), rules);
    let may_receive = MessageCategory::ALL.iter().map(may).collect();
    let display = |id: &str| numbers.iter().find(|n| n.id.for_meta() == id).map(|n| n.display.clone());
    let window = |w: store::messages::Window| Window {
        number: display(&w.phone_number_id).unwrap_or_default(),
        opened_at: w.opened_at,
        closes_at: w.closes_at,
    };
    let permit = caller.customer_data();
    let shown = |value: String| Masked::new(CustomerName::new(value)).show(permit.as_ref());
    Ok(ContactDetail {
        preferences: preferences(&contact),
        contact,
        attributes: attributes.into_iter().map(|(name, value)| (name, shown(value))).collect(),
        may_receive,
        windows: windows.into_iter().map(window).collect(),
        conversations,
        orders,
        messages,
    })
}

/// The same order in which a broadcast leaves people out: no number, then suppression, then consent.
fn may_receive(
    contact: &ContactItem,
    category: MessageCategory,
    window_open: bool,
    rules: &ConsentSettings,
) -> MayReceive {
    let consent = contact.consents.iter().find(|c| c.category == category);
    let suppressed = contact.suppressions.iter().find(|s| s.forbids.contains(&category));
    let because = if contact.phone.is_none() {
        Some("there is no valid number".to_owned())
    } else if let Some(entry) = suppressed {
        Some(format!("on the suppression list: {}", entry.reason))
    } else if category == MessageCategory::Service {
        (!window_open).then(|| "no 24-hour window is open; the person has to write first".to_owned())
    } else if !rules.needed_for.contains(&category) {
        None
    } else {
        match consent {
            None => Some(format!("no consent for {category}")),
            Some(consent) if !consent.counts => Some("the consent cannot be shown or was not confirmed".to_owned()),
            Some(_) => None,
        }
    };
    MayReceive { category, allowed: because.is_none(), because }
}
