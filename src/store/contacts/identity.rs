//! Who a contact is: found by number or id, now or formerly; becoming another; two that turn out to be one.

use super::{Known, KnownRow, NewContact, insert_many, next_no};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::contacts::identity::{Identity, UserId};
use crate::domain::ids::{ContactId, TenantId};
use crate::domain::messages::Recipient;
use crate::domain::orders::links::Revocation;
use crate::domain::orders::{Doubt, may_send};
use crate::domain::phone::PhoneNumber;
use crate::store::orders::{self, links};
use crate::store::{Error, Result, Source, Tx, consent, conversations, on, replies, row, word};
use std::collections::{BTreeMap, BTreeSet};

/// A contact that was looked for by who Meta says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Which one.
    pub known: Known,
    /// By a number or id that it has given up since.
    pub formerly: bool,
}

/// What came of it that a contact is told to be somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It was known already.
    Same,
    /// A number or id was added to it.
    More,
    /// It gave up a number or an id for another.
    Another,
    /// Another contact had that number or id; all that was known of that one is this one's now.
    OneWith(Known),
}

impl Became {
    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::OneWith(known), _) | (_, Self::OneWith(known)) => Self::OneWith(known),
            (Self::Another, _) | (_, Self::Another) => Self::Another,
            (Self::More, _) | (_, Self::More) => Self::More,
            (Self::Same, Self::Same) => Self::Same,
        }
    }
}

/// Who it was at that time, by Meta's clock. What a contact gave up later was still its own then, whoever has it now.
pub async fn of(tx: &mut Tx, tenant: TenantId, who: &Identity, at: Timestamp) -> Result<Option<Found>> {
    let (phone, user_id) = (who.phone().map(PhoneNumber::e164), who.user_id().map(UserId::as_str));
    let former: Option<KnownRow> = on!(tx &mut *tx, c => sqlx::query_as(
        "select c.id, c.no from contact_former f join contact c on c.tenant_id = f.tenant_id and c.no = f.contact_no
         where f.tenant_id = $1 and f.until > $4 and c.merged_into is null
            and ((f.kind = 'phone' and f.value = $2) or (f.kind = 'user_id' and f.value = $3))
         order by f.until, f.kind limit 1")
        .bind(tenant).bind(phone).bind(user_id).bind(at).fetch_optional(c).await)?;
    if let Some(KnownRow { id, no }) = former {
        return Ok(Some(Found { known: Known { id, no }, formerly: true }));
    }
    let known = match (by(tx, tenant, "phone", phone).await?, user_id) {
        (None, user_id) => by(tx, tenant, "user_id", user_id).await?,
        (known, _) => known,
    };
    Ok(known.map(|known| Found { known, formerly: false }))
}

async fn by(tx: &mut Tx, tenant: TenantId, kind: &'static str, value: Option<&str>) -> Result<Option<Known>> {
    let Some(value) = value else { return Ok(None) };
    let sql = match kind {
        "phone" => "select id, no from contact where tenant_id = $1 and phone = $2",
        _ => "select id, no from contact where tenant_id = $1 and user_id = $2",
    };
    let row: Option<KnownRow> = on!(tx tx, c => sqlx::query_as(sql).bind(tenant).bind(value).fetch_optional(c).await)?;
    Ok(row.map(|row| Known { id: row.id, no: row.no }))
}

/// The same; somebody who is not known yet is added with that name.
pub async fn know(
    tx: &mut Tx,
    tenant: TenantId,
    who: &Identity,
    name: &str,
    at: Timestamp,
    now: Timestamp,
) -> Result<Found> {
    if let Some(found) = of(tx, tenant, who, at).await? {
        return Ok(found);
    }
    // Whoever waits here for the other writer finds the contact that the other has added.
    next_no(tx, tenant).await?;
    if let Some(found) = of(tx, tenant, who, at).await? {
        return Ok(found);
    }
    let new = NewContact {
        id: ContactId::random(),
        phone: who.phone().cloned(),
        user_id: who.user_id().map(|id| id.as_str().to_owned()),
        name: name.to_owned(),
        language: None,
        tags: BTreeSet::new(),
        attributes: BTreeMap::new(),
        last_inbound_at: None,
        created_at: now,
    };
    let no = insert_many(tx, tenant, std::slice::from_ref(&new)).await?.first().copied();
    let no = no.ok_or_else(|| Error::inconsistent("contact", "no", new.id, "nothing was added"))?;
    Ok(Found { known: Known { id: new.id, no }, formerly: false })
}

row! {
    struct WhoRow { phone: Option<String>, user_id: Option<String>, parent_user_id: Option<String> }
}

/// Gives a contact this number and this id, by a message of Meta's and since when. What it had before is remembered, and
/// whoever had them becomes one with it: the reasons not to write of both stand, and both histories of consent.
pub async fn become_another(
    tx: &mut Tx,
    tenant: TenantId,
    known: Known,
    who: &Identity,
    by_message: (&str, Timestamp),
) -> Result<Became> {
    let is: Option<WhoRow> = on!(tx &mut *tx, c => sqlx::query_as(
        "select phone, user_id, parent_user_id from contact where tenant_id = $1 and no = $2")
        .bind(tenant).bind(known.no).fetch_optional(c).await)?;
    let is = is.ok_or_else(|| Error::inconsistent("contact", "no", known.id, "it is gone"))?;
    let mut became = Became::Same;
    if let Some(phone) = who.phone().filter(|phone| is.phone.as_deref() != Some(phone.e164())) {
        let other = by(tx, tenant, "phone", Some(phone.e164())).await?;
        became = became.and(take_over(tx, tenant, known, other, ("phone", is.phone.as_deref()), by_message).await?);
        on!(tx &mut *tx, c => sqlx::query("update contact set phone = $3, market = $4 where tenant_id = $1 and no = $2")
            .bind(tenant).bind(known.no).bind(phone.e164()).bind(phone.market().as_str()).execute(c).await.map(drop))?;
    }
    if let Some(id) = who.user_id().filter(|id| is.user_id.as_deref() != Some(id.as_str())) {
        let other = by(tx, tenant, "user_id", Some(id.as_str())).await?;
        became = became.and(take_over(tx, tenant, known, other, ("user_id", is.user_id.as_deref()), by_message).await?);
        on!(tx &mut *tx, c => sqlx::query("update contact set user_id = $3 where tenant_id = $1 and no = $2")
            .bind(tenant).bind(known.no).bind(id.as_str()).execute(c).await.map(drop))?;
    }
    if let Some(parent) = who.parent().filter(|it| is.parent_user_id.as_deref() != Some(it.as_str())) {
        on!(tx tx, c => sqlx::query("update contact set parent_user_id = $3 where tenant_id = $1 and no = $2")
            .bind(tenant).bind(known.no).bind(parent.as_str()).execute(c).await.map(drop))?;
    }
    Ok(became)
}

/// Makes room for a new number or id: the old one is remembered, and whoever has the new one becomes one with the contact.
async fn take_over(
    tx: &mut Tx,
    tenant: TenantId,
    known: Known,
    other: Option<Known>,
    (kind, before): (&'static str, Option<&str>),
    (wamid, until): (&str, Timestamp),
) -> Result<Became> {
    let mut became = Became::More;
    if let Some(before) = before {
        on!(tx &mut *tx, c => sqlx::query(
            "insert into contact_former (tenant_id, contact_no, kind, value, until, wamid) values ($1, $2, $3, $4, $5, $6)
             on conflict do nothing")
            .bind(tenant).bind(known.no).bind(kind).bind(before).bind(until).bind(wamid).execute(c).await.map(drop))?;
        became = Became::Another;
    }
    if let Some(other) = other.filter(|other| other.no != known.no) {
        merge(tx, tenant, other.no, known.no, until).await?;
        became = Became::OneWith(other);
    }
    Ok(became)
}

/// All that is known of one contact becomes another's. What was sent to it stays with it.
async fn merge(tx: &mut Tx, tenant: TenantId, from: ContactNo, into: ContactNo, at: Timestamp) -> Result<()> {
    // Who looks for the contact from now on must not find the old one in a list that was sealed before.
    const GONE: &str =
        "update contact set phone = null, market = null, user_id = null, parent_user_id = null, merged_into = $3
        where tenant_id = $1 and no = $2";
    const MOVED: [&str; 11] = [
        "insert into contact_tag (tenant_id, tag, contact_no) select tenant_id, tag, $3 from contact_tag
            where tenant_id = $1 and contact_no = $2 on conflict do nothing",
        "delete from contact_tag where tenant_id = $1 and contact_no = $2 and $3 = $3",
        "insert into suppression (tenant_id, contact_no, kind, at, source, word) select tenant_id, $3, kind, at, source, word
            from suppression where tenant_id = $1 and contact_no = $2 on conflict do nothing",
        "update consent_record set contact_no = $3 where tenant_id = $1 and contact_no = $2",
        "update inbound_message set contact_no = $3 where tenant_id = $1 and contact_no = $2",
        "insert into service_window (tenant_id, phone_number_id, contact_no, opened_at, closes_at)
            select tenant_id, phone_number_id, $3, opened_at, closes_at from service_window where tenant_id = $1 and contact_no = $2
            on conflict (tenant_id, phone_number_id, contact_no) do update set opened_at = excluded.opened_at, closes_at = excluded.closes_at
                where service_window.closes_at < excluded.closes_at",
        "delete from service_window where tenant_id = $1 and contact_no = $2 and $3 = $3",
        "update contact_former set contact_no = $3 where tenant_id = $1 and contact_no = $2",
        "update automation_run set contact_no = $3 where tenant_id = $1 and contact_no = $2",
        // Of two questions that wait for an answer, that of the contact that stays.
        "delete from flow_place where tenant_id = $1 and contact_no = $2 and exists (select 1 from flow_place p
            where p.tenant_id = $1 and p.phone_number_id = flow_place.phone_number_id and p.contact_no = $3)",
        "update flow_place set contact_no = $3 where tenant_id = $1 and contact_no = $2",
    ];
    on!(tx &mut *tx, c => sqlx::query(GONE).bind(tenant).bind(from).bind(into).execute(c).await.map(drop))?;
    for sql in MOVED {
        on!(tx &mut *tx, c => sqlx::query(sql).bind(tenant).bind(from).bind(into).execute(c).await.map(drop))?;
    }
    on!(tx &mut *tx, c => sqlx::query(
        "update contact set last_inbound_at = (select max(c.last_inbound_at) from contact c where c.tenant_id = $1 and c.no in ($2, $3)),
            wished_at = (select max(c.wished_at) from contact c where c.tenant_id = $1 and c.no in ($2, $3))
         where tenant_id = $1 and no = $3")
        .bind(tenant).bind(from).bind(into).execute(c).await.map(drop))?;
    conversations::merge(tx, tenant, from, into).await?;
    replies::merge(tx, tenant, from, into).await?;
    orders::merge(tx, tenant, from, into).await?;
    consent::derive_all(tx, tenant, &[from, into]).await?;
    doubt_identity(tx, tenant, into, at).await?;
    Ok(())
}

/// How a person is reached, and who Meta said they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The number.
    pub phone: Option<PhoneNumber>,
    /// Meta's id of the person for this business.
    pub user_id: Option<UserId>,
    /// Who holds the number, by Meta's mark.
    pub identity_hash: Option<String>,
    /// When that was last another one than before.
    pub identity_changed_at: Option<Timestamp>,
    /// When somebody of the team last made sure who it is.
    pub identity_confirmed_at: Option<Timestamp>,
}

impl Reach {
    /// To whom a message to this person goes: to the number, where one is known.
    #[must_use]
    pub fn recipient(&self) -> Option<Recipient> {
        self.phone.as_ref().map(Recipient::from).or_else(|| self.user_id.clone().map(Recipient::from))
    }

    /// Whether something private may go there, and the mark that it then carries.
    pub fn may_send(&self) -> Result<Option<&str>, Doubt> {
        may_send(self.identity_hash.as_deref(), self.identity_changed_at, self.identity_confirmed_at)
    }
}

row! {
    struct ReachRow {
        phone: Option<String>, market: Option<String>, user_id: Option<String>, identity_hash: Option<String>,
        identity_changed_at: Option<Timestamp>, identity_confirmed_at: Option<Timestamp>,
    }
}

/// How a person is reached.
pub async fn reach(source: impl Into<Source<'_>>, tenant: TenantId, contact: ContactNo) -> Result<Reach> {
    let row: Option<ReachRow> = on!(from source.into(), c => sqlx::query_as(
        "select phone, market, user_id, identity_hash, identity_changed_at, identity_confirmed_at
         from contact where tenant_id = $1 and no = $2")
        .bind(tenant).bind(contact).fetch_optional(c).await)?;
    let row = row.ok_or_else(|| Error::inconsistent("contact", "no", contact.0, "it is gone"))?;
    let market = row.market.as_deref().map(|market| word("contact", "market", contact.0, market)).transpose()?;
    Ok(Reach {
        phone: row.phone.zip(market).map(|(e164, market)| PhoneNumber::stored(e164, market)),
        user_id: row.user_id.as_deref().and_then(UserId::parse),
        identity_hash: row.identity_hash,
        identity_changed_at: row.identity_changed_at,
        identity_confirmed_at: row.identity_confirmed_at,
    })
}

/// What a message says of its sender beyond number and id.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The person's name on WhatsApp.
    pub username: Option<&'a str>,
    /// Who holds the number, by Meta's mark.
    pub identity_hash: Option<&'a str>,
    /// When, by Meta's clock.
    pub at: Timestamp,
}

/// Notes it, once the message itself was noted; `true` if somebody else holds the number now than when it was last noted. A
/// message that comes after a later one says nothing about today.
pub async fn seen(tx: &mut Tx, tenant: TenantId, contact: ContactNo, seen: &Seen<'_>) -> Result<bool> {
    if let Some(username) = seen.username {
        on!(tx &mut *tx, c => sqlx::query(
            "update contact set username = $3 where tenant_id = $1 and no = $2 and (username is null or username <> $3)")
            .bind(tenant).bind(contact).bind(username.replace('\0', "")).execute(c).await.map(drop))?;
    }
    let Some(hash) = seen.identity_hash.map(|hash| hash.replace('\0', "")) else { return Ok(false) };
    let changed = on!(tx &mut *tx, c => sqlx::query(
        "update contact set identity_changed_at = $4 where tenant_id = $1 and no = $2
            and identity_hash <> $3 and (identity_changed_at is null or identity_changed_at < $4)
            and (last_inbound_at is null or last_inbound_at <= $4)")
        .bind(tenant).bind(contact).bind(&hash).bind(seen.at).execute(c).await.map(|r| r.rows_affected()))?;
    if changed == 1 {
        links::revoke_of_contact(tx, tenant, contact, Revocation::IdentityChanged, seen.at).await?;
    }
    on!(tx tx, c => sqlx::query(
        "update contact set identity_hash = $3 where tenant_id = $1 and no = $2 and (last_inbound_at is null or last_inbound_at <= $4)")
        .bind(tenant).bind(contact).bind(hash).bind(seen.at).execute(c).await.map(drop))?;
    Ok(changed == 1)
}

/// Notes that somebody else may hold the number since then; `false` if that was known. Nothing that was sent to it is paid any
/// more.
pub async fn doubt_identity(tx: &mut Tx, tenant: TenantId, contact: ContactNo, at: Timestamp) -> Result<bool> {
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update contact set identity_changed_at = $3
         where tenant_id = $1 and no = $2 and (identity_changed_at is null or identity_changed_at < $3)")
        .bind(tenant).bind(contact).bind(at).execute(c).await.map(|r| r.rows_affected()))?;
    if hit == 1 {
        links::revoke_of_contact(tx, tenant, contact, Revocation::IdentityChanged, at).await?;
    }
    Ok(hit == 1)
}

/// Meta refused a message because the person is not the one whose mark it carried: that mark is nobody's any more, and the next
/// message of the person brings another.
pub async fn mismatched(tx: &mut Tx, tenant: TenantId, contact: ContactNo, mark: &str, at: Timestamp) -> Result<bool> {
    let doubted = doubt_identity(tx, tenant, contact, at).await?;
    on!(tx tx, c => sqlx::query("update contact set identity_hash = null where tenant_id = $1 and no = $2 and identity_hash = $3")
        .bind(tenant).bind(contact).bind(mark).execute(c).await.map(drop))?;
    Ok(doubted)
}

/// Notes that somebody of the team has made sure who holds the number; an earlier time changes nothing.
pub async fn confirm_identity(tx: &mut Tx, tenant: TenantId, contact: ContactNo, at: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update contact set identity_confirmed_at = $3
         where tenant_id = $1 and no = $2 and (identity_confirmed_at is null or identity_confirmed_at < $3)")
        .bind(tenant).bind(contact).bind(at).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Notes when the person last told Meta about marketing; `false` if there is a later wish.
pub async fn wished(tx: &mut Tx, tenant: TenantId, contact: ContactNo, at: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update contact set wished_at = $3 where tenant_id = $1 and no = $2 and (wished_at is null or wished_at <= $3)")
        .bind(tenant).bind(contact).bind(at).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}
