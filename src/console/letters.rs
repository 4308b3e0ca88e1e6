//! The mails that tell people to come here. They name the request by its digest and carry no personal data and no
//! authority: the link only leads to the sign-in.

use askama::Template;
use jiff::Timestamp;

use super::parts::Digest;
use crate::words::Words;

/// "A request waits for you".
pub struct RequestFiled {
    pub l: Words,
    pub tenant: String,
    /// The tool that would act: `whatsapp.broadcast.schedule`.
    pub tool: String,
    pub agent: String,
    pub signatures_needed: u64,
    pub due: Option<Timestamp>,
    pub digest: Digest,
    /// `https://…/requests/ar_…`.
    pub link: String,
}

#[derive(Template)]
#[template(path = "mail/request_filed.txt")]
struct Text<'a> {
    l: &'a Words,
    mail: &'a RequestFiled,
}

#[derive(Template)]
#[template(path = "mail/request_filed.html")]
struct Html<'a> {
    l: &'a Words,
    mail: &'a RequestFiled,
}

/// A mail, ready to be sent.
#[derive(Clone, Debug)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl RequestFiled {
    pub fn letter(&self) -> askama::Result<Letter> {
        Ok(Letter {
            subject: self.l.t1("mail-filed-subject", "tenant", &self.tenant),
            text: Text { l: &self.l, mail: self }.render()?,
            html: Html { l: &self.l, mail: self }.render()?,
        })
    }
}
