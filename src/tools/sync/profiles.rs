//! The profile behind each number, read from Meta. Nothing that is sent rests on it: where it cannot be read, what was read before
//! stands, with the reason.

use crate::domain::audit::{Actor, Event, number_subject};
use crate::domain::business::BusinessProfile;
use crate::domain::masked::ProviderId;
use crate::domain::people::Tenant;
use crate::domain::redact::scrub;
use crate::error::Result;
use crate::graph::business::{self, PhoneNumberInfo, Profile, Vertical};
use crate::store;
use crate::store::business::ProfileRead;
use crate::tools::Ctx;
use serde_json::json;

/// Reads the profile of every number, and says how many could not be read.
pub async fn read(ctx: &Ctx, tenant: &Tenant) -> Result<usize> {
    let known = store::business::profiles(&ctx.db, tenant.id).await?;
    let read = match ctx.credentials(tenant) {
        Ok(credentials) => match business::phone_numbers(&ctx.graph, &credentials, &tenant.waba_id).await {
            Ok(numbers) => {
                let mut read = Vec::with_capacity(numbers.len());
                for number in &numbers {
                    let profile = business::profile(&ctx.graph, &credentials, &number.id).await;
                    let profile = profile.map(|profile| of_meta(profile, number)).map_err(|e| e.to_string());
                    read.push((ProviderId::new(&number.id), profile));
                }
                read
            }
            Err(e) => nowhere(ctx, tenant, &e.to_string()).await?,
        },
        Err(e) => nowhere(ctx, tenant, &e.to_string()).await?,
    };
    let failed = read.iter().filter(|(_, profile)| profile.is_err()).count();
    write(ctx, tenant, &known, read).await?;
    Ok(failed)
}

type Read = (ProviderId, std::result::Result<BusinessProfile, String>);

/// The same reason for every number that is known.
async fn nowhere(ctx: &Ctx, tenant: &Tenant, why: &str) -> Result<Vec<Read>> {
    let numbers = store::business::numbers(&ctx.db, tenant.id).await?;
    Ok(numbers.into_iter().map(|number| (number.id, Err(why.to_owned()))).collect())
}

async fn write(ctx: &Ctx, tenant: &Tenant, known: &[ProfileRead], read: Vec<Read>) -> Result<()> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    for (number, profile) in read {
        let profile = match profile {
            Ok(profile) => profile,
            Err(why) => {
                store::business::profile_failed(&mut tx, tenant.id, &number, &scrub(&why), now).await?;
                continue;
            }
        };
        // What is read for the first time is no change.
        let before = known.iter().find(|it| it.number == number).and_then(|it| it.profile.as_ref());
        let parts = before.map(|(before, _)| before.changes(&profile)).unwrap_or_default();
        store::business::put_profile(&mut tx, tenant.id, &number, &profile, now).await?;
        if !parts.is_empty() {
            let (subject, details) = (number_subject(&number), json!({ "parts": parts }));
            let event = Event { actor: Actor::Meta, act: "number.profile_changed", subject, details };
            store::audit::append(&mut tx, tenant.id, now, event).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

fn of_meta(profile: Profile, number: &PhoneNumberInfo) -> BusinessProfile {
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    BusinessProfile {
        about: some(profile.about),
        address: some(profile.address),
        description: some(profile.description),
        email: some(profile.email),
        websites: profile.websites,
        vertical: profile.vertical.as_ref().map(Vertical::as_str).map(str::to_lowercase),
        picture: some(profile.picture_url),
        official: number.is_official_business_account,
        name_review: number.name_status.as_deref().map(str::to_lowercase),
    }
}
