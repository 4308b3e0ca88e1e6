//! The names under which the daemon may be called. A page of another site can point its own name at this machine and have a
//! browser call it (DNS rebinding); what it cannot do is make the browser say another name.

use crate::config::Settings;
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;
use std::sync::Arc;

/// Those names, without ports.
#[derive(Debug, Clone)]
pub struct Hosts(Arc<[String]>);

impl Hosts {
    /// This machine's own, that of the public address, and what the settings add.
    #[must_use]
    pub fn of(settings: &Settings, public_url: &url::Url, listen: SocketAddr) -> Self {
        let mut hosts: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        hosts.extend(public_url.host_str().map(str::to_owned));
        hosts.extend((!listen.ip().is_unspecified()).then(|| listen.ip().to_string()));
        hosts.extend(settings.server.allowed_hosts.iter().map(|host| host.to_lowercase()));
        Self(hosts.into())
    }

    /// As a list.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    fn know(&self, authority: &str) -> bool {
        let Ok(authority) = authority.parse::<Authority>() else { return false };
        let host = authority.host().trim_matches(['[', ']']).trim_end_matches('.').to_lowercase();
        self.0.iter().any(|known| known.trim_matches(['[', ']']) == host)
    }
}

/// Answers those who call by another name that nothing is here for them.
pub async fn check(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let named = called_by(request.uri(), request.headers().get(HOST).and_then(|value| value.to_str().ok()));
    if named.is_some_and(|named| hosts.know(named)) {
        return next.run(request).await;
    }
    tracing::warn!(host = named.unwrap_or_default(), "called by a name that is not ours");
    let sentence = "This daemon is not known under the host name of this request. Call it by the name in \
                    server.public_url, or add the name to server.allowed_hosts.\n";
    (StatusCode::FORBIDDEN, sentence).into_response()
}

/// HTTP/2 names it in the address, HTTP/1.1 in a header.
fn called_by<'a>(uri: &'a Uri, header: Option<&'a str>) -> Option<&'a str> {
    uri.authority().map(Authority::as_str).or(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_known() {
        let mut settings = crate::config::load(None, "", &[]).unwrap();
        settings.server.allowed_hosts = vec!["Internal".into()];
        let url = "https://approvals.example".parse().unwrap();
        let hosts = Hosts::of(&settings, &url, "0.0.0.0:8080".parse().unwrap());
        assert_eq!(hosts.names(), ["localhost", "127.0.0.1", "::1", "approvals.example", "internal"]);
        for host in ["localhost:7080", "127.0.0.1", "[::1]:7080", "Approvals.EXAMPLE:443", "internal", "localhost."] {
            assert!(hosts.know(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "approvals.example.evil", "", ":80", "a b"] {
            assert!(!hosts.know(host), "{host}");
        }
        let own = Hosts::of(&settings, &url, "192.0.2.7:80".parse().unwrap());
        assert!(own.know("192.0.2.7:80") && !own.know("192.0.2.8"));
    }
}
