//! One person's message: which language of the template, and what stands in its placeholders. The same code works it out
//! for the preview and for the sending, so that what was signed is what goes out.

use super::audience::Exclusion;
use super::broadcasts::{Variable, Variables};
use super::contacts::Language;
use super::masked::{CustomerName, Mask};
use super::templates::{Place, TemplateContent, Values};
use super::text::fits_a_person;
use std::collections::BTreeMap;

/// What stands for a fact of a person where others may look.
pub const HIDDEN: &str = "•••";

/// What a contact brings into a message.
#[derive(Debug, Clone, Copy, Default)]
pub struct Own<'a> {
    /// What the person is called.
    pub name: &'a str,
    /// Further facts, as they are stored: a JSON object of texts.
    pub attributes: &'a str,
}

/// One language of the message, taken apart once for many people.
#[derive(Debug, Clone)]
pub struct Form {
    /// Which language.
    pub language: Language,
    /// What it says.
    pub content: TemplateContent,
    /// Each placeholder with its source, where there is one.
    slots: Vec<(String, Variable)>,
    /// The values, when they are the same for everybody.
    common: Option<Values>,
    /// Characters of the text that are no placeholder, and how often each slot stands in it.
    fixed: usize,
    places: Vec<usize>,
}

/// The message in all its languages.
#[derive(Debug, Clone)]
pub struct Composer {
    forms: Vec<Form>,
    default_language: Option<usize>,
}

/// One person's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// By placeholder.
    pub values: Values,
    /// Which slots of the form have the default, as bits.
    pub defaulted: u64,
}

/// Slots beyond these could not be told apart in `Filled::defaulted`.
pub const MOST_VARIABLES: usize = 64;

impl Composer {
    /// For these languages of a template.
    #[must_use]
    pub fn new(
        languages: impl IntoIterator<Item = (Language, TemplateContent)>,
        default_language: Option<&Language>,
        variables: &Variables,
    ) -> Self {
        let forms: Vec<Form> =
            languages.into_iter().map(|(language, content)| Form::new(language, content, variables)).collect();
        let default_language = forms.iter().position(|form| Some(&form.language) == default_language);
        Self { forms, default_language }
    }

    /// The languages, in their order.
    #[must_use]
    pub fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// Which language a person gets: the own one; the same without its region, or the first with one if the person's has
    /// none; the default. Never another region's: `zh_CN` and `zh_HK` are written differently.
    #[must_use]
    pub fn form_for(&self, language: Option<&str>) -> Option<usize> {
        let own = language.and_then(|own| {
            let base = own.split('_').next().unwrap_or(own);
            let exact = self.forms.iter().position(|form| form.language.as_str() == own);
            exact.or_else(|| self.forms.iter().position(|form| form.language.as_str() == base)).or_else(|| {
                (base == own).then(|| self.forms.iter().position(|form| form.language.base() == base)).flatten()
            })
        });
        own.or(self.default_language)
    }

    /// Whether any message has something of its person in it.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.forms.iter().any(|form| form.common.is_none())
    }

    /// The language and values of one person.
    pub fn compose(&self, language: Option<&str>, own: Own<'_>) -> Result<(&Form, Filled), Exclusion> {
        let form = self.form_for(language).and_then(|at| self.forms.get(at)).ok_or(Exclusion::NoTemplateLanguage)?;
        form.fill(own).map(|filled| (form, filled)).ok_or(Exclusion::VariableMissing)
    }
}

impl Form {
    fn new(language: Language, content: TemplateContent, variables: &Variables) -> Self {
        let slots: Vec<(String, Variable)> = content
            .placeholders()
            .into_iter()
            .filter_map(|key| variables.get(&key).map(|variable| (key, variable.clone())))
            .collect();
        let text = |(key, variable): &(String, Variable)| match variable {
            Variable::Text(text) => Some((key.clone(), text.clone())),
            _ => None,
        };
        let common = slots.iter().map(text).collect();
        let named = TemplateContent::placeholders_of(&content.body);
        let places =
            slots.iter().map(|(key, _)| named.iter().filter(|name| Place::Body.key(name) == *key).count()).collect();
        let blank: Values = slots.iter().map(|(key, _)| (key.clone(), String::new())).collect();
        let fixed = content.render(&blank).body.chars().count();
        Self { language, content, slots, common, fixed, places }
    }

    /// The values that everybody gets, if nothing in the message is of its person.
    #[must_use]
    pub const fn common(&self) -> Option<&Values> {
        self.common.as_ref()
    }

    /// Its placeholders with their sources.
    #[must_use]
    pub fn slots(&self) -> &[(String, Variable)] {
        &self.slots
    }

    /// The values for one person. None if one is missing that has no default.
    #[must_use]
    pub fn fill(&self, own: Own<'_>) -> Option<Filled> {
        if let Some(common) = &self.common {
            return Some(Filled { values: common.clone(), defaulted: 0 });
        }
        let mut attributes: Option<BTreeMap<String, String>> = None;
        let mut filled = Filled { values: Values::new(), defaulted: 0 };
        for (slot, (key, variable)) in self.slots.iter().enumerate() {
            let (value, default) = match variable {
                Variable::Text(text) => (Some(text.as_str()), &None),
                Variable::ContactName { default } => (Some(own.name.trim()).filter(|n| fits_a_person(n)), default),
                Variable::Attribute { name, default } => {
                    // What is not an object of texts holds no value for anything.
                    let known =
                        attributes.get_or_insert_with(|| serde_json::from_str(own.attributes).unwrap_or_default());
                    (known.get(name).map(String::as_str).filter(|value| fits_a_person(value)), default)
                }
            };
            let value = match (value, default) {
                (Some(value), _) => value.to_owned(),
                (None, Some(default)) => {
                    filled.defaulted |= bit(slot);
                    default.clone()
                }
                (None, None) => return None,
            };
            filled.values.insert(key.clone(), value);
        }
        Some(filled)
    }

    /// The same values for other eyes: what is the person's own is hidden.
    #[must_use]
    pub fn masked(&self, filled: &Filled) -> Values {
        let mut values = filled.values.clone();
        for (slot, (key, variable)) in self.slots.iter().enumerate() {
            let Some(value) = values.get_mut(key).filter(|_| filled.defaulted & bit(slot) == 0) else { continue };
            match variable {
                Variable::Text(_) => {}
                Variable::ContactName { .. } => *value = CustomerName::new(value.as_str()).mask(),
                Variable::Attribute { .. } => HIDDEN.clone_into(value),
            }
        }
        values
    }

    /// How long the text is with these values, in characters.
    #[must_use]
    pub fn length(&self, values: &Values) -> usize {
        let value = |key: &str| values.get(key).map_or(0, |value| value.chars().count());
        self.fixed + self.slots.iter().zip(&self.places).map(|((key, _), places)| places * value(key)).sum::<usize>()
    }

    /// The message with what everybody gets filled in; what belongs to a person stays a placeholder. Defaults count as for
    /// everybody, since anybody may get them.
    #[must_use]
    pub fn for_review(&self) -> Values {
        let text = |(key, variable): &(String, Variable)| match variable {
            Variable::Text(text) => Some((key.clone(), text.clone())),
            Variable::ContactName { default } | Variable::Attribute { default, .. } => {
                default.as_ref().map(|text| (key.clone(), text.clone()))
            }
        };
        self.slots.iter().filter_map(text).collect()
    }
}

/// The bit of a slot.
#[must_use]
pub const fn bit(slot: usize) -> u64 {
    if slot < MOST_VARIABLES { 1 << slot } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn content(body: &str) -> TemplateContent {
        TemplateContent { header: None, body: body.into(), footer: None, buttons: Vec::new() }
    }

    fn composer(languages: &[&str], default: Option<&str>, body: &str, variables: serde_json::Value) -> Composer {
        let default: Option<Language> = default.map(|code| code.parse().unwrap());
        Composer::new(
            languages.iter().map(|code| (code.parse().unwrap(), content(body))),
            default.as_ref(),
            &serde_json::from_value(variables).unwrap(),
        )
    }

    #[test]
    fn everybody_gets_the_own_language_or_the_default_and_never_another_regions() {
        let composer = composer(&["en", "zh_HK", "pt_BR"], Some("en"), "x", serde_json::json!({}));
        for (own, given) in [
            (Some("zh_HK"), "zh_HK"),
            (Some("zh"), "zh_HK"),
            (Some("zh_CN"), "en"),
            (Some("en_GB"), "en"),
            (Some("pt"), "pt_BR"),
            (Some("fr"), "en"),
            (None, "en"),
        ] {
            let form = &composer.forms()[composer.form_for(own).unwrap()];
            assert_eq!(form.language.as_str(), given, "{own:?}");
        }
        let strict = self::composer(&["en"], None, "x", serde_json::json!({}));
        assert_eq!(strict.compose(Some("fr"), Own::default()).unwrap_err(), Exclusion::NoTemplateLanguage);
    }

    #[test]
    fn a_missing_or_tricky_value_is_the_default_or_leaves_the_person_out() {
        let variables = serde_json::json!({
            "1": {"contact_name": {"default": "friend"}}, "2": {"attribute": {"name": "tier"}}, "3": {"text": "5 Dec"}
        });
        let composer = composer(&["en"], None, "{{1}} {{2}} {{3}}", variables);
        let own = |name, attributes| Own { name, attributes };
        let (form, filled) = composer.compose(Some("en"), own("Ada Wong", r#"{"tier": "gold"}"#)).unwrap();
        assert_eq!(form.content.render(&filled.values).body, "Ada Wong gold 5 Dec");
        assert_eq!(form.content.render(&form.masked(&filled)).body, "A•• W••• ••• 5 Dec");
        let (form, filled) = composer.compose(Some("en"), own("see https://x.example", r#"{"tier": "gold"}"#)).unwrap();
        assert_eq!(form.content.render(&form.masked(&filled)).body, "friend ••• 5 Dec");
        assert_eq!(filled.defaulted, bit(0));
        assert_eq!(form.length(&filled.values), "friend gold 5 Dec".len());
        for attributes in ["{}", r#"{"tier": ""}"#, r#"{"tier": 5}"#, "nonsense", ""] {
            let missing = composer.compose(Some("en"), own("Ada", attributes)).unwrap_err();
            assert_eq!(missing, Exclusion::VariableMissing, "{attributes}");
        }
    }

    proptest! {
        #[test]
        fn no_value_of_a_person_is_ever_read_as_a_placeholder(name in "\\PC{0,40}", tier in "\\PC{0,40}") {
            let variables = serde_json::json!({
                "1": {"contact_name": {"default": "d"}}, "2": {"attribute": {"name": "tier", "default": "e"}}
            });
            let composer = composer(&["en"], None, "[{{1}}|{{2}}]", variables);
            let attributes = serde_json::json!({"tier": tier}).to_string();
            let (form, filled) = composer.compose(Some("en"), Own { name: &name, attributes: &attributes }).unwrap();
            let one = if filled.defaulted & bit(0) != 0 { "d" } else { name.trim() };
            let two = if filled.defaulted & bit(1) != 0 { "e" } else { &tier };
            let body = form.content.render(&filled.values).body;
            prop_assert_eq!(form.length(&filled.values), body.chars().count());
            prop_assert_eq!(body, format!("[{one}|{two}]"));
        }
    }
}
