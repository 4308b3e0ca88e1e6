//! The client against a source on a bare socket, which can lose, cut and delay answers as no server library would.

use super::*;
use crate::domain::money::Currency;
use crate::domain::orders::{Item, Price, Stock};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the double does with the next request.
enum Act {
    Answer(&'static str, String),
    Silence,
    Cut,
}

struct Double {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Double {
    async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (mut acts, kept) = (acts.into_iter().collect::<VecDeque<_>>(), seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream, acts.pop_front().unwrap_or(Act::Cut), &kept).await;
            }
        });
        Self { url, seen }
    }

    fn source(&self) -> OrderSource {
        let settings = Settings { response_timeout: Duration::from_millis(300), ..Settings::at(&self.url) };
        OrderSource::new(&settings, Secret::new("hush")).unwrap()
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, act: Act, seen: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let whole = |request: &[u8]| {
        let text = String::from_utf8_lossy(request).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        (body.len() >= length.map_or(0, |length| length.parse().unwrap())).then_some(text)
    };
    let text = loop {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.unwrap();
        request.extend_from_slice(&piece[..read]);
        if let Some(text) = whole(&request) {
            break text;
        }
        assert!(read > 0, "the request broke off");
    };
    seen.lock().unwrap().push(text);
    match act {
        Act::Answer(status, body) => {
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n{body}"
            );
            // A client that has read enough hangs up.
            stream.write_all(answer.as_bytes()).await.ok();
        }
        Act::Silence => {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(5)).await;
                drop(stream);
            });
        }
        Act::Cut => drop(stream),
    }
}

fn answer(status: &'static str, body: &str) -> Act {
    Act::Answer(status, body.to_owned())
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

fn basket() -> Basket {
    let item = Item {
        product: "oolong".parse().unwrap(),
        name: "Winter oolong".into(),
        quantity: 2.try_into().unwrap(),
        price: Price::of_minor(Currency::HKD, 11_800).unwrap(),
    };
    Basket::new(vec![item]).unwrap()
}

fn asked(basket: &Basket) -> Ask<'_> {
    Ask {
        business: TenantId::from_uuid(uuid::Uuid::nil()),
        key: RequestId::from_uuid(uuid::Uuid::nil()),
        customer: ContactId::from_uuid(uuid::Uuid::nil()),
        basket,
        note: Some("No bag."),
    }
}

/// As a source would: over the request as it came.
fn is_signed(request: &str, secret: &str) -> bool {
    use hmac::{Hmac, KeyInit, Mac};
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let mut first = head.lines().next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let signed = format!("{method}\n{target}\n{}\n{body}", header("countersign-time: "));
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(signed);
    let claimed = hex::decode(header("countersign-signature: v1=")).unwrap();
    mac.verify_slice(&claimed).is_ok()
}

#[tokio::test]
async fn every_call_is_signed_over_all_that_it_says() {
    let double = Double::start([
        answer(
            "200 OK",
            r#"{"id":"oolong","name":"Winter oolong","price":{"currency":"HKD","amount":"118"},"stock":3}"#,
        ),
        answer("201 Created", r#"{"id":"SO-7"}"#),
    ])
    .await;
    let (source, basket) = (double.source(), basket());
    let tenant = TenantId::from_uuid(uuid::Uuid::nil());
    let product = source.product(tenant, &"oolong".parse().unwrap(), now()).await.unwrap().unwrap();
    assert_eq!((product.price.minor(), product.stock, product.as_of), (11_800, Stock::Left(3), now()));
    let placed = source.create(&asked(&basket), now()).await.unwrap();
    assert_eq!(placed, Answer::Placed(SourceOrderId::try_from("SO-7".to_owned()).unwrap()));
    let seen = double.seen();
    assert!(seen[0].starts_with(&format!("GET /api/products/oolong?business={tenant} ")), "{}", seen[0]);
    assert!(seen[1].starts_with("POST /api/orders ") && seen[1].contains("idempotency-key: ar_0000"), "{}", seen[1]);
    assert!(seen[1].contains(r#""total":{"currency":"HKD","amount":"236.00"}"#), "{}", seen[1]);
    for request in &seen {
        assert!(is_signed(request, "hush") && !is_signed(request, "other"), "{request}");
        assert!(!is_signed(&request.replace("/api/", "/app/"), "hush"), "the path is signed");
    }
    assert!(!is_signed(&seen[1].replace("236.00", "23.600"), "hush"), "the body is signed");
}

#[tokio::test]
async fn what_an_answer_proves() {
    let large = "x".repeat(300 << 10);
    for (act, wanted) in [
        (answer("409 Conflict", r#"{"reason":"Sold out."}"#), Ok("Sold out.")),
        (answer("422 Unprocessable", "no"), Ok("it gives no reason")),
        (answer("401 Unauthorized", ""), Err("nothing was done")),
        (answer("429 Too Many", ""), Err("nothing was done")),
        (answer("400 Bad Request", ""), Err("no usable answer: status 400")),
        (answer("404 Not Found", ""), Err("no usable answer: status 404")),
        (answer("408 Request Timeout", ""), Err("no usable answer: status 408")),
        (answer("413 Too Large", ""), Err("no usable answer: status 413")),
        (answer("500 Oops", ""), Err("no usable answer: status 500")),
        (answer("302 Found", ""), Err("no usable answer: status 302")),
        (answer("201 Created", "{}"), Err("no usable answer: the answer is not")),
        (answer("201 Created", r#"{"id":""}"#), Err("no usable answer")),
        (Act::Answer("200 OK", large), Err("no usable answer: status 200 with an answer of more")),
        (Act::Silence, Err("no usable answer: no answer in time")),
        (Act::Cut, Err("no usable answer: the connection broke")),
    ] {
        let double = Double::start([act]).await;
        let basket = basket();
        match (double.source().create(&asked(&basket), now()).await, wanted) {
            (Ok(Answer::Refused(why)), Ok(wanted)) => assert_eq!(why, wanted),
            (Err(error), Err(wanted)) => assert!(error.to_string().starts_with(wanted), "{error}, not {wanted}"),
            (got, wanted) => panic!("{got:?}, not {wanted:?}"),
        }
        assert_eq!(double.seen().len(), 1, "nothing is repeated and no redirect followed");
    }
    let nobody = OrderSource::new(&Settings::at("http://127.0.0.1:9"), Secret::new("hush")).unwrap();
    let refused = nobody.create(&asked(&basket()), now()).await.unwrap_err();
    assert!(matches!(refused, Error::NotSent(_)), "{refused}");
}

#[tokio::test]
async fn what_is_in_doubt_is_settled_by_its_key() {
    let double = Double::start([
        Act::Cut,
        answer("404 Not Found", ""),
        answer("200 OK", r#"{"id":"SO-7"}"#),
        answer("200 OK", r#"{"reason":"Call +852 9123 4567"}"#),
    ])
    .await;
    let (source, basket) = (double.source(), basket());
    let ask = asked(&basket);
    assert!(matches!(source.create(&ask, now()).await, Err(Error::InDoubt(_))));
    assert_eq!(source.order(ask.business, ask.key, now()).await, Ok(None));
    let found = source.order(ask.business, ask.key, now()).await.unwrap();
    assert_eq!(found, Some(Answer::Placed(SourceOrderId::try_from("SO-7".to_owned()).unwrap())));
    let refused = source.order(ask.business, ask.key, now()).await.unwrap().unwrap();
    assert!(matches!(&refused, Answer::Refused(why) if !why.contains("9123")), "{refused:?}");
    assert!(double.seen()[1].starts_with("GET /api/orders?business=tn_"), "{}", double.seen()[1]);
}

#[tokio::test]
async fn a_product_that_is_another_or_has_no_price_is_no_answer() {
    let body = |id: &str, amount: &str| {
        answer(
            "200 OK",
            &format!(r#"{{"id":"{id}","name":"Tea","price":{{"currency":"HKD","amount":"{amount}"}},"stock":null}}"#),
        )
    };
    let double = Double::start([
        body("oolong", "1.005"),
        body("jasmine", "1"),
        body("oolong", "1"),
        answer("404 Not Found", ""),
    ])
    .await;
    let (source, id) = (double.source(), "oolong".parse().unwrap());
    let ask = async || source.product(TenantId::from_uuid(uuid::Uuid::nil()), &id, now()).await;
    assert!(matches!(ask().await, Err(Error::InDoubt(_))), "no coin is that small");
    assert!(matches!(ask().await, Err(Error::InDoubt(_))), "another product");
    assert_eq!(ask().await.unwrap().unwrap().stock, Stock::Unlimited);
    assert_eq!(ask().await, Ok(None));
}

#[test]
fn only_a_plain_address_is_called() {
    for fine in ["https://orders.example", "https://orders.example/v1/", "http://127.0.0.1:9/x"] {
        assert!(OrderSource::new(&Settings::at(fine), Secret::new("hush")).is_ok(), "{fine}");
    }
    for bad in ["", "orders.example", "ftp://x", "https://me:pw@x", "https://x?y=1", "https://x#y"] {
        assert!(OrderSource::new(&Settings::at(bad), Secret::new("hush")).is_err(), "{bad}");
    }
}
