//! A bucket, from the other side: a server that speaks as much S3 as is asked of it, and believes no signature.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use countersign::domain::canonical::{ContentHash, sha256};
use countersign::domain::clock::Timestamp;
use countersign::domain::ids::TenantId;
use countersign::domain::secret::Secret;
use countersign::objects::{self, ObjectError, Objects, Place};
use futures::TryStreamExt as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::support::world::NOW;

const KEY: &str = "AKIAEXAMPLE";
const SECRET: &str = "a secret of the bucket";

/// What is in the bucket, by path, with when it was written.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<BTreeMap<String, (Bytes, Timestamp)>>>);

impl Server {
    async fn start() -> (Self, Place) {
        rustls::crypto::ring::default_provider().install_default().ok();
        let server = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let bucket = objects::Bucket {
            name: "files".to_owned(),
            prefix: "of/ours".to_owned(),
            endpoint: Some(endpoint),
            region: "ap-east-1".to_owned(),
            access_key: Secret::new(KEY),
            secret_key: Secret::new(SECRET),
        };
        (server, Place::Bucket(bucket))
    }

    fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }

    fn list(&self, prefix: &str) -> Response {
        let start = format!("/files/{prefix}");
        let contents: String = self
            .0
            .lock()
            .unwrap()
            .iter()
            .filter(|(path, _)| path.starts_with(&start))
            .map(|(path, (bytes, written))| {
                let (key, size) = (path.strip_prefix("/files/").unwrap(), bytes.len());
                format!("<Contents><Key>{key}</Key><LastModified>{written}</LastModified><ETag>\"1\"</ETag><Size>{size}</Size></Contents>")
            })
            .collect();
        format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>").into_response()
    }
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let (path, query) = (parts.uri.path().to_owned(), parts.uri.query().unwrap_or_default());
    if !is_signed(&parts.method, &path, query, &parts.headers, &body) {
        return (StatusCode::FORBIDDEN, "<Error><Code>SignatureDoesNotMatch</Code></Error>").into_response();
    }
    if query.contains("list-type=2") {
        let pairs: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        return server.list(&pairs["prefix"]);
    }
    let mut held = server.0.lock().unwrap();
    match parts.method {
        Method::PUT => {
            held.insert(path, (body, NOW));
            [("etag", "\"1\"")].into_response()
        }
        Method::DELETE => {
            held.remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => match held.get(&path) {
            Some((bytes, written)) => {
                let written = written.to_jiff().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let headers = [("etag", "\"1\"".to_owned()), ("last-modified", written)];
                (headers, Body::from(bytes.clone())).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

/// Whether whoever asks knows the secret, and asks for exactly this: version 4 of Amazon's signatures.
fn is_signed(method: &Method, path: &str, query: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let part = |name: &str| {
        let authorization = header("authorization").trim_start_matches("AWS4-HMAC-SHA256 ");
        authorization.split(", ").find_map(|part| part.strip_prefix(name)).unwrap_or_default().to_owned()
    };
    let (credential, signed) = (part("Credential="), part("SignedHeaders="));
    let Some(scope) = credential.strip_prefix(&format!("{KEY}/")) else { return false };
    let payload = hex::encode(sha256(body));
    for needed in ["host", "x-amz-content-sha256", "x-amz-date"] {
        assert!(signed.split(';').any(|name| name == needed), "{needed} is signed as well: {signed}");
    }
    assert_eq!(header("x-amz-content-sha256"), payload, "the body is what was signed");
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let lines: String = signed.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let request = format!("{method}\n{path}\n{}\n{lines}\n{signed}\n{payload}", pairs.join("&"));
    let date = header("x-amz-date");
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex::encode(sha256(request.as_bytes())));
    let mac = |key: &[u8], text: &str| {
        Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
    };
    let start = format!("AWS4{SECRET}").into_bytes();
    let key = scope.split('/').fold(start, |key, part| mac(&key, part));
    scope.ends_with("/ap-east-1/s3/aws4_request") && part("Signature=") == hex::encode(mac(&key, &text))
}

#[tokio::test]
async fn a_file_goes_to_a_bucket_and_comes_back_by_signed_requests() {
    let (server, place) = Server::start().await;
    let objects = Objects::open(&place).unwrap();
    let (tenant, bytes) = (TenantId::random(), Bytes::from("the bytes of a file"));
    let hash = ContentHash::of(&bytes);
    objects.check().await.unwrap();
    assert!(matches!(objects.read(tenant, hash, 19).await, Err(ObjectError::Missing(_))));
    objects.keep(tenant, hash, &bytes, NOW).await.unwrap();
    let digits = hex::encode(hash.bytes());
    assert_eq!(server.paths(), [format!("/files/of/ours/{tenant}/{}/{digits}", &digits[..2])]);
    assert_eq!(objects.read(tenant, hash, 19).await.unwrap(), bytes);
    let pieces: Vec<Bytes> = objects.stream(tenant, hash, 19).await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), bytes);
    let old = |hours| objects.old(NOW.after(Duration::from_hours(hours))).try_collect::<Vec<_>>();
    assert_eq!(old(23).await.unwrap(), []);
    assert_eq!(old(25).await.unwrap(), [(tenant, hash, 19)]);
    objects.delete(tenant, hash).await.unwrap();
    assert!(server.paths().is_empty());
}

#[tokio::test]
async fn a_bucket_with_other_keys_is_not_usable_and_says_so_without_them() {
    let (_, place) = Server::start().await;
    let Place::Bucket(bucket) = place else { panic!("a bucket") };
    let stranger = objects::Bucket { secret_key: Secret::new("another secret"), ..bucket };
    let refused = Objects::open(&Place::Bucket(stranger)).unwrap().check().await.unwrap_err().to_string();
    assert!(refused.starts_with("the place where files are kept (media.url) failed: "), "{refused}");
    assert!(!refused.contains("another secret") && !refused.contains(KEY), "{refused}");
}
