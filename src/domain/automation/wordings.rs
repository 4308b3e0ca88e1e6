//! All texts that a version can say to customers, wherever in it they stand, and the templates that it sends.

use super::Content;
use super::flows::{Flow, Node, Say};
use super::keywords::Action;
use super::replies::Wording;
use std::collections::BTreeSet;

impl Content {
    /// Every text for customers.
    #[must_use]
    pub fn wordings(&self) -> Vec<&Wording> {
        match self {
            Self::KeywordRule(rule) => match &rule.action {
                Action::Reply { say, .. } => vec![say],
                Action::Route(to) => to.say.iter().collect(),
                Action::StartFlow(_) | Action::Tag(_) => Vec::new(),
            },
            Self::Flow(flow) => flow.wordings(),
            Self::AutoReply(reply) => {
                let person = reply.person.as_ref().and_then(|to| to.say.as_ref());
                [Some(&reply.say), person].into_iter().flatten().collect()
            }
        }
    }

    /// The templates that it sends, by name.
    #[must_use]
    pub fn templates(&self) -> BTreeSet<&str> {
        let Self::Flow(flow) = self else { return BTreeSet::new() };
        let sent = flow.nodes.values().filter_map(|node| match node {
            Node::Message { say: Say::Template(name), .. } => Some(name.as_str()),
            _ => None,
        });
        sent.collect()
    }
}

impl Flow {
    fn wordings(&self) -> Vec<&Wording> {
        let of_nodes = self.nodes.values().filter_map(|node| match node {
            Node::Message { say: Say::Text(say), .. } | Node::End { say: Some(say) } => Some(say),
            Node::Question(question) => Some(&question.ask),
            Node::HandOver(to) => to.say.as_ref(),
            Node::Message { say: Say::Template(_), .. }
            | Node::Condition { .. }
            | Node::Tag { .. }
            | Node::End { say: None } => None,
        });
        of_nodes.chain([&self.fallback.say]).chain(&self.person.say).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::menu;
    use super::*;

    #[test]
    fn no_text_of_a_flow_is_left_out() {
        let mut flow = menu();
        flow.person.say = Some(Wording::plain("One moment."));
        let node = serde_json::json!({"message": {"say": {"template": "welcome"}, "next": "menu"}});
        flow.nodes.insert("hello".parse().unwrap(), serde_json::from_value(node).unwrap());
        let content = Content::Flow(flow);
        let texts: BTreeSet<&str> = content.wordings().into_iter().map(|wording| wording.text.as_str()).collect();
        let all = [
            "What is it about?",
            "From 9 to 6.",
            "See you!",
            "A colleague will answer.",
            "Please choose.",
            "One moment.",
        ];
        assert_eq!(texts, all.into());
        assert_eq!(content.templates(), ["welcome"].into());
        let json = serde_json::to_value(&content).unwrap().to_string();
        assert_eq!(json.matches("\"text\":\"").count(), all.len(), "a text that the list does not know");
    }
}
