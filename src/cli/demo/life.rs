//! The customers of the sample business: known to the simulator by name, and writing in, by the story and by themselves.

use super::cast::Cast;
use super::pace::Pace;
use super::staff::Staff;
use super::story;
use crate::domain::people::SendingWorker;
use crate::simulate::Simulator;
use crate::store;
use crate::tools::Ctx;
use serde_json::json;

/// Tells the simulator what the business's contacts are called.
pub async fn introduce(ctx: &Ctx, simulator: &Simulator) -> anyhow::Result<()> {
    for tenant in store::people::tenants(&ctx.db).await? {
        let mut filter = store::contacts::Filter::default();
        loop {
            let page = store::contacts::list(&ctx.db, tenant.id, &filter, 500).await?;
            for contact in &page {
                if let Some(phone) = &contact.phone {
                    let name = contact.name.reveal(&SendingWorker::permit());
                    simulator.introduce(phone.reveal(&SendingWorker::permit()).e164(), name.for_the_message());
                }
            }
            let Some(last) = page.last() else { break };
            filter.after = Some(last.no);
        }
    }
    Ok(())
}

/// Lets the story happen and customers write by themselves, until the program ends. What goes wrong in it stands in the log:
/// the daemon is there for whoever tries it, with or without a story.
pub async fn go_on(ctx: &Ctx, simulator: &Simulator, pace: Pace) {
    if let Err(error) = story(ctx, simulator, pace).await {
        tracing::error!("the demo's story broke off: {error:#}");
    }
}

async fn story(ctx: &Ctx, simulator: &Simulator, pace: Pace) -> anyhow::Result<()> {
    let Some(staff) = Staff::gather(ctx).await? else { return Ok(()) };
    let cast = Cast::choose(&ctx.db, staff.tenant().id, ctx.clock.now()).await?;
    let opened = staff.open().await?;
    let traffic = json!({ "traffic": { "per_minute": 5.0, "strangers": 400, "pictures": 0.02, "reactions": 0.1 } });
    simulator.control("life", &traffic).map_err(anyhow::Error::msg)?;
    // A story is told once; the team works on after it.
    let told = async {
        if opened {
            story::play(simulator, &cast, pace).await;
        }
    };
    let (worked, ()) = tokio::join!(staff.work(&cast, pace), told);
    worked
}
