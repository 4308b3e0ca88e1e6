//! Keeping posts, many in one transaction: a flush to the disk is shared by all that arrived while the last one ran, and
//! each is answered only after its own.

use crate::domain::ids::TenantId;
use crate::error::Result;
use crate::faults::Step;
use crate::store::webhooks;
use crate::tools::Ctx;
use axum::body::Bytes;
use tokio::sync::{mpsc, oneshot};

/// Posts that may wait; beyond it, the next one waits at the door.
const WAITING: usize = 1024;
/// Posts in one transaction.
const TOGETHER: usize = 256;

struct Parcel {
    tenants: Vec<TenantId>,
    body: Bytes,
    kept: oneshot::Sender<std::result::Result<(), ()>>,
}

/// Where posts are put down. Its task ends with it.
pub struct Shelf(mpsc::Sender<Parcel>);

impl Shelf {
    pub fn open(ctx: Ctx) -> Self {
        let (door, mut waiting) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut parcels = Vec::with_capacity(TOGETHER);
            while waiting.recv_many(&mut parcels, TOGETHER).await > 0 {
                let outcome = store(&ctx, &parcels).await;
                if let Err(error) = &outcome {
                    tracing::error!(%error, cause = ?error, posts = parcels.len(), "webhook posts could not be kept; Meta will send them again");
                } else {
                    ctx.wake.posts();
                }
                for parcel in parcels.drain(..) {
                    parcel.kept.send(outcome.as_ref().map(drop).map_err(drop)).ok();
                }
            }
        });
        Self(door)
    }

    /// Comes back when the post is durable.
    pub async fn keep(&self, tenants: Vec<TenantId>, body: Bytes) -> std::result::Result<(), ()> {
        let (kept, answer) = oneshot::channel();
        self.0.send(Parcel { tenants, body, kept }).await.map_err(drop)?;
        answer.await.map_err(drop)?
    }
}

async fn store(ctx: &Ctx, parcels: &[Parcel]) -> Result<()> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let mut posts: Vec<(TenantId, &[u8])> = Vec::with_capacity(parcels.len());
    for parcel in parcels {
        posts.extend(parcel.tenants.iter().map(|tenant| (*tenant, &*parcel.body)));
    }
    let kept = webhooks::keep(&mut tx, &posts, now).await?;
    tx.commit_at(Step::Kept).await?;
    let repeated = (posts.len() as u64).saturating_sub(kept);
    metrics::counter!("countersign_webhook_posts_repeated_total").increment(repeated);
    Ok(())
}
