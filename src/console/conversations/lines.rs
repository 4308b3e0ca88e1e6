//! The entries of a thread in their order: what the customer wrote, what the business said and by whose leave, and what
//! happened in between.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::fill::outcome_words;
use super::{Entry, Note, Ours, Past, Spoken, Theirs, spoken};
use crate::console::audit::Names;
use crate::console::monitor::ledger_tag;
use crate::console::parts::{Tag, Tone};
use crate::console::visit::Reviewer;
use crate::domain::audit::Actor;
use crate::domain::automation::{Kind, Subject};
use crate::domain::clock::Timestamp;
use crate::domain::conversations::attachments::AttachmentState;
use crate::domain::conversations::{Conversation, ConversationAct};
use crate::domain::ids::PersonId;
use crate::domain::redact::hide_people;
use crate::domain::replies::ReplySource;
use crate::error::Error;
use crate::store;
use crate::store::automation::{Run, RunFilter};
use crate::store::conversations::{Event, File, Line};
use crate::store::messages::Sent;
use crate::store::replies::Reply;
use crate::words::Words;
use std::time::Duration;

/// Messages of the customer on one page.
const PAGE: usize = 60;
/// Messages of the business among them.
const REPLIES: u32 = 300;
/// Broadcasts that are looked at for what this customer got.
const BROADCASTS: u32 = 50;

/// A stretch of a thread: the customer's messages in it, newest first, and from when until when it goes.
pub struct Span {
    lines: Vec<Line>,
    from: Timestamp,
    before: Option<Timestamp>,
}

impl Span {
    /// The newest stretch, or the one that ends before then.
    pub async fn read(who: &Reviewer, thread: &Conversation, before: Option<Timestamp>) -> Result<Self, Error> {
        let (db, tenant) = (&who.console.ctx.db, who.person.tenant);
        let of = (thread.phone_number_id.as_str(), thread.contact);
        let limit = u32::try_from(PAGE + 1).unwrap_or(61);
        let cursor = before.map(|at| (at, String::new()));
        let mut lines = store::conversations::lines(db, tenant, of, cursor, limit).await?;
        // What was said before the first message of all belongs to the last page.
        let mut from = Timestamp::from_micros(0);
        // Meta tells whole seconds: a page ends between two of them, or what was written in one would be on neither side.
        if let Some(next) = lines.get(PAGE).map(|line| line.sent_at) {
            lines.retain(|line| line.sent_at > next);
            from = next.after(Duration::from_micros(1));
        }
        Ok(Self { lines, from, before })
    }

    /// Where the stretch before it ends, if there is one.
    pub fn earlier(&self) -> Option<Timestamp> {
        Some(self.from).filter(|from| from.micros() > 0)
    }

    fn holds(&self, at: Timestamp) -> bool {
        at >= self.from && self.before.is_none_or(|before| at < before)
    }
}

/// Everything in it, oldest first.
pub async fn entries(
    who: &Reviewer,
    thread: &Conversation,
    span: Span,
    people: &HashMap<PersonId, String>,
) -> Result<Vec<Entry>, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let of = (thread.phone_number_id.as_str(), thread.contact);
    let files = store::conversations::files(db, tenant, of, span.from).await?;
    let files: HashMap<&str, &File> = files.iter().map(|file| (file.wamid.as_str(), file)).collect();
    let replies = store::replies::between(db, tenant, of, (span.from, span.before), REPLIES).await?;
    let history = store::conversations::history(db, tenant, thread.id).await?;
    let by = Automation::read(who, thread, (&replies, &history), span.from).await?;
    let names = Names::read(db, tenant).await?;
    let mut entries: Vec<Entry> =
        span.lines.iter().map(|line| theirs(l, line, files.get(line.wamid.as_str()).copied())).collect();
    entries.extend(replies.iter().map(|reply| ours(l, reply, &by)));
    let of = (Some(thread.phone_number_id.as_str()), thread.contact);
    for sent in store::messages::to_contact(db, tenant, of, None, BROADCASTS).await? {
        if span.holds(sent.started_at) {
            entries.push(broadcast(who, &sent).await?);
        }
    }
    for event in history.iter().filter(|event| span.holds(event.at)) {
        entries.extend(past(l, event, &names, &by, people));
    }
    // Stable: what has the same moment stays in the order of its kind, a question before its answer.
    entries.sort_by_key(Entry::at);
    Ok(entries)
}

fn theirs(l: &Words, line: &Line, file: Option<&File>) -> Entry {
    let file = file.map(|file| {
        let name = file.name.as_deref().map_or_else(|| l.t("file-without-name"), hide_people);
        (name, file_tag(l, file.state))
    });
    Entry::Theirs(Box::new(Theirs {
        at: line.sent_at.to_jiff(),
        said: spoken::theirs(l, &line.kind, line.text.as_deref(), line.details.as_ref()),
        file,
        edited: line.edited_at.map(Timestamp::to_jiff),
        revoked: line.revoked_at.map(Timestamp::to_jiff),
    }))
}

fn file_tag(l: &Words, state: AttachmentState) -> Tag {
    match state {
        AttachmentState::Waiting => Tag::new(Tone::Info, "clock", l.t("file-waiting")),
        AttachmentState::Kept => Tag::new(Tone::Ok, "check", l.t("file-kept")),
        AttachmentState::Refused => Tag::new(Tone::Danger, "stop", l.t("file-refused")),
        AttachmentState::Lost => Tag::new(Tone::Warn, "warn", l.t("file-lost")),
    }
}

fn ours(l: &Words, reply: &Reply, by: &Automation) -> Entry {
    let said = reply.saying.as_ref().map_or_else(|| spoken::with_app(l, &reply.cause), |it| spoken::ours(l, it));
    Entry::Ours(Box::new(Ours {
        at: reply.created_at.to_jiff(),
        said,
        by: match reply.source {
            ReplySource::Request => l.t("said-by-request"),
            ReplySource::Automation => by.words(l, reply),
            ReplySource::App => l.t("said-by-app"),
        },
        approved: reply.request.map(|id| format!("/requests/{id}")),
        state: ledger_tag(reply.delivery.as_str(), l),
        why: reply.why.clone(),
        doubts: reply.waits_for_people().then(|| format!("/replies/{}/doubts", reply.id)),
    }))
}

/// A message that was sent to many, this customer among them.
async fn broadcast(who: &Reviewer, sent: &Sent) -> Result<Entry, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let request = store::requests::find(db, tenant, sent.request).await?;
    let name = request.map_or_else(|| sent.request.to_string(), |request| request.preview.view.name().to_owned());
    Ok(Entry::Ours(Box::new(Ours {
        at: sent.started_at.to_jiff(),
        said: Spoken { kind: Some(l.t1("said-broadcast", "name", name)), ..Spoken::default() },
        by: l.t("said-by-broadcast"),
        approved: Some(format!("/requests/{}", sent.request)),
        state: ledger_tag(sent.row.delivery.as_str(), l),
        why: None,
        doubts: None,
    })))
}

/// What answered by itself: which version, by the customer's message that it answered, and what people call it.
struct Automation {
    runs: HashMap<String, Run>,
    names: BTreeMap<(Subject, u32), String>,
}

impl Automation {
    async fn read(
        who: &Reviewer,
        thread: &Conversation,
        (replies, history): (&[Reply], &[Event]),
        since: Timestamp,
    ) -> Result<Self, Error> {
        let (db, tenant) = (&who.console.ctx.db, who.person.tenant);
        let mut is = Self { runs: HashMap::new(), names: BTreeMap::new() };
        for key in history.iter().filter_map(|event| acted(&event.details)) {
            is.name(who, key).await?;
        }
        if !replies.iter().any(|reply| reply.source == ReplySource::Automation) {
            return Ok(is);
        }
        let filter = RunFilter { contact: Some(thread.contact), since: Some(since), ..RunFilter::default() };
        for run in store::automation::runs(db, tenant, &filter, REPLIES).await? {
            if let Some(made) = run.decided.as_ref().ok().and_then(|cause| cause.made()) {
                is.name(who, (made.subject, made.version)).await?;
            }
            is.runs.insert(run.wamid.clone(), run);
        }
        Ok(is)
    }

    async fn name(&mut self, who: &Reviewer, key: (Subject, u32)) -> Result<(), Error> {
        if !self.names.contains_key(&key) {
            let (db, tenant) = (&who.console.ctx.db, who.person.tenant);
            let version = store::automation::version(db, tenant, key.0, key.1).await?;
            self.names.extend(version.map(|version| (key, version.content.name().to_owned())));
        }
        Ok(())
    }

    fn words(&self, l: &Words, reply: &Reply) -> String {
        let run = reply.in_reply_to.as_ref().and_then(|wamid| self.runs.get(wamid));
        let made = run.and_then(|run| run.decided.as_ref().ok()?.made());
        made.map_or_else(|| l.t("said-by-automation"), |made| self.called(l, (made.subject, made.version)))
    }

    /// What people call this version.
    fn called(&self, l: &Words, key: (Subject, u32)) -> String {
        let name = self.names.get(&key).cloned().unwrap_or_else(|| key.0.to_string());
        let version = u64::from(key.1);
        match key.0.kind() {
            Kind::KeywordRule => l.t2("said-by-rule", "name", name, "version", version),
            Kind::Flow => l.t2("said-by-flow", "name", name, "version", version),
            Kind::AutoReply => l.t2("said-by-auto-reply", "name", name, "version", version),
        }
    }
}

/// Which version acted by itself, as it stands beside what it did.
fn acted(details: &Value) -> Option<(Subject, u32)> {
    let by = details.get("cause")?.get("by")?;
    // A guard stands before what it ended.
    let by = by.get(1).unwrap_or(by);
    let kind: Kind = by.get("kind")?.as_str()?.parse().ok()?;
    let subject = Subject::parse(kind, by.get("id")?.as_str()?)?;
    Some((subject, u32::try_from(by.get("version")?.as_u64()?).ok()?))
}

/// What happened, in a sentence, with the note that went with it: signed by whoever, or by what automation, wrote it.
fn past(l: &Words, event: &Event, names: &Names, by: &Automation, people: &HashMap<PersonId, String>) -> Vec<Entry> {
    let at = event.at.to_jiff();
    let who = match (&event.actor, acted(&event.details)) {
        (Actor::Worker, Some(key)) => by.called(l, key),
        (Actor::Worker, None) if event.details.get("cause").is_some() => l.t("said-by-automation"),
        _ => names.actor(l, &event.actor).name().to_owned(),
    };
    let detail = |name: &str| event.details.get(name).and_then(Value::as_str);
    let queue = detail("queue").unwrap_or("–");
    let text = match event.act {
        ConversationAct::Opened => Some(l.t("past-opened")),
        ConversationAct::HandedOver => Some(l.t1("past-handed-over", "queue", queue)),
        ConversationAct::Assigned => Some(match detail("person").map(str::parse::<PersonId>) {
            Some(Ok(id)) => {
                let person = people.get(&id).cloned().unwrap_or_else(|| id.to_string());
                if person == who {
                    l.t1("past-taken", "who", who.as_str())
                } else {
                    l.t2("past-given", "who", who.as_str(), "person", person)
                }
            }
            _ => l.t2("past-queued", "who", who.as_str(), "queue", queue),
        }),
        ConversationAct::Noted => None,
        ConversationAct::Escalated => Some(l.t1("past-escalated", "who", who.as_str())),
        ConversationAct::Settled => Some(l.t1("past-settled", "who", who.as_str())),
        ConversationAct::Closed => {
            let outcome = detail("outcome").map_or_else(|| "–".to_owned(), |outcome| outcome_words(l, outcome));
            Some(l.t2("past-closed", "who", who.as_str(), "outcome", outcome))
        }
        ConversationAct::Reopened => Some(l.t("past-reopened")),
    };
    let note = detail("note").map(|text| Entry::Note(Note { at, who, text: text.to_owned() }));
    text.map(|text| Entry::Past(Past { at, text })).into_iter().chain(note).collect()
}
