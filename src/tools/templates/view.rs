//! What a request page shows of a template: each language as a customer would read it, what becomes of what stands at Meta, and
//! what uses it.

use crate::domain::automation::flows::{Node, Say};
use crate::domain::broadcasts::BroadcastState;
use crate::domain::ids::{AssetId, TenantId};
use crate::domain::media::{Content, MediaAsset, Pixels, Scan};
use crate::domain::policy::Policy;
use crate::domain::policy::templates::{advertises, file_fits, leads_to};
use crate::domain::preview::{
    Finding, LinksView, SampleFileView, TemplateChangeView, TemplateDoes, TemplateLanguageView, TemplateMessageView,
    TemplateUse, TemplateView,
};
use crate::domain::templates::draft::{DraftMark, LanguageDraft, TemplateDraft};
use crate::domain::templates::{MessageTemplate, TemplateStatus, Values};
use crate::error::Result;
use crate::store;
use crate::tools::Ctx;
use std::collections::BTreeMap;

/// What was looked up around a draft.
pub(super) struct Around {
    /// All templates of the account.
    pub live: Vec<MessageTemplate>,
    /// The name by which customers know the business.
    pub sender: String,
    /// The files that it shows to reviewers, as far as they exist.
    pub files: BTreeMap<AssetId, MediaAsset>,
    /// What uses the template of this name.
    pub used_by: Vec<TemplateUse>,
}

/// Looks everything up.
pub(super) async fn around(ctx: &Ctx, tenant: TenantId, draft: &TemplateDraft) -> Result<Around> {
    let numbers = store::business::numbers(&ctx.db, tenant).await?;
    let sender = match numbers.into_iter().map(|number| number.name).find(|name| !name.is_empty()) {
        Some(name) => name,
        None => store::people::tenant(&ctx.db, tenant).await?.map(|tenant| tenant.name).unwrap_or_default(),
    };
    Ok(Around {
        live: store::templates::all(&ctx.db, tenant).await?,
        sender,
        files: files(ctx, tenant, draft).await?,
        used_by: used_by(ctx, tenant, draft.name.as_str()).await?,
    })
}

async fn files(ctx: &Ctx, tenant: TenantId, draft: &TemplateDraft) -> Result<BTreeMap<AssetId, MediaAsset>> {
    let mut files = BTreeMap::new();
    for id in draft.languages.iter().filter_map(|it| it.sample().and_then(|(_, id)| id)) {
        if let Some(asset) = store::media::get(&ctx.db, tenant, id).await? {
            files.insert(id, asset);
        }
    }
    Ok(files)
}

/// What the rules say of the files that it shows.
pub(super) fn of_files(draft: &TemplateDraft, files: &BTreeMap<AssetId, MediaAsset>) -> Vec<Finding> {
    let say = |it: &LanguageDraft| {
        let (kind, id) = it.sample()?;
        Some(file_fits(it.language.as_str(), kind, id?, files.get(&id?)))
    };
    draft.languages.iter().filter_map(say).flatten().collect()
}

/// Broadcasts that wait or run with it, and flows that are live and say it.
async fn used_by(ctx: &Ctx, tenant: TenantId, name: &str) -> Result<Vec<TemplateUse>> {
    let open = [BroadcastState::Requested, BroadcastState::Scheduled, BroadcastState::Running, BroadcastState::Paused];
    let broadcasts = store::broadcasts::in_states(&ctx.db, tenant, &open).await?;
    let broadcasts = broadcasts.into_iter().filter(|it| it.spec.template == name);
    let mut uses: Vec<TemplateUse> =
        broadcasts.map(|it| TemplateUse::Broadcast { id: it.id, name: it.spec.name, state: it.state }).collect();
    let active = store::automation::active(&ctx.db, tenant).await?;
    let says = |node: &Node| matches!(node, Node::Message { say: Say::Template(said), .. } if said == name);
    let flows = active.flows().filter(|flow| flow.content.nodes.values().any(says));
    uses.extend(flows.map(|flow| TemplateUse::Flow { name: flow.content.name.clone() }));
    Ok(uses)
}

/// The page of a draft, and what the rules say of where it leads.
pub(super) fn page(
    (version, mark): (u32, DraftMark),
    draft: &TemplateDraft,
    around: &Around,
    policy: &Policy,
) -> Result<(TemplateView, Vec<Finding>)> {
    let (links, findings) = leads_to(draft, &policy.settings.links);
    let media = draft.languages.iter().filter_map(|it| Some(format!("{} {}", it.language, it.sample()?.0)));
    let view = TemplateView {
        name: draft.name.to_string(),
        version,
        mark,
        message: TemplateMessageView {
            category: draft.category,
            advertises: advertises(draft),
            content_digest: draft.digest()?,
            languages: draft.languages.iter().map(|it| language(it, &around.files)).collect(),
        },
        changes: draft.languages.iter().map(|it| change(draft, it, &around.live)).collect(),
        links: LinksView { links, media: media.collect() },
        used_by: around.used_by.clone(),
    };
    Ok((view, findings))
}

fn language(draft: &LanguageDraft, files: &BTreeMap<AssetId, MediaAsset>) -> TemplateLanguageView {
    let values: Values = draft.samples.clone();
    let asset = draft.sample().and_then(|(_, id)| files.get(&id?));
    TemplateLanguageView {
        rendered: draft.content().render(&values),
        sample_file: asset.map(file),
        draft: draft.clone(),
    }
}

fn file(asset: &MediaAsset) -> SampleFileView {
    SampleFileView {
        asset_id: asset.id,
        name: asset.name.as_str().to_owned(),
        media_type: asset.content.media_type().to_string(),
        size: asset.size,
        pixels: pixels(asset.content),
        scan: match &asset.scan {
            Scan::Clean => "clean".to_owned(),
            Scan::Infected(_) => "infected".to_owned(),
            Scan::NotScanned(why) => why.to_string(),
        },
        first_use: asset.last_used_at.is_none(),
    }
}

const fn pixels(content: Content) -> Option<Pixels> {
    match content {
        Content::Jpeg(pixels) | Content::Png { pixels, .. } | Content::Webp { pixels, .. } => Some(pixels),
        _ => None,
    }
}

/// One language, held against what stands at Meta.
fn change(draft: &TemplateDraft, own: &LanguageDraft, live: &[MessageTemplate]) -> TemplateChangeView {
    let there = live.iter().find(|it| {
        it.name == draft.name.as_str() && it.language == own.language && it.status != TemplateStatus::Deleted
    });
    let parts = TemplateChangeView::parts(there.map(|it| &it.content), &own.content());
    let same = parts.is_empty() && there.is_some_and(|it| it.category == draft.category);
    TemplateChangeView {
        language: own.language.clone(),
        does: match there {
            None => TemplateDoes::Create,
            Some(_) if same => TemplateDoes::Nothing,
            Some(_) => TemplateDoes::Edit,
        },
        status: there.map(|it| it.status),
        category: there.map(|it| it.category),
        parts,
    }
}
