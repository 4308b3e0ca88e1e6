//! The languages in which a template can be written.

const CODES: &[&str] = &[
    "af", "sq", "ar", "ar_AE", "ar_EG", "ar_LB", "ar_MA", "ar_QA", "az", "be_BY", "bn", "bn_IN", "bg", "ca", "zh_CN",
    "zh_HK", "zh_TW", "hr", "cs", "da", "prs_AF", "nl", "nl_BE", "en", "en_AE", "en_AU", "en_CA", "en_GB", "en_GH",
    "en_IE", "en_IN", "en_JM", "en_MY", "en_NZ", "en_QA", "en_SG", "en_UG", "en_US", "en_ZA", "et", "fa", "fi", "fil",
    "fr", "fr_BE", "fr_CA", "fr_CH", "fr_CI", "fr_MA", "ga", "de", "de_AT", "de_CH", "el", "gu", "ha", "he", "hi",
    "hu", "id", "it", "ja", "ka", "kk", "kn", "ko", "ky_KG", "lo", "lt", "lv", "mk", "ml", "mr", "ms", "nb", "pa",
    "pl", "ps_AF", "pt_BR", "pt_PT", "ro", "ru", "rw_RW", "si_LK", "sk", "sl", "sr", "es", "es_AR", "es_CL", "es_CO",
    "es_CR", "es_DO", "es_EC", "es_ES", "es_HN", "es_MX", "es_PA", "es_PE", "es_UY", "sv", "sw", "ta", "te", "th",
    "tr", "uk", "ur", "uz", "vi", "zu",
];

/// Is this one of them? Underscores only: hyphens are for webhooks.
pub fn known(code: &str) -> bool {
    CODES.contains(&code)
}
