//! The languages in which Meta takes templates.

use crate::domain::contacts::Language;

const LANGUAGES: &[&str] = &[
    "af", "sq", "ar", "ar_EG", "ar_AE", "ar_LB", "ar_MA", "ar_QA", "az", "be_BY", "bn", "bn_IN", "bg", "ca", "zh_CN",
    "zh_HK", "zh_TW", "hr", "cs", "da", "prs_AF", "nl", "nl_BE", "en", "en_GB", "en_US", "en_AE", "en_AU", "en_CA",
    "en_GH", "en_IE", "en_IN", "en_JM", "en_MY", "en_NZ", "en_QA", "en_SG", "en_UG", "en_ZA", "et", "fil", "fi", "fr",
    "fr_BE", "fr_CA", "fr_CH", "fr_CI", "fr_MA", "ka", "de", "de_AT", "de_CH", "el", "gu", "ha", "he", "hi", "hu",
    "id", "ga", "it", "ja", "kn", "kk", "rw_RW", "ko", "ky_KG", "lo", "lv", "lt", "mk", "ms", "ml", "mr", "nb",
    "ps_AF", "fa", "pl", "pt_BR", "pt_PT", "pa", "ro", "ru", "sr", "si_LK", "sk", "sl", "es", "es_AR", "es_CL",
    "es_CO", "es_CR", "es_DO", "es_EC", "es_HN", "es_MX", "es_PA", "es_PE", "es_ES", "es_UY", "sw", "sv", "ta", "te",
    "th", "tr", "uk", "ur", "uz", "vi", "zu",
];

/// Whether Meta takes templates in it.
#[must_use]
pub fn is_taken(language: &Language) -> bool {
    LANGUAGES.contains(&language.as_str())
}

/// Those that share their base with it: what was probably meant.
#[must_use]
pub fn near(language: &Language) -> Vec<&'static str> {
    let base = language.base();
    LANGUAGES.iter().copied().filter(|known| known.split('_').next() == Some(base)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_can_be_written_and_others_are_not_taken() {
        for known in LANGUAGES {
            assert!(is_taken(&known.parse().unwrap()), "{known}");
        }
        let macau: Language = "zh_MO".parse().unwrap();
        assert!(!is_taken(&macau));
        assert_eq!(near(&macau), ["zh_CN", "zh_HK", "zh_TW"]);
    }
}
