//! The message catalogue: every text a person reads, in three languages, with plurals and named placeholders.
//!
//! One `.ftl` file per page and language under `locales/`; the files are part of the program. Templates hold no text:
//! they name a key and hand over the values. Message content, names, rule ids and error codes are never translated.

use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::tz::TimeZone;
use unic_langid::LanguageIdentifier;

mod arg;
mod format;
mod lang;
mod pseudo;

pub use arg::{Moment, ToArg, Whole};
pub use format::{market_zone, zone_name};
pub use lang::Lang;

#[derive(rust_embed::RustEmbed)]
#[folder = "locales/"]
struct Locales;

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<HashMap<Lang, Bundle>> =
    LazyLock::new(|| Lang::ALL.into_iter().chain([Lang::Pseudo]).map(|lang| (lang, bundle(lang))).collect());

/// Reads one language's files. A broken message is left out, so its key shows on the page and a test names it.
fn bundle(lang: Lang) -> Bundle {
    let tag: LanguageIdentifier = lang.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // Isolation marks would end up in page titles, mails and copied text; pages isolate foreign text with <bdi>.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(format::fluent_number));
    if lang == Lang::Pseudo {
        bundle.set_transform(Some(pseudo::stretch));
    }
    let folder = format!("{}/", lang.folder());
    for path in Locales::iter().filter(|path| path.starts_with(&folder)) {
        let Some(file) = Locales::get(&path) else { continue };
        let text = String::from_utf8_lossy(&file.data).into_owned();
        let resource = FluentResource::try_new(text).unwrap_or_else(|(readable, errors)| {
            tracing::error!(%path, ?errors, "a message file has errors");
            readable
        });
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// A language and a time zone: what turns keys, numbers and times into text for one reader.
#[derive(Clone, Debug)]
pub struct Words {
    lang: Lang,
    zone: TimeZone,
}

impl Words {
    pub fn new(lang: Lang, zone: TimeZone) -> Self {
        Self { lang, zone }
    }

    /// Hong Kong time, where the first users work; the setting of a person overrides it.
    pub fn hong_kong(lang: Lang) -> Self {
        Self::new(lang, TimeZone::get("Asia/Hong_Kong").unwrap_or(TimeZone::UTC))
    }

    pub fn lang(&self) -> Lang {
        self.lang
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub fn t(&self, key: &str) -> String {
        self.look_up(key, None)
    }

    pub fn t1(&self, key: &str, a: &str, av: impl ToArg) -> String {
        self.t_with(key, &[(a, av.arg())])
    }

    pub fn t2(&self, key: &str, a: &str, av: impl ToArg, b: &str, bv: impl ToArg) -> String {
        self.t_with(key, &[(a, av.arg()), (b, bv.arg())])
    }

    pub fn t3(&self, key: &str, a: &str, av: impl ToArg, b: &str, bv: impl ToArg, c: &str, cv: impl ToArg) -> String {
        self.t_with(key, &[(a, av.arg()), (b, bv.arg()), (c, cv.arg())])
    }

    pub fn t_with(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        self.look_up(key, Some(&args))
    }

    /// The same for values that come from outside the program: nothing when they do not fill the text.
    pub fn filled(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> Option<String> {
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        let bundle = BUNDLES.get(&self.lang)?;
        let pattern = bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        errors.is_empty().then_some(text)
    }

    fn look_up(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = BUNDLES.get(&self.lang);
        let pattern = bundle.and_then(|bundle| bundle.get_message(key)).and_then(|message| message.value());
        let (Some(bundle), Some(pattern)) = (bundle, pattern) else {
            tracing::error!(key, lang = self.lang.tag(), "a text is missing from the catalogue");
            return format!("⟦{key}⟧");
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(key, lang = self.lang.tag(), ?errors, "a text could not be filled in");
            return format!("⟦{key}: {text}⟧");
        }
        text
    }
}

#[cfg(test)]
mod tests;
