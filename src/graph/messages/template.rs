//! A template with its values, to one person.

use std::fmt;

use serde_json::{Value, json};

use super::envelope;
use super::extension::Extension;
use super::parts::{Button, Header, Parameters, check_buttons, components};
use crate::domain::messages::{Fault, Faults, Recipient, check_callback};

/// A template with its values, to one person. Meta shows no message above a template that it would answer, so it has none.
#[derive(Clone, PartialEq)]
pub struct TemplateMessage {
    pub phone_number_id: String,
    pub to: Recipient,
    /// Given, Meta delivers it only while the person behind the number is still the one of whom this was read.
    pub identity_key_hash: Option<String>,
    pub name: String,
    pub language: String,
    pub header: Option<Header>,
    pub body: Parameters,
    pub buttons: Vec<Button>,
    /// The component that only some kinds of templates have.
    pub extension: Option<Extension>,
    /// Comes back in every status webhook: our ledger's id for this attempt. No personal data.
    pub callback: String,
}

impl TemplateMessage {
    /// What Meta would refuse anyway.
    pub(super) fn check(&self) -> Result<(), Fault> {
        check_callback(&self.callback)?;
        let mut faults = Faults::default();
        if let Some(hash) = &self.identity_key_hash {
            faults.required("identity_key_hash", hash, usize::MAX);
        }
        self.header.iter().for_each(|header| header.check("header", &mut faults));
        check_buttons("buttons", &self.buttons, &mut faults);
        self.extension.iter().for_each(|extension| extension.check(&mut faults));
        faults.into_vec().into_iter().next().map_or(Ok(()), Err)
    }

    /// The request's body, as Meta wants it.
    pub fn to_json(&self) -> Value {
        let mut components = components(self.header.as_ref(), &self.body, &self.buttons);
        components.extend(self.extension.as_ref().map(Extension::to_json));
        let mut template = json!({"name": self.name, "language": {"code": self.language}});
        if let (Some(template), false) = (template.as_object_mut(), components.is_empty()) {
            template.insert("components".to_owned(), Value::Array(components));
        }
        envelope(&self.to, self.identity_key_hash.as_deref(), &self.callback, "template", &template)
    }
}

/// Shows what is sent and where from, not to whom nor with which values.
impl fmt::Debug for TemplateMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateMessage")
            .field("phone_number_id", &self.phone_number_id)
            .field("name", &self.name)
            .field("language", &self.language)
            .field("callback", &self.callback)
            .finish_non_exhaustive()
    }
}
