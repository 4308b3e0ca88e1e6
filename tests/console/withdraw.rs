//! Taking back what has not begun.

use countersign::domain::policy::signatures::one_signature;
use countersign::domain::requests::Status;

use super::decisions::approve;
use super::world::World;
use crate::support::db::{TestDb, on_both};

on_both!(what_has_not_begun_can_be_taken_back);

async fn what_has_not_begun_can_be_taken_back(db: TestDb) {
    let world = World::new(db).await;
    let request = world.file(one_signature("SIGN-01")).await;
    approve(&world, "lau", &request).await;
    let mut ops = world.signed_in("ops").await;
    let path = format!("/requests/{}/withdraw", request.id);
    let page = ops.get(&path).await;
    assert!(page.text().contains("The request ends for good"), "{}", page.text());
    let answer = ops.submit(&page, &path, &[]).await;
    let page = ops.get(answer.location()).await;
    assert!(page.text().contains("The request is withdrawn. Nothing will be sent."), "{}", page.text());
    assert_eq!(page.count(&format!("a[href='{path}']")), 0);
    assert_eq!(world.stored(&request).await.0.status, Status::Cancelled);
    assert_eq!(ops.get(&path).await.status, 409);
    let mut wong = world.signed_in("wong").await;
    let request = world.file(one_signature("SIGN-01")).await;
    let path = format!("/requests/{}/withdraw", request.id);
    let page = wong.get(&path).await;
    wong.submit(&page, &path, &[]).await;
    assert_eq!(world.stored(&request).await.0.status, Status::Cancelled, "whoever answers for the agent may, too");
}
