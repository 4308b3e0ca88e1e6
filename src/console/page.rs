//! What every page shares: who is looking, where they are, and the frame around the content.

use jiff::Timestamp;

use serde::{Deserialize, Serialize};

use super::assets::{LINKS, Links};
use super::parts::Tone;
use crate::domain::people::Role;
use crate::words::{Lang, Words};

/// The entry of the navigation that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    Inbox,
    Broadcasts,
    Conversations,
    Numbers,
    Audit,
    Elsewhere,
}

impl Here {
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Broadcasts => "broadcasts",
            Self::Conversations => "conversations",
            Self::Numbers => "numbers",
            Self::Audit => "audit",
            Self::Elsewhere => "",
        }
    }
}

/// A role as the banner names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleName {
    Admin,
    Compliance,
    Principal,
    Operator,
    Manager,
    Auditor,
    Dpo,
}

impl RoleName {
    pub const ALL: [Self; 7] =
        [Self::Admin, Self::Compliance, Self::Principal, Self::Operator, Self::Manager, Self::Auditor, Self::Dpo];

    pub fn words(self, l: &Words) -> String {
        match self {
            Self::Admin => l.t("role-admin"),
            Self::Compliance => l.t("role-compliance"),
            Self::Principal => l.t("role-principal"),
            Self::Operator => l.t("role-operator"),
            Self::Manager => l.t("role-manager"),
            Self::Auditor => l.t("role-auditor"),
            Self::Dpo => l.t("role-dpo"),
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Compliance => Self::Compliance,
            Role::Principal => Self::Principal,
            Role::Operator => Self::Operator,
            Role::Manager => Self::Manager,
            Role::Auditor => Self::Auditor,
            Role::Dpo => Self::Dpo,
        }
    }
}

/// The person who is signed in.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub name: String,
    pub role: RoleName,
    pub tenant: String,
    /// Requests that wait for this person.
    pub waiting: u64,
    /// Broadcasts of the tenant that are sending now.
    pub running: u64,
    pub may_read_audit: bool,
    /// Automatic messages that this person is asked about: nobody knows whether they were sent.
    pub doubts: u64,
    /// From where nothing goes out.
    pub stops: Vec<StopLine>,
}

/// A stop, as every page tells of it.
#[derive(Clone, Debug)]
pub struct StopLine {
    /// The number; `None` for all of them.
    pub number: Option<String>,
    pub since: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn words(self, l: &Words) -> String {
        match self {
            Self::Auto => l.t("theme-auto"),
            Self::Light => l.t("theme-light"),
            Self::Dark => l.t("theme-dark"),
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// The result of what the person just did, shown once after a redirect.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notice {
    pub tone: Tone,
    pub text: String,
}

/// The frame around a page. Field names are what `layout.html` reads.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// The page's `h1`, and the first part of its `<title>`.
    pub title: String,
    pub here: Here,
    /// This page's address, to come back to after a change of language or theme.
    pub path: String,
    /// `None` before sign-in.
    pub viewer: Option<Viewer>,
    pub theme: Theme,
    /// Whether single-key shortcuts are on.
    pub keys: bool,
    pub now: Timestamp,
    /// Seconds after which the page loads itself again; only where the person switched it on.
    pub refresh: Option<u32>,
    pub notice: Option<Notice>,
    /// What the forms of this page carry; `None` before sign-in.
    pub token: Option<String>,
}

impl Chrome {
    pub fn new(title: String, here: Here, path: String, now: Timestamp) -> Self {
        Self {
            title,
            here,
            path,
            viewer: None,
            theme: Theme::Auto,
            keys: true,
            now,
            refresh: None,
            notice: None,
            token: None,
        }
    }

    pub fn links(&self) -> &'static Links {
        &LINKS
    }

    pub fn langs(&self) -> [Lang; 3] {
        Lang::ALL
    }

    pub fn themes(&self) -> [Theme; 3] {
        Theme::ALL
    }

    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// `(3) Inbox – Countersign`.
    pub fn full_title(&self, l: &Words) -> String {
        let title = l.t1("page-title", "page", &self.title);
        match self.viewer.as_ref().map(|viewer| viewer.waiting) {
            Some(n @ 1..) => format!("({}) {title}", l.num(n)),
            _ => title,
        }
    }
}
