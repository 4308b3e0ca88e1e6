//! The people of a request: who signed, who can, who may not, and what each did.

use super::{Event, SignatureBlock, Slot, Verdict, Who};
use crate::approvals::sign::Dossier;
use crate::console::audit::{Names, act};
use crate::console::page::RoleName;
use crate::console::parts::{Digest, Tone};
use crate::domain::audit::AuditEntry;
use crate::domain::people::{Person, Role};
use crate::domain::policy::signatures::may_ever_sign;
use crate::domain::requests::{Decision, Signature};
use crate::words::Words;

/// The signatures under it, each with its entry in the log for those who may read that.
pub fn signatures(l: &Words, dossier: &Dossier, reads_log: bool) -> Vec<SignatureBlock> {
    let entry = |signature: &Signature| {
        let id = signature.id.to_string();
        dossier.history.iter().find(|e| e.details.get("signature").and_then(|v| v.as_str()) == Some(&id)).map(|e| e.seq)
    };
    dossier
        .signatures
        .iter()
        .map(|signature| SignatureBlock {
            name: signature.name.clone(),
            role: RoleName::from(signature.role).words(l),
            verdict: signature.decision.into(),
            at: signature.at.to_jiff(),
            method: if signature.method == "password" { l.t("method-password") } else { signature.method.clone() },
            comment: Some(signature.comment.clone()).filter(|comment| !comment.is_empty()),
            accepted: signature.accepted.iter().map(|warning| (warning.rule.clone(), warning.reason.clone())).collect(),
            digest: Digest::new(&signature.digest.to_string()),
            audit_seq: entry(signature).filter(|_| reads_log),
        })
        .collect()
}

/// Who signs: each seat with whom it has or whom it wants.
pub fn who(l: &Words, dossier: &Dossier, reader: &Person) -> Who {
    let request = &dossier.request;
    let mut given: Vec<&Signature> = dossier.signatures.iter().filter(|s| s.decision == Decision::Approved).collect();
    let mut mine = may_ever_sign(request, &dossier.signatures, reader, request.created_at).is_ok();
    let mut slots = Vec::new();
    for (seat, n) in request.quorum.seats.iter().zip(1_u64..) {
        let signed = given.iter().position(|s| seat.roles.contains(&s.role)).map(|at| given.remove(at));
        let person = match signed {
            Some(signature) => format!("{} ({})", signature.name, RoleName::from(signature.role).words(l)),
            None if mine && seat.roles.contains(&reader.role) => {
                mine = false;
                l.t1("who-you", "role", RoleName::from(reader.role).words(l))
            }
            None => candidates(l, &seat.roles, &dossier.could_sign),
        };
        slots.push(Slot { title: l.t1("who-slot", "n", n), person, done: signed.is_some() });
    }
    let rule = &request.quorum.rule;
    Who {
        slots,
        not_allowed: vec![l.t1("who-owner", "name", &request.owner_name)],
        rule: match request.quorum.seats.len() {
            0 => l.t1("rule-none", "rule", rule),
            1 => l.t1("rule-one", "rule", rule),
            _ => l.t1("rule-two", "rule", rule),
        },
    }
}

fn candidates(l: &Words, roles: &[Role], could_sign: &[Person]) -> String {
    let names = roles.iter().map(|role| RoleName::from(*role).words(l));
    let names = names.reduce(|a, b| l.t2("who-or", "a", a, "b", b)).unwrap_or_default();
    match could_sign.iter().filter(|person| roles.contains(&person.role)).count() {
        0 => l.t1("who-nobody", "roles", names),
        n => l.t2("who-any", "roles", names, "n", n),
    }
}

/// What happened, oldest first.
pub fn timeline(l: &Words, dossier: &Dossier, names: &Names, reads_log: bool) -> Vec<Event> {
    dossier
        .history
        .iter()
        .map(|entry| {
            let decision = decision(entry);
            Event {
                at: entry.at.to_jiff(),
                actor: names.actor(l, &entry.actor).name().to_owned(),
                act: decision.map_or_else(|| act(l, &entry.act), |decision| Verdict::from(decision).past(l).text),
                note: None,
                tone: tone(entry, decision),
                audit_seq: Some(entry.seq).filter(|_| reads_log),
            }
        })
        .collect()
}

fn decision(entry: &AuditEntry) -> Option<Decision> {
    entry.details.get("decision").filter(|_| entry.act == "request.signed")?.as_str()?.parse().ok()
}

fn tone(entry: &AuditEntry, decision: Option<Decision>) -> Tone {
    match (decision, entry.act.as_str()) {
        (Some(Decision::Approved), _) | (_, "request.approved") => Tone::Ok,
        (Some(Decision::Rejected), _) | (_, "execution.stopped" | "execution.cancelled" | "request.stale") => {
            Tone::Danger
        }
        (Some(Decision::ChangesRequested), _) => Tone::Info,
        (_, "execution.paused" | "execution.in_doubt") => Tone::Warn,
        _ => Tone::Plain,
    }
}
