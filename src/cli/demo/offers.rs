//! The broadcasts of the demo's story: one that ends well, one that Meta's verdict on its template halts, one that is still on
//! its way after five minutes, and one whose number Meta stops.

use super::contacts::{MONG_KOK, SHA_TIN};
use super::seed::read;
use super::templates::{COUNTER, MENU, TASTING, TEAPOTS};
use crate::approvals::submit;
use crate::domain::ids::SegmentId;
use crate::domain::people::Caller;
use crate::domain::segments::Condition;
use crate::store;
use crate::tools::Ctx;
use crate::tools::catalogue::catalogue;
use anyhow::Context as _;
use serde_json::json;

/// The one that tells customers of the answers, which go live with its signature.
pub const LAUNCH: &str = "Ask us here";

struct Offer {
    name: &'static str,
    template: &'static str,
    segment: &'static str,
    from: &'static str,
    per_second: u32,
    reason: &'static str,
}

const OFFERS: [Offer; 4] = [
    Offer {
        name: LAUNCH,
        template: MENU,
        segment: "VIP guests",
        from: "+852 5550 1000",
        per_second: 10,
        reason: "Customers can ask us in the chat from today. The menu, the keywords and the greetings that answer them go live \
                 with this signature.",
    },
    Offer {
        name: "New teapots in Mong Kok",
        template: TEAPOTS,
        segment: "Mong Kok guests",
        from: "+852 5550 1000",
        per_second: 3,
        reason: "Twelve new teapots have come from Yixing, and guests of the branch should see them first.",
    },
    Offer {
        name: "Tasting table in Sha Tin",
        template: TASTING,
        segment: "Sha Tin guests",
        from: "+852 5550 1000",
        per_second: 1,
        reason: "The table has six seats. Sent slowly, so that not everybody comes on the same day.",
    },
    Offer {
        name: "The counter in Macau has moved",
        template: COUNTER,
        segment: "Macau guests",
        from: "+852 5550 3000",
        per_second: 1,
        reason: "Guests still go to the old place and find it empty.",
    },
];

/// A segment to be stored: its id, its name, who belongs, and who does not.
type NewSegment = (SegmentId, &'static str, Condition, Option<Condition>);

/// Whom they are for. Members are left to the broadcasts that wait in the inbox: nobody is to get too many.
pub fn segments() -> anyhow::Result<Vec<NewSegment>> {
    let in_market = |market: &str| anyhow::Ok(Condition::Market([market.parse()?].into()));
    let guests = |tag: &str| anyhow::Ok(Condition::All(vec![Condition::Tag(tag.to_owned()), in_market("HK")?]));
    let members = || Some(Condition::Tag("member".to_owned()));
    let rows = [
        ("VIP guests", guests("vip")?, members()),
        ("Mong Kok guests", guests(MONG_KOK)?, members()),
        ("Sha Tin guests", guests(SHA_TIN)?, members()),
        ("Macau guests", in_market("MO")?, None),
    ];
    Ok(rows.into_iter().map(|(name, include, exclude)| (SegmentId::random(), name, include, exclude)).collect())
}

/// Lets the agent ask for them.
pub async fn file(ctx: &Ctx, caller: &Caller) -> anyhow::Result<()> {
    for tool in
        ["whatsapp.config.get", "whatsapp.segments.list", "whatsapp.consent_records.list", "whatsapp.templates.list"]
    {
        read(ctx, caller, tool, json!({})).await?;
    }
    read(ctx, caller, "whatsapp.policy_rules.get", json!({})).await?;
    let name = "whatsapp.broadcast.preview";
    let preview = catalogue().find(name).with_context(|| format!("the catalogue has no {name}"))?;
    for offer in OFFERS {
        read(ctx, caller, "whatsapp.template.get", json!({ "name": offer.template })).await?;
        store::tool_reads::record(&ctx.db, caller.tenant(), caller.agent.id, name, ctx.clock.now()).await?;
        let segment = store::segments::by_name(&ctx.db, caller.tenant(), offer.segment).await?;
        let segment = segment.with_context(|| format!("there is no segment {}", offer.segment))?;
        let broadcast = json!({
            "name": offer.name, "template": offer.template, "segments": [segment.id],
            "variables": { "1": { "contact_name": { "default": "friend" } } },
            "default_language": "en_US", "from": offer.from,
        });
        let schedule = json!({ "per_second": offer.per_second, "batch_size": 50 });
        let arguments = json!({
            "write_tool": "whatsapp.broadcast.schedule", "reason": offer.reason,
            "arguments": { "broadcast": broadcast, "schedule": schedule },
        });
        submit::preview(ctx, caller, preview, arguments)
            .await
            .with_context(|| format!("{} was refused", offer.name))?;
    }
    Ok(())
}
