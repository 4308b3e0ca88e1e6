//! Drafts on their way to Meta, language by language: what was asked for, what is known of it, and when it is looked at again.

use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::Language;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::masked::{Masked, ProviderId};
use crate::domain::policy::templates::Edits;
use crate::domain::templates::TemplateStatus;
use crate::domain::templates::submission::{Asked, Change, SubmissionState, SubmitPlan};
use crate::store::deliveries::Sql;
use crate::store::{Db, Error, Result, Source, Tx, on, row, unsigned, word};

const TABLE: &str = "template_submission";

/// One language of a request, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Which language.
    pub language: Language,
    /// Where it stands.
    pub state: SubmissionState,
    /// Meta's id of it.
    pub meta_id: Option<Masked<ProviderId>>,
    /// Where it stood when Meta took it.
    pub status: Option<TemplateStatus>,
    /// What Meta took it for.
    pub category: Option<MessageCategory>,
    /// Why it was refused, or why it still waits.
    pub why: Option<String>,
}

row! {
    struct SubmissionRow {
        language: String, state: String, meta_id: Option<String>, status: Option<String>, category: Option<String>,
        why: Option<String>,
    }
}

impl TryFrom<SubmissionRow> for Submission {
    type Error = Error;
    fn try_from(row: SubmissionRow) -> Result<Self> {
        Ok(Self {
            language: word(TABLE, "language", &row.language, &row.language)?,
            state: word(TABLE, "state", &row.language, &row.state)?,
            status: row.status.map(|it| word(TABLE, "status", &row.language, &it)).transpose()?,
            category: row.category.map(|it| word(TABLE, "category", &row.language, &it)).transpose()?,
            meta_id: row.meta_id.map(|id| Masked::new(ProviderId::new(id))),
            why: row.why,
        })
    }
}

/// Puts all languages of a request on their way.
pub async fn add(tx: &mut Tx, tenant: TenantId, request: RequestId, plan: &SubmitPlan, now: Timestamp) -> Result<()> {
    for item in &plan.items {
        let replaces = match &item.change {
            Change::Create => None,
            Change::Edit(before) => Some(before.status.as_str()),
        };
        on!(tx &mut *tx, c => sqlx::query(
            "insert into template_submission (request_id, tenant_id, name, language, replaces, state, looks, tries, due_at, created_at)
             values ($1, $2, $3, $4, $5, 'waiting', 0, 0, $6, $6)")
            .bind(request).bind(tenant).bind(plan.name.as_str()).bind(item.draft.language.as_str()).bind(replaces).bind(now)
            .execute(c).await.map(drop))?;
    }
    Ok(())
}

/// A language that a worker sees to.
#[derive(Debug, Clone)]
pub struct Due {
    /// Of which business.
    pub tenant: TenantId,
    /// By which request.
    pub request: RequestId,
    /// Which language.
    pub language: Language,
    /// Whether Meta was asked already.
    pub asked: Asked,
    /// How often anything went wrong.
    pub tries: u32,
}

row! {
    struct DueRow { tenant_id: TenantId, request_id: RequestId, language: String, state: String, looks: i64, tries: i64 }
}

/// Takes languages that are due, and keeps them from others until then. In a database that is found to be older than what has
/// happened nothing is taken.
pub async fn take(tx: &mut Tx, (now, until): (Timestamp, Timestamp), limit: u32) -> Result<Vec<Due>> {
    macro_rules! take {
        ($lock:literal) => {
            concat!(
                "update template_submission set due_at = $2
                 where not exists (select 1 from instance i where i.one = 1 and i.noticed_at is not null)
                    and state in ('waiting', 'asked') and (request_id, language) in (
                    select request_id, language from template_submission where state in ('waiting', 'asked') and due_at <= $1
                    order by due_at, request_id, language limit $3",
                $lock,
                ") returning tenant_id, request_id, language, state, looks, tries"
            )
        };
    }
    const TAKE: Sql = Sql { sqlite: take!(""), postgres: take!(" for update skip locked") };
    let sql = TAKE.of(tx);
    let rows: Vec<DueRow> =
        on!(tx tx, c => sqlx::query_as(sql).bind(now).bind(until).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            let state: SubmissionState = word(TABLE, "state", row.request_id, &row.state)?;
            let looks = unsigned(TABLE, "looks", row.request_id, row.looks)?;
            Ok(Due {
                tenant: row.tenant_id,
                request: row.request_id,
                language: word(TABLE, "language", row.request_id, &row.language)?,
                asked: if state == SubmissionState::Asked { Asked::Perhaps(looks) } else { Asked::Never },
                tries: unsigned(TABLE, "tries", row.request_id, row.tries)?,
            })
        })
        .collect()
}

/// Keeps one from others for longer, while its worker is at it. `false` if others have taken it by now.
pub async fn keep(db: &Db, due: &Due, (held, until): (Timestamp, Timestamp)) -> Result<bool> {
    let hit = on!(write db, p => sqlx::query(
        "update template_submission set due_at = $4
         where request_id = $1 and language = $2 and state in ('waiting', 'asked') and due_at = $3")
        .bind(due.request).bind(due.language.as_str()).bind(held).bind(until).execute(p).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// The intent: Meta is asked from here on. `false` if it is settled, or others have taken it by now.
pub async fn ask(tx: &mut Tx, due: &Due, held: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update template_submission set state = 'asked', looks = 0
         where request_id = $1 and language = $2 and state in ('waiting', 'asked') and due_at = $3
            and not exists (select 1 from instance i where i.one = 1 and i.noticed_at is not null)")
        .bind(due.request).bind(due.language.as_str()).bind(held).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Why one is looked at again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Meta could not be read; all is as it was.
    Unread,
    /// Meta provably did nothing.
    NotDone,
    /// Nobody knows what Meta did.
    InDoubt,
    /// What was asked for was not found.
    NotFound,
}

/// It is looked at again then.
pub async fn later(tx: &mut Tx, due: &Due, again: Again, at: Timestamp, why: &str) -> Result<()> {
    let (state, looks) = match (again, due.asked) {
        (Again::NotDone, _) | (Again::Unread, Asked::Never) => (SubmissionState::Waiting, 0),
        (Again::Unread, Asked::Perhaps(looks)) => (SubmissionState::Asked, looks),
        (Again::InDoubt, _) => (SubmissionState::Asked, 0),
        (Again::NotFound, Asked::Never) => (SubmissionState::Asked, 1),
        (Again::NotFound, Asked::Perhaps(looks)) => (SubmissionState::Asked, looks.saturating_add(1)),
    };
    on!(tx tx, c => sqlx::query(
        "update template_submission set state = $3, looks = $4, tries = tries + 1, due_at = $5, why = $6
         where request_id = $1 and language = $2 and state in ('waiting', 'asked')")
        .bind(due.request).bind(due.language.as_str()).bind(state.as_str()).bind(i64::from(looks)).bind(at)
        .bind(why.replace('\0', "")).execute(c).await.map(drop))?;
    Ok(())
}

/// How one ended.
#[derive(Clone, PartialEq, Eq)]
pub enum Ending {
    /// Meta has it.
    Taken {
        /// Its id there.
        meta_id: ProviderId,
        /// Where it stands.
        status: TemplateStatus,
        /// What Meta takes it for.
        category: MessageCategory,
    },
    /// Meta refused it, or it could not be done any more.
    Refused(String),
}

/// Writes down how one ended; `false` if that is known already.
pub async fn settle(tx: &mut Tx, due: &Due, ending: &Ending, now: Timestamp) -> Result<bool> {
    let (state, meta_id, status, category, why) = match ending {
        Ending::Taken { meta_id, status, category } => {
            (SubmissionState::Taken, Some(meta_id.for_meta()), Some(status.as_str()), Some(category.as_str()), None)
        }
        Ending::Refused(why) => (SubmissionState::Refused, None, None, None, Some(why.replace('\0', ""))),
    };
    let hit = on!(tx tx, c => sqlx::query(
        "update template_submission set state = $3, meta_id = $4, status = $5, category = $6, why = $7, settled_at = $8
         where request_id = $1 and language = $2 and state in ('waiting', 'asked')")
        .bind(due.request).bind(due.language.as_str()).bind(state.as_str()).bind(meta_id).bind(status).bind(category)
        .bind(why).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Requests of which something has been on its way since then or longer, in vain so far, and that people were not told of.
pub async fn overdue(db: &Db, since: Timestamp, limit: u32) -> Result<Vec<(TenantId, RequestId)>> {
    Ok(on!(read db, p => sqlx::query_as(
        "select distinct s.tenant_id, s.request_id from template_submission s
            join action_request a on a.tenant_id = s.tenant_id and a.id = s.request_id and a.status = 'executing'
         where s.state in ('waiting', 'asked') and s.tries > 0 and s.created_at <= $1 limit $2")
        .bind(since).bind(i64::from(limit)).fetch_all(p).await)?)
}

/// What a stop found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stopped {
    /// Languages that Meta was not asked for.
    pub waiting: u64,
    /// Languages that Meta was asked for, and of which nobody knows whether it has them.
    pub asked: u64,
}

impl Stopped {
    /// All of them.
    #[must_use]
    pub const fn all(self) -> u64 {
        self.waiting + self.asked
    }
}

/// Ends the languages of a request that are on their way. The statement that asks Meta and this one meet at the row: one of them
/// finds it on its way.
pub async fn stop(tx: &mut Tx, tenant: TenantId, request: RequestId, why: &str, now: Timestamp) -> Result<Stopped> {
    let mut end = async |state: SubmissionState, why: String| -> Result<u64> {
        Ok(on!(tx &mut *tx, c => sqlx::query(
            "update template_submission set state = 'refused', why = $4, settled_at = $5
             where tenant_id = $1 and request_id = $2 and state = $3")
            .bind(tenant).bind(request).bind(state.as_str()).bind(why).bind(now)
            .execute(c).await.map(|r| r.rows_affected()))?)
    };
    let waiting = end(SubmissionState::Waiting, why.to_owned()).await?;
    let asked = end(SubmissionState::Asked, format!("{why} Whether Meta has it is not known.")).await?;
    Ok(Stopped { waiting, asked })
}

/// All languages of a request.
pub async fn of_request(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    request: RequestId,
) -> Result<Vec<Submission>> {
    let rows: Vec<SubmissionRow> = on!(from source.into(), c => sqlx::query_as(
        "select language, state, meta_id, status, category, why from template_submission
         where tenant_id = $1 and request_id = $2 order by language")
        .bind(tenant).bind(request).fetch_all(c).await)?;
    rows.into_iter().map(Submission::try_from).collect()
}

/// Languages of this template that are on their way by any request.
pub async fn on_their_way(source: impl Into<Source<'_>>, tenant: TenantId, name: &str) -> Result<Vec<Language>> {
    let rows: Vec<(String,)> = on!(from source.into(), c => sqlx::query_as(
        "select language from template_submission where tenant_id = $1 and name = $2 and state in ('waiting', 'asked')
         order by language")
        .bind(tenant).bind(name).fetch_all(c).await)?;
    rows.into_iter().map(|(language,)| word(TABLE, "language", name, &language)).collect()
}

/// How often this language was edited since then while it was approved.
pub async fn edits(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    (name, language): (&str, &Language),
    since: Timestamp,
) -> Result<Edits> {
    let (count, last): (i64, Option<Timestamp>) = on!(from source.into(), c => sqlx::query_as(
        "select count(*), max(settled_at) from template_submission
         where tenant_id = $1 and name = $2 and language = $3 and state = 'taken' and replaces = 'approved' and settled_at > $4")
        .bind(tenant).bind(name).bind(language.as_str()).bind(since).fetch_one(c).await)?;
    Ok(Edits { within_30_days: unsigned(TABLE, "settled_at", name, count)?, last })
}
