//! The mailer against a sink that speaks just enough SMTP, and says no when told to.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

#[derive(Clone)]
struct Sink {
    port: u16,
    /// What RCPT is answered with.
    rcpt: &'static str,
    /// What the end of DATA is answered with; nothing closes the connection.
    data: &'static str,
    mails: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    async fn start(rcpt: &'static str, data: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Self { port: listener.local_addr().unwrap().port(), rcpt, data, mails: Arc::default() };
        let serving = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sink = serving.clone();
                tokio::spawn(async move { sink.serve(stream).await });
            }
        });
        sink
    }

    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 sink\r\n").await.ok()?;
        loop {
            let line = read_line(&mut stream).await?;
            let verb = line.split([' ', ':']).next().unwrap().to_uppercase();
            let answer = match verb.as_str() {
                "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8",
                "RCPT" => self.rcpt,
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await.ok()?;
                    let mut mail = String::new();
                    loop {
                        let line = read_line(&mut stream).await?;
                        if line == "." {
                            break;
                        }
                        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                        mail.push('\n');
                    }
                    self.mails.lock().unwrap().push(mail);
                    if self.data.is_empty() {
                        return None;
                    }
                    self.data
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
    }

    fn mailer(&self) -> Mailer {
        Mailer::smtp(&format!("smtp://127.0.0.1:{}", self.port), "簽核 <approvals@example.com>").unwrap()
    }

    fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

fn mail() -> Mail {
    Mail {
        to: "Ann <ann@example.com>".into(),
        subject: "有一項請求等待您簽核".into(),
        text: "請開啟 https://countersign.example/requests/ar_1\n.\n.a line with a dot".into(),
        html: None,
        message_id: "0199-abc".into(),
    }
}

#[tokio::test]
async fn a_mail_arrives_with_our_id_and_in_chinese() {
    let sink = Sink::start("250 ok", "250 taken").await;
    sink.mailer().send(&mail()).await.unwrap();
    let mails = sink.mails();
    let [raw] = &mails[..] else { panic!("{mails:?}") };
    assert!(raw.contains("Message-ID: <0199-abc@example.com>"), "{raw}");
    assert!(raw.contains("Auto-Submitted: auto-generated"), "{raw}");
    assert!(raw.contains("Date: "), "{raw}");
    let (headers, body) = raw.split_once("\n\n").unwrap();
    assert!(headers.is_ascii(), "{headers}");
    assert_eq!(decode_words(header(headers, "Subject")), mail().subject);
    assert!(decode_words(header(headers, "From")).contains("簽核"), "{headers}");
    assert!(header(headers, "From").contains("<approvals@example.com>"), "{headers}");
    assert_eq!(decode_body(headers, body), mail().text);
}

#[tokio::test]
async fn text_and_html_travel_together() {
    let sink = Sink::start("250 ok", "250 taken").await;
    sink.mailer().send(&Mail { html: Some("<p>open it</p>".into()), text: "open it".into(), ..mail() }).await.unwrap();
    let raw = sink.mails().remove(0);
    assert!(
        raw.contains("multipart/alternative") && raw.contains("<p>open it</p>") && raw.contains("text/plain"),
        "{raw}"
    );
}

#[tokio::test]
async fn a_4xx_reply_may_be_tried_again_and_a_5xx_reply_may_not() {
    for (reply, transient, code) in [
        ("451 4.7.1 ann@example.com is greylisted", true, 451),
        ("550 5.1.1 <ann@example.com>: no such user", false, 550),
    ] {
        let error = Sink::start(reply, "250 ok").await.mailer().send(&mail()).await.unwrap_err();
        assert_eq!((error.transient, error.in_doubt, error.code), (transient, false, Some(code)), "{error}");
        assert!(error.to_string().contains(&code.to_string()) && !error.to_string().contains("ann@"), "{error}");
        let error = Sink::start("250 ok", reply).await.mailer().send(&mail()).await.unwrap_err();
        assert_eq!((error.transient, error.in_doubt), (transient, false), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_may_come_back() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mailer = Mailer::smtp(&format!("smtp://127.0.0.1:{port}"), "a@example.com").unwrap();
    let error = mailer.send(&mail()).await.unwrap_err();
    assert_eq!((error.transient, error.in_doubt, error.code), (true, false, None), "{error}");
    assert!(mailer.check().await.is_err());
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_mail_leaves_a_doubt() {
    let sink = Sink::start("250 ok", "").await;
    let error = sink.mailer().send(&mail()).await.unwrap_err();
    assert_eq!((error.transient, error.in_doubt, sink.mails().len()), (true, true, 1), "{error}");
}

#[tokio::test]
async fn nothing_is_smuggled_into_a_header() {
    let sink = Sink::start("250 ok", "250 taken").await;
    for wrong in [
        Mail { subject: "x\r\nBcc: eve@example.com".into(), ..mail() },
        Mail { to: "ann@example.com\nBcc: eve@example.com".into(), ..mail() },
        Mail { to: "not an address".into(), ..mail() },
        Mail { message_id: "x>\r\nBcc: eve@example.com".into(), ..mail() },
        Mail { message_id: String::new(), ..mail() },
    ] {
        let error = sink.mailer().send(&wrong).await.unwrap_err();
        assert!(!error.transient && !error.in_doubt, "{error}");
    }
    assert!(sink.mails().is_empty());
    sink.mailer().check().await.unwrap();
}

#[tokio::test]
async fn memory_keeps_what_it_is_given() {
    let mailer = Mailer::memory();
    let also = mailer.clone();
    mailer.send(&mail()).await.unwrap();
    assert_eq!(also.sent(), [mail()]);
    assert!(!format!("{:?}", mail()).contains("ann"));
}

#[test]
fn settings_that_cannot_work_are_refused_without_the_password() {
    for url in [
        "",
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://u@mail.example.com",
        "smtp://h?tls=maybe",
    ] {
        let sentence = Mailer::smtp(url, "a@example.com").err().map(|e| e.to_string()).unwrap_or_default();
        assert!(sentence.starts_with("mail.url "), "{url}: {sentence}");
    }
    for from in ["", "nobody", "a@example.com\nBcc: b@example.com"] {
        assert_eq!(Mailer::smtp("smtp://127.0.0.1", from).err(), Some(MailSetupError::From), "{from}");
    }
}

#[test]
fn a_password_never_travels_in_the_clear_unless_told_to() {
    let query = |url: &str| transport_url(url).unwrap().query().map(str::to_owned);
    assert_eq!(query("smtp://u:p@mail.example.com:587").as_deref(), Some("tls=required"));
    assert_eq!(query("smtp://mailpit:1025").as_deref(), Some("tls=opportunistic"));
    assert_eq!(query("smtp://u:p@127.0.0.1:25"), None);
    assert_eq!(query("smtp://localhost"), None);
    assert_eq!(query("smtps://u:p@mail.example.com"), None);
    assert_eq!(query("smtp://u:p@mail.example.com?tls=none"), None);
    assert_eq!(query("smtp://127.0.0.1?tls=required").as_deref(), Some("tls=required"));
}

/// The value of a header, its folded lines joined.
fn header<'a>(headers: &'a str, name: &str) -> String {
    let start = headers.split_once(&format!("{name}: ")).unwrap().1;
    let mut lines = start.lines();
    let first = lines.next().unwrap().to_owned();
    lines.take_while(|line: &&'a str| line.starts_with(' ')).fold(first, |value, line| value + line)
}

/// Undoes `=?utf-8?b?..?=`; white space between two encoded words is nothing.
fn decode_words(value: String) -> String {
    use base64::Engine;
    let mut bytes = Vec::new();
    for (at, part) in value.split("=?utf-8?b?").enumerate() {
        let (word, rest) = if at == 0 { ("", part) } else { part.split_once("?=").unwrap() };
        bytes.extend(base64::engine::general_purpose::STANDARD.decode(word).unwrap());
        bytes.extend(rest.trim().bytes());
    }
    String::from_utf8(bytes).unwrap()
}

/// Undoes quoted-printable; the sink keeps lines with a bare line feed.
fn decode_body(headers: &str, body: &str) -> String {
    assert_eq!(header(headers, "Content-Transfer-Encoding"), "quoted-printable");
    let joined = body.replace("=\n", "");
    let mut parts = joined.trim_end().split('=');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}
