//! Who may send us events: the tenants, by their app secrets and verify tokens.

use crate::domain::people::Tenant;
use crate::domain::secret::Secret;
use crate::domain::webhooks::{SignatureError, verify_signature};
use crate::store::{self, people};
use crate::tools::Ctx;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The list of tenants is read again after this long. Meta sends thousands of posts in that time.
const KEPT: Duration = Duration::from_secs(2);

/// The tenants, as they were a moment ago.
pub struct Senders {
    ctx: Ctx,
    known: Mutex<Option<(Instant, Arc<[Tenant]>)>>,
}

/// Whether a post is signed.
pub enum Signed {
    /// With the app secret that these tenants share.
    By(Vec<Tenant>),
    /// With none.
    Not(SignatureError),
}

impl Senders {
    pub fn new(ctx: Ctx) -> Self {
        Self { ctx, known: Mutex::new(None) }
    }

    async fn tenants(&self) -> store::Result<Arc<[Tenant]>> {
        let mut known = self.known.lock().await;
        if let Some((_, tenants)) = known.as_ref().filter(|(at, _)| at.elapsed() < KEPT) {
            return Ok(Arc::clone(tenants));
        }
        let tenants: Arc<[Tenant]> = people::tenants(&self.ctx.db).await?.into();
        *known = Some((Instant::now(), Arc::clone(&tenants)));
        Ok(tenants)
    }

    fn secret(&self, name: Option<&str>) -> Option<Secret> {
        name.and_then(|name| (self.ctx.secrets)(name)).filter(|secret| !secret.is_empty())
    }

    /// Whether some tenant has agreed on this verify token with Meta. All are compared, so that the time tells nothing.
    pub async fn know_token(&self, offered: &str) -> store::Result<bool> {
        let tenants = self.tenants().await?;
        let secrets = tenants.iter().filter_map(|t| self.secret(t.verify_token_env.as_deref()));
        Ok(secrets.fold(false, |found, secret| found | secret.matches(offered)))
    }

    /// Who signed these bytes.
    pub async fn signed(&self, header: Option<&str>, body: &[u8]) -> store::Result<Signed> {
        let tenants = self.tenants().await?;
        let mut secrets: Vec<(Secret, Vec<Tenant>)> = Vec::new();
        for tenant in tenants.iter() {
            let Some(secret) = self.secret(tenant.app_secret_env.as_deref()) else { continue };
            // Tenants of one app share its secret: it is tried once.
            match secrets.iter_mut().find(|(known, _)| known.matches(secret.expose())) {
                Some((_, sharers)) => sharers.push(tenant.clone()),
                None => secrets.push((secret, vec![tenant.clone()])),
            }
        }
        Ok(match verify_signature(secrets.iter().map(|(secret, _)| secret), body, header) {
            Ok(place) => {
                secrets.into_iter().nth(place).map_or(Signed::Not(SignatureError::Mismatch), |(_, by)| Signed::By(by))
            }
            Err(why) => Signed::Not(why),
        })
    }
}
