//! Access tokens of an authorization server, signed by OpenSSL: what opens the door, as whom, and what does not.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::domain::clock::Clock as _;
use countersign::domain::people::TokenHolder;
use countersign::issuer::{Issuer, Settings};
use serde_json::{Value, json};

use super::waiting::keeps_tasks;
use super::writes::write;
use crate::support::db::{TestDb, on_both};
use crate::support::door::{Caller, Door};
use crate::support::world::{NOW, World};

on_both!(
    a_token_opens_for_the_agent_of_its_client,
    people_who_share_a_client_are_agents_of_their_own,
    keys_that_cannot_be_read_shut_nobody_out,
    a_client_without_a_token_learns_where_to_ask
);

const AUDIENCE: &str = "https://approvals.example/mcp";
const ISSUER: &str = "https://login.example";

/// A key pair that signs tokens.
struct Signer {
    file: PathBuf,
    id: &'static str,
    algorithm: &'static str,
}

fn openssl(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).output().expect("openssl runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

impl Signer {
    fn new(folder: &Path, id: &'static str, algorithm: &'static str) -> Self {
        let file = folder.join(format!("{id}.pem"));
        let path = file.to_str().unwrap();
        match algorithm {
            "EdDSA" => openssl(&["genpkey", "-algorithm", "ed25519", "-out", path]),
            _ => openssl(&["genrsa", "-out", path, "2048"]),
        };
        Self { file, id, algorithm }
    }

    /// Its public half, as issuers publish it.
    fn published(&self) -> Value {
        let path = self.file.to_str().unwrap();
        if self.algorithm == "EdDSA" {
            let der = openssl(&["pkey", "-in", path, "-pubout", "-outform", "DER"]);
            let x = BASE64_URL_SAFE_NO_PAD.encode(&der[der.len() - 32..]);
            return json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.id, "x": x});
        }
        let modulus = String::from_utf8(openssl(&["rsa", "-in", path, "-noout", "-modulus"])).unwrap();
        let modulus = hex::decode(modulus.trim().trim_start_matches("Modulus=")).unwrap();
        json!({"kty": "RSA", "use": "sig", "kid": self.id, "n": BASE64_URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB"})
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": self.algorithm, "typ": "at+jwt", "kid": self.id});
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let file = self.file.with_extension("message");
        std::fs::write(&file, &message).unwrap();
        let (key, input) = (self.file.to_str().unwrap(), file.to_str().unwrap());
        let signature = match self.algorithm {
            "EdDSA" => openssl(&["pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", input]),
            _ => openssl(&["dgst", "-sha256", "-sign", key, input]),
        };
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

fn held_by(client: &str, subject: Option<&str>) -> TokenHolder {
    TokenHolder { client: client.to_owned(), subject: subject.map(str::to_owned) }
}

fn claims(client: &str, scope: &str) -> Value {
    let now = NOW.seconds();
    json!({"iss": ISSUER, "aud": [AUDIENCE, "https://other.example"], "sub": client, "client_id": client, "scope": scope,
        "iat": now, "exp": now + 600, "jti": "1"})
}

fn with(claims: Value, change: &Value) -> Value {
    let mut claims = claims;
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

/// An authorization server that publishes these keys.
async fn publish(keys: &Arc<Mutex<Vec<Value>>>) -> String {
    let keys = Arc::clone(keys);
    let show = async move || axum::Json(json!({"keys": *keys.lock().unwrap()}));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let routes = axum::Router::new().route("/keys", get(show));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

async fn door(db: &countersign::store::Db, keys: &Arc<Mutex<Vec<Value>>>) -> Door {
    let jwks_url = publish(keys).await;
    let issuer = Issuer::new(Settings { issuer: ISSUER.into(), jwks_url, audience: AUDIENCE.into() }).unwrap();
    Door::open_as(db, |settings| settings.issuer = Some(issuer)).await
}

async fn tools(agent: &Caller) -> Vec<String> {
    let reply = agent.request("tools/list", json!({})).await;
    assert_eq!(reply.status, 200, "{} {}", reply.header("www-authenticate"), reply.text);
    let list = reply.json();
    let tools = list["result"]["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_token_opens_for_the_agent_of_its_client(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let folder = tempfile::tempdir().unwrap();
    let (ed, rsa) = (Signer::new(folder.path(), "ed", "EdDSA"), Signer::new(folder.path(), "rsa", "RS256"));
    let keys = Arc::new(Mutex::new(vec![ed.published(), rsa.published()]));
    let door = door(&world.db, &keys).await;
    let (agent, key) = world
        .agent_with("desk", "read,propose:contacts,audit", |agent| agent.tokens_of = Some(held_by("desk-client", None)))
        .await;
    assert!(tools(&door.modern(&key)).await.contains(&"whatsapp.audit_logs.list".to_owned()), "keys go on as before");
    for signer in [&ed, &rsa] {
        let narrow = tools(&door.modern(&signer.sign(&claims("desk-client", "read openid")))).await;
        assert!(narrow.contains(&"whatsapp.contacts.list".to_owned()));
        assert!(!narrow.contains(&"whatsapp.audit_logs.list".to_owned()), "the token does not allow it");
        // RFC 6750: what a wider token would need; not where the agent itself may not.
        let shut = async |tool: &str| {
            let agent = door.modern(&signer.sign(&claims("desk-client", "read")));
            agent.request("tools/call", json!({"name": tool, "arguments": {}})).await
        };
        let reply = shut("whatsapp.contact.upsert").await;
        let challenge = reply.header("www-authenticate");
        assert_eq!(reply.status, 403, "{}", reply.text);
        assert!(challenge.contains("error=\"insufficient_scope\", scope=\"propose:contacts\""), "{challenge}");
        assert_eq!(reply.json()["result"]["structuredContent"]["error"]["code"], "forbidden", "{}", reply.text);
        assert_eq!(shut("whatsapp.broadcast.schedule").await.status, 200, "no token helps");
        let broad = tools(&door.modern(&signer.sign(&claims("desk-client", "read propose audit contacts:pii")))).await;
        assert!(broad.contains(&"whatsapp.contact.import".to_owned()), "{broad:?}");
        assert!(!broad.contains(&"whatsapp.broadcast.schedule".to_owned()), "the agent may not");
    }
    let now = NOW.seconds();
    let other = Signer::new(folder.path(), "ed-of-another", "EdDSA");
    let forged = Signer { file: other.file.clone(), id: "ed", algorithm: "EdDSA" };
    let good = claims("desk-client", "read");
    let unsigned = {
        let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(json!({"alg": "none", "kid": "ed"})), part(good.clone()))
    };
    for (token, why) in [
        (ed.sign(&with(good.clone(), &json!({"aud": "https://other.example"}))), "for another server"),
        (ed.sign(&with(good.clone(), &json!({"aud": null}))), "for nobody"),
        (ed.sign(&with(good.clone(), &json!({"iss": "https://login.example/"}))), "of another issuer"),
        (ed.sign(&with(good.clone(), &json!({"exp": now - 61}))), "over"),
        (ed.sign(&with(good.clone(), &json!({"exp": null}))), "without an end"),
        (ed.sign(&with(good.clone(), &json!({"nbf": now + 600}))), "not begun"),
        (ed.sign(&with(good.clone(), &json!({"client_id": "somebody"}))), "of a client that no agent is"),
        (ed.sign(&with(good.clone(), &json!({"sub": "bob"}))), "of a person who signed in to the client"),
        (forged.sign(&good), "signed by another key"),
        (other.sign(&good), "by a key that is not published"),
        (unsigned, "not signed"),
        (format!("{}x", rsa.sign(&good)), "changed"),
    ] {
        let reply = door.modern(&token).request("tools/list", json!({})).await;
        assert_eq!(reply.status, 401, "{why}: {}", reply.text);
        let challenge = reply.header("www-authenticate");
        assert!(
            challenge.contains("error=\"invalid_token\"") && challenge.contains("resource_metadata="),
            "{challenge}"
        );
    }
    // A new key is found, a moment later.
    keys.lock().unwrap().push(other.published());
    door.clock.advance(std::time::Duration::from_secs(31));
    assert!(!tools(&door.modern(&other.sign(&good))).await.is_empty());
    // Whoever is revoked here is revoked, whatever the issuer says.
    let mut tx = world.db.begin().await.unwrap();
    assert!(countersign::store::people::revoke_agent(&mut tx, world.tenant.id, agent.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(door.modern(&ed.sign(&good)).request("tools/list", json!({})).await.status, 401);
}

async fn people_who_share_a_client_are_agents_of_their_own(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let folder = tempfile::tempdir().unwrap();
    let ed = Signer::new(folder.path(), "ed", "EdDSA");
    let door = door(&world.db, &Arc::new(Mutex::new(vec![ed.published()]))).await;
    let mut asked = Vec::new();
    for person in ["alice", "bob"] {
        world.agent_with(person, "read,propose", |agent| agent.tokens_of = Some(held_by("chat", Some(person)))).await;
        let agent = door.modern(&ed.sign(&with(claims("chat", "read propose"), &json!({"sub": person}))));
        let segment = json!({"name": format!("Of {person}"), "include": {"tag": "vip"}});
        asked.push((agent.call("whatsapp.segment.upsert", write(&segment, "For the winter.")).await, agent));
    }
    // A token that only reads takes nothing back, whosever it is.
    let looking = door.modern(&ed.sign(&with(claims("chat", "read"), &json!({"sub": "bob"})))).that_can(keeps_tasks());
    let cancel = looking.request("tasks/cancel", json!({"taskId": asked[1].0["action_request_id"]})).await.json();
    assert!(cancel["error"]["message"].as_str().unwrap().contains("may not use"), "{cancel:#}");
    for (mine, theirs) in [(0, 1), (1, 0)] {
        let id = |of: usize| json!({"action_request_id": asked[of].0["action_request_id"]});
        let agent = &asked[mine].1;
        assert_eq!(
            agent.call("whatsapp.action_request.status", id(mine)).await["action_request_id"],
            id(mine)["action_request_id"]
        );
        assert_eq!(agent.refused("whatsapp.action_request.status", id(theirs)).await["code"], "not_found");
    }
    // The client by itself is neither.
    assert_eq!(door.modern(&ed.sign(&claims("chat", "read"))).request("tools/list", json!({})).await.status, 401);
}

/// Clients with good tokens go on while the issuer is away and while somebody shows tokens of made-up keys.
async fn keys_that_cannot_be_read_shut_nobody_out(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let folder = tempfile::tempdir().unwrap();
    let (ed, other) = (Signer::new(folder.path(), "ed", "EdDSA"), Signer::new(folder.path(), "other", "EdDSA"));
    let keys = Arc::new(Mutex::new(vec![ed.published()]));
    let door = door(&world.db, &keys).await;
    world.agent_with("desk", "read", |agent| agent.tokens_of = Some(held_by("desk-client", None))).await;
    let claims = |door: &Door| with(claims("desk-client", "read"), &json!({"exp": door.clock.now().seconds() + 600}));
    let status = async |signer: &Signer| {
        let token = signer.sign(&claims(&door));
        let agent = door.modern(&token);
        agent.prepare("tools/list", json!({})).send().await.unwrap().status().as_u16()
    };
    // A flood of tokens of a key that nobody knows, cut in the middle.
    for _ in 0..5 {
        let token = other.sign(&claims(&door));
        let asked = door.modern(&token);
        let cut = tokio::time::timeout(std::time::Duration::from_micros(300), asked.request("tools/list", json!({})));
        drop(cut.await);
    }
    assert_eq!((status(&ed).await, status(&other).await), (200, 401));
    // The issuer publishes what is no key set: what is known holds for a day.
    keys.lock().unwrap().push(json!("no key"));
    for (later, opens) in [(2, 200), (23, 200), (25, 503)] {
        door.clock.set(NOW.after(std::time::Duration::from_hours(later)));
        assert_eq!(status(&ed).await, opens, "{later} hours later");
    }
    keys.lock().unwrap().pop();
    door.clock.advance(std::time::Duration::from_secs(31));
    assert_eq!(status(&ed).await, 200);
}

async fn a_client_without_a_token_learns_where_to_ask(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let with = door(&world.db, &Arc::default()).await;
    let without = Door::open(&world.db).await;
    let ask = async |door: &Door, path: &str| {
        let answer = reqwest::get(format!("http://{}{path}", door.addr)).await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap_or_default())
    };
    let reply = with.modern("").request("tools/list", json!({})).await;
    assert_eq!(reply.status, 401);
    let address = "https://approvals.example/.well-known/oauth-protected-resource/mcp";
    let wanted = format!("resource_metadata=\"{address}\", scope=\"read propose\"");
    assert!(reply.header("www-authenticate").contains(&wanted), "{}", reply.header("www-authenticate"));
    for path in ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"] {
        let (status, page) = ask(&with, path).await;
        assert_eq!((status, &page["resource"]), (200, &json!(AUDIENCE)));
        assert_eq!(page["authorization_servers"], json!([ISSUER]));
        assert_eq!(page["bearer_methods_supported"], json!(["header"]));
        assert!(page["scopes_supported"].as_array().unwrap().contains(&json!("contacts:pii")));
        assert_eq!(ask(&without, path).await.0, 404);
    }
    let reply = without.modern("").request("tools/list", json!({})).await;
    assert!(!reply.header("www-authenticate").contains("resource_metadata"), "nobody to ask");
    // A token of the right shape, while the issuer publishes nothing.
    let reply = with.modern("eyJhbGciOiJFZERTQSJ9.e30.x").request("tools/list", json!({})).await;
    assert_eq!(reply.status, 401, "{}", reply.text);
}
