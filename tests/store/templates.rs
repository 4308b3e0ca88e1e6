//! Templates, the business's numbers, and the reads that agents made.

use countersign::domain::business::SendingNumber;
use countersign::domain::consent::MessageCategory;
use countersign::domain::masked::ProviderId;
use countersign::domain::templates::{MessageTemplate, Quality, TemplateContent, TemplateStatus};
use countersign::store::{business, templates, tool_reads};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World};

on_both!(
    a_template_is_as_it_was_last_read,
    a_number_is_as_it_was_last_read,
    either_of_two_reads_counts_and_the_last_one_is_kept,
);

fn template(name: &str, language: &str) -> MessageTemplate {
    MessageTemplate {
        name: name.into(),
        language: language.parse().unwrap(),
        meta_id: format!("{name}-{language}"),
        category: MessageCategory::Marketing,
        status: TemplateStatus::Approved,
        quality: Quality::Green,
        rejected_reason: None,
        correct_category: Some(MessageCategory::Utility),
        content: TemplateContent { header: None, body: "Hi {{1}}".into(), footer: None, buttons: vec![] },
        synced_at: NOW,
    }
}

async fn a_template_is_as_it_was_last_read(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let paused = MessageTemplate { status: TemplateStatus::Paused, ..template("offer", "en") };
    let mut tx = world.db.begin().await.unwrap();
    for t in [&template("offer", "zh_HK"), &template("offer", "en"), &template("receipt", "en"), &paused] {
        templates::upsert(&mut tx, tenant, t).await.unwrap();
    }
    tx.commit().await.unwrap();
    let offer = templates::of_name(&world.db, tenant, "offer").await.unwrap();
    assert_eq!(offer, [paused.clone(), template("offer", "zh_HK")]);
    assert_eq!(templates::by_meta_id(&world.db, tenant, "offer-en").await.unwrap(), Some(paused.clone()));
    let wanted = templates::Filter { status: Some(TemplateStatus::Paused), ..templates::Filter::default() };
    assert_eq!(templates::list(&world.db, tenant, &wanted, 9).await.unwrap(), [paused]);
    let after = Some(("offer".to_owned(), "en".to_owned()));
    let rest = templates::Filter { after, ..templates::Filter::default() };
    let rest = templates::list(&world.db, tenant, &rest, 9).await.unwrap();
    assert_eq!(rest, [template("offer", "zh_HK"), template("receipt", "en")]);
    assert_eq!(templates::all(&world.db, tenant).await.unwrap().len(), 3);
}

async fn a_number_is_as_it_was_last_read(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let number = SendingNumber {
        id: ProviderId::new("106540352242922"),
        display: "+852 3001 0001".into(),
        name: "Shop".into(),
        status: "connected".into(),
        quality: Quality::Green,
        portfolio_limit: None,
        per_second: 80,
        synced_at: NOW,
    };
    let lower = SendingNumber { quality: Quality::Red, portfolio_limit: Some(2_000), ..number.clone() };
    let mut tx = world.db.begin().await.unwrap();
    business::upsert_number(&mut tx, world.tenant.id, &number).await.unwrap();
    business::upsert_number(&mut tx, world.tenant.id, &lower).await.unwrap();
    tx.commit().await.unwrap();
    assert!(business::numbers(&world.db, world.tenant.id).await.unwrap() == [lower]);
    let after = Some(("+852 3001 0001".to_owned(), "106540352242922".to_owned()));
    assert!(business::list_numbers(&world.db, world.tenant.id, after.as_ref(), 9).await.unwrap().is_empty());
}

async fn either_of_two_reads_counts_and_the_last_one_is_kept(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (agent, _) = world.agent("promo", "read").await;
    let later = NOW.after(Duration::from_secs(5));
    for (tool, at) in [("b.get", later), ("b.get", NOW), ("c.get", NOW)] {
        tool_reads::record(&world.db, world.tenant.id, agent.id, tool, at).await.unwrap();
    }
    let wanted = ["a.get or b.get", "c.get", "d.get"];
    let made = tool_reads::last_reads(&world.db, world.tenant.id, agent.id, &wanted).await.unwrap();
    let made: Vec<_> = made.iter().map(|r| (r.tool.as_str(), r.at)).collect();
    assert_eq!(made, [("a.get or b.get", Some(later)), ("c.get", Some(NOW)), ("d.get", None)]);
}
