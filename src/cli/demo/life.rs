//! The customers of the sample business: known to the simulator by name, and now and then one writes in.

use crate::domain::people::SendingWorker;
use crate::simulate::Simulator;
use crate::store;
use crate::tools::Ctx;
use std::time::Duration;

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

/// Now and then somebody writes, to the first number. The pace is that of a quiet shop.
pub async fn customers(ctx: &Ctx, simulator: &Simulator) -> anyhow::Result<()> {
    const SAID: &[&str] = &[
        "Hello, are you open on Sunday?",
        "請問冬季烏龍還有貨嗎？",
        "你好，想訂兩位今晚七點",
        "Thanks!",
        "STOP",
        "几点关门？",
        "多謝",
        "Can I return a teapot?",
    ];
    let Some(tenant) = store::people::tenants(&ctx.db).await?.into_iter().next() else { return Ok(()) };
    let Some(number) = store::business::numbers(&ctx.db, tenant.id).await?.into_iter().next() else { return Ok(()) };
    let people = store::contacts::list(&ctx.db, tenant.id, &store::contacts::Filter::default(), 200).await?;
    let permit = SendingWorker::permit();
    for (person, said) in people.iter().cycle().step_by(7).zip(SAID.iter().cycle()) {
        tokio::time::sleep(Duration::from_secs(25)).await;
        if let Some(phone) = &person.phone {
            simulator.write(phone.reveal(&permit).e164(), number.id.for_meta(), said);
        }
    }
    Ok(())
}
