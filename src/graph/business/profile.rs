//! What customers read of the business behind a number.

use serde_json::{Map, Value, json};

use crate::domain::json::{list, text, texts};
use crate::domain::messages::{Fault, Faults};
use crate::domain::open_enum::open_enum;
use crate::graph::call::{Body, Call, in_doubt, never};
use crate::graph::uploads::Handle;
use crate::graph::{Credentials, Error, Graph};

/// The profile as it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    pub about: Option<String>,
    pub address: Option<String>,
    pub description: Option<String>,
    pub email: Option<String>,
    pub picture_url: Option<String>,
    pub websites: Vec<String>,
    pub vertical: Option<Vertical>,
}

/// What is to change; the rest stays. An empty text takes away what stood there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfileUpdate {
    pub about: Option<String>,
    pub address: Option<String>,
    pub description: Option<String>,
    pub email: Option<String>,
    pub websites: Option<Vec<String>>,
    pub vertical: Option<Vertical>,
    pub picture: Option<Handle>,
}

open_enum! {
    /// The trade, in Meta's words.
    pub enum Vertical {
        Alcohol = "ALCOHOL",
        Apparel = "APPAREL",
        Auto = "AUTO",
        Beauty = "BEAUTY",
        Education = "EDU",
        Entertainment = "ENTERTAIN",
        Events = "EVENT_PLAN",
        Finance = "FINANCE",
        Government = "GOVT",
        Grocery = "GROCERY",
        Health = "HEALTH",
        Hotel = "HOTEL",
        Nonprofit = "NONPROFIT",
        NotABusiness = "NOT_A_BIZ",
        OnlineGambling = "ONLINE_GAMBLING",
        OtcDrugs = "OTC_DRUGS",
        OtherTrade = "OTHER",
        PhysicalGambling = "PHYSICAL_GAMBLING",
        ProfessionalServices = "PROF_SERVICES",
        Restaurant = "RESTAURANT",
        Retail = "RETAIL",
        Travel = "TRAVEL",
        Undefined = "UNDEFINED",
    }
}

const ABOUT: usize = 139;
const ADDRESS: usize = 256;
/// Meta names 256 in one place and this in another; its answer decides between the two.
const DESCRIPTION: usize = 512;
const EMAIL: usize = 128;
const WEBSITES: usize = 2;
const WEBSITE: usize = 256;

const FIELDS: &str = "about,address,description,email,profile_picture_url,websites,vertical";

/// Reads it.
pub async fn profile(graph: &Graph, credentials: &Credentials, phone_number_id: &str) -> Result<Profile, Error> {
    let call = Call::get(phone_number_id).edge("whatsapp_business_profile").with("fields", FIELDS);
    let answer = graph.ask(credentials, call).await?;
    let profile = list(&answer, "data").first();
    let profile = profile.ok_or_else(|| in_doubt("the number has no profile".to_owned()))?;
    Ok(Profile {
        about: text(profile, "about"),
        address: text(profile, "address"),
        description: text(profile, "description"),
        email: text(profile, "email"),
        picture_url: text(profile, "profile_picture_url"),
        websites: texts(profile, "websites"),
        vertical: text(profile, "vertical").map(|word| Vertical::from(word.as_str())),
    })
}

/// Changes it. A repetition changes nothing more.
pub async fn update_profile(
    graph: &Graph,
    credentials: &Credentials,
    phone_number_id: &str,
    update: &ProfileUpdate,
) -> Result<(), Error> {
    if let Some(fault) = update.faults().first() {
        return Err(never(fault.to_string()));
    }
    let body = update.to_json();
    graph.done(credentials, Call::post(phone_number_id, Body::Json(&body)).edge("whatsapp_business_profile")).await
}

impl ProfileUpdate {
    /// Everything that Meta would refuse.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Faults::default();
        // Unlike the others, it cannot be taken away.
        faults.optional("about", self.about.as_deref(), ABOUT);
        for (place, text, most) in [
            ("address", &self.address, ADDRESS),
            ("description", &self.description, DESCRIPTION),
            ("email", &self.email, EMAIL),
        ] {
            faults.at_most(place, text.as_deref().unwrap_or_default(), most);
        }
        if let Some(websites) = &self.websites {
            faults.count("websites", websites.len(), 0..=WEBSITES);
            for (at, website) in websites.iter().enumerate() {
                faults.required(format_args!("websites[{at}]"), website, WEBSITE);
                let web = website.starts_with("https://") || website.starts_with("http://");
                faults.form(format_args!("websites[{at}]"), web, "not a page: write it as https://example.com");
            }
        }
        let readable =
            self.vertical.as_ref().is_some_and(|v| matches!(v, Vertical::Undefined | Vertical::NotABusiness));
        faults.form("vertical", !readable, "a word that Meta writes and does not take");
        faults.into_vec()
    }

    fn to_json(&self) -> Value {
        let mut body = Map::from_iter([("messaging_product".to_owned(), json!("whatsapp"))]);
        let texts = [
            ("about", self.about.as_deref()),
            ("address", self.address.as_deref()),
            ("description", self.description.as_deref()),
            ("email", self.email.as_deref()),
            ("vertical", self.vertical.as_ref().map(Vertical::as_str)),
            ("profile_picture_handle", self.picture.as_ref().map(Handle::as_str)),
        ];
        body.extend(texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), json!(text?)))));
        body.extend(self.websites.as_ref().map(|websites| ("websites".to_owned(), json!(websites))));
        Value::Object(body)
    }
}
