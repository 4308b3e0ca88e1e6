//! The sample business: people of every role, queues, contacts, segments, templates from Meta, and agents with work to propose.

use super::answers::macau_hours;
use super::contacts::{self, Person};
use super::keys::{Keys, SignIn};
use super::offers;
use super::pace::Pace;
use super::{APP_SECRET, TOKEN, VERIFY_TOKEN, teas};
use crate::app::people::{NewAgent, add_agent, add_person, add_tenant, make_password, set_queue};
use crate::approvals::submit;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentState, MessageCategory};
use crate::domain::ids::{ConsentId, ContactId, SegmentId, TenantId};
use crate::domain::people::{Agent, Caller, NameStyle, Permission, Role, Tenant};
use crate::domain::segments::Condition;
use crate::simulate;
use crate::store::consent::NewConsent;
use crate::store::contacts::NewContact;
use crate::store::conversations::NewQueue;
use crate::store::{self, Db};
use crate::tools::catalogue::catalogue;
use crate::tools::{Ctx, Kind, sync};
use serde_json::{Value, json};
use std::time::Duration;

/// What the sample business calls itself.
pub const BUSINESS: &str = "Harbour Tea House";
/// Who signs in the story.
pub const COMPLIANCE: &str = "lau@harbour.example";
/// Who look after customers in it.
pub const OPERATOR: &str = "ng@harbour.example";
pub const MANAGER: &str = "wong@harbour.example";
/// The agent that works for them.
pub const SERVICE_AGENT: &str = "service-agent";

/// Where conversations wait. The second is restricted.
pub const SUPPORT: &str = "support";
pub const COMPLAINTS: &str = "complaints";

const PEOPLE: &[(&str, &str, Role)] = &[
    (COMPLIANCE, "M. Lau", Role::Compliance),
    ("fung@harbour.example", "A. Fung", Role::Compliance),
    ("ho@harbour.example", "P. Ho", Role::Principal),
    (OPERATOR, "S. Ng", Role::Operator),
    (MANAGER, "K. Wong", Role::Manager),
    ("yip@harbour.example", "R. Yip", Role::Auditor),
    ("lee@harbour.example", "T. Lee", Role::Dpo),
    ("admin@harbour.example", "C. Kwok", Role::Admin),
];

/// Whether the business has been made.
pub async fn is_there(db: &Db) -> anyhow::Result<bool> {
    Ok(store::people::tenants(db).await?.iter().any(|t| t.name == BUSINESS))
}

/// Makes it.
pub async fn business(ctx: &Ctx, pace: Pace) -> anyhow::Result<Keys> {
    if is_there(&ctx.db).await? {
        anyhow::bail!("the sample business is there, but its sign-ins are not. Choose an empty folder with --data DIR");
    }
    let now = ctx.clock.now();
    let tenant = Tenant {
        id: TenantId::random(),
        name: BUSINESS.into(),
        waba_id: simulate::Settings::default().waba_id,
        token_env: TOKEN.into(),
        app_secret_env: Some(APP_SECRET.into()),
        verify_token_env: Some(VERIFY_TOKEN.into()),
        created_at: now,
    };
    add_tenant(&ctx.db, &tenant).await?;
    let people = sign_ins(ctx, tenant.id).await?;
    queues(ctx, tenant.id, pace).await?;
    let permissions = [Permission::Read, Permission::Propose, Permission::Audit];
    let (agent, agent_key) = employ(ctx, tenant.id, "promo-agent", &permissions).await?;
    // Nobody needs its key: the demo acts for it.
    let permissions = [Permission::Read, Permission::Propose];
    let (service, _) = employ(ctx, tenant.id, SERVICE_AGENT, &permissions).await?;
    fill(&ctx.db, tenant.id, contacts::people(now), now).await?;
    sell(&ctx.db, tenant.id, now).await?;
    let segments = segments(&ctx.db, tenant.id, now).await?;
    sync::sync(ctx, &tenant).await?;
    let caller = Caller::new(agent);
    propose(ctx, &caller, &segments).await?;
    propose_people(ctx, &caller, &segments).await?;
    offers::file(ctx, &Caller::new(service)).await?;
    Ok(Keys { people, agent_key })
}

async fn employ(
    ctx: &Ctx,
    tenant: TenantId,
    name: &str,
    permissions: &[Permission],
) -> anyhow::Result<(Agent, String)> {
    let new = NewAgent {
        name,
        owner: MANAGER,
        permissions: permissions.iter().copied().collect(),
        names: NameStyle::Dotted,
        elicits: false,
        tokens_of: None,
        expires_at: ctx.clock.now().after(Duration::from_hours(24 * 365)),
    };
    add_agent(&ctx.db, tenant, new).await
}

/// Each queue with the people who look after it, and within what time a customer is promised an answer there.
async fn queues(ctx: &Ctx, tenant: TenantId, pace: Pace) -> anyhow::Result<()> {
    let macau = macau_hours(ctx.clock.now())?;
    let minutes = |n: u64| Some(Duration::from_mins(n));
    // A promise that is broken while somebody looks on.
    let soon = Some(pace.of(Duration::from_mins(2)).max(Duration::from_secs(1)));
    for (name, restricted, hours, answer_within, people) in [
        (SUPPORT, false, None, soon, [OPERATOR, MANAGER].as_slice()),
        (COMPLAINTS, true, None, minutes(60), &[MANAGER]),
        ("orders", false, None, minutes(30), &[OPERATOR]),
        ("macau", false, Some(&macau), minutes(15), &[OPERATOR]),
    ] {
        let people: Vec<String> = people.iter().map(|email| (*email).to_owned()).collect();
        set_queue(&ctx.db, tenant, &NewQueue { name, restricted, hours, answer_within }, &people).await?;
    }
    Ok(())
}

async fn sign_ins(ctx: &Ctx, tenant: TenantId) -> anyhow::Result<Vec<SignIn>> {
    let mut people = Vec::new();
    for &(email, name, role) in PEOPLE {
        let password = make_password();
        add_person(&ctx.db, tenant, email, name, role, &password).await?;
        people.push(SignIn { email: email.into(), password, name: name.into(), role });
    }
    Ok(people)
}

async fn fill(db: &Db, tenant: TenantId, people: Vec<Person>, now: Timestamp) -> anyhow::Result<()> {
    let rows: Vec<NewContact> = people
        .iter()
        .map(|p| NewContact {
            id: ContactId::random(),
            phone: p.phone.clone(),
            user_id: None,
            name: p.name.clone(),
            language: p.language.clone(),
            tags: p.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            attributes: p.attributes.clone(),
            last_inbound_at: p.last_inbound_at,
            created_at: p.created_at,
        })
        .collect();
    let mut tx = db.begin().await?;
    let numbers = store::contacts::insert_many(&mut tx, tenant, &rows).await?;
    let known: Vec<_> = numbers.into_iter().zip(&people).collect();
    let mut consents = Vec::new();
    for (no, person) in &known {
        let Some(given) = &person.consent else { continue };
        for category in [MessageCategory::Marketing, MessageCategory::Utility] {
            consents.push(NewConsent {
                id: ConsentId::random(),
                contact: *no,
                category,
                state: ConsentState::Granted,
                source: given.source,
                evidence: given.evidence.clone(),
                given_at: given.at,
                confirmed_at: None,
            });
        }
    }
    store::consent::record(&mut tx, tenant, &consents, now).await?;
    for (no, person) in &known {
        if let Some(suppression) = person.suppression {
            store::consent::suppress(&mut tx, tenant, *no, suppression, "import", None, now).await?;
        }
    }
    Ok(tx.commit().await?)
}

async fn sell(db: &Db, tenant: TenantId, now: Timestamp) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    store::orders::put(&mut tx, tenant, &teas::catalogue(now)?).await?;
    Ok(tx.commit().await?)
}

/// The segments of the sample business.
struct Segments {
    members: SegmentId,
    tea_club: SegmentId,
    orders: SegmentId,
    staff: SegmentId,
}

async fn segments(db: &Db, tenant: TenantId, now: Timestamp) -> anyhow::Result<Segments> {
    let [members, tea_club, orders, staff] = std::array::from_fn(|_| SegmentId::random());
    let tag = |name: &str| Condition::Tag(name.into());
    let hong_kong = Condition::Market(["HK".parse()?].into());
    let rows = [
        (members, "Hong Kong members", Condition::All(vec![tag("member"), hong_kong]), Some(tag("staff"))),
        (tea_club, "Tea club", Condition::Any(vec![tag("tea-club"), tag("vip")]), None),
        (orders, "Orders to collect", tag("order-ready"), None),
        (staff, "Staff", tag("staff"), None),
    ];
    let mut tx = db.begin().await?;
    for (id, name, include, exclude) in rows.into_iter().chain(offers::segments()?) {
        store::segments::add_version(&mut tx, tenant, id, name, &include, exclude.as_ref(), now).await?;
    }
    tx.commit().await?;
    Ok(Segments { members, tea_club, orders, staff })
}

/// What the agent does: reads first, then proposes a few things, one of which the rules do not let pass.
async fn propose(ctx: &Ctx, caller: &Caller, segments: &Segments) -> anyhow::Result<()> {
    for (tool, arguments) in [
        ("whatsapp.config.get", json!({})),
        ("whatsapp.segments.list", json!({})),
        ("whatsapp.consent_records.list", json!({})),
        ("whatsapp.templates.list", json!({})),
        ("whatsapp.template.get", json!({ "name": "winter_offer" })),
        ("whatsapp.policy_rules.get", json!({})),
    ] {
        read(ctx, caller, tool, arguments).await?;
    }
    let offer = json!({ "1": { "contact_name": { "default": "friend" } }, "2": { "text": "31 December" }, "button.1.1": { "text": "winter" } });
    let preview = catalogue()
        .find("whatsapp.broadcast.preview")
        .ok_or_else(|| anyhow::anyhow!("the catalogue has no broadcast preview"))?;
    for (reason, broadcast, schedule) in [
        (
            "Members in Hong Kong have not heard from us since the autumn menu. The winter oolong has arrived in all branches.",
            json!({
                "name": "Winter offer", "template": "winter_offer", "segments": [segments.members], "variables": offer,
                "default_language": "en_US", "from": "+852 5550 1000",
                "goal": "Bring members back to the branches before the end of the year",
            }),
            json!({ "per_second": 25, "batch_size": 200 }),
        ),
        (
            "The tea club asked for early notice of new teas. Sent slowly so that the branches can answer.",
            json!({
                "name": "Tea club early notice", "template": "winter_offer", "segments": [segments.tea_club],
                "exclude_segments": [segments.staff], "variables": offer, "default_language": "en_US", "from": "+852 5550 1000",
            }),
            json!({ "per_second": 3, "batch_size": 50 }),
        ),
        (
            "These orders have been ready since yesterday.",
            json!({
                "name": "Orders to collect", "template": "order_ready", "segments": [segments.orders],
                "variables": {
                    "first_name": { "contact_name": { "default": "there" } },
                    "order_number": { "attribute": { "name": "order_number" } },
                },
                "default_language": "en_US", "from": "+852 5550 2000",
            }),
            json!({ "per_second": 10, "batch_size": 100 }),
        ),
        (
            "Win back people who have not visited for a while.",
            json!({
                "name": "Old campaign again", "template": "old_campaign", "segments": [segments.members],
                "variables": { "1": { "contact_name": { "default": "friend" } } }, "default_language": "en_US", "from": "+852 5550 1000",
            }),
            json!({}),
        ),
    ] {
        store::tool_reads::record(&ctx.db, caller.tenant(), caller.agent.id, preview.name, ctx.clock.now()).await?;
        let arguments = json!({
            "write_tool": "whatsapp.broadcast.schedule", "reason": reason,
            "arguments": { "broadcast": broadcast, "schedule": schedule },
        });
        match submit::preview(ctx, caller, preview, arguments).await {
            Ok(request) => {
                tracing::info!(request = %request.action_request_id, status = %request.status, "the agent proposed something");
            }
            // The last one is meant to be refused: its template is paused.
            Err(e) if e.code() == "blocked" => tracing::info!("the policy refused a proposal of the agent: {e}"),
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// What a business asks for besides broadcasts: a list of new contacts, and a narrower segment.
async fn propose_people(ctx: &Ctx, caller: &Caller, segments: &Segments) -> anyhow::Result<()> {
    for (tool, arguments) in [("whatsapp.contacts.list", json!({})), ("whatsapp.opt_outs.list", json!({}))] {
        read(ctx, caller, tool, arguments).await?;
    }
    let find = |name: &str| catalogue().find(name).ok_or_else(|| anyhow::anyhow!("the catalogue has no {name}"));
    let import = find("whatsapp.contact_import.preview")?;
    store::tool_reads::record(&ctx.db, caller.tenant(), caller.agent.id, import.name, ctx.clock.now()).await?;
    let list =
        json!({"name": "Winter fair sign-ups", "rows": contacts::sign_ups(ctx.clock.now()), "default_market": "HK"});
    let reason = "The cards that visitors filled in at our stall at the winter fair.";
    submit::preview(ctx, caller, import, json!({"arguments": list, "reason": reason})).await?;
    let upsert = find("whatsapp.segment.upsert")?;
    let narrower = json!({
        "segment_id": segments.tea_club, "name": "Tea club",
        "include": {"any": [{"tag": "tea-club"}, {"tag": "vip"}]}, "exclude": {"silent_for_days": 365},
        "purpose": "Early notices only to members who still write to us.",
        "reason": "Members who have been silent for a year should not count as the club.",
    });
    submit::write(ctx, caller, upsert, narrower).await?;
    Ok(())
}

/// Reads as an agent does, and lets it be known.
pub async fn read(ctx: &Ctx, caller: &Caller, name: &str, arguments: Value) -> anyhow::Result<()> {
    let tool = catalogue().find(name).ok_or_else(|| anyhow::anyhow!("the catalogue has no {name}"))?;
    let Kind::Read(read) = tool.kind else { anyhow::bail!("{name} is no read") };
    read(ctx, caller, arguments).await?;
    store::tool_reads::record(&ctx.db, caller.tenant(), caller.agent.id, tool.name, ctx.clock.now()).await?;
    Ok(())
}
