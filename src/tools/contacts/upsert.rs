//! One contact that is added or changed: who it is, part by part what changes, who has to agree; and the writing of it.

use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::canonical::Digest;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::identity::{Identity, UserId};
use crate::domain::contacts::import::{Amendment, fits};
use crate::domain::contacts::upsert::{Confirmation, ContactField, ContactNow, ContactPlan, ContactSaid, FieldChange};
use crate::domain::contacts::{ContactNo, Language, tags};
use crate::domain::ids::{ContactId, DetailId, RequestId, TenantId};
use crate::domain::masked::{CustomerData, Permit};
use crate::domain::people::{Area, Caller};
use crate::domain::phone::{Market, PhoneNumber};
use crate::domain::policy::identity::{bad_number, labels, moved, notable, taken};
use crate::domain::policy::rules::SIGN_29;
use crate::domain::preview::{ContactChangeView, Finding, Preview, View, latest};
use crate::error::{Error, Result};
use crate::store::contacts::{Became, Known, NewContact};
use crate::store::{self, Source, Tx};
use crate::tools::envelope::write_schema;
use crate::tools::reading::Text;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Outcome, Proposal, Sealed, Tool, answer, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.contact.upsert",
    title: ["Add or change a contact", "新增或更改聯絡人", "新增或更改联系人"],
    summary: "Asks for one contact to be added or changed: number, Meta's user id, name, language, labels, further facts such \
              as a reference of a CRM, and that somebody of the team has made sure who holds the number. Without contact_id \
              the contact is found by its number or user id, and added if nobody has them. What is not named stays.",
    read_first: &["whatsapp.contact.get or whatsapp.contacts.list"],
    governance: "A person signs when a known contact gets another number, user id or name, or when its identity is confirmed; \
                 otherwise nobody has to.",
    safety: "One number is one contact: nothing is merged here, and a number that another contact has is refused. The history \
             of consent and opt-outs stays.",
    area: Area::Contacts,
    wants: None,
    kind: Kind::Write(|ctx, caller, value| {
        Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
    }),
    input: write_schema::<UpsertArguments>,
    output: schema::<RequestView>,
}];

/// Arguments of whatsapp.contact.upsert.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpsertArguments {
    /// The contact to change; without it, whoever has the number or the user id, or somebody new.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    contact_id: Option<ContactId>,
    /// The number in international form, or as it is dialled in `default_market`.
    #[serde(default)]
    phone: Option<Text<40>>,
    /// The country or territory of a number without a country code.
    #[serde(default)]
    default_market: Option<Market>,
    /// Meta's id of the person for this business, such as US.1349000000000000001.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 140))]
    user_id: Option<UserId>,
    /// What the person is called, in up to 200 characters.
    #[serde(default)]
    name: Option<String>,
    /// What language to write in, as Meta writes it: en, zh_HK.
    #[serde(default)]
    language: Option<Language>,
    /// Labels to put on, up to 20 of up to 64 characters; those that are there stay. None may stand for a consent.
    #[serde(default)]
    tags: Vec<String>,
    /// Further facts, up to 20 of up to 1,024 characters; those that are there and not named here stay.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// That somebody of the team has made sure, outside WhatsApp, who holds the number; and how. Only for a contact that is known,
    /// and not together with another number or user id.
    #[serde(default)]
    identity_confirmed: Option<Confirmation>,
}

impl UpsertArguments {
    /// What is said of the contact, with what is wrong with its number.
    fn said(&self) -> Result<(ContactSaid, Option<Finding>)> {
        let named = self.contact_id.is_some() || self.phone.is_some() || self.user_id.is_some();
        if !named {
            return Err(Error::Invalid("name the contact: give contact_id, phone or user_id".into()));
        }
        let name = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        if !fits(name.unwrap_or_default(), &self.tags, &self.attributes) {
            return Err(Error::Invalid(
                "name, tags or attributes: too long, too many, or with control characters; see the schema".into(),
            ));
        }
        if let Some(fault) = self.tags.iter().find_map(|tag| tags::fault(tag)) {
            return Err(Error::Invalid(format!("tags: {fault}")));
        }
        if self.identity_confirmed.is_some() && self.contact_id.is_none() {
            return Err(Error::Invalid("identity_confirmed: name the contact by contact_id".into()));
        }
        let phone = self.phone.as_ref().map(|text| PhoneNumber::parse(text.as_str().trim(), self.default_market));
        let (phone, fault) = match phone.transpose() {
            Ok(phone) => (phone, None),
            Err(why) => (None, Some(bad_number(why))),
        };
        let said = ContactSaid {
            phone: phone.map(|phone| phone.e164().to_owned()),
            user_id: self.user_id.clone(),
            name: name.map(str::to_owned),
            language: self.language.clone(),
            tags: self.tags.iter().cloned().collect(),
            attributes: self.attributes.clone(),
            confirmed: self.identity_confirmed,
        };
        Ok((said, fault))
    }
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: UpsertArguments) -> Result<Proposal> {
    let tenant = caller.tenant();
    let (said, fault) = arguments.said()?;
    let holders = store::contacts::holders(&ctx.db, tenant, said.number().as_ref(), said.user_id.as_ref()).await?;
    let target = arguments.contact_id.or_else(|| holders.first().copied());
    let known = match target {
        Some(id) => Some(as_is(&ctx.db, tenant, id).await?.ok_or_else(|| Error::not_found("contact", id))?),
        None => None,
    };
    let contact = target.unwrap_or_else(ContactId::random);
    let changes = said.changes(known.as_ref());
    let another = changes.iter().any(|it| matches!(it.field, ContactField::Phone | ContactField::UserId));
    if said.confirmed.is_some() && another {
        return Err(Error::Invalid(
            "identity_confirmed: the contact gets another number or id here; ask for that first, and confirm it by itself".into(),
        ));
    }
    let view = view(ctx, tenant, contact, known.as_ref(), changes).await?;
    let mut findings: Vec<Finding> = fault.into_iter().chain(taken(&holders, contact)).collect();
    findings.extend(labels(&said.tags));
    findings.extend(notable(&view));
    findings.sort_by_key(|finding| finding.level);
    let detail = DetailId::random();
    let plan = ContactPlan {
        contact,
        detail,
        said: said.digest(detail)?,
        found: known.as_ref().map(|known| known.mark(&said)).transpose()?,
    };
    let summary = summary(&view);
    let title = format!("Contact · {}", view.who);
    let kept = Some(json!({"contact_id": contact, "known": view.known, "said": plan.said}));
    let sealed = Some(Sealed::Detail(detail, serde_json::to_value(&said).map_err(Error::internal)?));
    let action = Action::ContactUpsert(plan);
    let preview = Preview { summary, action, findings, view: View::ContactUpsert(Box::new(view)) };
    Ok(Proposal { preview, title, sealed, kept })
}

/// A contact as it is; within a transaction it stays so until that ends.
async fn as_is(source: impl Into<Source<'_>>, tenant: TenantId, id: ContactId) -> Result<Option<ContactNow>> {
    let mut source = source.into();
    let found = store::contacts::by_ids(source.again(), tenant, [id]).await?;
    let Some(no) = found.get(&id).copied() else { return Ok(None) };
    let contact = store::contacts::many(source.again(), tenant, &[no]).await?.remove(&no);
    let reach = store::contacts::reach(source, tenant, no).await?;
    Ok(contact.map(|contact| ContactNow {
        contact,
        phone: reach.phone,
        user_id: reach.user_id,
        identity_changed_at: reach.identity_changed_at,
    }))
}

async fn view(
    ctx: &Ctx,
    tenant: TenantId,
    contact: ContactId,
    known: Option<&ContactNow>,
    changes: Vec<FieldChange>,
) -> Result<ContactChangeView> {
    let no: Vec<ContactNo> = known.iter().map(|known| known.contact.no).collect();
    let histories = store::consent::histories(&ctx.db, tenant, &no).await?;
    let suppressions = store::consent::suppressions(&ctx.db, tenant, &no).await?;
    let name = known.map(|known| known.contact.name.to_string()).filter(|name| !name.is_empty());
    let phone = known.and_then(|known| known.contact.phone.as_ref()).map(ToString::to_string);
    // Somebody new is called by what would be written, masked.
    let new = |wanted| changes.iter().find(|it| it.field == wanted).map(|it| it.after.clone());
    let given = new(ContactField::Name).or_else(|| new(ContactField::Phone)).or_else(|| new(ContactField::UserId));
    let who = name.or(phone).or(given).unwrap_or_else(|| "•••".to_owned());
    Ok(ContactChangeView {
        contact_id: contact,
        who,
        known: known.is_some(),
        changes,
        history: histories.values().flat_map(|history| latest(history)).collect(),
        suppressions: suppressions.into_values().flatten().map(|entry| entry.kind).collect(),
    })
}

/// The sentence that stands above everything else.
fn summary(view: &ContactChangeView) -> String {
    let mut fields: Vec<&str> = view.changes.iter().map(|change| change.field.as_str()).collect();
    fields.dedup();
    let fields = fields.join(", ");
    match (view.known, view.changes.is_empty()) {
        (false, _) => format!("Add the contact {} with {fields}.", view.who),
        (true, true) => format!("Change nothing of the contact {}: all of it is known.", view.who),
        (true, false) => format!("Change the contact {}: {fields}.", view.who),
    }
}

/// What the rules say of writing it now, with what would be written and over whom.
async fn look(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    plan: &ContactPlan,
) -> Result<std::result::Result<(ContactSaid, Option<ContactNow>), Finding>> {
    let mut source = source.into();
    let said: Option<ContactSaid> = store::details::find(source.again(), tenant, plan.detail).await?;
    let signed = |said: &ContactSaid| said.digest(plan.detail).is_ok_and(|digest| digest == plan.said);
    let Some(said) = said.filter(signed) else { return Ok(Err(SIGN_29.says(&[]))) };
    let known = as_is(source.again(), tenant, plan.contact).await?;
    let mark: Option<Digest> = known.as_ref().map(|known| known.mark(&said)).transpose()?;
    let holders = store::contacts::holders(source, tenant, said.number().as_ref(), said.user_id.as_ref()).await?;
    let forbids = moved(plan.found, mark).or_else(|| taken(&holders, plan.contact));
    Ok(forbids.map_or(Ok((said, known)), Err))
}

/// What would be written, and over what, in full for whoever decides on it; a finding if it could not be written now.
pub async fn in_full(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    plan: &ContactPlan,
    permit: &Permit<CustomerData>,
) -> Result<std::result::Result<Vec<FieldChange>, Finding>> {
    let found = look(source, tenant, plan).await?;
    Ok(found.map(|(said, known)| said.changes_in_full(known.as_ref(), permit)))
}

/// What the rules say of writing it now.
pub async fn standing(source: impl Into<Source<'_>>, tenant: TenantId, plan: &ContactPlan) -> Result<Vec<Finding>> {
    Ok(look(source, tenant, plan).await?.err().into_iter().collect())
}

/// Writes it, in the transaction that settles its request.
pub async fn write(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &ContactPlan,
    now: Timestamp,
) -> Result<Outcome> {
    // Nobody is added, and nobody takes the number, between the look and the writing.
    store::people::hold(tx, tenant).await?;
    let (said, known) = match look(&mut *tx, tenant, plan).await? {
        Ok(found) => found,
        Err(forbids) => return Ok(Outcome::Void(forbids)),
    };
    let fields: Vec<&str> = said.changes(known.as_ref()).iter().map(|change| change.field.as_str()).collect();
    let (act, change) = match &known {
        None => {
            add(tx, tenant, plan.contact, &said, now).await?;
            ("contact.added", "new")
        }
        Some(_) if fields.is_empty() => ("contact.changed", "unchanged"),
        Some(known) => {
            amend(tx, tenant, request, known, &said, now).await?;
            ("contact.changed", "changed")
        }
    };
    if change != "unchanged" {
        tell(tx, tenant, plan.contact, act, json!({"request": request, "fields": fields}), now).await?;
    }
    if let Some(how) = said.confirmed {
        tell(tx, tenant, plan.contact, "contact.identity_confirmed", json!({"request": request, "how": how}), now)
            .await?;
    }
    Ok(Outcome::Done(answer(&json!({"contact_id": plan.contact, "change": change, "fields": fields}))?))
}

async fn add(tx: &mut Tx, tenant: TenantId, id: ContactId, said: &ContactSaid, now: Timestamp) -> Result<()> {
    let new = NewContact {
        id,
        phone: said.number(),
        user_id: said.user_id.as_ref().map(|id| id.as_str().to_owned()),
        name: said.name.clone().unwrap_or_default(),
        language: said.language.clone(),
        tags: said.tags.clone(),
        attributes: said.attributes.clone(),
        last_inbound_at: None,
        created_at: now,
    };
    store::contacts::insert_many(tx, tenant, std::slice::from_ref(&new)).await?;
    Ok(())
}

async fn amend(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    known: &ContactNow,
    said: &ContactSaid,
    now: Timestamp,
) -> Result<()> {
    let no = known.contact.no;
    if let Some(identity) = Identity::new(said.number(), said.user_id.clone()) {
        let who = Known { id: known.contact.id, no };
        let by = (request.to_string(), now);
        let became = store::contacts::become_another(tx, tenant, who, &identity, (&by.0, by.1)).await?;
        if became != Became::Same {
            store::contacts::left_number(tx, tenant, no, now).await?;
        }
    }
    let amendment = Amendment {
        name: said.name.as_deref(),
        language: said.language.as_ref(),
        attributes: said.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        ..Amendment::default()
    };
    store::contacts::amend(tx, tenant, &[(no, &amendment)]).await?;
    let tags: Vec<(ContactNo, &str)> = said.tags.iter().map(|tag| (no, tag.as_str())).collect();
    store::contacts::tag_many(tx, tenant, &tags).await?;
    if said.confirmed.is_some() {
        store::contacts::confirm_identity(tx, tenant, no, now).await?;
    }
    Ok(())
}

async fn tell(
    tx: &mut Tx,
    tenant: TenantId,
    contact: ContactId,
    act: &'static str,
    details: serde_json::Value,
    now: Timestamp,
) -> Result<()> {
    let event = Event { actor: Actor::Worker, act, subject: contact.to_string(), details };
    store::audit::append(tx, tenant, now, event).await?;
    Ok(())
}
