//! Where a message leads: every address in it, taken apart, and what is wrong with it.

use super::rules::{LINK_01, LINK_02, LINK_03, LINK_04, LINK_05, LINK_06, LINK_07, LINK_08, LINK_09, LINK_10, LINK_11};
use super::settings::Links;
use crate::domain::preview::{Finding, LinkView, Span};
use url::{Host, Url};

/// Hosts whose addresses say nothing of where they lead.
const SHORTENERS: &[&str] = &[
    "bit.ly",
    "buff.ly",
    "cutt.ly",
    "goo.gl",
    "is.gd",
    "lnkd.in",
    "ow.ly",
    "rb.gy",
    "rebrand.ly",
    "reurl.cc",
    "s.id",
    "shorturl.at",
    "t.cn",
    "t.co",
    "t.ly",
    "tiny.cc",
    "tinyurl.com",
    "urlkub.co",
    "v.gd",
];

/// Parameters by which pages lead on to other pages.
const LEADING_ON: &[&str] = &[
    "continue",
    "dest",
    "destination",
    "go",
    "goto",
    "link",
    "next",
    "out",
    "redir",
    "redirect",
    "redirect_uri",
    "redirect_url",
    "return",
    "return_to",
    "returnurl",
    "target",
    "to",
    "u",
    "url",
];

/// An address in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// Where it stands, for people: `zh_HK button 1`.
    pub place: &'a str,
    /// Which text holds it, for spans: `zh_HK.button.1`.
    pub field: &'a str,
    /// Whether a button leads there; otherwise a text names it.
    pub button: bool,
    /// Where in that text it begins, in characters.
    pub start: usize,
    /// The address, with its placeholders.
    pub url: &'a str,
}

/// One address, taken apart and judged.
#[must_use]
pub fn check(address: &Address<'_>, allowed: &Links) -> (LinkView, Vec<Finding>) {
    let Address { place, field, button, start, url } = *address;
    let span = Span { field: field.to_owned(), start, end: start + url.chars().count(), text: url.to_owned() };
    let mut findings: Vec<Finding> = Vec::new();
    let mut view = LinkView { place: place.to_owned(), url: url.to_owned(), domain: String::new(), allowed: false };
    let full = if button || url.contains("://") { url.to_owned() } else { format!("https://{url}") };
    let (fixed, variable) = full.split_once("{{").map_or((full.as_str(), false), |(fixed, _)| (fixed, true));
    let after_scheme = fixed.split_once("://").map(|(_, rest)| rest);
    let path_starts = after_scheme.and_then(|rest| rest.find(['/', '?', '#']).map(|at| rest.len() - at));
    if variable && path_starts.is_none() {
        findings.push(LINK_06.says(&[("url", url.into())]));
        return (view, at(findings, &span));
    }
    if variable && path_starts == Some(1) {
        findings.push(LINK_11.says(&[("url", url.into())]));
    }
    // Placeholders read as letters here; what they become belongs to a person and is only ever appended.
    let Ok(parsed) = Url::parse(&full.replace("{{", "").replace("}}", "")) else {
        findings.push(LINK_09.says(&[("url", url.into())]));
        return (view, at(findings, &span));
    };
    if parsed.scheme() != "https" {
        findings.push(LINK_01.says(&[("url", url.into())]));
    }
    for (hides, part) in [
        (!parsed.username().is_empty() || parsed.password().is_some(), "a user name before the domain"),
        (parsed.port().is_some(), "a port"),
        (!matches!(parsed.host(), Some(Host::Domain(_))), "a numeric address instead of a domain"),
    ] {
        if hides {
            findings.push(LINK_03.says(&[("url", url.into()), ("part", part.into())]));
        }
    }
    let Some(Host::Domain(host)) = parsed.host() else { return (view, at(findings, &span)) };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.split('.').any(|label| label.starts_with("xn--")) {
        findings.push(LINK_04.says(&[("url", url.into())]));
    }
    let listed = allowed.allow.iter().find(|domain| is_below(&host, domain));
    view.domain = listed.cloned().unwrap_or_else(|| registrable(&host));
    view.allowed = listed.is_some();
    if SHORTENERS.iter().any(|short| is_below(&host, short)) {
        findings.push(LINK_05.says(&[("url", url.into())]));
    }
    if listed.is_none() {
        let near = allowed.allow.iter().find(|domain| strsim::osa_distance(domain, &view.domain) == 1);
        let rule = if button { LINK_02 } else { LINK_10 };
        findings.push(match near {
            Some(known) => LINK_07.says(&[("domain", view.domain.as_str().into()), ("known", known.as_str().into())]),
            None => rule.says(&[("place", place.into()), ("domain", view.domain.as_str().into())]),
        });
    }
    for (name, value) in parsed.query_pairs() {
        let name = name.to_ascii_lowercase();
        let leads = value.contains("://") || value.starts_with("//") || value.to_ascii_lowercase().contains("http%3a");
        if leads && LEADING_ON.contains(&name.as_str()) {
            findings.push(LINK_08.says(&[("url", url.into()), ("parameter", name.into())]));
        }
    }
    (view, at(findings, &span))
}

fn at(findings: Vec<Finding>, span: &Span) -> Vec<Finding> {
    findings.into_iter().map(|finding| finding.at(span.clone())).collect()
}

fn is_below(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// The part of a host that somebody registered, by the Public Suffix List.
fn registrable(host: &str) -> String {
    psl::domain_str(host).unwrap_or(host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(url: &str, button: bool) -> (LinkView, Vec<String>) {
        let allowed = Links { allow: ["example.hk".to_owned(), "shop.example.com".to_owned()].into() };
        let address = Address { place: "en button 1", field: "en.button.1", button, start: 0, url };
        let (view, findings) = check(&address, &allowed);
        (view, findings.into_iter().map(|f| f.rule).collect())
    }

    #[test]
    fn each_trick_is_named() {
        for (url, broken) in [
            ("https://example.hk/winter", vec![]),
            ("https://shop.example.hk/winter?c={{1}}", vec![]),
            ("https://shop.example.com/", vec![]),
            ("https://EXAMPLE.hk./x", vec![]),
            ("https://www.example.hk/{{1}}", vec!["LINK-11"]),
            ("https://www.example.hk?c={{1}}", vec![]),
            ("http://example.hk/", vec!["LINK-01"]),
            ("ftp://example.hk/", vec!["LINK-01"]),
            ("https://example.com/", vec!["LINK-02"]),
            ("https://other.example.com/", vec!["LINK-02"]),
            ("https://example.hk.evil.org/", vec!["LINK-02"]),
            ("https://notexample.hk/", vec!["LINK-02"]),
            ("https://evil.org/?https://example.hk", vec!["LINK-02"]),
            ("https://example.hk@evil.org/", vec!["LINK-03", "LINK-02"]),
            ("https://u:p@example.hk/", vec!["LINK-03"]),
            ("https://example.hk:8443/", vec!["LINK-03"]),
            ("https://93.184.216.34/", vec!["LINK-03"]),
            ("https://0x5db8d822/", vec!["LINK-03"]),
            ("https://[2001:db8::1]/", vec!["LINK-03"]),
            ("https://ex\u{0430}mple.hk/", vec!["LINK-04", "LINK-02"]),
            ("https://xn--exmple-4nf.hk/", vec!["LINK-04", "LINK-02"]),
            ("https://bit.ly/3abc", vec!["LINK-05", "LINK-02"]),
            ("https://{{1}}.example.hk/", vec!["LINK-06"]),
            ("https://example.hk{{1}}", vec!["LINK-06"]),
            ("{{1}}", vec!["LINK-06"]),
            ("https://exampIe.hk/", vec!["LINK-07"]),
            ("https://exampl.hk/", vec!["LINK-07"]),
            ("https://example.hk/go?url=https://evil.org", vec!["LINK-08"]),
            ("https://example.hk/?next=//evil.org", vec!["LINK-08"]),
            ("https://example.hk/?next=https%3A%2F%2Fevil.org", vec!["LINK-08"]),
            ("https://example.hk/?q=https://evil.org", vec![]),
            ("https://", vec!["LINK-09"]),
            ("not an address", vec!["LINK-09"]),
            ("javascript:alert(1)", vec!["LINK-01", "LINK-03"]),
        ] {
            assert_eq!(judged(url, true).1, broken, "{url}");
        }
        assert_eq!(judged("www.evil.org", false).1, ["LINK-10"]);
        assert_eq!(judged("www.example.hk", false).1, Vec::<String>::new());
        assert_eq!(judged("bit.ly/3abc", false).1, ["LINK-05", "LINK-10"]);
        assert_eq!(judged("user@example.hk", false).1, ["LINK-03"]);
    }

    #[test]
    fn the_domain_is_the_part_that_somebody_owns() {
        for (url, domain) in [
            ("https://a.b.shop.example.hk/", "example.hk"),
            ("https://www.evil.com.hk/", "evil.com.hk"),
            ("https://a.evil.co.uk/", "evil.co.uk"),
            ("https://a.evil.com/", "evil.com"),
            ("https://a.evil.github.io/", "evil.github.io"),
        ] {
            assert_eq!(judged(url, true).0.domain, domain, "{url}");
        }
    }
}
