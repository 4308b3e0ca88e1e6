//! Mail to the people who review: over SMTP, or into memory where tests read it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use url::{Host, Url};

use crate::domain::redact::scrub;

/// Servers that take longer are treated as gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// One mail to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// The outbox's id of this mail. It becomes the Message-ID, so that a mail sent twice can be told from two mails.
    pub message_id: String,
}

/// Shows which mail, not to whom and not what.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

/// Settings that cannot be used, and what to write instead. Never shows the address, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailSetupError {
    #[error("mail.url {0}: write it like smtp://user:password@mail.example.com:587 or smtps://…")]
    Url(&'static str),
    #[error("mail.from is not a mail address: write it like Countersign <approvals@example.com>")]
    From,
}

/// Why a mail did not go out. No addresses in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mail not sent: {why}")]
pub struct MailError {
    /// Whether it is worth trying again later.
    pub transient: bool,
    /// The connection broke after it was made: the server may have taken the mail all the same.
    pub in_doubt: bool,
    /// The server's reply code, if it gave one.
    pub code: Option<u16>,
    pub why: String,
}

#[derive(Clone)]
pub enum Mailer {
    Smtp(Arc<Smtp>),
    Memory(Memory),
}

pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Keeps what it is given.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Vec<Mail>>>);

impl Mailer {
    /// `smtps://` speaks TLS from the first byte. `smtp://` asks for STARTTLS: it insists when there is a password and
    /// the server is another machine, takes it where offered otherwise, and leaves it out on this machine.
    /// `?tls=required`, `opportunistic` or `none` says otherwise.
    pub fn smtp(url: &str, from: &str) -> Result<Self, MailSetupError> {
        let from: Mailbox = one_line(from).and_then(|from| from.parse().ok()).ok_or(MailSetupError::From)?;
        let url = transport_url(url)?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| MailSetupError::Url("cannot be used"))?
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self::Smtp(Arc::new(Smtp { transport, from })))
    }

    pub fn memory() -> Self {
        Self::Memory(Memory::default())
    }

    /// What a mailer in memory was given so far; always empty for SMTP.
    pub fn sent(&self) -> Vec<Mail> {
        match self {
            Self::Smtp(_) => Vec::new(),
            Self::Memory(memory) => memory.0.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Hands the mail over once.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        match self {
            Self::Smtp(smtp) => {
                let message = smtp.compose(mail)?;
                smtp.transport.send(message).await.map(drop).map_err(|e| failed(&e))
            }
            Self::Memory(memory) => {
                memory.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
                Ok(())
            }
        }
    }

    /// Greets the server and takes leave, for `doctor`.
    pub async fn check(&self) -> Result<(), MailError> {
        let Self::Smtp(smtp) = self else { return Ok(()) };
        match smtp.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(refused("the server does not answer NOOP")),
            Err(error) => Err(failed(&error)),
        }
    }
}

impl Smtp {
    fn compose(&self, mail: &Mail) -> Result<Message, MailError> {
        let to = one_line(&mail.to).and_then(|to| to.parse::<Mailbox>().ok());
        let to = to.ok_or_else(|| refused("the recipient's address is not one"))?;
        let subject = one_line(&mail.subject).ok_or_else(|| refused("the subject must be one line"))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if mail.message_id.is_empty() || mail.message_id.len() > 100 || !mail.message_id.chars().all(plain) {
            return Err(refused("the mail's id must be letters, digits, dots and dashes"));
        }
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(format!("<{}@{}>", mail.message_id, self.from.email.domain())))
            // RFC 3834: no out-of-office answers to a machine.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        let message = match &mail.html {
            Some(html) => message.multipart(MultiPart::alternative_plain_html(mail.text.clone(), html.clone())),
            None => message.singlepart(lettre::message::SinglePart::plain(mail.text.clone())),
        };
        message.map_err(|_| refused("the mail could not be put together"))
    }
}

/// A line break in a header would start another header.
fn one_line(text: &str) -> Option<&str> {
    (!text.contains(char::is_control)).then_some(text)
}

fn transport_url(text: &str) -> Result<Url, MailSetupError> {
    let mut url = Url::parse(text).map_err(|_| MailSetupError::Url("is not an address"))?;
    if !matches!(url.scheme(), "smtp" | "smtps") {
        return Err(MailSetupError::Url("must begin with smtp:// or smtps://"));
    }
    let host = url.host_str().filter(|host| !host.is_empty()).map(str::to_owned);
    let host = host.ok_or(MailSetupError::Url("names no server"))?;
    if !url.username().is_empty() && url.password().is_none() {
        return Err(MailSetupError::Url("has a user without a password"));
    }
    let asked = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
    url.set_query(None);
    if url.scheme() == "smtps" {
        return Ok(url);
    }
    let tls = match asked.as_deref() {
        Some("none") => None,
        Some("required") => Some("required"),
        Some("opportunistic") => Some("opportunistic"),
        Some(_) => return Err(MailSetupError::Url("has a tls that is not required, opportunistic or none")),
        None if is_this_machine(&host) => None,
        None if url.password().is_some() => Some("required"),
        None => Some("opportunistic"),
    };
    url.set_query(tls.map(|tls| format!("tls={tls}")).as_deref());
    Ok(url)
}

fn is_this_machine(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(ip)) => ip.is_loopback(),
        Ok(Host::Ipv6(ip)) => ip.is_loopback(),
        Ok(Host::Domain(name)) => name == "localhost",
        Err(_) => false,
    }
}

fn refused(why: &str) -> MailError {
    MailError { transient: false, in_doubt: false, code: None, why: why.to_owned() }
}

/// Only a 5xx reply is final. What happened below SMTP may pass, and may have happened after the mail was taken.
fn failed(error: &SmtpError) -> MailError {
    let code = error.status().map(u16::from);
    let broken_later = code.is_none() && !never_connected(error);
    let why = match code {
        Some(_) => scrub(&std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)),
        None => scrub(&error.to_string()),
    };
    let why = code.map_or_else(|| why.clone(), |code| format!("the server answered {code}: {why}"));
    MailError {
        transient: !error.is_permanent() && !error.is_client(),
        in_doubt: broken_later && !error.is_client(),
        code,
        why,
    }
}

fn never_connected(error: &SmtpError) -> bool {
    use std::io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return matches!(io.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable | AddrNotAvailable);
        }
        source = inner.source();
    }
    error.is_tls()
}

#[cfg(test)]
mod tests;
