//! Drafts of templates: what would be stored, what Meta would say of it, and who has to agree.

use super::view::{around, of_files, page};
use crate::domain::action::Action;
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::people::{Area, Caller};
use crate::domain::policy::rules::DRAFT_45;
use crate::domain::policy::templates::{changed, check, for_work};
use crate::domain::preview::{Finding, Preview, TemplateView, View};
use crate::domain::templates::draft::{
    DraftMark, DraftPlan, LanguageDraft, MOST_LANGUAGES, TemplateDraft, TemplateName,
};
use crate::error::{Error, Result};
use crate::store::templates::drafts;
use crate::store::{self, Source, Tx};
use crate::tools::envelope::write_schema;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Outcome, Proposal, Tool, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.template_draft.upsert",
    title: ["Write a template draft", "撰寫範本草稿", "撰写模板草稿"],
    summary: "Stores a draft of a message template, or a new version of one: category, and for each language header, text, \
              footer, buttons, and samples for Meta's reviewers. Meta sees nothing of it; whatsapp.template.submit brings the \
              newest version there. `mark` says whether it is only worked on.",
    read_first: &["whatsapp.template_submit.preview"],
    governance: "Nobody has to agree to a draft that is worked on; a person signs what is marked as ready for Meta or for \
                 customers.",
    safety: "Variables and category are checked by Meta's rules before anything is stored.",
    area: Area::Templates,
    wants: None,
    kind: Kind::Write(|ctx, caller, value| {
        Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
    }),
    input: write_schema::<UpsertArguments>,
    output: schema::<RequestView>,
}];

/// Arguments of whatsapp.template_draft.upsert.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpsertArguments {
    /// The template's name, by which its draft is found again: lower-case letters, digits and underscores.
    name: TemplateName,
    /// What Meta is to take it for: marketing or utility.
    category: MessageCategory,
    /// All languages of this version; one that is left out is not part of it.
    #[schemars(length(min = 1, max = MOST_LANGUAGES))]
    languages: Vec<LanguageDraft>,
    /// For what this version is meant: `draft` to work on, `submit_ready` for Meta, `customer_facing` for customers.
    #[serde(default = "worked_on")]
    mark: DraftMark,
}

const fn worked_on() -> DraftMark {
    DraftMark::Draft
}

impl UpsertArguments {
    fn check(&self) -> Result<()> {
        if !(1..=MOST_LANGUAGES).contains(&self.languages.len()) {
            return Err(Error::Invalid(format!("languages: give 1 to {MOST_LANGUAGES}")));
        }
        let mut seen = BTreeSet::new();
        match self.languages.iter().find(|it| !seen.insert(&it.language)) {
            Some(twice) => Err(Error::Invalid(format!("languages: {} stands there twice", twice.language))),
            None => Ok(()),
        }
    }
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: UpsertArguments) -> Result<Proposal> {
    arguments.check()?;
    let UpsertArguments { name, category, languages, mark } = arguments;
    let draft = TemplateDraft { name, category, languages };
    let before = drafts::newest(&ctx.db, caller.tenant(), draft.name.as_str()).await?;
    let around = around(ctx, caller.tenant(), &draft).await?;
    let base = before.as_ref().map_or(0, |it| it.version);
    let (view, of_links) = page((base.saturating_add(1), mark), &draft, &around, &ctx.policy)?;
    let ready = mark != DraftMark::Draft;
    let mut findings = check(&draft, ready, &around.sender);
    findings.extend(of_links);
    findings.extend(of_files(&draft, &around.files));
    if !ready {
        findings = for_work(findings);
    }
    let digest = draft.digest()?;
    if before.is_some_and(|it| it.digest == digest && it.mark == mark) {
        findings.push(DRAFT_45.says(&[("template", draft.name.as_str().into())]));
    }
    let summary = summary(&view);
    let title = format!("Template draft · {}", draft.name);
    let action = Action::TemplateDraftUpsert(Box::new(DraftPlan { base, mark, draft }));
    let preview = Preview { summary, action, findings, view: View::Template(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

/// The sentence that stands above everything else.
fn summary(view: &TemplateView) -> String {
    let TemplateView { name, version, message, .. } = view;
    let languages: Vec<&str> = message.languages.iter().map(|it| it.draft.language.as_str()).collect();
    let meant = match view.mark {
        DraftMark::Draft => "to be worked on",
        DraftMark::SubmitReady => "ready for Meta",
        DraftMark::CustomerFacing => "ready for customers",
    };
    let (category, languages) = (message.category, languages.join(", "));
    format!(
        "Store version {version} of the draft of template {name} ({category}; {languages}), {meant}. Nothing goes to Meta."
    )
}

/// What the rules say of storing it now.
pub async fn standing(source: impl Into<Source<'_>>, tenant: TenantId, plan: &DraftPlan) -> Result<Vec<Finding>> {
    let name = plan.draft.name.as_str();
    let version = drafts::newest(source, tenant, name).await?.map_or(0, |it| it.version);
    Ok(changed(name, plan.base, version).into_iter().collect())
}

/// Stores the new version, in the transaction that settles its request.
pub async fn store(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &DraftPlan,
    now: Timestamp,
) -> Result<Outcome> {
    // Nobody else adds a version between the look and the insert.
    store::people::hold(tx, tenant).await?;
    if let Some(changed) = standing(&mut *tx, tenant, plan).await?.pop() {
        return Ok(Outcome::Void(changed));
    }
    let version = drafts::add_version(tx, tenant, plan, request, now).await?;
    let digest = plan.draft.digest()?;
    Ok(Outcome::Done(json!({"name": plan.draft.name, "version": version, "mark": plan.mark, "content_digest": digest})))
}
