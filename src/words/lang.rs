//! The languages of the console, and which of them a browser asks for.

/// A language of the catalogue. `Pseudo` is English, accented and longer: tests use it to find text that is not in the
/// catalogue and layouts that have no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    En,
    ZhHant,
    ZhHans,
    Pseudo,
}

impl Lang {
    /// The languages a person can choose.
    pub const ALL: [Self; 3] = [Self::En, Self::ZhHant, Self::ZhHans];

    /// For the `lang` attribute of a page, and what is stored as a preference.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhHant => "zh-Hant",
            Self::ZhHans => "zh-Hans",
            Self::Pseudo => "en-x-pseudo",
        }
    }

    /// How the switch in the banner names it, in its own language.
    pub fn short(self) -> &'static str {
        match self {
            Self::En | Self::Pseudo => "EN",
            Self::ZhHant => "繁",
            Self::ZhHans => "简",
        }
    }

    pub fn full(self) -> &'static str {
        match self {
            Self::En | Self::Pseudo => "English",
            Self::ZhHant => "繁體中文",
            Self::ZhHans => "简体中文",
        }
    }

    pub fn is_chinese(self) -> bool {
        matches!(self, Self::ZhHant | Self::ZhHans)
    }

    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Pseudo => "en",
            lang => lang.tag(),
        }
    }

    /// Reads a stored preference; what is not one of the three is no preference.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    /// Picks from an `Accept-Language` header: the highest weight that we speak, the first of equals, else English.
    pub fn negotiate(accept_language: &str) -> Self {
        let mut best: Option<(f32, Self)> = None;
        for part in accept_language.split(',').take(32) {
            let mut pieces = part.split(';');
            let Some(lang) = pieces.next().and_then(|range| Self::from_range(range.trim())) else { continue };
            let weight = pieces.find_map(|p| p.trim().strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
            if weight > 0.0 && best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, lang));
            }
        }
        best.map_or(Self::En, |(_, lang)| lang)
    }

    fn from_range(range: &str) -> Option<Self> {
        let range = range.to_ascii_lowercase().replace('_', "-");
        let mut subtags = range.split('-');
        match subtags.next()? {
            "en" => Some(Self::En),
            "zh" => Some(match subtags.next() {
                Some("hant" | "hk" | "mo" | "tw") => Self::ZhHant,
                _ => Self::ZhHans,
            }),
            // Cantonese is read in traditional characters.
            "yue" => Some(Self::ZhHant),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn accept_language_is_negotiated() {
        for (header, want) in [
            ("", Lang::En),
            ("fr-FR,de;q=0.8", Lang::En),
            ("zh-HK", Lang::ZhHant),
            ("zh-MO,zh;q=0.9", Lang::ZhHant),
            ("zh-TW", Lang::ZhHant),
            ("zh-Hant-SG", Lang::ZhHant),
            ("zh-CN", Lang::ZhHans),
            ("zh-SG", Lang::ZhHans),
            ("zh", Lang::ZhHans),
            ("fr, zh-HK;q=0.5, en;q=0.4", Lang::ZhHant),
            ("en;q=0.4, zh-Hans;q=0.6", Lang::ZhHans),
            ("zh-HK;q=0, en", Lang::En),
            ("zh-HK;q=nonsense", Lang::En),
            ("en-GB,en;q=0.9,zh-HK;q=0.8", Lang::En),
        ] {
            assert_eq!(Lang::negotiate(header), want, "{header}");
        }
    }
}
