//! Bringing a draft to Meta: what would be made or changed there, what Meta's reviewers would say, and who has to agree.

use super::view::{Around, around, of_files, page};
use crate::domain::action::Action;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::Language;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::people::{Area, Caller};
use crate::domain::policy::rules::{DRAFT_41, DRAFT_44};
use crate::domain::policy::templates::{At, at_meta, changed, changed_at_meta, check, file_fits};
use crate::domain::preview::{Finding, Level, Preview, TemplateDoes, TemplateView, View};
use crate::domain::templates::draft::{StoredDraft, TemplateDraft, TemplateName};
use crate::domain::templates::submission::{SampleFile, SubmitItem, SubmitPlan, told_apart};
use crate::error::{Error, Result};
use crate::store::templates::{drafts, submissions};
use crate::store::{self, Source, Tx};
use crate::tools::envelope::{PreviewArguments, write_schema};
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Proposal, Tool, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// For so long Meta counts edits.
const COUNTED: Duration = Duration::from_hours(30 * 24);

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.template_submit.preview",
        title: ["Preview a template", "預覽訊息範本", "预览消息模板"],
        summary: "Shows what storing a template draft, submitting it to Meta, or keeping a file for it would do: every language \
                  as customers read it, category, variables with samples, links, what would change at Meta, and what its \
                  review would find. `write_tool` names the write.",
        read_first: &["whatsapp.template.get", "whatsapp.policy_rules.get", "whatsapp.media_assets.list"],
        governance: "A person signs before anything goes to Meta, also after Meta has refused it once.",
        safety: "Finds prohibited claims, wrong categories, missing variables and samples, and links that the policy does not \
                 list, before Meta does.",
        area: Area::Templates,
        wants: None,
        kind: Kind::Preview(&[
            "whatsapp.template.submit",
            "whatsapp.template_draft.upsert",
            "whatsapp.media_asset.upload",
        ]),
        input: schema::<PreviewArguments>,
        output: schema::<RequestView>,
    },
    Tool {
        name: "whatsapp.template.submit",
        title: ["Submit a template to Meta", "提交訊息範本", "提交消息模板"],
        summary: "Brings the newest version of a template's draft to Meta for review: languages that are new are created, those \
                  that differ are edited, the rest is left alone. The result says what Meta answered for each; how its review \
                  ends is read with whatsapp.template.get.",
        read_first: &["whatsapp.template_submit.preview"],
        governance: "A person signs every submission.",
        safety: "What was previewed is what goes to Meta: a draft or a template that has changed since ends the request. Nothing \
                 is created or edited twice, and Meta's answer stands in the audit log.",
        area: Area::Templates,
        wants: None,
        kind: Kind::Write(|ctx, caller, value| {
            Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
        }),
        input: write_schema::<SubmitArguments>,
        output: schema::<RequestView>,
    },
];

/// Arguments of whatsapp.template.submit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitArguments {
    /// The template, as whatsapp.template_draft.upsert was given it.
    name: TemplateName,
    /// The version of the draft that is meant; without it, the newest one is.
    #[serde(default)]
    version: Option<u32>,
    /// Only these languages of it; without them, all.
    #[serde(default)]
    #[schemars(length(max = 20))]
    languages: Vec<Language>,
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: SubmitArguments) -> Result<Proposal> {
    let (tenant, name) = (caller.tenant(), arguments.name.as_str());
    let newest = drafts::newest(&ctx.db, tenant, name).await?;
    let stored = newest.ok_or_else(|| Error::not_found("draft of a template", name))?;
    let draft = chosen(&stored, &arguments)?;
    let around = around(ctx, tenant, &draft).await?;
    let (view, of_links) = page((stored.version, stored.mark), &draft, &around, &ctx.policy)?;
    let mut findings = check(&draft, true, &around.sender);
    findings.extend(of_links);
    findings.extend(of_files(&draft, &around.files));
    findings.extend(arguments.version.and_then(|version| changed(name, version, stored.version)));
    let (plan, at_meta) = plan(ctx, tenant, &stored, &draft, &around).await?;
    findings.extend(at_meta);
    findings.extend(under_way(&ctx.db, tenant, &plan).await?);
    let summary = summary(&view);
    let title = format!("Template · {name}");
    let action = Action::TemplateSubmit(Box::new(plan));
    let preview = Preview { summary, action, findings, view: View::Template(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

/// The part of a stored draft that was asked for.
fn chosen(stored: &StoredDraft, arguments: &SubmitArguments) -> Result<TemplateDraft> {
    let mut draft = stored.draft.clone();
    if arguments.languages.is_empty() {
        return Ok(draft);
    }
    let there = |language: &&Language| draft.languages.iter().any(|it| it.language == **language);
    if let Some(missing) = arguments.languages.iter().find(|language| !there(language)) {
        let known = draft.languages.iter().map(|it| it.language.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Error::Invalid(format!("languages: the draft has no {missing}; it has {known}")));
    }
    draft.languages.retain(|it| arguments.languages.contains(&it.language));
    Ok(draft)
}

/// What is done in each language, given what stands at Meta.
async fn plan(
    ctx: &Ctx,
    tenant: TenantId,
    stored: &StoredDraft,
    draft: &TemplateDraft,
    around: &Around,
) -> Result<(SubmitPlan, Vec<Finding>)> {
    let (name, now) = (draft.name.as_str(), ctx.clock.now());
    let (mut items, mut findings) = (Vec::new(), Vec::new());
    for own in &draft.languages {
        let edits = submissions::edits(&ctx.db, tenant, (name, &own.language), now.before(COUNTED)).await?;
        let at = At { name, category: draft.category, live: &around.live, edits, now };
        let (change, found) = at_meta(&at, own)?;
        findings.extend(found);
        let sample = own.sample().and_then(|(_, id)| around.files.get(&id?));
        let sample = sample.map(|asset| SampleFile { asset: asset.id, hash: asset.hash });
        items.extend(change.map(|change| SubmitItem { draft: own.clone(), sample, change }));
    }
    if items.is_empty() {
        findings.push(DRAFT_41.says(&[]));
    }
    let (version, digest) = (stored.version, stored.digest);
    Ok((SubmitPlan { name: draft.name.clone(), version, digest, category: draft.category, items }, findings))
}

/// What is on its way by another request.
async fn under_way(source: impl Into<Source<'_>>, tenant: TenantId, plan: &SubmitPlan) -> Result<Vec<Finding>> {
    let under_way = submissions::on_their_way(source, tenant, plan.name.as_str()).await?;
    let busy = under_way.iter().filter(|language| plan.item(language).is_some());
    let say = |language: &Language| {
        DRAFT_44.says(&[("template", plan.name.as_str().into()), ("language", language.as_str().into())])
    };
    Ok(busy.map(say).collect())
}

/// The sentence that stands above everything else.
fn summary(view: &TemplateView) -> String {
    let of = |wanted: TemplateDoes| {
        let these = view.changes.iter().filter(|it| it.does == wanted).map(|it| it.language.as_str());
        these.collect::<Vec<_>>().join(", ")
    };
    let (create, edit) = (of(TemplateDoes::Create), of(TemplateDoes::Edit));
    let what = match (create.is_empty(), edit.is_empty()) {
        (false, true) => format!("create it in {create}"),
        (true, false) => format!("replace it in {edit}"),
        (false, false) => format!("create it in {create}, replace it in {edit}"),
        (true, true) => "change nothing".to_owned(),
    };
    let (name, category, version) = (&view.name, view.message.category, view.version);
    format!("Submit template {name} ({category}, version {version} of its draft) to Meta's review: {what}.")
}

/// What the rules say of bringing it to Meta now.
pub async fn standing(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    plan: &SubmitPlan,
    now: Timestamp,
) -> Result<Vec<Finding>> {
    let mut source = source.into();
    let name = plan.name.as_str();
    let newest = drafts::newest(source.again(), tenant, name).await?;
    let mut findings: Vec<Finding> =
        changed(name, plan.version, newest.map_or(0, |it| it.version)).into_iter().collect();
    let live = store::templates::of_name(source.again(), tenant, name).await?;
    for item in &plan.items {
        let language = &item.draft.language;
        let there = live.iter().find(|it| it.language == *language);
        let there = there.map(|it| told_apart(&it.content).map(|digest| (it, digest))).transpose()?;
        let changed = changed_at_meta(name, language.as_str(), &item.change, there);
        let edits = submissions::edits(source.again(), tenant, (name, language), now.before(COUNTED)).await?;
        match changed {
            Some(changed) => findings.push(changed),
            None => {
                let at = At { name, category: plan.category, live: &live, edits, now };
                findings.extend(at_meta(&at, &item.draft)?.1);
            }
        }
        if let Some((kind, Some(id))) = item.draft.sample() {
            let asset = store::media::get(source.again(), tenant, id).await?;
            let asset = asset.filter(|it| item.sample.is_some_and(|sample| sample.hash == it.hash));
            findings.extend(file_fits(language.as_str(), kind, id, asset.as_ref()));
        }
    }
    findings.extend(under_way(source, tenant, plan).await?);
    Ok(findings)
}

/// Puts it on its way, in the transaction that claims its request; or why it may not be.
pub async fn start(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &SubmitPlan,
    now: Timestamp,
) -> Result<std::result::Result<(), Finding>> {
    // Two requests for one template come one after the other.
    store::people::hold(tx, tenant).await?;
    let findings = standing(&mut *tx, tenant, plan, now).await?;
    if let Some(forbids) = findings.into_iter().find(|it| it.level == Level::Block) {
        return Ok(Err(forbids));
    }
    submissions::add(tx, tenant, request, plan, now).await?;
    Ok(Ok(()))
}
