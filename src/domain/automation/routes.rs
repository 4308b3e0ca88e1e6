//! To which queues something that answers by itself may lead customers.

use super::Content;
use super::auto_replies::AutoReply;
use super::flows::{Flow, Node};
use super::keywords::KeywordRule;
use super::names::Queue;
use std::collections::BTreeSet;

impl Content {
    /// Every queue that it names for customers to wait in.
    #[must_use]
    pub fn leads_to(&self) -> BTreeSet<&Queue> {
        match self {
            Self::KeywordRule(rule) => rule.leads_to(),
            Self::Flow(flow) => flow.leads_to(),
            Self::AutoReply(reply) => reply.leads_to(),
        }
    }
}

impl KeywordRule {
    /// The queue to which it routes, if it does.
    #[must_use]
    pub fn leads_to(&self) -> BTreeSet<&Queue> {
        self.queue().into_iter().collect()
    }
}

impl Flow {
    /// The queues of its hand-over nodes, and that of the people who take over when a customer asks for a person.
    #[must_use]
    pub fn leads_to(&self) -> BTreeSet<&Queue> {
        let handed = self.nodes.values().filter_map(|node| match node {
            Node::HandOver(to) => Some(&to.queue),
            _ => None,
        });
        handed.chain([&self.person.queue]).collect()
    }
}

impl AutoReply {
    /// The queue of the people who take over.
    #[must_use]
    pub fn leads_to(&self) -> BTreeSet<&Queue> {
        self.person.iter().map(|to| &to.queue).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::keywords::Action;
    use super::super::samples::{menu, queue, rule};
    use super::*;

    #[test]
    fn a_route_is_named_wherever_customers_may_end() {
        assert!(rule(10, "price").leads_to().is_empty(), "an answer leads nowhere");
        let routes = KeywordRule { action: Action::Route(queue("sales")), ..rule(10, "price") };
        assert_eq!(
            Content::KeywordRule(routes).leads_to().into_iter().map(Queue::as_str).collect::<Vec<_>>(),
            ["sales"]
        );
        let mut flow = Flow { person: queue("people"), ..menu() };
        flow.nodes.insert("desk".parse().unwrap(), Node::HandOver(queue("desk")));
        let queues: Vec<&str> = flow.leads_to().into_iter().map(Queue::as_str).collect();
        assert!(queues.contains(&"desk") && queues.contains(&"people"), "{queues:?}");
    }
}
