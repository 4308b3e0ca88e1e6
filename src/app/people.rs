//! Adding and closing accounts, each with its entry in the audit log: what the command line and the demo do alike.

use crate::domain::audit::{Actor, Event};
use crate::domain::automation::names::Queue as QueueName;
use crate::domain::clock::{Clock, SystemClock, Timestamp};
use crate::domain::ids::{AgentId, PersonId, TenantId, random_bytes};
use crate::domain::orders::Product;
use crate::domain::password;
use crate::domain::people::{Agent, NameStyle, Permission, Person, Role, Tenant, TokenHolder};
use crate::store::conversations::NewQueue;
use crate::store::{self, Db, Tx};
use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Adds a business.
pub async fn add_tenant(db: &Db, tenant: &Tenant) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    store::people::add_tenant(&mut tx, tenant)
        .await
        .map_err(|e| taken(e, "a tenant with this name or WABA id exists already"))?;
    let details = json!({ "waba_id": tenant.waba_id });
    audit(&mut tx, tenant.id, "tenant.added", tenant.id, details).await?;
    Ok(tx.commit().await?)
}

/// Adds a person.
pub async fn add_person(
    db: &Db,
    tenant: TenantId,
    email: &str,
    name: &str,
    role: Role,
    password: &str,
) -> anyhow::Result<Person> {
    let email = email.trim().to_lowercase();
    let well_formed =
        email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.') || host == "localhost");
    if !well_formed || email.len() > 254 || email.chars().any(char::is_whitespace) {
        bail!("\"{email}\" is not an e-mail address");
    }
    if name.trim().is_empty() {
        bail!("give the name that shall stand under signatures");
    }
    let hash = password::hash(password)?;
    let person =
        Person { id: PersonId::random(), tenant, email, name: name.trim().to_owned(), role, disabled_at: None };
    let mut tx = db.begin().await?;
    store::people::add_person(&mut tx, &person, &hash, SystemClock.now())
        .await
        .map_err(|e| taken(e, "a person with this e-mail address exists already"))?;
    audit(&mut tx, tenant, "person.added", person.id, json!({ "role": role })).await?;
    tx.commit().await?;
    Ok(person)
}

/// Closes a person's account.
pub async fn disable_person(db: &Db, email: &str) -> anyhow::Result<Person> {
    let account = store::people::account_by_email(db, email)
        .await?
        .with_context(|| format!("nobody has the e-mail address {email}"))?;
    let person = account.person;
    let mut tx = db.begin().await?;
    if !store::people::disable(&mut tx, person.tenant, person.id, SystemClock.now()).await? {
        bail!("the account of {email} is closed already");
    }
    audit(&mut tx, person.tenant, "person.disabled", person.id, Value::Null).await?;
    tx.commit().await?;
    Ok(person)
}

/// An agent to be added.
#[derive(Debug)]
pub struct NewAgent<'a> {
    /// What to call it.
    pub name: &'a str,
    /// E-mail address of its owner.
    pub owner: &'a str,
    /// What it may do and see.
    pub permissions: BTreeSet<Permission>,
    /// How its host spells names.
    pub names: NameStyle,
    /// Whether its host may be asked to point its user at a page.
    pub elicits: bool,
    /// Whose access tokens open the door for it, if any do.
    pub tokens_of: Option<TokenHolder>,
    /// When its key stops.
    pub expires_at: Timestamp,
}

/// Adds an agent and gives its key, which is kept nowhere.
pub async fn add_agent(db: &Db, tenant: TenantId, new: NewAgent<'_>) -> anyhow::Result<(Agent, String)> {
    let owner = store::people::account_by_email(db, new.owner)
        .await?
        .map(|account| account.person)
        .filter(|person| person.tenant == tenant && person.disabled_at.is_none())
        .with_context(|| format!("nobody of this business who may sign in has the e-mail address {}", new.owner))?;
    if new.name.trim().is_empty() || new.name.chars().count() > 80 {
        bail!("give the agent a name of at most 80 characters");
    }
    let key = make_key();
    let agent = Agent {
        id: AgentId::random(),
        tenant,
        name: new.name.trim().to_owned(),
        owner: owner.id,
        owner_name: owner.name,
        owner_disabled_at: None,
        permissions: new.permissions,
        names: new.names,
        elicits: new.elicits,
        tokens_of: new.tokens_of,
        key_prefix: key.chars().take(12).collect(),
        revoked_at: None,
        expires_at: Some(new.expires_at),
    };
    let mut tx = db.begin().await?;
    store::people::add_agent(&mut tx, &agent, &store::people::key_hash(&key), SystemClock.now())
        .await
        .map_err(|e| taken(e, "an agent with this name, or for these access tokens, exists already"))?;
    let permissions: Vec<String> = agent.permissions.iter().map(ToString::to_string).collect();
    let details = json!({ "owner": agent.owner, "permissions": permissions, "expires_at": agent.expires_at });
    audit(&mut tx, tenant, "agent.added", agent.id, details).await?;
    tx.commit().await?;
    Ok((agent, key))
}

/// Makes an agent's key void.
pub async fn revoke_agent(db: &Db, tenant: TenantId, name: &str) -> anyhow::Result<()> {
    let agents = store::people::agents(db, tenant).await?;
    let agent = agents.iter().find(|a| a.name == name).with_context(|| format!("there is no agent \"{name}\""))?;
    let mut tx = db.begin().await?;
    if !store::people::revoke_agent(&mut tx, tenant, agent.id, SystemClock.now()).await? {
        bail!("the key of {name} is void already");
    }
    audit(&mut tx, tenant, "agent.revoked", agent.id, Value::Null).await?;
    Ok(tx.commit().await?)
}

/// Adds a queue or changes the one of that name, and lets these people look after it as well.
pub async fn set_queue(db: &Db, tenant: TenantId, queue: &NewQueue<'_>, people: &[String]) -> anyhow::Result<()> {
    // What automation hands over to is named alike.
    queue.name.parse::<QueueName>().map_err(|e| anyhow::anyhow!("{e}"))?;
    let known = store::people::people(db, tenant).await?;
    let mut tx = db.begin().await?;
    store::conversations::add_queue(&mut tx, tenant, queue).await?;
    for email in people {
        let email = email.trim().to_lowercase();
        let person = known.iter().find(|person| person.email == email && person.disabled_at.is_none());
        let person = person
            .with_context(|| format!("nobody of this business who may sign in has the e-mail address {email}"))?;
        store::conversations::add_person(&mut tx, tenant, queue.name, person.id).await?;
    }
    let details = json!({ "restricted": queue.restricted });
    audit(&mut tx, tenant, "queue.set", queue.name, details).await?;
    Ok(tx.commit().await?)
}

/// Adds a product of the built-in catalogue, or changes it.
pub async fn set_product(db: &Db, tenant: TenantId, product: &Product) -> anyhow::Result<()> {
    anyhow::ensure!(!product.name.is_empty(), "a product has a name that customers read");
    let mut tx = db.begin().await?;
    store::orders::put(&mut tx, tenant, std::slice::from_ref(product)).await?;
    let details = json!({ "price": product.price, "stock": product.stock });
    audit(&mut tx, tenant, "product.set", product.id.as_str(), details).await?;
    Ok(tx.commit().await?)
}

/// A key: what it is for, and 256 random bits.
fn make_key() -> String {
    format!("apk_live_{}", hex::encode(random_bytes::<32>()))
}

/// A password that nobody has to invent: 100 random bits in groups that can be read aloud.
#[must_use]
pub fn make_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: Vec<char> =
        random_bytes::<20>().iter().filter_map(|b| LETTERS.get(usize::from(b % 32)).map(|l| char::from(*l))).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

async fn audit(
    tx: &mut Tx,
    tenant: TenantId,
    act: &'static str,
    subject: impl ToString,
    details: Value,
) -> anyhow::Result<()> {
    let event = Event { actor: Actor::Operator, act, subject: subject.to_string(), details };
    store::audit::append(tx, tenant, SystemClock.now(), event).await?;
    Ok(())
}

fn taken(e: store::Error, sentence: &'static str) -> anyhow::Error {
    if e.is_unique_violation() { anyhow::anyhow!(sentence) } else { e.into() }
}
