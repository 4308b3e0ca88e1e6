//! Whoever signs in every journey, at a browser without script.

use super::stage::PASSWORD;
use crate::support::visitor::{Answer, Visitor};

/// M. Lau comes to a browser without script; whoever should answer may be gone.
pub async fn sign_in(lau: &mut Visitor) -> reqwest::Result<()> {
    if lau.jar.is_empty() {
        let page = lau.try_get("/login").await?;
        let filled = [("email", "lau@harbour.example"), ("password", PASSWORD)];
        lau.try_submit(&page, "/login", &filled).await?;
    }
    Ok(())
}

/// M. Lau reads, decides and signs, likewise.
pub async fn sign(lau: &mut Visitor, id: &str) -> reqwest::Result<()> {
    let page = to_the_signature(lau, id).await?;
    lau.try_submit(&page, &format!("/requests/{id}/sign"), &[("password", PASSWORD)]).await.map(drop)
}

/// As far as the page where the password is asked for.
pub async fn to_the_signature(lau: &mut Visitor, id: &str) -> reqwest::Result<Answer> {
    sign_in(lau).await?;
    let page = lau.try_get(&format!("/requests/{id}")).await?;
    let decision = format!("/requests/{id}/decision");
    let names: Vec<(String, String)> = page.choices("input[name=section], input[name=accept]");
    let reasons = page.choices("input[name^=reason-]").into_iter().map(|(name, _)| (name, "Seen.".to_owned()));
    let fields: Vec<(String, String)> =
        names.into_iter().chain(reasons).chain([("verdict".to_owned(), "approve".to_owned())]).collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    lau.try_submit(&page, &decision, &fields).await?;
    lau.try_get(&format!("/requests/{id}/sign")).await
}
