//! The sections of a segment: its conditions before and after, and whom and what the change touches.

use crate::console::conditions;
use crate::console::states::State;
use crate::domain::preview::{SegmentChangeView, SegmentState};
use crate::words::Words;

/// The two sections of a segment.
#[derive(Clone, Debug)]
pub struct SegmentReview {
    /// Name, version and conditions as they are, in English; `None` if it is new.
    pub before: Option<SegmentSide>,
    pub after: SegmentSide,
    pub people_before: u64,
    pub people_after: u64,
    pub enter: u64,
    pub leave: u64,
    pub broadcasts: Vec<DrawnLine>,
}

/// One version.
#[derive(Clone, Debug)]
pub struct SegmentSide {
    pub version: u32,
    pub name: String,
    pub in_words: String,
}

/// A broadcast that was drawn from it.
#[derive(Clone, Debug)]
pub struct DrawnLine {
    /// `/broadcasts/{id}`.
    pub href: String,
    pub name: String,
    pub state: String,
}

impl SegmentReview {
    pub fn balances(&self) -> bool {
        self.people_before + self.enter == self.people_after + self.leave
    }
}

/// The two sections of a segment.
pub fn segment(l: &Words, view: &SegmentChangeView) -> SegmentReview {
    let side = |state: &SegmentState| SegmentSide {
        version: state.version,
        name: state.name.clone(),
        in_words: conditions::both(l, &state.include, state.exclude.as_ref()),
    };
    SegmentReview {
        before: view.change.before.as_ref().map(side),
        after: side(&view.change.after),
        people_before: view.effect.people_before,
        people_after: view.effect.people_after,
        enter: view.effect.enter,
        leave: view.effect.leave,
        broadcasts: view
            .effect
            .broadcasts
            .iter()
            .map(|broadcast| DrawnLine {
                href: format!("/broadcasts/{}", broadcast.id),
                name: broadcast.name.clone(),
                state: State::of_broadcast(broadcast.state).words(l),
            })
            .collect(),
    }
}

/// What would change, in one sentence made of signed figures.
pub fn summary(l: &Words, view: &SegmentChangeView) -> String {
    let (name, reached) = (view.change.name.as_str(), view.effect.people_after);
    if view.change.before.is_none() {
        return l.t2("summary-segment-new", "name", name, "people", reached);
    }
    let (enter, leave) = (view.effect.enter, view.effect.leave);
    let values = [("name", name.into()), ("enter", enter.into()), ("leave", leave.into()), ("people", reached.into())];
    l.t_with("summary-segment", &values)
}
