//! Files: uploaded, read, downloaded, sent, received, and forgotten in time.

use serde_json::{Value, json};

use super::super::settings::Settings;
use super::{Business, PHONE, WABA, until};

const ADA: &str = "+85255501234";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand the rest";
const DAY: u32 = 24 * 3600;

async fn upload(business: &Business, mime: &str, bytes: &[u8], extra: &[(&str, &str)]) -> (u16, Value) {
    let mut body = Vec::new();
    let mut part = |head: String, content: &[u8]| {
        body.extend_from_slice(b"--edge\r\nContent-Disposition: form-data; ");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    for (name, value) in [[("messaging_product", "whatsapp"), ("type", mime)].as_slice(), extra].concat() {
        part(format!("name=\"{name}\""), value.as_bytes());
    }
    part(format!("name=\"file\"; filename=\"tea.png\"\r\nContent-Type: {mime}"), bytes);
    body.extend_from_slice(b"--edge--\r\n");
    let request = business.http.post(business.at(&format!("/v24.0/{PHONE}/media"))).body(body);
    let request = request.header("content-type", "multipart/form-data; boundary=edge");
    let answer = request.bearer_auth(Settings::default().token).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn uploaded(business: &Business) -> String {
    let (status, answer) = upload(business, "image/png", PNG, &[]).await;
    assert_eq!(status, 200, "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

async fn fetch(business: &Business, url: &str, token: Option<&str>) -> (u16, Vec<u8>) {
    let request = business.http.get(url);
    let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

fn picture(id: &str) -> Value {
    json!({"messaging_product": "whatsapp", "to": ADA, "type": "image", "image": {"id": id, "caption": "Tea"}})
}

#[tokio::test]
async fn an_upload_can_be_read_downloaded_sent_and_deleted() {
    let business = Business::prompt().await;
    let token = Settings::default().token;
    let id = uploaded(&business).await;
    let read = business.get(&format!("/v24.0/{id}")).await;
    assert_eq!((&read["mime_type"], &read["file_size"]), (&json!("image/png"), &json!(PNG.len())));
    assert_eq!(read["sha256"].as_str().unwrap().len(), 64);
    let url = read["url"].as_str().unwrap();
    assert_eq!(fetch(&business, url, Some(&token)).await, (200, PNG.to_vec()));
    assert_eq!(fetch(&business, url, None).await.0, 404);
    assert_eq!(fetch(&business, url, Some("stolen")).await.0, 404);
    assert_eq!(fetch(&business, &url.replace("ext=", "ext=9"), Some(&token)).await.0, 404, "the seal covers the time");
    let (status, other) = business.call("GET", &format!("/v24.0/{id}?phone_number_id=106540352242923"), None).await;
    assert_eq!((status, &other["error"]["code"]), (400, &json!(100)));

    business.control("customers", json!({"number": ADA, "wrote_hours_ago": 1})).await;
    business.accepted(&picture(&id)).await;
    let logged = business.get("/control/sends").await["items"][0]["media"].clone();
    assert_eq!(logged, json!({"id": id, "mime_type": "image/png", "sha256": read["sha256"]}));
    let (status, other) = business.call("POST", "/v24.0/106540352242923/messages", Some(&picture(&id))).await;
    assert_eq!((status, &other["error"]["code"]), (400, &json!(100)), "it is of another number: {other}");
    let mut document = picture(&id);
    document["type"] = json!("document");
    document["document"] = json!({"id": id});
    assert_eq!(business.refusal(&document).await, (400, 131_053));
    let mut header = super::offer(ADA, "op");
    header["template"] = json!({"name": "tasting_evening", "language": {"code": "en_US"}, "components": [
        {"type": "header", "parameters": [{"type": "image", "image": {"id": id}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}]});
    business.accepted(&header).await;

    assert_eq!(business.call("DELETE", &format!("/v24.0/{id}"), None).await.1, json!({"success": true}));
    assert_eq!(business.refusal(&picture(&id)).await, (400, 100));
    assert_eq!(business.refusal(&header).await, (400, 100));
    assert_eq!(fetch(&business, url, Some(&token)).await.0, 404);
    assert_eq!(business.call("GET", &format!("/v24.0/{id}"), None).await.1["error"]["error_subcode"], 33);
}

#[tokio::test]
async fn addresses_live_five_minutes_and_ids_thirty_days() {
    let business = Business::prompt().await;
    let token = Settings::default().token;
    let id = uploaded(&business).await;
    let address = async || business.get(&format!("/v24.0/{id}")).await["url"].as_str().unwrap().to_owned();
    let old = address().await;
    business.control("clock", json!({"advance_seconds": 301})).await;
    assert_eq!(fetch(&business, &old, Some(&token)).await.0, 404);
    assert_eq!(fetch(&business, &address().await, Some(&token)).await.0, 200);
    business.control("clock", json!({"advance_seconds": 29 * DAY})).await;
    assert_eq!(fetch(&business, &address().await, Some(&token)).await.0, 200);
    business.control("clock", json!({"advance_seconds": DAY})).await;
    assert_eq!(business.call("GET", &format!("/v24.0/{id}"), None).await.0, 400);
    let (_, brief) = upload(&business, "image/png", PNG, &[("ttl_minutes", "60")]).await;
    business.control("clock", json!({"advance_seconds": 3600})).await;
    assert_eq!(business.call("GET", &format!("/v24.0/{}", brief["id"].as_str().unwrap()), None).await.0, 400);
}

#[tokio::test]
async fn what_meta_does_not_take_is_refused() {
    let business = Business::prompt().await;
    let big = [PNG, &vec![0; 5 << 20]].concat();
    for (mime, bytes, extra, code) in [
        ("image/gif", b"GIF89a".as_slice(), vec![], 100),
        ("image/png", b"not a picture", vec![], 131_053),
        ("application/pdf", PNG, vec![], 131_053),
        ("image/png", &big, vec![], 131_053),
        ("image/webp", &[b"RIFF0000WEBP".as_slice(), &vec![0; 101 << 10]].concat(), vec![], 131_053),
        ("image/png", b"", vec![], 100),
        ("image/png", PNG, vec![("ttl_minutes", "59")], 100),
    ] {
        let (status, answer) = upload(&business, mime, bytes, &extra).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(code)), "{mime}: {answer}");
    }
    let moving = [b"RIFF0000WEBPVP8X0000ANIM".as_slice(), &vec![0; 101 << 10]].concat();
    assert_eq!(upload(&business, "image/webp", &moving, &[]).await.0, 200, "a moving sticker may be larger");
    assert_eq!(upload(&business, "audio/ogg; codecs=opus", b"OggS....", &[]).await.0, 200);
}

#[tokio::test]
async fn a_link_that_leads_nowhere_fails_later() {
    let business = Business::prompt().await;
    business.control("customers", json!({"number": ADA, "wrote_hours_ago": 1})).await;
    let mut lost = picture("1");
    lost["image"] = json!({"link": "https://shop.invalid/tea.png"});
    business.accepted(&lost).await;
    let failed = until(|| business.heard.statuses(), |list| !list.is_empty()).await.remove(0);
    assert_eq!((&failed["status"], &failed["errors"][0]["code"]), (&json!("failed"), &json!(131_053)));
}

#[tokio::test]
async fn what_customers_send_can_be_fetched_for_a_week() {
    let business = Business::prompt().await;
    let token = Settings::default().token;
    let act = json!({"number": ADA, "media": {"mime_type": "text/plain", "filename": "menu.txt", "caption": "Look",
        "text": "Oolong 茶"}});
    business.control("customers/act", act).await;
    let message = until(|| business.heard.messages(), |list| !list.is_empty()).await.remove(0);
    assert_eq!(message["type"], "document");
    assert_eq!(
        (&message["document"]["filename"], &message["document"]["caption"]),
        (&json!("menu.txt"), &json!("Look"))
    );
    let url = message["document"]["url"].as_str().unwrap();
    assert_eq!(fetch(&business, url, Some(&token)).await, (200, "Oolong 茶".as_bytes().to_vec()));
    let id = message["document"]["id"].as_str().unwrap();
    business.control("clock", json!({"advance_seconds": 7 * DAY})).await;
    assert_eq!(business.call("GET", &format!("/v24.0/{id}"), None).await.0, 400);
    let huge = json!({"number": ADA, "media": {"mime_type": "video/mp4", "too_large": true}});
    business.control("customers/act", huge).await;
    let told = until(|| business.heard.messages(), |list| list.len() == 2).await.remove(1);
    assert_eq!(told["errors"][0]["code"], 131_052);
}

async fn part(business: &Business, session: &str, offset: usize, bytes: &[u8]) -> (u16, Value) {
    let request = business.http.post(business.at(&format!("/v24.0/{session}"))).body(bytes.to_vec());
    let request = request.header("authorization", format!("OAuth {}", Settings::default().token));
    let answer = request.header("file_offset", offset.to_string()).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn an_interrupted_upload_goes_on_and_its_handle_serves_a_header() {
    let business = Business::prompt().await;
    let app = Settings::default().app_id;
    let open = format!("/v24.0/{app}/uploads?file_name=tea.png&file_length={}&file_type=image/png", PNG.len());
    let (status, session) = business.call("POST", &open, None).await;
    assert_eq!(status, 200, "{session}");
    let session = session["id"].as_str().unwrap();
    assert!(session.starts_with("upload:"));
    part(&business, session, 0, &PNG[..7]).await;
    let stands = business.get(&format!("/v24.0/{session}")).await;
    assert_eq!(stands["file_offset"], 7);
    assert_eq!(part(&business, session, 0, PNG).await.0, 400, "the wrong place");
    let (_, done) = part(&business, session, 7, &PNG[7..]).await;
    let handle = done["h"].as_str().unwrap();

    let header = |handle: &str, name: &str| {
        json!({"name": name, "language": "en_US", "category": "MARKETING", "components": [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}},
            {"type": "BODY", "text": format!("New {name} tea.")}]})
    };
    let path = format!("/v24.0/{WABA}/message_templates");
    let (_, wrong) = business.call("POST", &path, Some(&header("4:nothing", "green"))).await;
    assert_eq!(wrong["error"]["error_subcode"], 2_388_047);
    assert_eq!(business.call("POST", &path, Some(&header(handle, "green"))).await.0, 200);

    let profile = format!("/v24.0/{PHONE}/whatsapp_business_profile");
    let set = |handle: &str| json!({"messaging_product": "whatsapp", "profile_picture_handle": handle});
    assert_eq!(business.call("POST", &profile, Some(&set("4:nothing"))).await.0, 400);
    assert_eq!(business.call("POST", &profile, Some(&set(handle))).await.0, 200);
    let bad = format!("/v24.0/{app}/uploads?file_length=3&file_type=image/gif");
    assert_eq!(business.call("POST", &bad, None).await.0, 400);
}
