//! Where files are kept and who looks for viruses in them, from the settings.

use crate::config::Settings;
use crate::domain::secret::Secret;
use crate::objects::{Bucket, Objects, Place};
use crate::scan::Scanner;
use crate::store::sqlite_file;
use crate::tools::Secrets;
use crate::tools::media::Media;
use anyhow::Context as _;
use url::Url;

/// The folder beside a SQLite file.
const FOLDER: &str = "media";
const WANTED: &str = "write it as file:FOLDER or s3://BUCKET/PREFIX";

/// Opens what files need.
pub fn open(settings: &Settings, secrets: &Secrets) -> anyhow::Result<Media> {
    let scanner = Some(settings.media.clamd.as_str()).filter(|address| !address.is_empty());
    let objects = place(settings, secrets)?.map(|place| Objects::open(&place)).transpose()?;
    let scanner = scanner.map(Scanner::at).transpose()?;
    let largest_received = u64::from(settings.media.largest_received_mb) << 20;
    let uploads = settings.uploads.limits();
    let link_lifetime = settings.media.link_lifetime;
    Ok(Media { objects, scanner, link_lifetime, largest_received, uploads, ..Media::default() })
}

fn place(settings: &Settings, secrets: &Secrets) -> anyhow::Result<Option<Place>> {
    let media = &settings.media;
    if media.url.is_empty() {
        let database = sqlite_file(settings.database.url.expose());
        return Ok(database.map(|file| Place::Folder(file.with_file_name(FOLDER))));
    }
    if let Some(folder) = media.url.strip_prefix("file:") {
        let folder = folder.strip_prefix("//").unwrap_or(folder);
        anyhow::ensure!(!folder.is_empty(), "media.url names no folder: {WANTED}");
        return Ok(Some(Place::Folder(folder.into())));
    }
    let bucket = media.url.strip_prefix("s3://").with_context(|| format!("media.url is no place: {WANTED}"))?;
    let (name, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
    anyhow::ensure!(!name.is_empty(), "media.url names no bucket: {WANTED}");
    let key = |setting: &str, variable: &str| -> anyhow::Result<Secret> {
        secrets(variable).with_context(|| {
            format!("the environment variable {variable} ({setting}) is empty, and the bucket of media.url needs it")
        })
    };
    let endpoint = Some(media.endpoint.as_str()).filter(|endpoint| !endpoint.is_empty()).map(Url::parse).transpose();
    let endpoint = endpoint.context("media.endpoint is no address: write it as https://minio.example.com")?;
    Ok(Some(Place::Bucket(Bucket {
        name: name.to_owned(),
        prefix: prefix.to_owned(),
        endpoint,
        region: media.region.clone(),
        access_key: key("media.access_key_env", &media.access_key_env)?,
        secret_key: key("media.secret_key_env", &media.secret_key_env)?,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use std::sync::Arc;

    fn place_of(file: &str) -> anyhow::Result<Option<Place>> {
        let secrets: Secrets = Arc::new(|name| name.starts_with("COUNTERSIGN_S3_").then(|| Secret::new(name)));
        place(&config::load(None, file, &[]).unwrap(), &secrets)
    }

    fn folder_of(file: &str) -> Option<String> {
        match place_of(file).unwrap()? {
            Place::Folder(folder) => Some(folder.display().to_string()),
            Place::Bucket(_) => None,
        }
    }

    #[test]
    fn files_are_kept_beside_the_database_unless_a_place_is_named() {
        assert_eq!(folder_of("").unwrap(), "countersign-data/media");
        assert_eq!(folder_of("[database]\nurl = \"sqlite:///var/lib/cs/x.sqlite\"").unwrap(), "/var/lib/cs/media");
        assert_eq!(folder_of("[database]\nurl = \"postgres://db/cs\""), None, "several daemons would not share it");
        for url in ["file:/srv/files", "file:///srv/files"] {
            assert_eq!(folder_of(&format!("[media]\nurl = \"{url}\"")).unwrap(), "/srv/files");
        }
    }

    #[test]
    fn a_bucket_has_a_name_a_prefix_and_two_keys() {
        let found =
            place_of("[media]\nurl = \"s3://files/of/ours\"\nendpoint = \"https://minio.example.com\"").unwrap();
        let Some(Place::Bucket(bucket)) = found else { panic!("{found:?}") };
        assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), ("files", "of/ours"));
        assert_eq!(bucket.access_key.expose(), "COUNTERSIGN_S3_ACCESS_KEY");
        assert_eq!(bucket.endpoint.unwrap().host_str(), Some("minio.example.com"));
    }

    #[test]
    fn what_names_no_place_is_refused_in_words() {
        for (file, said) in [
            ("url = \"/srv/files\"", "write it as file:FOLDER"),
            ("url = \"file:\"", "names no folder"),
            ("url = \"s3:///x\"", "names no bucket"),
            ("url = \"s3://x\"\nendpoint = \"minio\"", "media.endpoint"),
            ("url = \"s3://x\"\nsecret_key_env = \"NOT_SET\"", "variable NOT_SET (media.secret_key_env) is empty"),
        ] {
            let refused = format!("{:#}", place_of(&format!("[media]\n{file}")).unwrap_err());
            assert!(refused.contains(said), "{file}: {refused}");
        }
    }
}
