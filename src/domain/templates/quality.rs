//! How a template has fared at Meta: its quality, the pauses that Meta imposed, and what follows for those who send.
//!
//! Source: Meta's page on template quality. The first pause for low quality lasts three hours, the second six; after a third time
//! the template is disabled. A pause while a new template was tried on few people ends only when somebody lifts it.

use super::{Quality, TemplateStatus};
use crate::domain::clock::Timestamp;
use serde::Serialize;
use std::time::Duration;

words! {
    /// Which pause it is.
    PauseStage, "stage of a pause" {
        /// The first for low quality: three hours.
        First = "first",
        /// The second: six hours.
        Second = "second",
        /// The third time: disabled for good.
        Disabled = "disabled",
        /// Few people were tried, and did not like it; it lasts until somebody lifts it.
        Pacing = "pacing",
    }
}

impl PauseStage {
    /// How long it lasts; none if it does not end by itself.
    #[must_use]
    pub const fn lasts(self) -> Option<Duration> {
        match self {
            Self::First => Some(Duration::from_hours(3)),
            Self::Second => Some(Duration::from_hours(6)),
            Self::Disabled | Self::Pacing => None,
        }
    }

    /// By the title that Meta gives it in its event.
    #[must_use]
    pub fn titled(title: &str) -> Option<Self> {
        match title {
            "FIRST_PAUSE" => Some(Self::First),
            "SECOND_PAUSE" => Some(Self::Second),
            "RATE_LIMITING_PAUSE" => Some(Self::Pacing),
            "DISABLED" => Some(Self::Disabled),
            _ => None,
        }
    }
}

/// What Meta told of a template at one time. What it did not tell of stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When it was written down.
    pub at: Timestamp,
    /// Where it stands since then.
    pub status: Option<TemplateStatus>,
    /// How it is received since then.
    pub quality: Option<Quality>,
    /// Which pause it is, if Meta said so.
    pub stage: Option<PauseStage>,
}

/// A time in which Meta let it not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Pause {
    /// Which one.
    pub stage: PauseStage,
    /// When it began.
    pub since: Timestamp,
    /// When it ends by itself, by Meta's rules; null if it does not.
    pub until: Option<Timestamp>,
}

/// The pauses, oldest first. Where Meta did not say which one it was, they are counted: one for pacing does not count.
#[must_use]
pub fn pauses(changes: &[Change]) -> Vec<Pause> {
    let (mut found, mut stands): (Vec<Pause>, _) = (Vec::new(), None);
    for change in changes {
        let Some(status) = change.status else { continue };
        let barred = matches!(status, TemplateStatus::Paused | TemplateStatus::Disabled);
        // The event and the reading that follows it tell of one pause.
        if barred && stands != Some(status) {
            let before = found.iter().filter(|pause| pause.stage != PauseStage::Pacing).count();
            let counted = match (status, before) {
                (TemplateStatus::Disabled, _) => PauseStage::Disabled,
                (_, 0) => PauseStage::First,
                (..) => PauseStage::Second,
            };
            let stage = change.stage.unwrap_or(counted);
            found.push(Pause { stage, since: change.at, until: stage.lasts().map(|span| change.at.after(span)) });
        }
        stands = Some(status);
    }
    found
}

words! {
    /// What follows for those who send.
    Advice, "advice on a template" {
        /// It cannot go out.
        DoNotSend = "do_not_send",
        /// One more bad day pauses it, or ends it.
        Stop = "stop",
        /// Fewer people, and only those who lately wrote.
        SlowDown = "slow_down",
        /// A part first, and the rest when Meta has judged.
        StartSmall = "start_small",
        /// Nothing speaks against it.
        GoOn = "go_on",
    }
}

impl Advice {
    /// For agents, in English.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::DoNotSend => {
                "Meta does not let it be sent. Wait until it is approved again, or use another template."
            }
            Self::Stop => {
                "Many recipients block or report it. Send nothing with it until its text or its audience is another one: the \
                 next step of Meta's is a pause, and after the third the template is lost."
            }
            Self::SlowDown => {
                "Recipients take it less well. Send slower and to people who lately wrote, in small batches, and look at the \
                 quality between them."
            }
            Self::StartSmall => {
                "Meta has not measured it yet, or it was paused within the last seven days: Meta may hold back messages until it \
                 has judged the first ones. Send to a part first."
            }
            Self::GoOn => "Nothing speaks against the usual pace.",
        }
    }
}

/// So long after a pause Meta looks more closely.
const AFTERWARDS: Duration = Duration::from_hours(7 * 24);

/// What follows from how it stands, how it is received, and its pauses.
#[must_use]
pub fn advice(status: TemplateStatus, quality: Quality, pauses: &[Pause], now: Timestamp) -> Advice {
    let lately = pauses.last().is_some_and(|pause| now < pause.until.unwrap_or(pause.since).after(AFTERWARDS));
    match (status, quality) {
        (TemplateStatus::Approved, Quality::Red) => Advice::Stop,
        (TemplateStatus::Approved, Quality::Yellow) => Advice::SlowDown,
        (TemplateStatus::Approved, Quality::Unknown) => Advice::StartSmall,
        (TemplateStatus::Approved, Quality::Green) if lately => Advice::StartSmall,
        (TemplateStatus::Approved, Quality::Green) => Advice::GoOn,
        _ => Advice::DoNotSend,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TemplateStatus::{Approved, Disabled, Paused};
    use proptest::prelude::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn at(hours: u32) -> Timestamp {
        Timestamp::from_seconds(1_795_142_400).after(HOUR * hours)
    }

    fn change(hours: u32, status: TemplateStatus, stage: Option<PauseStage>) -> Change {
        Change { at: at(hours), status: Some(status), quality: None, stage }
    }

    #[test]
    fn pauses_last_three_hours_six_and_for_ever() {
        let told = [
            change(0, Approved, None),
            change(1, Paused, Some(PauseStage::First)),
            // The reading that follows the event.
            change(2, Paused, None),
            change(4, Approved, None),
            change(10, Paused, None),
            change(16, Approved, None),
            change(20, Disabled, None),
        ];
        let found: Vec<_> = pauses(&told).into_iter().map(|pause| (pause.stage, pause.since, pause.until)).collect();
        assert_eq!(
            found,
            [
                (PauseStage::First, at(1), Some(at(4))),
                (PauseStage::Second, at(10), Some(at(16))),
                (PauseStage::Disabled, at(20), None),
            ]
        );
    }

    #[test]
    fn a_pause_for_pacing_is_no_strike() {
        let told = [change(0, Paused, Some(PauseStage::Pacing)), change(1, Approved, None), change(2, Paused, None)];
        let stages: Vec<PauseStage> = pauses(&told).iter().map(|pause| pause.stage).collect();
        assert_eq!(stages, [PauseStage::Pacing, PauseStage::First]);
    }

    #[test]
    fn the_worse_it_is_received_the_less_is_sent() {
        let paused = pauses(&[change(0, Paused, None)]);
        for (status, quality, pauses, now, advised) in [
            (Approved, Quality::Green, &[][..], at(5), Advice::GoOn),
            (Approved, Quality::Green, &paused, at(5), Advice::StartSmall),
            (Approved, Quality::Green, &paused, at(3 + 7 * 24), Advice::GoOn),
            (Approved, Quality::Unknown, &[], at(5), Advice::StartSmall),
            (Approved, Quality::Yellow, &[], at(5), Advice::SlowDown),
            (Approved, Quality::Red, &[], at(5), Advice::Stop),
            (Paused, Quality::Green, &[], at(5), Advice::DoNotSend),
            (TemplateStatus::Unknown, Quality::Green, &[], at(5), Advice::DoNotSend),
        ] {
            assert_eq!(advice(status, quality, pauses, now), advised, "{status} {quality}");
        }
    }

    proptest! {
        #[test]
        fn telling_everything_twice_changes_no_pause(bars in prop::collection::vec(any::<bool>(), 0..12)) {
            let told: Vec<Change> = bars
                .iter()
                .zip(0..)
                .map(|(barred, hours)| change(hours, if *barred { Paused } else { Approved }, None))
                .collect();
            let twice: Vec<Change> = told.iter().flat_map(|one| [*one, *one]).collect();
            prop_assert_eq!(pauses(&told), pauses(&twice));
        }
    }
}
