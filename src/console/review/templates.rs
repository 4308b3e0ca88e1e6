//! The sections of a template: each language as a customer reads it and as it is stored, what becomes of what stands at Meta,
//! where it leads, and what uses it.

use super::broadcasts::{links, stored};
use super::{Header, LinksSection};
use crate::console::facts;
use crate::console::message_text::{Piece, Run, formatted, hidden_count, pieces};
use crate::console::states::State;
use crate::console::word_diff::{Stretch, diff};
use crate::domain::media::Pixels;
use crate::domain::preview::{
    PartChange, SampleFileView, TemplateChangeView, TemplateDoes, TemplateLanguageView, TemplateUse, TemplateView,
};
use crate::domain::templates::MediaKind;
use crate::domain::templates::draft::{DraftMark, HeaderDraft};
use crate::words::Words;

/// The four sections of a template.
#[derive(Clone, Debug)]
pub struct TemplateReview {
    pub name: String,
    pub category: String,
    /// The words by which it reads as advertising.
    pub advertises: String,
    pub version: u32,
    pub mark: String,
    pub variants: Vec<TemplateVariant>,
    pub changes: Vec<ChangeLine>,
    pub links: LinksSection,
    pub uses: Vec<UseLine>,
}

/// One language: as seen with its samples, and as stored.
#[derive(Clone, Debug)]
pub struct TemplateVariant {
    /// As Meta names it: `zh_HK`.
    pub language: String,
    /// For the `lang` attribute: `zh-Hant-HK`.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    pub header: Option<Header>,
    pub body: Vec<Vec<Run>>,
    pub footer: Option<String>,
    pub buttons: Vec<String>,
    /// The stored text, header to buttons.
    pub raw: Vec<Piece>,
    pub hidden_characters: usize,
    /// Variables with their samples; none where one is missing.
    pub samples: Vec<(String, Option<String>)>,
    /// The file for reviewers: its name, and what is known of it.
    pub file: Option<(String, String)>,
}

/// One language, held against what stands at Meta.
#[derive(Clone, Debug)]
pub struct ChangeLine {
    pub language: String,
    pub does: String,
    /// Status and category of what stands there.
    pub there: Option<(String, String)>,
    pub parts: Vec<PartLine>,
}

/// A part that differs.
#[derive(Clone, Debug)]
pub struct PartLine {
    pub part: String,
    pub text: Vec<Stretch>,
}

/// Something that uses it.
#[derive(Clone, Debug)]
pub struct UseLine {
    /// `/broadcasts/{id}`, for a broadcast.
    pub href: Option<String>,
    pub name: String,
    pub state: String,
}

/// The four sections of a template.
pub fn template(l: &Words, view: &TemplateView) -> TemplateReview {
    TemplateReview {
        name: view.name.clone(),
        category: facts::category(l, view.message.category),
        advertises: view.message.advertises.join(", "),
        version: view.version,
        mark: mark(l, view.mark),
        variants: view.message.languages.iter().map(|it| variant(l, it)).collect(),
        changes: view.changes.iter().map(|it| change(l, it)).collect(),
        links: links(l, &view.links),
        uses: view.used_by.iter().map(|it| used(l, it)).collect(),
    }
}

fn mark(l: &Words, mark: DraftMark) -> String {
    l.t(match mark {
        DraftMark::Draft => "template-mark-draft",
        DraftMark::SubmitReady => "template-mark-ready",
        DraftMark::CustomerFacing => "template-mark-customers",
    })
}

fn variant(l: &Words, view: &TemplateLanguageView) -> TemplateVariant {
    let (draft, content) = (&view.draft, view.draft.content());
    let raw = stored(&content);
    TemplateVariant {
        language: draft.language.to_string(),
        lang: draft.language.bcp47(),
        dir: if matches!(draft.language.base(), "ar" | "fa" | "he" | "ur") { "rtl" } else { "ltr" },
        header: draft.header.as_ref().map(|header| match header {
            HeaderDraft::Text(text) => Header::Text(view.rendered.header.clone().unwrap_or_else(|| text.clone())),
            HeaderDraft::Media(media) => Header::Media(l.t(match media.kind {
                MediaKind::Image => "header-image",
                MediaKind::Video => "header-video",
                MediaKind::Document => "header-document",
            })),
            HeaderDraft::Location => Header::Media(l.t("header-location")),
        }),
        body: formatted(&view.rendered.body),
        footer: view.rendered.footer.clone(),
        buttons: view.rendered.buttons.iter().map(|button| label(l, &button.label)).collect(),
        hidden_characters: hidden_count(&raw),
        raw: pieces(&raw),
        samples: content
            .placeholders()
            .into_iter()
            .map(|key| (format!("{{{{{key}}}}}"), draft.samples.get(&key).cloned()))
            .collect(),
        file: view.sample_file.as_ref().map(|it| (it.name.clone(), about(l, it))),
    }
}

/// Meta labels a button that copies a code in its own words.
fn label(l: &Words, label: &str) -> String {
    if label.is_empty() { l.t("template-copies-code") } else { label.to_owned() }
}

/// Its type, size and scan, the same in every language; and whether Meta never saw it.
fn about(l: &Words, file: &SampleFileView) -> String {
    let pixels = file.pixels.map(|Pixels { width, height }| format!(", {width}×{height}")).unwrap_or_default();
    let first = if file.first_use { format!(", {}", l.t("file-first-use")) } else { String::new() };
    format!("{}, {}{pixels}, {}{first}", file.media_type, crate::domain::media::humane(file.size), file.scan)
}

fn change(l: &Words, view: &TemplateChangeView) -> ChangeLine {
    let part = |it: &PartChange| PartLine {
        part: part_name(l, &it.part),
        text: diff(it.before.as_deref(), it.after.as_deref()),
    };
    let category = view.category.map(|it| facts::category(l, it)).unwrap_or_default();
    ChangeLine {
        language: view.language.to_string(),
        does: l.t(match view.does {
            TemplateDoes::Create => "template-does-create",
            TemplateDoes::Edit => "template-does-edit",
            TemplateDoes::Nothing => "template-does-nothing",
        }),
        there: view.status.map(|status| (facts::template_status(l, status), category)),
        parts: view.parts.iter().map(part).collect(),
    }
}

/// A part of a template, by the name that it has in what was signed.
fn part_name(l: &Words, part: &str) -> String {
    match part.split_once('.').map_or((part, None), |(part, number)| (part, number.parse::<u32>().ok())) {
        ("header", None) => l.t("template-part-header"),
        ("body", None) => l.t("template-part-body"),
        ("footer", None) => l.t("template-part-footer"),
        ("button", Some(number)) => l.t1("template-part-button", "n", number),
        _ => part.to_owned(),
    }
}

fn used(l: &Words, view: &TemplateUse) -> UseLine {
    match view {
        TemplateUse::Broadcast { id, name, state } => UseLine {
            href: Some(format!("/broadcasts/{id}")),
            name: name.clone(),
            state: State::of_broadcast(*state).words(l),
        },
        TemplateUse::Flow { name } => UseLine { href: None, name: name.clone(), state: l.t("template-flow") },
    }
}

/// What would be done, in one sentence made of signed figures; `leaves` tells it from a draft that is only stored.
pub fn summary(l: &Words, view: &TemplateView, leaves: bool) -> String {
    let category = facts::category(l, view.message.category);
    let languages: Vec<&str> = view.message.languages.iter().map(|it| it.draft.language.as_str()).collect();
    let key = if leaves { "summary-template" } else { "summary-template-draft" };
    let values = [
        ("name", view.name.clone()),
        ("category", category),
        ("version", l.num(view.version)),
        ("languages", l.series(&languages)),
        ("mark", mark(l, view.mark)),
    ];
    l.t_with(key, &values.map(|(name, value)| (name, value.into())))
}
