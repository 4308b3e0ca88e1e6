//! The audit log: what an entry says, and the Merkle tree (RFC 6962, SHA-256) that makes its history one number.
//!
//! Leaves carry no personal data: people and customers appear by id, content by digest.

use super::canonical::{Hash, NotCanonical, canonical, sha256};
use super::clock::Timestamp;
use super::ids::{AgentId, PersonId};
use super::masked::{Masked, Permit, ProviderId, ProviderIds};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Actor {
    /// An agent, through a tool.
    Agent(AgentId),
    /// A person, in the console.
    Person(PersonId),
    /// A rule of the policy.
    Policy(String),
    /// The worker.
    Worker,
    /// Meta, through a webhook.
    Meta,
    /// Whoever holds the machine, through the command line.
    Operator,
}

/// What is to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Who.
    pub actor: Actor,
    /// What, as a stable word: `request.signed`.
    pub act: &'static str,
    /// To what, by id.
    pub subject: String,
    /// The details that matter later. Never a name, a number or a text of a customer.
    pub details: serde_json::Value,
}

/// What stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Place in the tenant's log, from 0.
    pub seq: u64,
    /// When, by the writer's clock, never earlier than the entry before.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: String,
    /// To what.
    pub subject: String,
    /// The rest.
    pub details: serde_json::Value,
}

impl AuditEntry {
    /// The bytes that are hashed and kept.
    pub fn leaf(&self) -> Result<String, NotCanonical> {
        canonical(self)
    }

    /// As somebody with or without the right to see identifiers of Meta's reads it: a number's subject and an account's
    /// details hold one.
    #[must_use]
    pub fn shown(mut self, permit: Option<&Permit<ProviderIds>>) -> Self {
        let show = |id: &str| Masked::new(ProviderId::new(id)).show(permit);
        if let Some(id) = self.subject.strip_prefix(NUMBER) {
            self.subject = format!("{NUMBER}{}", show(id));
        }
        if let Some(serde_json::Value::String(id)) = self.details.get_mut("waba_id") {
            *id = show(id);
        }
        self
    }
}

/// What the subject of an entry about a business number begins with; Meta's id of it follows.
const NUMBER: &str = "number/";

/// The subject of an entry about a business number.
#[must_use]
pub fn number_subject(id: &ProviderId) -> String {
    format!("{NUMBER}{}", id.for_meta())
}

/// The subject of an entry about one language of a template.
#[must_use]
pub fn template_subject(name: &str, language: &str) -> String {
    format!("template/{name}/{language}")
}

/// The hash of a leaf; the prefix keeps it apart from an inner node's.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The right edge of a tree: the roots of its complete subtrees, largest first. Enough to append and to know the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

/// The stored bytes are not a frontier of that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored edge of the audit tree does not fit its size")]
pub struct BrokenFrontier;

impl Frontier {
    /// From the database.
    pub fn from_parts(size: u64, bytes: &[u8]) -> Result<Self, BrokenFrontier> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || hashes.len() as u64 != u64::from(size.count_ones()) {
            return Err(BrokenFrontier);
        }
        Ok(Self { size, roots: hashes.to_vec() })
    }

    /// For the database.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.roots.concat()
    }

    /// How many leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf: merges equal subtrees as a binary counter carries.
    pub fn push(&mut self, leaf: Hash) {
        let mut carry = leaf;
        let mut bits = self.size;
        while bits & 1 == 1 {
            if let Some(left) = self.roots.pop() {
                carry = node_hash(&left, &carry);
            }
            bits >>= 1;
        }
        self.roots.push(carry);
        self.size += 1;
    }

    /// The one hash that stands for all leaves in their order.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        roots.next().map_or_else(|| sha256(b""), |last| roots.fold(*last, |right, left| node_hash(left, &right)))
    }
}

/// The root over leaves that are all at hand.
#[must_use]
pub fn root_of(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::default();
    leaves.into_iter().for_each(|leaf| frontier.push(leaf));
    frontier.root()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, as it is written there.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(b""),
            [one] => *one,
            many => {
                let split = many.len().next_power_of_two() / 2;
                node_hash(&by_definition(&many[..split]), &by_definition(&many[split..]))
            }
        }
    }

    #[test]
    fn the_edge_gives_the_root_of_the_definition_at_every_size() {
        let leaves: Vec<Hash> = (0_u32..300).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let mut frontier = Frontier::default();
        for (n, leaf) in leaves.iter().enumerate() {
            assert_eq!(frontier.root(), by_definition(&leaves[..n]), "size {n}");
            frontier.push(*leaf);
            assert_eq!(Frontier::from_parts(frontier.size(), &frontier.bytes()), Ok(frontier.clone()));
        }
    }

    #[test]
    fn known_roots() {
        // The empty tree and the tree of one empty leaf, from the test vectors of RFC 6962's authors.
        assert_eq!(hex::encode(root_of([])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(
            hex::encode(root_of([leaf_hash(b"")])),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }

    #[test]
    fn an_edge_that_does_not_fit_is_refused() {
        assert_eq!(Frontier::from_parts(3, &[0; 32]), Err(BrokenFrontier));
        assert_eq!(Frontier::from_parts(1, &[0; 31]), Err(BrokenFrontier));
    }
}
