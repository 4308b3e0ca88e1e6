//! Tenants, people with their password hashes, agents with their key hashes.

use super::{Db, Error, Result, Tx, on, row, word};
use crate::domain::canonical::{Hash, sha256};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AgentId, PersonId, TenantId};
use crate::domain::people::{Agent, Permission, Person, Role, Tenant, TokenHolder};
use std::collections::BTreeSet;

row! {
    struct TenantRow {
        id: TenantId, name: String, waba_id: String, token_env: String, app_secret_env: Option<String>,
        verify_token_env: Option<String>, created_at: Timestamp,
    }
}

impl From<TenantRow> for Tenant {
    fn from(row: TenantRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            waba_id: row.waba_id,
            token_env: row.token_env,
            app_secret_env: row.app_secret_env,
            verify_token_env: row.verify_token_env,
            created_at: row.created_at,
        }
    }
}

/// Adds a tenant.
pub async fn add_tenant(tx: &mut Tx, tenant: &Tenant) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into tenant (id, name, waba_id, token_env, app_secret_env, verify_token_env, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(tenant.id).bind(&tenant.name).bind(&tenant.waba_id).bind(&tenant.token_env).bind(&tenant.app_secret_env)
        .bind(&tenant.verify_token_env).bind(tenant.created_at).execute(c).await.map(drop))?;
    Ok(())
}

/// All tenants, by name. The one list that belongs to no tenant: the worker and the command line walk it.
pub async fn tenants(db: &Db) -> Result<Vec<Tenant>> {
    let rows: Vec<TenantRow> = on!(read db, p => sqlx::query_as(
        "select id, name, waba_id, token_env, app_secret_env, verify_token_env, created_at from tenant order by name")
        .fetch_all(p).await)?;
    Ok(rows.into_iter().map(Tenant::from).collect())
}

/// One tenant.
pub async fn tenant(db: &Db, id: TenantId) -> Result<Option<Tenant>> {
    Ok(tenants(db).await?.into_iter().find(|t| t.id == id))
}

/// Holds a tenant until the transaction ends: a second one that wants it waits, and then sees what the first has done. For
/// rules over many rows of a tenant, such as a number or a name that only one may have.
pub async fn hold(tx: &mut Tx, tenant: TenantId) -> Result<()> {
    on!(tx tx, c => sqlx::query("update tenant set created_at = created_at where id = $1")
        .bind(tenant).execute(c).await.map(drop))?;
    Ok(())
}

row! {
    struct PersonRow {
        id: PersonId, tenant_id: TenantId, email: String, name: String, role: String, password_hash: String,
        language: Option<String>, disabled_at: Option<Timestamp>,
    }
}

/// A person with what only sign-in may look at.
#[derive(Debug, Clone)]
pub struct Account {
    /// Who.
    pub person: Person,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// The language the person chose.
    pub language: Option<String>,
}

macro_rules! person {
    ($tail:literal) => {
        concat!("select id, tenant_id, email, name, role, password_hash, language, disabled_at from person ", $tail)
    };
}

impl TryFrom<PersonRow> for Account {
    type Error = Error;
    fn try_from(row: PersonRow) -> Result<Self> {
        Ok(Self {
            person: Person {
                id: row.id,
                tenant: row.tenant_id,
                role: word("person", "role", row.id, &row.role)?,
                email: row.email,
                name: row.name,
                disabled_at: row.disabled_at,
            },
            password_hash: row.password_hash,
            language: row.language,
        })
    }
}

/// Adds a person. The e-mail address is kept in lower case, so that one address is one account.
pub async fn add_person(tx: &mut Tx, person: &Person, password_hash: &str, now: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into person (id, tenant_id, email, name, role, password_hash, created_at) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(person.id).bind(person.tenant).bind(person.email.to_lowercase()).bind(&person.name).bind(person.role.as_str())
        .bind(password_hash).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// The account behind an e-mail address. Sign-in alone looks across tenants.
pub async fn account_by_email(db: &Db, email: &str) -> Result<Option<Account>> {
    const SQL: &str = person!("where email = $1");
    let row: Option<PersonRow> =
        on!(read db, p => sqlx::query_as(SQL).bind(email.to_lowercase()).fetch_optional(p).await)?;
    row.map(Account::try_from).transpose()
}

/// The account of a person of this tenant.
pub async fn account(db: &Db, tenant: TenantId, id: PersonId) -> Result<Option<Account>> {
    const SQL: &str = person!("where tenant_id = $1 and id = $2");
    let row: Option<PersonRow> = on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(p).await)?;
    row.map(Account::try_from).transpose()
}

/// Everybody of this tenant, by name.
pub async fn people(db: &Db, tenant: TenantId) -> Result<Vec<Person>> {
    const SQL: &str = person!("where tenant_id = $1 order by name, id");
    let rows: Vec<PersonRow> = on!(read db, p => sqlx::query_as(SQL).bind(tenant).fetch_all(p).await)?;
    rows.into_iter().map(|row| Account::try_from(row).map(|a| a.person)).collect()
}

/// Remembers the language a person chose.
pub async fn set_language(tx: &mut Tx, tenant: TenantId, id: PersonId, language: &str) -> Result<()> {
    on!(tx tx, c => sqlx::query("update person set language = $3 where tenant_id = $1 and id = $2")
        .bind(tenant).bind(id).bind(language).execute(c).await.map(drop))?;
    Ok(())
}

/// Closes an account; `false` if it was closed or never there.
pub async fn disable(tx: &mut Tx, tenant: TenantId, id: PersonId, now: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query("update person set disabled_at = $3 where tenant_id = $1 and id = $2 and disabled_at is null")
        .bind(tenant).bind(id).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Those of this tenant who hold one of these roles and may sign in.
pub async fn with_roles(db: &Db, tenant: TenantId, roles: &[Role]) -> Result<Vec<Person>> {
    Ok(people(db, tenant).await?.into_iter().filter(|p| p.disabled_at.is_none() && roles.contains(&p.role)).collect())
}

row! {
    struct AgentRow {
        id: AgentId, tenant_id: TenantId, name: String, owner_id: PersonId, owner_name: String, permissions: String,
        names: String, elicits: bool, oauth_client: Option<String>, oauth_subject: Option<String>,
        key_prefix: String, expires_at: Option<Timestamp>, revoked_at: Option<Timestamp>,
        owner_disabled_at: Option<Timestamp>,
    }
}

macro_rules! agent {
    ($tail:literal) => {
        concat!(
            "select a.id, a.tenant_id, a.name, a.owner_id, p.name as owner_name, a.permissions, a.names, a.elicits, a.oauth_client,
                a.oauth_subject, a.key_prefix, a.expires_at, a.revoked_at, p.disabled_at as owner_disabled_at
             from agent a join person p on p.id = a.owner_id ",
            $tail
        )
    };
}

impl TryFrom<AgentRow> for Agent {
    type Error = Error;
    fn try_from(row: AgentRow) -> Result<Self> {
        let permissions: BTreeSet<Permission> = row
            .permissions
            .split(',')
            .filter(|word| !word.is_empty())
            .map(|text| word("agent", "permissions", row.id, text))
            .collect::<Result<_>>()?;
        Ok(Self {
            id: row.id,
            tenant: row.tenant_id,
            name: row.name,
            owner: row.owner_id,
            owner_name: row.owner_name,
            owner_disabled_at: row.owner_disabled_at,
            permissions,
            names: word("agent", "names", row.id, &row.names)?,
            elicits: row.elicits,
            tokens_of: row.oauth_client.map(|client| TokenHolder { client, subject: row.oauth_subject }),
            key_prefix: row.key_prefix,
            revoked_at: row.revoked_at,
            expires_at: row.expires_at,
        })
    }
}

/// The hash under which a key is kept. A key has 256 random bits, so one round of SHA-256 is as good as many.
#[must_use]
pub fn key_hash(key: &str) -> Hash {
    sha256(key.as_bytes())
}

/// Adds an agent.
pub async fn add_agent(tx: &mut Tx, agent: &Agent, key_hash: &Hash, now: Timestamp) -> Result<()> {
    let permissions: Vec<String> = agent.permissions.iter().map(ToString::to_string).collect();
    let holder = agent.tokens_of.as_ref();
    on!(tx tx, c => sqlx::query(
        "insert into agent (id, tenant_id, name, owner_id, permissions, names, elicits, oauth_client, oauth_subject, key_hash,
            key_prefix, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
        .bind(agent.id).bind(agent.tenant).bind(&agent.name).bind(agent.owner).bind(permissions.join(","))
        .bind(agent.names.as_str()).bind(agent.elicits).bind(holder.map(|of| &of.client))
        .bind(holder.and_then(|of| of.subject.as_ref())).bind(key_hash.to_vec()).bind(&agent.key_prefix).bind(now)
        .bind(agent.expires_at)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The agent behind a key, whoever's it is: the key itself says which tenant is meant.
pub async fn agent_by_key(db: &Db, key: &str) -> Result<Option<Agent>> {
    const SQL: &str = agent!("where a.key_hash = $1");
    let row: Option<AgentRow> =
        on!(read db, p => sqlx::query_as(SQL).bind(key_hash(key).to_vec()).fetch_optional(p).await)?;
    row.map(Agent::try_from).transpose()
}

/// The agent of a client of the authorization server, whoever's it is: an access token says which client it was given to, and
/// for whom.
pub async fn agent_by_tokens(db: &Db, of: &TokenHolder) -> Result<Option<Agent>> {
    const SQL: &str = agent!("where a.oauth_client = $1 and coalesce(a.oauth_subject, '') = $2");
    let subject = of.subject.as_deref().unwrap_or_default();
    let row: Option<AgentRow> =
        on!(read db, p => sqlx::query_as(SQL).bind(&of.client).bind(subject).fetch_optional(p).await)?;
    row.map(Agent::try_from).transpose()
}

/// One agent of this tenant.
pub async fn agent(db: &Db, tenant: TenantId, id: AgentId) -> Result<Option<Agent>> {
    const SQL: &str = agent!("where a.tenant_id = $1 and a.id = $2");
    let row: Option<AgentRow> = on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(p).await)?;
    row.map(Agent::try_from).transpose()
}

/// Writes down that an agent's key was used.
pub async fn touch_agent(db: &Db, id: AgentId, now: Timestamp) -> Result<()> {
    on!(write db, p => sqlx::query("update agent set last_used_at = $2 where id = $1").bind(id).bind(now)
        .execute(p).await.map(drop))?;
    Ok(())
}

/// All agents of this tenant, by name.
pub async fn agents(db: &Db, tenant: TenantId) -> Result<Vec<Agent>> {
    const SQL: &str = agent!("where a.tenant_id = $1 order by a.name");
    let rows: Vec<AgentRow> = on!(read db, p => sqlx::query_as(SQL).bind(tenant).fetch_all(p).await)?;
    rows.into_iter().map(Agent::try_from).collect()
}

/// Voids an agent's key; `false` if it was void or never there.
pub async fn revoke_agent(tx: &mut Tx, tenant: TenantId, id: AgentId, now: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query("update agent set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null")
        .bind(tenant).bind(id).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}
