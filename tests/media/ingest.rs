//! A file on its way in, what is left of it on the disk, and what a sweep takes away.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use countersign::domain::canonical::ContentHash;
use countersign::domain::ids::{AgentId, TenantId};
use countersign::domain::media::{Content, Misfit, Origin, Scan, Unscanned, Use};
use countersign::error::Error;
use countersign::objects::ORPHANED_AFTER;
use countersign::store::media as rows;
use countersign::tools::media::{self, Media};
use tokio_util::sync::CancellationToken;

use super::stage::{Stage, VIRUS, rules};
use crate::support::db::{TestDb, on_both};

on_both!(
    a_file_is_taken_in_once_however_often_it_comes,
    what_is_hidden_is_not_kept,
    what_is_refused_or_infected_is_kept_nowhere,
    a_customer_sends_what_nobody_else_may,
    without_a_scanner_it_says_so_and_the_next_time_makes_up_for_it,
    a_virus_that_is_found_later_takes_the_file_away,
    bytes_that_got_lost_come_back_with_the_next_upload,
    a_sweep_takes_what_no_row_names_and_nothing_else,
    a_copy_of_the_database_sweeps_nothing_away,
    without_a_place_nothing_is_taken_in,
);

const PDF: &[u8] = b"%PDF-1.7 a menu";

/// A JPEG of one pixel with this comment.
fn jpeg(comment: &str) -> Vec<u8> {
    let mut file = b"\xFF\xD8".to_vec();
    if !comment.is_empty() {
        file.extend([0xFF, 0xFE, 0, u8::try_from(comment.len() + 2).unwrap()]);
        file.extend(comment.as_bytes());
    }
    file.extend(
        b"\xFF\xC0\x00\x0B\x08\x00\x01\x00\x01\x01\x01\x11\x00\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00\x12\xFF\xD9",
    );
    file
}

async fn a_file_is_taken_in_once_however_often_it_comes(db: TestDb) {
    let stage = Stage::new(db).await;
    let first = stage.upload("menu.pdf", PDF).await.unwrap();
    assert_eq!((first.asset.content, first.asset.size), (Content::Pdf, 15));
    assert_eq!((&first.asset.scan, first.asset.hash), (&Scan::Clean, ContentHash::of(PDF)));
    assert_eq!(first.asset.origin, Origin::Agent(AgentId::from_uuid(uuid::Uuid::nil())));
    let (again, other) = tokio::join!(stage.receive("other name.pdf", PDF), stage.upload("menu.pdf", PDF));
    assert_eq!((again.unwrap().asset, other.unwrap().asset), (first.asset.clone(), first.asset.clone()));
    assert_eq!(stage.kept().len(), 1);
    let (asset, bytes) = media::read(&stage.ctx, stage.tenant(), first.asset.id).await.unwrap();
    assert_eq!((asset, bytes), (first.asset.clone(), Bytes::from(PDF)));
    let elsewhere = media::read(&stage.ctx, TenantId::random(), first.asset.id).await.unwrap_err();
    assert!(matches!(elsewhere, Error::NotFound { .. }), "{elsewhere}");
}

async fn what_is_hidden_is_not_kept(db: TestDb) {
    let stage = Stage::new(db).await;
    let ingested = stage.upload("photo.jpg", jpeg("taken at 22.28N 114.15E")).await.unwrap();
    assert_eq!(ingested.findings[0].message, "Hidden data was taken out of the file: COM.");
    let (asset, bytes) = media::read(&stage.ctx, stage.tenant(), ingested.asset.id).await.unwrap();
    assert_eq!(bytes, jpeg(""));
    assert_eq!(asset.hash, ContentHash::of(&jpeg("")), "the hash is that of what is kept");
    assert_eq!(asset.uses(), [Use::HeaderImage, Use::Image, Use::ProfilePicture]);
    let same = stage.upload("photo.jpg", jpeg("by somebody else")).await.unwrap();
    assert_eq!(same.asset.id, asset.id, "what is left is the same");
}

async fn what_is_refused_or_infected_is_kept_nowhere(db: TestDb) {
    let stage = Stage::new(db).await;
    let infected = [PDF, VIRUS].concat();
    for (name, bytes, rule) in [
        ("menu.pdf", infected.clone(), "MEDIA-08"),
        ("menu.png", PDF.to_vec(), "MEDIA-06"),
        ("setup.exe", b"MZ\x90\0".to_vec(), "MEDIA-03"),
        ("photo.jpg", jpeg("")[..9].to_vec(), "MEDIA-04"),
    ] {
        assert_eq!(rules(&stage.upload(name, bytes).await.unwrap_err()), [rule], "{name}");
    }
    assert_eq!(rules(&stage.receive("menu.pdf", infected).await.unwrap_err()), ["MEDIA-08"]);
    assert!(stage.kept().is_empty());
    assert!(rows::list(&stage.ctx.db, stage.tenant(), &rows::Filter::default(), 9).await.unwrap().is_empty());
}

async fn a_customer_sends_what_nobody_else_may(db: TestDb) {
    let stage = Stage::new(db).await;
    let ingested = stage.receive("setup.exe", b"MZ\x90\0".to_vec()).await.unwrap();
    assert_eq!((ingested.asset.content, ingested.asset.name.as_str()), (Content::Other, "setup.exe.bin"));
    assert_eq!(ingested.asset.uses(), []);
    assert_eq!(ingested.findings[0].rule, "MEDIA-12");
    assert_eq!(stage.kept().len(), 1);
}

async fn without_a_scanner_it_says_so_and_the_next_time_makes_up_for_it(db: TestDb) {
    let stage = Stage::new(db).await;
    stage.scans.store(false, Ordering::SeqCst);
    let unscanned = stage.upload("menu.txt", "menu").await.unwrap();
    assert_eq!(unscanned.asset.scan, Scan::NotScanned(Unscanned::Down));
    assert_eq!(unscanned.findings[0].rule, "MEDIA-13");
    stage.scans.store(true, Ordering::SeqCst);
    let scanned = stage.upload("menu.txt", "menu").await.unwrap();
    assert_eq!((scanned.asset.id, &scanned.asset.scan), (unscanned.asset.id, &Scan::Clean));
    assert!(scanned.findings.is_empty());
    let stored = rows::get(&stage.ctx.db, stage.tenant(), unscanned.asset.id).await.unwrap();
    assert_eq!(stored, Some(scanned.asset));
}

async fn a_virus_that_is_found_later_takes_the_file_away(db: TestDb) {
    let stage = Stage::new(db).await;
    stage.scans.store(false, Ordering::SeqCst);
    let id = stage.upload("menu.txt", VIRUS).await.unwrap().asset.id;
    stage.scans.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        assert_eq!(rules(&stage.upload("menu.txt", VIRUS).await.unwrap_err()), ["MEDIA-08"]);
    }
    assert!(stage.kept().is_empty());
    let stored = rows::get(&stage.ctx.db, stage.tenant(), id).await.unwrap().unwrap();
    assert_eq!(stored.scan, Scan::Infected("Test.Virus".to_owned()));
    assert_eq!(stored.fits(Use::Document), Err(Misfit::Infected(Use::Document)));
    let refused = media::read(&stage.ctx, stage.tenant(), id).await.unwrap_err();
    assert!(matches!(refused, Error::NotFound { .. }), "{refused}");
}

async fn bytes_that_got_lost_come_back_with_the_next_upload(db: TestDb) {
    let stage = Stage::new(db).await;
    let id = stage.upload("menu.pdf", PDF).await.unwrap().asset.id;
    std::fs::remove_file(&stage.kept()[0]).unwrap();
    let lost = media::read(&stage.ctx, stage.tenant(), id).await.unwrap_err();
    assert!(matches!(lost, Error::Internal(_)), "{lost:?}");
    assert_eq!(stage.upload("menu.pdf", PDF).await.unwrap().asset.id, id);
    assert_eq!(media::read(&stage.ctx, stage.tenant(), id).await.unwrap().1, PDF);
}

async fn a_sweep_takes_what_no_row_names_and_nothing_else(db: TestDb) {
    let stage = Stage::new(db).await;
    let stop = CancellationToken::new();
    let id = stage.upload("menu.pdf", PDF).await.unwrap().asset.id;
    // What a daemon leaves that dies between the bytes and the row.
    let orphan = Bytes::from("nobody's");
    let (tenant, objects) = (stage.tenant(), stage.ctx.media.objects.clone().unwrap());
    objects.keep(tenant, ContentHash::of(&orphan), &orphan, stage.now()).await.unwrap();
    assert_eq!(media::sweep(&stage.ctx, &stop).await.unwrap(), 0, "it may be about to get its row");
    stage.age(ORPHANED_AFTER.as_secs() / 3600 + 1);
    assert_eq!(media::sweep(&stage.ctx, &stop).await.unwrap(), 1);
    assert_eq!(stage.kept().len(), 1);
    assert_eq!(media::read(&stage.ctx, tenant, id).await.unwrap().1, PDF);
    // Somebody who brings it again while it is old makes it young.
    objects.keep(tenant, ContentHash::of(&orphan), &orphan, stage.now()).await.unwrap();
    stage.age(48);
    objects.keep(tenant, ContentHash::of(&orphan), &orphan, stage.now()).await.unwrap();
    assert_eq!(media::sweep(&stage.ctx, &stop).await.unwrap(), 0);
}

async fn a_copy_of_the_database_sweeps_nothing_away(db: TestDb) {
    let stage = Stage::new(db).await;
    let (objects, stop) = (stage.ctx.media.objects.clone().unwrap(), CancellationToken::new());
    let theirs = Bytes::from("known to the database that was copied");
    objects.keep(stage.tenant(), ContentHash::of(&theirs), &theirs, stage.now()).await.unwrap();
    stage.age(48);
    objects.set_owner("1 2/".to_owned()).await.unwrap();
    assert_eq!(media::sweep(&stage.ctx, &stop).await.unwrap(), 0);
    assert_eq!(stage.kept().len(), 1);
    std::fs::remove_file(stage.folder.path().join("owner")).unwrap();
    assert_eq!(media::sweep(&stage.ctx, &stop).await.unwrap(), 1, "somebody said that there is no other");
}

async fn without_a_place_nothing_is_taken_in(db: TestDb) {
    let mut stage = Stage::new(db).await;
    stage.ctx.media = Media { objects: None, ..stage.ctx.media };
    let refused = stage.upload("menu.pdf", PDF).await.unwrap_err();
    assert!(matches!(&refused, Error::Unavailable(why) if why.contains("media.url")), "{refused:?}");
    assert_eq!(media::sweep(&stage.ctx, &CancellationToken::new()).await.unwrap(), 0);
}
