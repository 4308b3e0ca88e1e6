//! The rehearsal of a change: what customers wrote in the last days, played with what is live and with what is proposed.

use super::world::World;
use crate::domain::automation::reaction::{Desk, Facts, Limits};
use crate::domain::automation::rehearse::{Answer, Change, Past, Rehearsal, Verdict, rehearse};
use crate::domain::automation::{Active, Content, Subject};
use crate::domain::consent::Suppressions;
use crate::domain::contacts::{ContactNo, Language};
use crate::domain::ids::TenantId;
use crate::domain::preview::{AnswerView, AnsweredCount, RehearsalView, RehearsedSample, SaidView, VerdictCount};
use crate::domain::redact::scrub;
use crate::error::{Error, Result};
use crate::store;
use crate::store::automation::PastMessage;
use crate::store::conversations::{Queue, default_queue, everybody_away};
use crate::tools::Ctx;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// How far back messages are played.
pub const DAYS: u64 = 30;

/// Messages that are played, at most: the newest. So many take some seconds.
const MOST: u32 = 100_000;

/// Phrases that are looked for in messages, at most: whoever has very many rules gets fewer messages played, not a longer wait.
const MOST_LOOKS: usize = 50_000_000;

/// So many messages are played however many phrases there are.
const LEAST: u32 = 1_000;

/// Contacts that are read at once.
const AT_ONCE: usize = 1_000;

/// What is known of a customer today. What was known then, nobody has written down.
#[derive(Default)]
struct Reader {
    language: Option<Language>,
    tags: BTreeSet<String>,
}

/// Plays the change, and shows what came of it.
pub async fn play(ctx: &Ctx, tenant: TenantId, change: Change, world: &World) -> Result<(Rehearsal, RehearsalView)> {
    let turn = ctx.turns.take().await?;
    let since = ctx.clock.now().before(Duration::from_hours(24 * DAYS));
    let most = most(world.active.phrases());
    let mut past = store::automation::past(&ctx.db, tenant, since, most.saturating_add(1)).await?;
    let only_newest = past.len() > usize::try_from(most).unwrap_or(usize::MAX);
    if only_newest {
        past.remove(0);
    }
    let readers = readers(ctx, tenant, &past).await?;
    let standing = match change.subject() {
        Subject::Flow(flow) => store::automation::standing_in(&ctx.db, tenant, flow).await?,
        Subject::KeywordRule(_) | Subject::AutoReply(_) => 0,
    };
    let (active, queues, played) = (world.active.clone(), world.queues.clone(), change.clone());
    // It takes as long as there are messages, and must not hold up whoever else is answered by this thread.
    let (rehearsal, samples) = tokio::task::spawn_blocking(move || {
        let rehearsal = run(&played, &active, &queues, &readers, &past);
        let wanted: BTreeSet<&str> = rehearsal.samples.iter().map(|sample| sample.wamid.as_str()).collect();
        let samples: Vec<PastMessage> =
            past.iter().filter(|message| wanted.contains(message.inbound.wamid.as_str())).cloned().collect();
        // Over only now, even if whoever asked waits no longer.
        drop(turn);
        (rehearsal, samples)
    })
    .await
    .map_err(Error::internal)?;
    let names = Names { active: &world.active, change: &change };
    let view = view(&rehearsal, &samples, &names, &world.queues);
    Ok((rehearsal, RehearsalView { only_newest, standing, ..view }))
}

/// How many messages are played where so many phrases are looked for in each.
fn most(phrases: usize) -> u32 {
    let affordable = MOST_LOOKS.checked_div(phrases).unwrap_or(usize::MAX);
    u32::try_from(affordable).unwrap_or(MOST).clamp(LEAST, MOST)
}

async fn readers(ctx: &Ctx, tenant: TenantId, past: &[PastMessage]) -> Result<HashMap<ContactNo, Reader>> {
    let numbers: BTreeSet<u32> = past.iter().map(|message| message.contact.0).collect();
    let numbers: Vec<ContactNo> = numbers.into_iter().map(ContactNo).collect();
    let mut readers = HashMap::with_capacity(numbers.len());
    for some in numbers.chunks(AT_ONCE) {
        let contacts = store::contacts::many(&ctx.db, tenant, some).await?;
        let reader = |(no, contact): (ContactNo, crate::domain::contacts::Contact)| {
            (no, Reader { language: contact.language, tags: contact.tags })
        };
        readers.extend(contacts.into_iter().map(reader));
    }
    Ok(readers)
}

fn run(
    change: &Change,
    active: &Active,
    queues: &[Queue],
    readers: &HashMap<ContactNo, Reader>,
    past: &[PastMessage],
) -> Rehearsal {
    let (limits, nobody) = (Limits::usual(default_queue(queues)), Reader::default());
    let messages = past.iter().map(|message| {
        let reader = readers.get(&message.contact).unwrap_or(&nobody);
        let facts = Facts {
            language: reader.language.as_ref(),
            tags: &reader.tags,
            suppressions: Suppressions::default(),
            window_until: None,
            first_message: message.first,
            everybody_away: everybody_away(queues, message.inbound.at),
            queue: message.queue.as_ref(),
            desk: Desk::Free,
            maybe_answered: false,
            stopped: false,
            recent: &[],
            limits: &limits,
        };
        Past { contact: message.contact, inbound: message.inbound.clone(), facts }
    });
    rehearse(change, active, messages)
}

/// What things are called, the proposal among them.
struct Names<'a> {
    active: &'a Active,
    change: &'a Change,
}

impl Names<'_> {
    fn of(&self, subject: Subject) -> String {
        let proposed = match self.change {
            Change::Put(content) if content.subject() == subject => Some(content.name().to_owned()),
            Change::Put(_) | Change::Remove(_) => None,
        };
        let live = || self.active.find(subject).map(|live| Content::name(&live.content).to_owned());
        proposed.or_else(live).unwrap_or_else(|| subject.to_string())
    }
}

fn view(rehearsal: &Rehearsal, messages: &[PastMessage], names: &Names<'_>, queues: &[Queue]) -> RehearsalView {
    let count = |verdict: &Verdict| rehearsal.verdicts.get(verdict).copied().unwrap_or(0);
    let mut by: Vec<AnsweredCount> = rehearsal
        .by
        .iter()
        .map(|(subject, messages)| AnsweredCount {
            kind: subject.kind(),
            name: names.of(*subject),
            messages: *messages,
        })
        .collect();
    by.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.name.cmp(&b.name)));
    let for_few = |name: &str| queues.iter().any(|queue| queue.restricted && queue.name == name);
    let samples = rehearsal.samples.iter().filter_map(|sample| {
        let message = messages.iter().find(|message| message.inbound.wamid == sample.wamid)?;
        let hidden = message.queue.as_ref().is_some_and(|queue| for_few(queue.as_str()));
        Some(RehearsedSample {
            verdicts: sample.verdicts.clone(),
            at: message.inbound.at,
            text: message.inbound.said.words().filter(|_| !hidden).map(scrub),
            today: sample.today.as_ref().map(|answer| shown(answer, names)),
            then: sample.then.as_ref().map(|answer| shown(answer, names)),
        })
    });
    RehearsalView {
        messages: rehearsal.messages,
        different: rehearsal.different,
        conversations: rehearsal.conversations,
        verdicts: Verdict::ALL.iter().map(|it| VerdictCount { verdict: *it, messages: count(it) }).collect(),
        by,
        samples: samples.collect(),
        ..RehearsalView::nothing(DAYS)
    }
}

fn shown(answer: &Answer, names: &Names<'_>) -> AnswerView {
    AnswerView {
        by: answer.by.map(|subject| names.of(subject)),
        says: answer.says.iter().map(SaidView::of_outgoing).collect(),
        queue: answer.queue.as_ref().map(ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_phrases_make_fewer_messages_and_never_none() {
        for (phrases, messages) in
            [(0, MOST), (500, MOST), (1_000, 50_000), (5_000, 10_000), (50_000, LEAST), (usize::MAX, LEAST)]
        {
            assert_eq!(most(phrases), messages, "{phrases}");
        }
    }
}
