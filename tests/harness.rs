//! The harness itself: a helper that failed in silence would make tests that cannot fail.

use std::time::Duration;

use countersign::store::Db;
use sqlx::Connection;

use crate::support::agent::{Agent, Era, Sdk};
use crate::support::browser::{Browser, WIDTHS};
use crate::support::db::{Kind, TestDb, on_both};
use crate::support::smtp::Sink;

on_both!(a_database_is_fresh, a_database_is_of_its_own);

const TABLES: &str = "select count(*) from information_schema.tables where table_schema = 'public'";

async fn postgres_number(url: &str, query: &'static str) -> i64 {
    let mut connection = sqlx::PgConnection::connect(url).await.expect("the database answers");
    sqlx::query_scalar(query).fetch_one(&mut connection).await.expect("a number")
}

async fn a_database_is_fresh(db: TestDb) {
    let empty = TestDb::empty(db.kind).await.expect("another");
    assert_ne!(empty.url, db.url);
    match db.kind {
        Kind::Sqlite => {
            assert!(db.url.starts_with("sqlite://"), "{}", db.url);
            assert!(std::fs::read_dir(db.folder()).expect("its folder").next().is_none(), "no file yet");
        }
        Kind::Postgres => {
            assert_eq!(postgres_number(&empty.url, TABLES).await, 0);
            assert!(postgres_number(&db.url, TABLES).await > 5, "a copy of the template has the tables");
        }
    }
    // Opening migrates an empty one and takes the other as it is; the store refuses a server that does not flush.
    empty.open().await.ping().await.expect("it answers");
    db.open().await.ping().await.expect("it answers");
}

async fn a_database_is_of_its_own(db: TestDb) {
    let other = TestDb::new(db.kind).await.expect("another");
    let (one, two) = (db.open().await, other.open().await);
    match (&one, &two) {
        (Db::Sqlite { write: one, .. }, Db::Sqlite { write: two, .. }) => {
            sqlx::query("create table mark (x integer)").execute(one).await.expect("made in one");
            sqlx::query("select x from mark").fetch_all(two).await.expect_err("not in the other");
        }
        (Db::Postgres(one), Db::Postgres(two)) => {
            sqlx::query("create table mark (x integer)").execute(one).await.expect("made in one");
            sqlx::query("select x from mark").fetch_all(two).await.expect_err("not in the other");
        }
        _ => panic!("two kinds"),
    }
}

#[tokio::test]
async fn a_database_goes_with_its_test() {
    let Some(db) = TestDb::new(Kind::Postgres).await else { return };
    let url = db.url.clone();
    drop(db);
    sqlx::PgConnection::connect(&url).await.expect_err("it is gone");
}

#[tokio::test]
async fn the_mail_server_keeps_and_refuses() {
    use lettre::message::header::ContentType;
    use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
    crate::support::start();
    let sink = Sink::start().await;
    let host = sink.addr.ip().to_string();
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host).port(sink.addr.port()).build();
    let mail = || {
        let parts = Message::builder().from("a@example.com".parse().unwrap()).to("b@example.com".parse().unwrap());
        parts.subject("等你簽署").header(ContentType::TEXT_PLAIN).body(".開頭\n等你".to_owned()).unwrap()
    };
    sink.refuse(Some("451 4.3.0 later"));
    assert!(transport.send(mail()).await.expect_err("refused").is_transient());
    sink.refuse(None);
    transport.send(mail()).await.expect("accepted");
    let mails = sink.wait_for(1).await;
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].from.as_str(), mails[0].to.as_slice()), ("a@example.com", &["b@example.com".to_owned()][..]));
    assert_eq!((mails[0].subject().as_str(), mails[0].text().trim()), ("等你簽署", ".開頭\r\n等你"));
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_reads_writes_and_takes_pictures() {
    let Some(browser) = Browser::open().await else { return };
    let page =
        "<meta name=viewport content='width=device-width'><input id=name><p>你好</p><div style='width:600px'>w</div>";
    browser
        .goto(&format!("data:text/html;charset=utf-8,<meta charset=utf-8>{page}<script>document.title='ran'</script>"))
        .await;
    browser.fill("#name", "Ann").await;
    assert_eq!(browser.find("#name").await.value().await.unwrap().as_deref(), Some("Ann"));
    browser.wait_for_text("你好").await;
    assert_eq!(browser.driver.title().await.unwrap(), "ran");
    assert_eq!(browser.overflow(1280).await, 0);
    assert!(browser.overflow(390).await > 0, "600 pixels do not fit on a phone");
    for (file, width) in browser.screens("harness").await.into_iter().zip(WIDTHS) {
        let png = std::fs::read(&file).expect("a picture");
        assert_eq!(&png[1..4], b"PNG");
        assert_eq!(u32::from_be_bytes(png[16..20].try_into().unwrap()), width, "{}", file.display());
    }
    browser.scripts(false).await;
    browser.goto("data:text/html,<title>still</title><script>document.title='ran'</script>").await;
    assert_eq!(browser.driver.title().await.unwrap(), "still", "scripts are off");
    browser.close().await;
}

#[tokio::test]
async fn an_agent_says_why_it_cannot_connect() {
    let nobody = format!("http://127.0.0.1:{}/mcp", crate::support::daemon::free_port());
    for sdk in [Sdk::Python, Sdk::TypeScript] {
        let Some(outcome) = Agent::try_connect(sdk, Era::Modern, &nobody, "key").await else { return };
        let Err(refused) = outcome else { panic!("{sdk:?} connected to nobody") };
        assert!(refused.contains("Error"), "{refused}");
    }
}

#[tokio::test]
#[should_panic(expected = "a miracle: not within")]
async fn waiting_ends() {
    crate::support::until("a miracle", Duration::from_millis(40), async || None::<()>).await;
}
