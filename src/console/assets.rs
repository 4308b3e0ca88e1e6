//! The style sheet, the script and the mark: part of the program, served under addresses that change with their bytes.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

#[derive(rust_embed::RustEmbed)]
#[folder = "static/"]
pub struct Assets;

/// `/static/console.css?v=…`: what a page links to, so that a browser may keep it for ever.
pub struct Links {
    pub css: String,
    pub js: String,
    pub mark: String,
}

pub static LINKS: LazyLock<Links> =
    LazyLock::new(|| Links { css: link("console.css"), js: link("console.js"), mark: link("mark.svg") });

fn link(name: &str) -> String {
    Assets::get(name).map_or_else(
        || format!("/static/{name}"),
        |file| {
            let hash = hex::encode(file.metadata.sha256_hash());
            format!("/static/{name}?v={}", hash.get(..12).unwrap_or(&hash))
        },
    )
}

/// `GET /static/{*path}`.
pub async fn show(path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    let Some((path, file)) = path.ok().and_then(|Path(path)| Assets::get(&path).map(|file| (path, file))) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Weak, because the compression layer changes the bytes.
    let hash = hex::encode(file.metadata.sha256_hash());
    let tag = format!("W/\"{}\"", hash.get(..24).unwrap_or(&hash));
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|known| known.trim() == tag) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    let kind = mime_guess::from_path(&path).first_or_octet_stream().to_string();
    let keep = "public, max-age=31536000, immutable".to_owned();
    ([(CONTENT_TYPE, kind), (ETAG, tag), (CACHE_CONTROL, keep)], Body::from(file.data)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::extract::Path;
    use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
    use axum::http::{HeaderMap, HeaderValue, StatusCode};

    use super::{Assets, LINKS, show};

    #[tokio::test]
    async fn an_asset_is_kept_for_ever_and_not_sent_twice() {
        let first = show(Ok(Path("console.css".into())), HeaderMap::new()).await;
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[CONTENT_TYPE], "text/css");
        assert!(first.headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let mut again = HeaderMap::new();
        again.insert(IF_NONE_MATCH, HeaderValue::from_bytes(first.headers()[ETAG].as_bytes()).unwrap());
        assert_eq!(show(Ok(Path("console.css".into())), again).await.status(), StatusCode::NOT_MODIFIED);
        assert!(LINKS.css.starts_with("/static/console.css?v=") && LINKS.css.len() == 34);
    }

    #[tokio::test]
    async fn what_is_not_an_asset_is_not_found() {
        for path in ["nothing.css", "../Cargo.toml", "/etc/passwd", ""] {
            assert_eq!(show(Ok(Path(path.into())), HeaderMap::new()).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn the_files_keep_their_budgets() {
        for (name, limit) in [("console.css", 48 << 10), ("console.js", 20 << 10)] {
            assert!(Assets::get(name).unwrap().data.len() <= limit, "{name} is over its budget");
        }
    }
}
