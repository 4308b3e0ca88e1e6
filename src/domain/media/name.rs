//! The name under which a file is downloaded: safe for every system, and with the ending of what the file is.

use super::MediaType;
use crate::domain::text::composed;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};
use unicode_general_category::{GeneralCategory, get_general_category};

/// Of a name without its ending, in characters.
const LONGEST: usize = 80;

/// A name without a path, without anything that cannot be seen, and with the ending of its type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileName(String);

impl FileName {
    /// From what somebody else calls it.
    #[must_use]
    pub fn clean(said: &str, media_type: MediaType) -> Self {
        let safe = harmless(said);
        let known = media_type.extensions();
        let (stem, ending) = match ending(&safe) {
            Some((stem, ending)) if known.contains(&ending.to_lowercase().as_str()) => (stem, ending.to_lowercase()),
            _ => (safe.as_str(), known.first().copied().unwrap_or_default().to_owned()),
        };
        let stem: String = stem.trim_matches(['.', ' ']).chars().take(LONGEST).collect();
        let stem = stem.trim_end_matches(['.', ' ']);
        Self(match stem {
            "" => format!("file.{ending}"),
            // Devices of Windows, whatever their ending.
            stem if is_device(stem) => format!("_{stem}.{ending}"),
            stem => format!("{stem}.{ending}"),
        })
    }

    /// Back from the database.
    #[must_use]
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For the header that has a browser save a file instead of showing it (RFC 6266), or show an image within a page.
    #[must_use]
    pub fn disposition(&self, kind: &str) -> String {
        let mut said = format!("{kind}; filename*=UTF-8''");
        for byte in self.0.bytes() {
            let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            // Writing into a text does not fail.
            let _ = if plain { write!(said, "{}", char::from(byte)) } else { write!(said, "%{byte:02X}") };
        }
        said
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is left of a name without its path and without what cannot be seen or has a meaning to some system.
pub fn harmless(said: &str) -> String {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    composed(last).chars().filter(|c| is_safe(*c)).collect()
}

/// The ending of a name, in whatever case.
pub fn ending(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.').filter(|(_, ending)| !ending.is_empty() && ending.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn is_safe(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned};
    let unseen = [Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned];
    !unseen.contains(&get_general_category(c)) && !r#"<>:"|?*"#.contains(c)
}

fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let port = |name: &str| {
        let mut digit = first.strip_prefix(name).unwrap_or_default().chars();
        digit.next().is_some_and(|c| c.is_ascii_digit()) && digit.next().is_none()
    };
    matches!(first.as_str(), "CON" | "PRN" | "AUX" | "NUL") || port("COM") || port("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_keeps_what_is_harmless() {
        for (said, media_type, name) in [
            ("Winter offer.pdf", MediaType::Pdf, "Winter offer.pdf"),
            ("冬季優惠.PDF", MediaType::Pdf, "冬季優惠.pdf"),
            ("photo.jpeg", MediaType::Jpeg, "photo.jpeg"),
            ("../../etc/passwd", MediaType::Text, "passwd.txt"),
            (r"C:\temp\a.png", MediaType::Png, "a.png"),
            ("invoice.pdf.exe", MediaType::Other, "invoice.pdf.exe.bin"),
            ("invoice\u{202E}fdp.exe", MediaType::Other, "invoicefdp.exe.bin"),
            ("a\"; x=\r\nSet-Cookie: y.png", MediaType::Png, "a; x=Set-Cookie y.png"),
            ("con.txt", MediaType::Text, "_con.txt"),
            ("COM1", MediaType::Png, "_COM1.png"),
            ("...", MediaType::Png, "file.png"),
            (".htaccess", MediaType::Text, "htaccess.txt"),
            ("", MediaType::Pdf, "file.pdf"),
        ] {
            assert_eq!(FileName::clean(said, media_type).as_str(), name, "{said:?}");
        }
        assert_eq!(FileName::clean(&"長".repeat(500), MediaType::Pdf).as_str().chars().count(), LONGEST + 4);
    }

    #[test]
    fn a_header_holds_any_name() {
        let name = FileName::clean("冬 50%.pdf", MediaType::Pdf);
        assert_eq!(name.disposition("attachment"), "attachment; filename*=UTF-8''%E5%86%AC%2050%25.pdf");
    }

    proptest! {
        #[test]
        fn no_name_is_too_strange(said in "\\PC{0,200}|[\\x00-\\x7f]{0,200}") {
            let name = FileName::clean(&said, MediaType::Pdf);
            prop_assert!(name.as_str().ends_with(".pdf") && !name.as_str().starts_with('.'));
            prop_assert!(!name.as_str().contains(['/', '\\', '"', '\r', '\n', '\0']));
            prop_assert!(name.disposition("attachment").bytes().all(|b| (b' '..=b'~').contains(&b)));
            prop_assert_eq!(FileName::clean(name.as_str(), MediaType::Pdf), name);
        }
    }
}
