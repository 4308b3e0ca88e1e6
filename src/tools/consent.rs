//! Consent and its opposite: what people said, and who may not be written to.

mod given;
pub mod update;

use super::reading::{Cursor, Limit, Page, after, cut, reading};
use super::{Ctx, Kind, Tool, schema};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentRecord, ConsentSource, ConsentState, MessageCategory, OptOut, Suppression};
use crate::domain::contacts::{Contact, ContactNo};
use crate::domain::ids::{ConsentId, ContactId};
use crate::domain::people::{Area, Caller};
use crate::domain::redact::scrub;
use crate::error::{Error, Result};
use crate::store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.consent_records.list",
        title: ["List consent records", "列出同意紀錄", "列出同意记录"],
        summary: "Reads the consent history, newest first: who agreed to or withdrew from which kind of message, how, when, \
                  with what proof, and whether it stands now. Filters: contact, category, state, source, time.",
        read_first: &["whatsapp.contacts.list"],
        governance: "Only reads; nobody has to approve it.",
        safety: "These records decide who a broadcast may reach, and nothing goes around them.",
        area: Area::Consent,
        wants: None,
        kind: Kind::Read(reading!(records)),
        input: schema::<RecordArguments>,
        output: schema::<Page<RecordItem>>,
    },
    Tool {
        name: "whatsapp.opt_outs.list",
        title: ["List opt-outs", "列出退訂名單", "列出退订名单"],
        summary: "Reads the suppression list, newest first: opt-outs with the word the person wrote, marketing switched off \
                  at Meta, blocked people, invalid numbers, do-not-contact. Filters: contact, reason, time.",
        read_first: &["whatsapp.consent_records.list"],
        governance: "Only reads; nobody has to approve it.",
        safety: "The list is applied again before every batch of every broadcast; an entry takes effect at once.",
        area: Area::Consent,
        wants: None,
        kind: Kind::Read(reading!(opt_outs)),
        input: schema::<OptOutArguments>,
        output: schema::<Page<OptOutItem>>,
    },
];

/// Which records. Every filter narrows; without any, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordArguments {
    /// Of this contact.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    contact_id: Option<ContactId>,
    /// For this kind of message.
    #[serde(default)]
    category: Option<MessageCategory>,
    /// Given, or taken back.
    #[serde(default)]
    state: Option<ConsentState>,
    /// Given or taken back in this way.
    #[serde(default)]
    source: Option<ConsentSource>,
    /// Written down at this time or later.
    #[serde(default)]
    from: Option<Timestamp>,
    /// Written down at this time or earlier.
    #[serde(default)]
    until: Option<Timestamp>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// One entry of the history.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RecordItem {
    /// Which entry.
    #[schemars(with = "String")]
    id: ConsentId,
    /// Whose.
    #[schemars(with = "String")]
    contact_id: ContactId,
    /// The number, masked for most.
    phone: Option<String>,
    /// The name, masked for most.
    name: String,
    /// For which kind of message.
    category: MessageCategory,
    /// Given or taken back.
    state: ConsentState,
    /// How.
    source: ConsentSource,
    /// Where the proof lies.
    evidence: Option<String>,
    /// When the person said so.
    given_at: Timestamp,
    /// When it was written down here.
    recorded_at: Timestamp,
    /// When an oral consent was confirmed in writing.
    confirmed_at: Option<Timestamp>,
    /// Whether this entry is the one that stands for its category, as consent that one may rely on now.
    stands: bool,
    /// Reasons on the suppression list not to send this kind of message all the same.
    suppressed_by: Vec<Suppression>,
}

async fn records(ctx: &Ctx, caller: &Caller, arguments: RecordArguments) -> Result<Page<RecordItem>> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let filter = store::consent::Filter {
        contact: number(ctx, caller, arguments.contact_id).await?,
        category: arguments.category,
        state: arguments.state,
        source: arguments.source,
        from: arguments.from,
        until: arguments.until,
        after: after("consent_records", arguments.cursor.as_ref())?,
    };
    let rows = store::consent::list(&ctx.db, tenant, &filter, arguments.limit.and_one()).await?;
    let (rows, next_cursor) = cut("consent_records", arguments.limit, rows, |(_, r)| (r.recorded_at, r.id))?;
    let numbers: Vec<ContactNo> = rows.iter().map(|(no, _)| *no).collect();
    let contacts = store::contacts::many(&ctx.db, tenant, &numbers).await?;
    let standing = store::consent::standing(&ctx.db, tenant, &numbers).await?;
    let suppressions = store::consent::suppressions(&ctx.db, tenant, &numbers).await?;
    let must_be_traceable = ctx.policy.settings.consent.must_be_traceable;
    let permit = caller.customer_data();
    let item = |(no, record): (ContactNo, ConsentRecord)| {
        let stands = standing.get(&no).is_some_and(|of| {
            of.iter().any(|(category, consent)| {
                *category == record.category
                    && record.state == ConsentState::Granted
                    && consent.given_at == record.given_at
                    && consent.counts_at(now)
                    && (consent.traceable || !must_be_traceable)
            })
        });
        let entries = suppressions.get(&no).map(Vec::as_slice).unwrap_or_default();
        let (phone, name) = shown(&contacts, no, caller);
        RecordItem {
            id: record.id,
            contact_id: record.contact,
            phone,
            name,
            category: record.category,
            state: record.state,
            source: record.source,
            // A reference is free text, and people write numbers and addresses into it.
            evidence: record.evidence.map(|text| if permit.is_some() { text } else { scrub(&text) }),
            given_at: record.given_at,
            recorded_at: record.recorded_at,
            confirmed_at: record.confirmed_at,
            stands,
            suppressed_by: entries.iter().map(|e| e.kind).filter(|kind| kind.forbids(record.category)).collect(),
        }
    };
    Ok(Page { items: rows.into_iter().map(item).collect(), next_cursor })
}

/// The place of a contact in sets, if one was named; one of another business does not exist here.
async fn number(ctx: &Ctx, caller: &Caller, contact: Option<ContactId>) -> Result<Option<ContactNo>> {
    let Some(id) = contact else { return Ok(None) };
    let no = store::contacts::number_of(&ctx.db, caller.tenant(), id).await?;
    no.map(Some).ok_or_else(|| Error::not_found("contact", id))
}

/// Number and name as this caller may see them.
fn shown(contacts: &HashMap<ContactNo, Contact>, no: ContactNo, caller: &Caller) -> (Option<String>, String) {
    let permit = caller.customer_data();
    contacts.get(&no).map_or_else(Default::default, |contact| {
        let phone = contact.phone.as_ref().map(|phone| phone.show(permit.as_ref()));
        (phone, contact.name.show(permit.as_ref()))
    })
}

/// Which entries. Every filter narrows; without any, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptOutArguments {
    /// Of this contact.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    contact_id: Option<ContactId>,
    /// For this reason.
    #[serde(default)]
    reason: Option<Suppression>,
    /// Since this time or later.
    #[serde(default)]
    from: Option<Timestamp>,
    /// Since this time or earlier.
    #[serde(default)]
    until: Option<Timestamp>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// One entry of the suppression list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OptOutItem {
    /// Whose.
    #[schemars(with = "String")]
    contact_id: ContactId,
    /// The number, masked for most.
    phone: Option<String>,
    /// The name, masked for most.
    name: String,
    /// Why.
    reason: Suppression,
    /// The kinds of message that it forbids.
    forbids: Vec<MessageCategory>,
    /// Since when.
    since: Timestamp,
    /// By what road: `inbound_message`, `meta_preference`, `console`, ..
    source: String,
    /// The word as the person wrote it.
    word: Option<String>,
}

async fn opt_outs(ctx: &Ctx, caller: &Caller, arguments: OptOutArguments) -> Result<Page<OptOutItem>> {
    let last: Option<(Timestamp, u32, Suppression)> = after("opt_outs", arguments.cursor.as_ref())?;
    let filter = store::consent::OptOutFilter {
        contact: number(ctx, caller, arguments.contact_id).await?,
        kind: arguments.reason,
        from: arguments.from,
        until: arguments.until,
        after: last.map(|(at, no, kind)| (at, ContactNo(no), kind)),
    };
    let rows = store::consent::opt_outs(&ctx.db, caller.tenant(), &filter, arguments.limit.and_one()).await?;
    let (rows, next_cursor) = cut("opt_outs", arguments.limit, rows, |(no, entry)| (entry.at, no.0, entry.kind))?;
    let numbers: Vec<ContactNo> = rows.iter().map(|(no, _)| *no).collect();
    let contacts = store::contacts::many(&ctx.db, caller.tenant(), &numbers).await?;
    let item = |(no, entry): (ContactNo, OptOut)| {
        let (phone, name) = shown(&contacts, no, caller);
        let forbids = MessageCategory::ALL.iter().copied().filter(|category| entry.kind.forbids(*category));
        OptOutItem {
            contact_id: entry.contact,
            phone,
            name,
            reason: entry.kind,
            forbids: forbids.collect(),
            since: entry.at,
            source: entry.source,
            word: entry.word,
        }
    };
    Ok(Page { items: rows.into_iter().map(item).collect(), next_cursor })
}
