//! A change of what answers customers by itself, worked out to the last word.

use super::{Content, Subject};
use crate::domain::canonical::Digest;
use serde::{Deserialize, Serialize};

/// What is done to one rule, flow or auto-reply, and what it was worked out on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomationPlan {
    /// Which one.
    pub subject: Subject,
    /// Its newest version then; 0 if there was none.
    pub base: u32,
    /// The version that was live then; none if none was.
    pub live: Option<u32>,
    /// What is done.
    pub step: Step,
}

/// What is done to one rule, flow or auto-reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step", content = "of")]
pub enum Step {
    /// It is stored as a new version that answers nobody. What is live stays live.
    Draft(Box<Content>),
    /// It is stored as a new version and takes the place of what is live.
    Publish(Box<Content>),
    /// The newest version, which says this, takes the place of what is live.
    Activate(Digest),
    /// Nothing of it is live any more.
    Retire,
}

words! {
    /// What becomes of a rule, a flow or an auto-reply.
    Becomes, "what becomes of it" {
        /// Stored beside what is live; it answers nobody.
        Draft = "draft",
        /// It answers customers, in place of what does so today.
        Active = "active",
        /// Nothing of it answers anybody.
        Inactive = "inactive",
    }
}

impl AutomationPlan {
    /// The write tool that it belongs to. What an auto-reply says is written like a flow; that it speaks is another matter.
    #[must_use]
    pub const fn tool(&self) -> &'static str {
        match (&self.subject, &self.step) {
            (Subject::KeywordRule(_), _) => "whatsapp.keyword_rule.upsert",
            (Subject::Flow(_), _) | (Subject::AutoReply(_), Step::Draft(_)) => "whatsapp.flow.upsert",
            (Subject::AutoReply(_), _) => "whatsapp.auto_reply.enable",
        }
    }

    /// What becomes of it.
    #[must_use]
    pub const fn becomes(&self) -> Becomes {
        match self.step {
            Step::Draft(_) => Becomes::Draft,
            Step::Publish(_) | Step::Activate(_) => Becomes::Active,
            Step::Retire => Becomes::Inactive,
        }
    }

    /// Whether customers are answered otherwise from then on.
    #[must_use]
    pub const fn changes_what_is_live(&self) -> bool {
        !matches!(self.step, Step::Draft(_))
    }

    /// Whether something of it answers customers, before or after.
    #[must_use]
    pub const fn is_or_becomes_live(&self) -> bool {
        self.live.is_some() || self.changes_what_is_live()
    }

    /// The version that it is about: the one to be stored, to be made live, or to be taken away.
    #[must_use]
    pub fn version(&self) -> u32 {
        match self.step {
            Step::Draft(_) | Step::Publish(_) => self.base.saturating_add(1),
            Step::Activate(_) => self.base,
            Step::Retire => self.live.unwrap_or(self.base),
        }
    }

    /// The version that is live afterwards.
    #[must_use]
    pub fn live_after(&self) -> Option<u32> {
        match self.becomes() {
            Becomes::Draft => self.live,
            Becomes::Active => Some(self.version()),
            Becomes::Inactive => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{auto_reply, menu, rule};
    use super::*;
    use crate::domain::automation::auto_replies::Occasion;

    #[test]
    fn each_change_belongs_to_one_tool_and_leads_to_one_version() {
        let digest = Content::Flow(menu()).digest().unwrap();
        let contents = [
            Content::KeywordRule(rule(1, "price")),
            Content::Flow(menu()),
            Content::AutoReply(auto_reply(Occasion::EverybodyAway(None))),
        ];
        let [of_rule, of_flow, of_reply] =
            ["whatsapp.keyword_rule.upsert", "whatsapp.flow.upsert", "whatsapp.auto_reply.enable"];
        for (content, writes, switches) in contents
            .iter()
            .zip([of_rule, of_flow, of_flow])
            .zip([of_rule, of_flow, of_reply])
            .map(|((content, writes), switches)| (content, writes, switches))
        {
            let boxed = || Box::new(content.clone());
            for (step, tool, version, after) in [
                (Step::Draft(boxed()), writes, 4, Some(2)),
                (Step::Publish(boxed()), switches, 4, Some(4)),
                (Step::Activate(digest), switches, 3, Some(3)),
                (Step::Retire, switches, 2, None),
            ] {
                let plan = AutomationPlan { subject: content.subject(), base: 3, live: Some(2), step };
                assert_eq!((plan.tool(), plan.version(), plan.live_after()), (tool, version, after), "{plan:?}");
                let text = serde_json::to_string(&plan).unwrap();
                assert_eq!(serde_json::from_str::<AutomationPlan>(&text).unwrap(), plan, "{text}");
            }
        }
    }
}
