//! In a folder. How a bucket is asked, `tests/media/bucket.rs` looks at from the other side.

use super::*;
use std::time::SystemTime;

const HOUR: Duration = Duration::from_hours(1);

struct Kept {
    objects: Objects,
    folder: tempfile::TempDir,
    tenant: TenantId,
    bytes: Bytes,
    hash: ContentHash,
}

/// One file, kept at the machine's time, by which the folder goes.
async fn kept() -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::open(&Place::Folder(folder.path().join("new/media"))).unwrap();
    let (tenant, bytes) = (TenantId::random(), Bytes::from("the bytes of a file"));
    let hash = ContentHash::of(&bytes);
    objects.keep(tenant, hash, &bytes, now()).await.unwrap();
    Kept { objects, folder, tenant, bytes, hash }
}

fn now() -> Timestamp {
    crate::domain::clock::Clock::now(&crate::domain::clock::SystemClock)
}

fn hours_ago(hours: u32) -> SystemTime {
    SystemTime::from(now().before(HOUR * hours).to_jiff())
}

fn file(kept: &Kept) -> PathBuf {
    let digits = hex::encode(kept.hash.bytes());
    kept.folder.path().join("new/media").join(kept.tenant.to_string()).join(digits.get(..2).unwrap()).join(&digits)
}

async fn old(objects: &Objects, now: Timestamp) -> Vec<(TenantId, ContentHash, u64)> {
    objects.old(now).try_collect().await.unwrap()
}

#[tokio::test]
async fn what_is_kept_comes_back_and_only_to_its_tenant() {
    let kept = kept().await;
    let Kept { objects, tenant, bytes, hash, .. } = &kept;
    assert_eq!(std::fs::read(file(&kept)).unwrap(), *bytes);
    assert_eq!(objects.read(*tenant, *hash, 19).await.unwrap(), *bytes);
    let pieces: Vec<Bytes> = objects.stream(*tenant, *hash, 19).await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), *bytes);
    let other = objects.read(TenantId::random(), *hash, 19).await;
    assert!(matches!(other, Err(ObjectError::Missing(_))), "{other:?}");
    objects.delete(*tenant, *hash).await.unwrap();
    objects.delete(*tenant, *hash).await.unwrap();
    assert!(matches!(objects.read(*tenant, *hash, 19).await, Err(ObjectError::Missing(_))));
}

#[tokio::test]
async fn what_was_changed_behind_our_back_is_noticed() {
    let kept = kept().await;
    let Kept { objects, tenant, hash, .. } = &kept;
    std::fs::write(file(&kept), "THE bytes of a file").unwrap();
    assert!(matches!(objects.read(*tenant, *hash, 19).await, Err(ObjectError::Altered(_))));
    std::fs::write(file(&kept), "and more than there should be").unwrap();
    assert!(matches!(objects.stream(*tenant, *hash, 19).await, Err(ObjectError::Altered(_))));
    objects.keep(*tenant, *hash, &kept.bytes, now()).await.unwrap();
    assert_eq!(objects.read(*tenant, *hash, 19).await.unwrap(), kept.bytes, "kept anew");
}

#[tokio::test]
async fn what_is_there_is_written_again_only_when_it_gets_old() {
    let kept = kept().await;
    let Kept { objects, tenant, hash, bytes, .. } = &kept;
    let written = || std::fs::metadata(file(&kept)).unwrap().modified().unwrap();
    let age = |hours: u32| {
        let then = hours_ago(hours);
        std::fs::File::options().write(true).open(file(&kept)).unwrap().set_modified(then).unwrap();
        written()
    };
    let young = age(11);
    objects.keep(*tenant, *hash, bytes, now()).await.unwrap();
    assert_eq!(written(), young);
    let getting_old = age(13);
    objects.keep(*tenant, *hash, bytes, now()).await.unwrap();
    assert!(written() > getting_old);
}

#[tokio::test]
async fn what_is_old_is_listed_and_what_is_not_ours_is_not() {
    let kept = kept().await;
    let Kept { objects, tenant, hash, .. } = &kept;
    objects.check().await.unwrap();
    std::fs::write(kept.folder.path().join("new/media/notes.txt"), "somebody's").unwrap();
    assert_eq!(old(objects, now().after(HOUR * 23)).await, []);
    assert_eq!(old(objects, now().after(HOUR * 25)).await, [(*tenant, *hash, 19)]);
}

#[tokio::test]
async fn what_was_half_written_goes_when_nobody_can_be_at_it() {
    let kept = kept().await;
    let [half, fresh] = ["#1", "#2"].map(|end| PathBuf::from(format!("{}{end}", file(&kept).display())));
    std::fs::write(&half, "the by").unwrap();
    std::fs::write(&fresh, "the by").unwrap();
    std::fs::File::options().write(true).open(&half).unwrap().set_modified(hours_ago(25)).unwrap();
    assert_eq!(kept.objects.sweep_halves(now()).await.unwrap(), 1);
    assert!(!half.exists() && fresh.exists() && file(&kept).exists());
}

#[tokio::test]
async fn a_place_that_cannot_be_used_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("file");
    std::fs::write(&taken, "").unwrap();
    let refused = Objects::open(&Place::Folder(taken.join("media"))).unwrap_err().to_string();
    assert!(refused.starts_with("media.url: ") && refused.ends_with("or name another folder"), "{refused}");
    let objects = Objects::open(&Place::Folder(folder.path().join("media"))).unwrap();
    objects.check().await.unwrap();
    std::fs::remove_dir_all(folder.path().join("media")).unwrap();
    std::fs::write(folder.path().join("media"), "").unwrap();
    assert!(objects.check().await.is_err());
}
