//! What customers read of the business behind its numbers.

use crate::domain::automation::Active;
use crate::domain::automation::auto_replies::Occasion;
use crate::domain::automation::hours::OpeningHours;
use crate::domain::business::{BusinessProfile, SendingNumber};
use crate::domain::clock::Timestamp;
use crate::domain::people::{Area, Caller};
use crate::error::{Error, Result};
use crate::store;
use crate::store::business::ProfileRead;
use crate::tools::reading::{Text, reading};
use crate::tools::{Ctx, Kind, Tool, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An address that Meta signed is not handed out for longer after it was read: by then it may have ended.
const PICTURE_LASTS: Duration = Duration::from_hours(24);

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.business_profile.get",
    title: ["Read the business profile", "讀取商業檔案", "读取商业档案"],
    summary: "Shows what customers read of the business behind each of its numbers: about, description, address, mail \
              address, websites, trade, picture, whether Meta has confirmed the business, how Meta judged the name, and the \
              opening hours that live automatic replies go by. Says how old that is, and why it could not be read since. \
              `phone_number` narrows it to one number.",
    read_first: &["whatsapp.phone_numbers.list"],
    governance: "Only reads; nobody has to approve it.",
    safety: "Holds nothing but what customers see: no documents of the verification, no identifiers or secrets of the business \
             manager. The picture's address is one that Meta signed, and ends by itself.",
    area: Area::Business,
    wants: None,
    kind: Kind::Read(reading!(get)),
    input: schema::<ProfileArguments>,
    output: schema::<Profiles>,
}];

/// Of which number.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileArguments {
    /// One of the business's numbers, as whatsapp.phone_numbers.list shows it; without it, all of them.
    #[serde(default)]
    phone_number: Option<Text<64>>,
}

/// The profiles, one a number.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Profiles {
    /// In the order of the numbers.
    profiles: Vec<ProfileItem>,
}

/// The profile behind one number.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProfileItem {
    /// The number as customers see it.
    phone_number: String,
    /// The name as customers see it.
    name: String,
    /// A line below the name.
    about: Option<String>,
    /// Where the business is.
    address: Option<String>,
    /// What it does.
    description: Option<String>,
    /// Where it can be written to.
    email: Option<String>,
    /// Its pages.
    websites: Vec<String>,
    /// Its trade, in Meta's word: retail, restaurant, ..
    vertical: Option<String>,
    /// Where the picture can be fetched for a while; null if there is none, or if that was read more than a day ago.
    picture_url: Option<String>,
    /// Whether Meta has confirmed that the business is who it says; null if Meta does not tell.
    official: Option<bool>,
    /// How Meta judged the name, in its word.
    name_review: Option<String>,
    /// The hours outside of which a live automatic reply tells customers that nobody is there. Meta's profile holds none.
    opening_hours: Vec<OpeningHours>,
    /// When it was last read from Meta; null if it never could be.
    last_read_at: Option<Timestamp>,
    /// How long ago that is, in seconds.
    age_seconds: Option<u64>,
    /// Why it could not be read since; null if the last try went well.
    last_failure: Option<FailureItem>,
}

/// A try to read that failed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FailureItem {
    /// When.
    at: Timestamp,
    /// Why.
    why: String,
}

async fn get(ctx: &Ctx, caller: &Caller, arguments: ProfileArguments) -> Result<Profiles> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let mut numbers = store::business::numbers(&ctx.db, tenant).await?;
    if let Some(wanted) = arguments.phone_number {
        numbers.retain(|number| number.is_called(wanted.as_str()));
        if numbers.is_empty() {
            return Err(Error::not_found("number of this business", wanted.as_str()));
        }
    }
    let read = store::business::profiles(&ctx.db, tenant).await?;
    let active = store::automation::active(&ctx.db, tenant).await?;
    let item = |number: SendingNumber| {
        let read = read.iter().find(|it| it.number == number.id);
        item(number, read, &active, now)
    };
    Ok(Profiles { profiles: numbers.into_iter().map(item).collect() })
}

fn item(number: SendingNumber, read: Option<&ProfileRead>, active: &Active, now: Timestamp) -> ProfileItem {
    let (profile, read_at) = match read.and_then(|read| read.profile.clone()) {
        Some((profile, at)) => (profile, Some(at)),
        None => (BusinessProfile::default(), None),
    };
    let age = read_at.map(|at| now.since(at));
    let closed = active.auto_replies().filter(|it| it.content.scope.covers(number.id.for_meta(), None));
    let hours = closed.filter_map(|it| match &it.content.occasion {
        Occasion::Closed(hours) => Some(hours.clone()),
        Occasion::EverybodyAway(_) | Occasion::FirstMessage(_) => None,
    });
    ProfileItem {
        phone_number: number.display,
        name: number.name,
        about: profile.about,
        address: profile.address,
        description: profile.description,
        email: profile.email,
        websites: profile.websites,
        vertical: profile.vertical,
        picture_url: profile.picture.filter(|_| age.is_some_and(|age| age < PICTURE_LASTS)),
        official: profile.official,
        name_review: profile.name_review,
        opening_hours: hours.collect(),
        last_read_at: read_at,
        age_seconds: age.map(|age| age.as_secs()),
        last_failure: read.and_then(|it| it.failure.clone()).map(|(why, at)| FailureItem { at, why }),
    }
}
