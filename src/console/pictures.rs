//! The files that a request is about, as people see them: each behind an address that soon ends. Pictures are shown, the others
//! can be saved.

use super::visit::Reviewer;
use crate::domain::ids::AssetId;
use crate::domain::media::Purpose;
use crate::domain::preview::View;
use crate::domain::requests::ActionRequest;
use crate::error::Error;
use crate::store;
use crate::tools::media;

/// One file.
#[derive(Clone, Debug)]
pub struct Picture {
    /// `/media/…`, on the console's own origin.
    pub src: String,
    pub name: String,
    /// Whether it can be shown within the page.
    pub is_image: bool,
}

/// Those of a request, as far as they are kept, whole, and free of what a scanner found.
pub async fn of_request(who: &Reviewer, request: &ActionRequest) -> Result<Vec<Picture>, Error> {
    let ctx = &who.console.ctx;
    let mut pictures = Vec::new();
    for id in shown(&request.preview.view) {
        let Some(asset) = store::media::get(&ctx.db, request.tenant, id).await? else { continue };
        let is_image = asset.content.media_type().is_image();
        let purpose = if is_image { Purpose::Inline } else { Purpose::Download };
        match media::link(ctx, request.tenant, id, purpose).await {
            Ok(address) => {
                let src = address.strip_prefix(ctx.public_url.as_ref()).unwrap_or(&address).to_owned();
                pictures.push(Picture { src, name: asset.name.to_string(), is_image });
            }
            // The page is read without its files, too.
            Err(Error::NotFound { .. } | Error::Unavailable(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(pictures)
}

fn shown(view: &View) -> Vec<AssetId> {
    match view {
        View::MediaAsset(view) => vec![view.asset_id],
        View::Template(view) => {
            let files = view.message.languages.iter().filter_map(|it| it.sample_file.as_ref());
            let mut ids: Vec<AssetId> = files.map(|file| file.asset_id).collect();
            ids.dedup();
            ids
        }
        View::SessionMessage(view) => {
            view.message.media.iter().filter_map(|media| media.kept.as_ref()).map(|kept| kept.asset_id).collect()
        }
        _ => Vec::new(),
    }
}
