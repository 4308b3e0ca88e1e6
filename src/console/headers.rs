//! The headers that every answer of the console carries.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use tower_http::set_header::SetResponseHeaderLayer;

const HEADERS: [(HeaderName, &str); 7] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // Assets set their own; whatever does not say is a page about somebody's business.
    (CACHE_CONTROL, "no-store"),
];

/// Adds the headers to every answer of these routes, also to errors.
pub fn secured<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    HEADERS.into_iter().fold(routes, |routes, (name, value)| {
        routes.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::{HEADERS, secured};
    use crate::console::assets;

    #[tokio::test]
    async fn pages_assets_and_errors_carry_every_header() {
        let app: Router =
            secured(Router::new().route("/", get(|| async { "" })).route("/static/{*path}", get(assets::show)));
        for (path, status) in
            [("/", StatusCode::OK), ("/static/mark.svg", StatusCode::OK), ("/static/no", StatusCode::NOT_FOUND)]
        {
            let answer = app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(answer.status(), status);
            for (name, value) in HEADERS {
                let got = answer.headers().get(&name).unwrap().to_str().unwrap();
                let kept = path == "/static/mark.svg" && name == "cache-control";
                assert_eq!(got == value, !kept, "{path}: {name}");
            }
        }
    }
}
