//! Files: up, down and away, and whom the token is shown to.

use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::graph::media::{self, Fetched, MediaFile, Upload};
use crate::graph::uploads::{self, Handle, Sample, Session};

fn raw(status: u16, body: &str) -> Act {
    Act::Answer(format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
}

/// The entry of a file at this address.
async fn entry(url: &str) -> MediaFile {
    let body = json!({"messaging_product": "whatsapp", "url": url, "mime_type": "image/png", "file_size": "5", "id": "1013",
        "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"});
    let double = Double::start([answer(200, &body.to_string())]).await;
    media::get(&double.graph(), &credentials(), "1013", None).await.unwrap()
}

#[tokio::test]
async fn a_file_goes_as_a_form() {
    let double = Double::start([answer(200, r#"{"id":"1013"}"#), answer(200, "{}"), refusal(400, 131_053)]).await;
    let graph = double.graph();
    let upload = async |mime: &str| {
        let file =
            Upload { bytes: Bytes::from_static(b"hello"), mime_type: mime.into(), filename: "tea \"1\".png".into() };
        media::upload(&graph, &credentials(), "7001", file).await
    };
    assert_eq!(upload("image/png").await, Ok("1013".into()));
    let request = &double.seen()[0];
    assert!(request.starts_with("POST /v25.0/7001/media HTTP/1.1"));
    let (head, body) = halves(request);
    let boundary = head.split("multipart/form-data; boundary=").nth(1).unwrap().lines().next().unwrap();
    let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
    assert!(parts[1].contains("name=\"messaging_product\"\r\n\r\nwhatsapp\r\n"), "{body}");
    assert!(parts[2].contains("name=\"type\"\r\n\r\nimage/png\r\n"), "{body}");
    assert!(parts[3].contains("name=\"file\"; filename=\"tea "), "{body}");
    assert!(parts[3].to_lowercase().contains("content-type: image/png\r\n\r\nhello\r\n"), "{body}");
    assert!(matches!(upload("image/png").await, Err(Error::InDoubt { .. })));
    assert!(matches!(upload("image/png").await, Err(Error::Rejected(e)) if e.code == 131_053));
    assert!(matches!(upload("image").await, Err(Error::NotSent { retry: Backoff::Never, .. })));
    assert_eq!(double.seen().len(), 3);
}

#[tokio::test]
async fn an_entry_is_read_with_its_hash_in_either_spelling() {
    let file = entry("https://lookaside.fbsbx.com/whatsapp?mid=1&hash=x").await;
    assert_eq!((file.id.as_str(), file.mime_type.as_deref(), file.size), ("1013", Some("image/png"), Some(5)));
    assert_eq!(
        file.sha256.map(hex::encode).unwrap(),
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    );
    assert!(!format!("{file:?}").contains("hash=x"));
    let double = Double::start([
        answer(200, r#"{"url":"https://x.example","sha256":"LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}"#),
        answer(200, r#"{"url":"https://x.example","sha256":"short"}"#),
        answer(200, r#"{"id":"1013"}"#),
        done(),
    ])
    .await;
    let graph = double.graph();
    let get = async || media::get(&graph, &credentials(), "1013", Some("7001")).await;
    assert_eq!(get().await.unwrap().sha256, file.sha256);
    assert_eq!(get().await.unwrap().sha256, None);
    assert!(matches!(get().await, Err(Error::InDoubt { .. })));
    media::delete(&graph, &credentials(), "1013", Some("7001")).await.unwrap();
    let seen = double.seen();
    assert!(seen[0].starts_with("GET /v25.0/1013?phone_number_id=7001 HTTP/1.1"));
    assert!(seen[3].starts_with("DELETE /v25.0/1013?phone_number_id=7001 HTTP/1.1"));
}

#[tokio::test]
async fn a_file_is_fetched_from_the_configured_host_within_its_bound() {
    let endless = || Act::AnswerAndClose(format!("HTTP/1.1 200 X\r\n\r\n{}", "x".repeat(100)));
    let double = Double::start([
        raw(200, "hello"),
        raw(200, "hello!"),
        endless(),
        raw(404, ""),
        refusal(401, 190),
        raw(500, ""),
        Act::Answer(format!("HTTP/1.1 302 X\r\nlocation: {}/x\r\ncontent-length: 0\r\n\r\n", "http://127.0.0.1:9")),
        Act::ResetAfterReading,
    ])
    .await;
    let graph = double.graph();
    let file = entry(&format!("{}/file?sig=1", double.url)).await;
    let secret = Credentials { token: Secret::new(TOKEN), app_secret: Some(Secret::new("s")) };
    let fetch = async || media::download(&graph, &secret, &file.address, 5).await;
    assert_eq!(fetch().await, Ok(Fetched::File(b"hello".to_vec())));
    let head = halves(&double.seen()[0]).0.to_owned();
    // The address is signed as it is: nothing is added to it.
    assert!(head.starts_with("GET /file?sig=1 HTTP/1.1") && head.contains(&format!("authorization: Bearer {TOKEN}")));
    assert_eq!([fetch().await, fetch().await], [Ok(Fetched::TooLong), Ok(Fetched::TooLong)]);
    assert_eq!(fetch().await, Ok(Fetched::Expired));
    assert!(matches!(fetch().await, Err(Error::Rejected(e)) if e.code == 190));
    for _ in 0..3 {
        assert!(matches!(fetch().await, Err(Error::InDoubt { .. })));
    }
    assert!(!format!("{:?}", Fetched::File(b"hello".to_vec())).contains("hello"));
}

#[tokio::test]
async fn the_token_goes_to_no_host_that_the_settings_do_not_name() {
    let (double, other) = (Double::start([]).await, Double::start([raw(200, "hello")]).await);
    let host = other.url.strip_prefix("http://").unwrap().to_owned();
    let port = host.rsplit(':').next().unwrap().to_owned();
    for (url, hosts, goes) in [
        (format!("{}/x", other.url), vec![], false),
        (format!("{}/x", other.url), vec!["127.0.0.1".to_owned()], false),
        (format!("http://me:pass@{host}/x"), vec![host.clone()], false),
        (format!("ftp://{host}/x"), vec![host.clone()], false),
        (format!("http://localhost:{port}/x"), vec![host.clone()], false),
        (format!("{}/x", other.url), vec![host.clone()], true),
    ] {
        let graph = Graph::new(&Settings { media_hosts: hosts, ..settings(&double.url) }).unwrap();
        let file = entry(&url).await;
        let fetched = media::download(&graph, &credentials(), &file.address, 5).await;
        match fetched {
            Ok(fetched) => assert_eq!((fetched, goes), (Fetched::File(b"hello".to_vec()), true), "{url}"),
            Err(Error::NotSent { why, retry: Backoff::Never }) => {
                assert!(!goes && why.contains("whatsapp.media_hosts") && !why.contains("pass"), "{url}: {why}");
            }
            Err(other) => panic!("{url}: {other:?}"),
        }
    }
    assert_eq!((double.seen().len(), other.seen().len()), (0, 1));
    // Meta over https keeps its files on another host, and over https only.
    let graph = Graph::new(&Settings::default()).unwrap();
    let plain = entry("http://lookaside.fbsbx.com/x").await;
    let refused = media::download(&graph, &credentials(), &plain.address, 5).await;
    assert!(matches!(refused, Err(Error::NotSent { retry: Backoff::Never, .. })), "{refused:?}");
}

#[test]
fn hosts_that_are_none_are_refused_with_a_sentence() {
    let with = |host: &str| {
        let settings = Settings { media_hosts: vec![host.into()], ..Settings::default() };
        Graph::new(&settings).map(drop).map_err(|e| e.to_string())
    };
    for good in ["lookaside.fbsbx.com", "Files.example:8443", "127.0.0.1:9"] {
        assert_eq!(with(good), Ok(()), "{good}");
    }
    for bad in ["", "https://lookaside.fbsbx.com", "lookaside.fbsbx.com/x", "me@lookaside.fbsbx.com", "*.fbsbx.com"] {
        assert!(with(bad).unwrap_err().contains("write it like lookaside.fbsbx.com"), "{bad}");
    }
}

#[tokio::test]
async fn a_sample_goes_in_pieces_and_goes_on_where_it_broke_off() {
    let double = Double::start([
        answer(200, r#"{"id":"upload:MTph=?sig=ARa%2Bb"}"#),
        Act::ResetAfterReading,
        answer(200, r#"{"id":"upload:MTph=","file_offset":"2"}"#),
        answer(200, r#"{"h":"4::aW"}"#),
        answer(200, r#"{"id":"1013"}"#),
        answer(200, "{}"),
        answer(200, "{}"),
    ])
    .await;
    let graph = double.graph();
    let sample = Sample { filename: "tea 1.png".into(), mime_type: "image/png".into(), length: 5 };
    let session = uploads::begin(&graph, &credentials(), "3001", &sample).await.unwrap();
    let session = Session::kept(session.as_str()).unwrap();
    let send = async |bytes: &'static [u8], offset| {
        uploads::send(&graph, &credentials(), &session, Bytes::from_static(bytes), offset).await
    };
    assert!(matches!(send(b"hello", 0).await, Err(Error::InDoubt { .. })));
    assert_eq!(uploads::offset(&graph, &credentials(), &session).await, Ok(2));
    assert_eq!(send(b"llo", 2).await, Ok(Handle::new("4::aW")));
    assert!(matches!(uploads::begin(&graph, &credentials(), "3001", &sample).await, Err(Error::InDoubt { .. })));
    assert!(matches!(uploads::offset(&graph, &credentials(), &session).await, Err(Error::InDoubt { .. })));
    assert!(matches!(send(b"llo", 2).await, Err(Error::InDoubt { .. })));
    let seen = double.seen();
    assert!(
        seen[0]
            .starts_with("POST /v25.0/3001/uploads?file_name=tea+1.png&file_length=5&file_type=image%2Fpng HTTP/1.1")
    );
    assert!(seen[0].contains(&format!("authorization: Bearer {TOKEN}")));
    for (request, method) in seen[1..4].iter().zip(["POST", "GET", "POST"]) {
        assert!(request.starts_with(&format!("{method} /v25.0/upload:MTph=?sig=ARa%2Bb HTTP/1.1")), "{request}");
        assert!(request.contains(&format!("authorization: OAuth {TOKEN}")), "{request}");
    }
    let (head, body) = halves(&seen[3]);
    assert!(head.contains("file_offset: 2") && body == "llo", "{head}");
    for wrong in ["upload:", "upload:../me", "upload:a/b", "upload:a%2Fb"] {
        let session = Session::kept(wrong).unwrap();
        let refused = uploads::offset(&graph, &credentials(), &session).await;
        assert!(matches!(refused, Err(Error::NotSent { retry: Backoff::Never, .. })), "{wrong}: {refused:?}");
    }
    assert_eq!((Session::kept("me?sig=1"), Session::kept("")), (None, None));
    assert_eq!(double.seen().len(), 7);
}
