//! Bringing a draft to Meta: what is asked for in each language, and what is to be done next, given what stands there.
//!
//! Name and language are unique at Meta, so an answer that was lost is found again by reading: nothing is created or changed
//! before that, and nothing twice.

use super::draft::{LanguageDraft, TemplateName};
use super::{Button, MessageTemplate, TemplateContent, TemplateStatus};
use crate::domain::canonical::{ContentHash, Digest, NotCanonical};
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::Language;
use crate::domain::ids::AssetId;
use serde::{Deserialize, Serialize};

/// What was asked for and cannot be found must be missing at so many looks before it is asked for again: what was asked for a
/// moment ago may still be on its way.
pub const LOOKS: u32 = 2;

/// A version of a draft, to be brought to Meta.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitPlan {
    /// Which template.
    pub name: TemplateName,
    /// Which version of its draft.
    pub version: u32,
    /// Over that version.
    pub digest: Digest,
    /// What Meta is to take it for.
    pub category: MessageCategory,
    /// The languages in which something is to be done.
    pub items: Vec<SubmitItem>,
}

/// One language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitItem {
    /// What it is to say.
    pub draft: LanguageDraft,
    /// The file for Meta's reviewers, if it has a medium on top.
    pub sample: Option<SampleFile>,
    /// What is done at Meta.
    pub change: Change,
}

/// A file for reviewers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleFile {
    /// Which file.
    pub asset: AssetId,
    /// Over its bytes.
    pub hash: ContentHash,
}

/// What is done at Meta in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is made.
    Create,
    /// What stands there is replaced.
    Edit(Before),
}

/// What stands at Meta, as it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Over what it says.
    pub content: Digest,
    /// What Meta takes it for.
    pub category: MessageCategory,
    /// Where it stands. Meta lets an approved one be edited once a day.
    pub status: TemplateStatus,
}

impl SubmitPlan {
    /// What is to be done in this language.
    #[must_use]
    pub fn item(&self, language: &Language) -> Option<&SubmitItem> {
        self.items.iter().find(|item| item.draft.language == *language)
    }
}

/// Over what a template says, but for what Meta writes in its own way: the label of a button that copies a code, and the spaces
/// in a number.
pub fn told_apart(content: &TemplateContent) -> Result<Digest, NotCanonical> {
    let mut content = content.clone();
    for button in &mut content.buttons {
        match button {
            Button::CopyCode { text } => text.clear(),
            Button::PhoneNumber { phone_number, .. } => phone_number.retain(|c| c.is_ascii_digit()),
            _ => {}
        }
    }
    content.digest()
}

/// What is asked for, as far as it can be told from what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Over what it is to say.
    pub content: Digest,
    /// What Meta is to take it for.
    pub category: MessageCategory,
}

/// Whether Meta was asked already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Nobody has.
    Never,
    /// Somebody has, and the answer is not known; it was looked for in vain so often.
    Perhaps(u32),
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Create it.
    Create,
    /// Edit the one of this id.
    Edit(String),
    /// What was asked for stands there.
    There,
    /// Look again later.
    Look,
    /// It cannot be done any more.
    Void(Obstacle),
}

/// Why it cannot be done any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Somebody else has made or changed it.
    Another,
    /// It is gone.
    Gone,
    /// Meta lets nobody edit it as it stands.
    Closed(TemplateStatus),
}

/// What is to be done, given what stands at Meta now.
#[must_use]
pub fn next(change: &Change, wanted: &Wanted, live: Option<(&MessageTemplate, Digest)>, asked: Asked) -> Next {
    let patient = match asked {
        Asked::Never => true,
        Asked::Perhaps(looks) => looks.saturating_add(1) >= LOOKS,
    };
    match (change, live.filter(|(live, _)| live.status != TemplateStatus::Deleted)) {
        (Change::Create, None) if patient => Next::Create,
        (Change::Create, None) => Next::Look,
        (Change::Create, Some((_, content))) if content == wanted.content => Next::There,
        (Change::Create, Some(_)) => Next::Void(Obstacle::Another),
        (Change::Edit(_), None) => Next::Void(Obstacle::Gone),
        (Change::Edit(before), Some((live, content))) => {
            let moved = before.content != wanted.content || live.category == wanted.category;
            if content == wanted.content && moved {
                return Next::There;
            }
            if content != before.content || live.category != before.category {
                return Next::Void(Obstacle::Another);
            }
            match (asked, is_editable(live.status)) {
                (_, true) if patient => Next::Edit(live.meta_id.clone()),
                (Asked::Never, false) => Next::Void(Obstacle::Closed(live.status)),
                // A review that began with our edit may show the old words for a while.
                _ => Next::Look,
            }
        }
    }
}

/// Whether Meta lets it be edited.
#[must_use]
pub const fn is_editable(status: TemplateStatus) -> bool {
    matches!(status, TemplateStatus::Approved | TemplateStatus::Rejected | TemplateStatus::Paused)
}

words! {
    /// Where one language stands on its way to Meta.
    SubmissionState, "state of a submission" {
        /// To be done.
        Waiting = "waiting",
        /// Meta was asked, and the answer is not known yet.
        Asked = "asked",
        /// Meta has it.
        Taken = "taken",
        /// Meta refused it, or it could not be done any more.
        Refused = "refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::templates::{Quality, TemplateContent};

    fn content(body: &str) -> TemplateContent {
        TemplateContent { header: None, body: body.into(), footer: None, buttons: Vec::new() }
    }

    fn live(body: &str, status: TemplateStatus, category: MessageCategory) -> MessageTemplate {
        MessageTemplate {
            name: "hours".into(),
            language: "en".parse().unwrap(),
            meta_id: "77".into(),
            category,
            status,
            quality: Quality::Unknown,
            rejected_reason: None,
            correct_category: None,
            content: content(body),
            synced_at: Timestamp::from_seconds(0),
        }
    }

    fn step(change: &Change, there: Option<&MessageTemplate>, asked: Asked) -> Next {
        let wanted = Wanted { content: content("new").digest().unwrap(), category: MessageCategory::Utility };
        next(change, &wanted, there.map(|it| (it, it.content.digest().unwrap())), asked)
    }

    fn edit(status: TemplateStatus) -> Change {
        let content = content("old").digest().unwrap();
        Change::Edit(Before { content, category: MessageCategory::Utility, status })
    }

    #[test]
    fn what_meta_writes_in_its_own_way_makes_no_difference() {
        let with = |button: Button| told_apart(&TemplateContent { buttons: vec![button], ..content("new") }).unwrap();
        let number = |text: &str, number: &str| Button::PhoneNumber { text: text.into(), phone_number: number.into() };
        assert_eq!(with(number("Call", "+852 5550 1000")), with(number("Call", "85255501000")));
        assert_ne!(with(number("Call", "+852 5550 1000")), with(number("Call", "+852 5550 1001")));
        assert_ne!(with(number("Call", "1")), with(number("Ring", "1")));
        let code = |text: &str| Button::CopyCode { text: text.into() };
        assert_eq!(with(code("")), with(code("Copy offer code")));
    }

    #[test]
    fn nothing_is_created_that_may_be_there() {
        use TemplateStatus::{Deleted, Pending};
        let ours = live("new", Pending, MessageCategory::Utility);
        let moved = live("new", Pending, MessageCategory::Marketing);
        let another = live("old", Pending, MessageCategory::Utility);
        let gone = live("new", Deleted, MessageCategory::Utility);
        for (there, asked, wanted) in [
            (None, Asked::Never, Next::Create),
            (None, Asked::Perhaps(0), Next::Look),
            (None, Asked::Perhaps(1), Next::Create),
            (Some(&gone), Asked::Never, Next::Create),
            (Some(&ours), Asked::Never, Next::There),
            (Some(&ours), Asked::Perhaps(0), Next::There),
            (Some(&moved), Asked::Perhaps(0), Next::There),
            (Some(&another), Asked::Never, Next::Void(Obstacle::Another)),
            (Some(&another), Asked::Perhaps(5), Next::Void(Obstacle::Another)),
        ] {
            assert_eq!(step(&Change::Create, there, asked), wanted, "{there:?} {asked:?}");
        }
    }

    #[test]
    fn an_edit_is_repeated_only_where_the_old_words_stand() {
        use TemplateStatus::{Approved, Paused, Pending};
        let change = edit(Approved);
        let old = live("old", Approved, MessageCategory::Utility);
        let in_review = live("old", Pending, MessageCategory::Utility);
        let ours = live("new", Pending, MessageCategory::Utility);
        let other = live("other", Approved, MessageCategory::Utility);
        let moved = live("old", Approved, MessageCategory::Marketing);
        for (there, asked, wanted) in [
            (Some(&old), Asked::Never, Next::Edit("77".into())),
            (Some(&old), Asked::Perhaps(0), Next::Look),
            (Some(&old), Asked::Perhaps(1), Next::Edit("77".into())),
            (Some(&in_review), Asked::Never, Next::Void(Obstacle::Closed(Pending))),
            (Some(&in_review), Asked::Perhaps(9), Next::Look),
            (Some(&ours), Asked::Never, Next::There),
            (Some(&ours), Asked::Perhaps(0), Next::There),
            (Some(&other), Asked::Never, Next::Void(Obstacle::Another)),
            (Some(&moved), Asked::Never, Next::Void(Obstacle::Another)),
            (None, Asked::Never, Next::Void(Obstacle::Gone)),
        ] {
            assert_eq!(step(&change, there, asked), wanted, "{there:?} {asked:?}");
        }
        assert!(is_editable(Paused) && !is_editable(Pending));
    }

    #[test]
    fn a_category_alone_can_be_changed() {
        let content = content("new").digest().unwrap();
        let before = Before { content, category: MessageCategory::Marketing, status: TemplateStatus::Rejected };
        let refused = live("new", TemplateStatus::Rejected, MessageCategory::Marketing);
        assert_eq!(step(&Change::Edit(before), Some(&refused), Asked::Never), Next::Edit("77".into()));
        let done = live("new", TemplateStatus::Pending, MessageCategory::Utility);
        assert_eq!(step(&Change::Edit(before), Some(&done), Asked::Perhaps(0)), Next::There);
    }
}
