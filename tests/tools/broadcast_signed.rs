//! What was signed of a broadcast: drafts, sealed lists, messages composed again, what stops it; on both databases.

use std::sync::Arc;
use std::time::Duration;

use countersign::domain::action::Action;
use countersign::domain::audience::{Exclusion, NotNow, Withheld};
use countersign::domain::broadcasts::BroadcastState;
use countersign::domain::consent::{ConsentSource, ConsentState, MessageCategory, Suppression};
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::ExecutionId;
use countersign::domain::policy::Policy;
use countersign::domain::policy::signatures::Times;
use countersign::domain::preview::Level;
use countersign::domain::templates::{MessageTemplate, Quality, TemplateStatus};
use countersign::graph::messages::{ButtonValue, Parameters};
use countersign::store;
use countersign::store::consent::NewConsent;
use countersign::store::contacts::NewContact;
use countersign::tools::broadcasts::{create, messages_for, quiet_until, standing};
use serde_json::json;

use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World};

use super::shop::{NUMBER, Shop, agreed, audience, described, excluded, person, plan, rows, template, tuesday, view};

on_both!(
    what_goes_out_is_what_was_signed_or_nothing,
    what_changed_since_signing_stops_it,
    a_draft_can_only_shrink_and_belongs_to_one_request,
    a_list_that_was_tampered_with_is_not_read,
    caps_count_what_went_out_since_and_by_when_it_went_out,
);

async fn what_goes_out_is_what_was_signed_or_nothing(db: TestDb) {
    let people: Vec<NewContact> = (0..8).map(person).collect();
    let (shop, no) = Shop::with(db, &people).await;
    let proposal = shop.proposal().await;
    let (tenant, plan, rows) = (shop.world.tenant.id, plan(&proposal), rows(&proposal));
    let made = messages_for(&shop.ctx, tenant, ExecutionId::random(), plan, &rows).await.unwrap();
    assert_eq!(made.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    let first = made[0].1.as_ref().unwrap();
    assert_eq!((first.to.as_str(), first.language.as_str(), first.callback.as_str()), ("+85291000000", "en", ""));
    assert!(first.body == Parameters::Positional(vec!["Chan Tai Man 0".into(), "gold0".into(), "5 Dec".into()]));
    assert!(first.buttons[0].value == ButtonValue::UrlSuffix("w26".into()));
    assert!(made.iter().all(|(_, message)| message.is_ok()));

    shop.suppress(no[1], Suppression::OptedOutOfEverything).await;
    let withdrawn = NewConsent {
        state: ConsentState::Withdrawn,
        given_at: NOW,
        ..agreed(no[2], MessageCategory::Marketing, ConsentSource::WebForm, None)
    };
    shop.record(&[withdrawn]).await;
    for (set, at) in [
        ("name = 'Somebody Else'", 3),
        ("attributes = '{\"tier\":\"silver\"}'", 4),
        ("language = 'fr'", 5),
        ("phone = null, market = null", 6),
    ] {
        shop.db.execute(&format!("update contact set {set} where no = {}", no[at].0)).await;
    }
    let made = messages_for(&shop.ctx, tenant, ExecutionId::random(), plan, &rows).await.unwrap();
    let why: Vec<Option<NotNow>> = made.into_iter().map(|(_, message)| message.err()).collect();
    let never = |why| Some(NotNow::Never(why));
    let out = |reason| never(Withheld::Excluded(reason));
    assert_eq!(
        why,
        [
            None,
            out(Exclusion::OptedOutOfEverything),
            out(Exclusion::NoConsent),
            never(Withheld::Changed),
            never(Withheld::Changed),
            out(Exclusion::NoTemplateLanguage),
            out(Exclusion::InvalidNumber),
            None
        ]
    );
    // A mark of another person's message opens nothing, and a contact that never was has none.
    let strangers = [(0, no[0], rows[7].2), (1, ContactNo(99_999), rows[0].2)];
    let made = messages_for(&shop.ctx, tenant, ExecutionId::random(), plan, &strangers).await.unwrap();
    let why: Vec<Option<NotNow>> = made.into_iter().map(|(_, message)| message.err()).collect();
    assert_eq!(why, [never(Withheld::Changed), never(Withheld::Gone)]);

    // At night everybody waits for the morning, but who has fallen away has fallen away.
    shop.clock.set("2026-12-01T22:00:00+08:00".parse().unwrap());
    let morning = "2026-12-02T09:00:00+08:00".parse().unwrap();
    assert_eq!(quiet_until(&shop.ctx, plan), Some(morning));
    let made = messages_for(&shop.ctx, tenant, ExecutionId::random(), plan, &rows[..2]).await.unwrap();
    let why: Vec<Option<NotNow>> = made.into_iter().map(|(_, message)| message.err()).collect();
    assert_eq!(why, [Some(NotNow::Until(morning)), out(Exclusion::OptedOutOfEverything)]);
}

async fn what_changed_since_signing_stops_it(db: TestDb) {
    let people: Vec<NewContact> = (0..4).map(person).collect();
    let (mut shop, _) = Shop::with(db, &people).await;
    let proposal = shop.proposal().await;
    let (tenant, plan) = (shop.world.tenant.id, plan(&proposal).clone());
    let blocks = async |shop: &Shop| -> Vec<String> {
        let found = standing(&shop.ctx, tenant, &plan).await.unwrap();
        found.into_iter().filter(|f| f.level == Level::Block).map(|f| f.rule).collect()
    };
    assert_eq!(blocks(&shop).await, Vec::<String>::new());

    type Change = fn(&mut MessageTemplate);
    let changes: [(Change, &str); 5] = [
        (|t| t.status = TemplateStatus::Paused, "TEMPLATE-02"),
        (|t| t.status = TemplateStatus::Rejected, "TEMPLATE-01"),
        (|t| t.content.body.push('!'), "TEMPLATE-09"),
        (|t| t.category = MessageCategory::Utility, "TEMPLATE-10"),
        (|t| t.quality = Quality::Red, "QUALITY-01"),
    ];
    for (change, rule) in changes {
        let mut changed = template("en");
        change(&mut changed);
        shop.store_template(&changed).await;
        assert_eq!(blocks(&shop).await, [rule]);
    }
    shop.db.execute("delete from message_template where language = 'en'").await;
    assert_eq!(blocks(&shop).await, ["TEMPLATE-11"]);
    shop.store_template(&template("en")).await;

    shop.db.execute("update phone_number set status = 'restricted'").await;
    assert_eq!(blocks(&shop).await, ["QUALITY-05"]);
    shop.db.execute("update phone_number set status = 'connected', quality = 'red'").await;
    assert_eq!(blocks(&shop).await, ["QUALITY-03"]);
    shop.db.execute("update phone_number set quality = 'green', meta_id = 'another'").await;
    assert_eq!(blocks(&shop).await, ["QUALITY-06"]);
    shop.db.execute(&format!("update phone_number set meta_id = '{NUMBER}'")).await;

    // At night it may be signed, not sent.
    shop.clock.set("2026-12-01T22:00:00+08:00".parse().unwrap());
    assert_eq!(blocks(&shop).await, Vec::<String>::new());
    shop.clock.set(NOW);

    let mut dearer = serde_json::to_value(&shop.ctx.policy.settings).unwrap();
    dearer["rate_card"]["rates"]["HK"]["marketing"] = "0.90".into();
    let dearer = Policy::new(serde_json::from_value(dearer).unwrap(), Times::default()).unwrap();
    assert_ne!(dearer.version, shop.ctx.policy.version);
    shop.ctx.policy = Arc::new(dearer);
    assert_eq!(blocks(&shop).await, ["COST-05"]);
}

async fn a_draft_can_only_shrink_and_belongs_to_one_request(db: TestDb) {
    let people: Vec<NewContact> = (0..6).map(person).collect();
    let (shop, no) = Shop::with(db, &people).await;
    let tenant = shop.world.tenant.id;
    shop.suppress(no[5], Suppression::Blocked).await;
    let draft =
        shop.propose("whatsapp.broadcast.create", json!({"broadcast": described(&[shop.members])})).await.unwrap();
    let Action::BroadcastCreate(stored) = draft.action().clone() else { panic!("nothing is sent") };
    assert!(draft.preview.summary.contains("Nothing is sent"), "{}", draft.preview.summary);
    assert!(!shop.ctx.policy.quorum(&draft.preview).needs_people());
    let request = shop.file(&draft, "whatsapp.broadcast.create").await.unwrap();
    for _ in 0..2 {
        let mut tx = shop.world.db.begin().await.unwrap();
        create(&mut tx, tenant, request, &stored, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }
    let found = store::broadcasts::find(&shop.world.db, tenant, stored.broadcast).await.unwrap().unwrap();
    assert_eq!(
        (found.state, found.audience_count, found.spec.name.as_str()),
        (BroadcastState::Draft, 5, "Winter offer")
    );

    // Somebody new joins, somebody leaves: the newcomer gets nothing.
    let newcomer = shop.world.contacts(&[person(50)]).await;
    shop.world.consent(&newcomer).await;
    shop.suppress(no[0], Suppression::OptedOutOfMarketing).await;
    let arguments = json!({"broadcast_id": stored.broadcast, "schedule": tuesday()});
    let proposal = shop.schedule(arguments.clone()).await.unwrap();
    // Whoever signs sees the whole way from the segment to those who receive it, not only what came after the draft.
    assert_eq!(excluded(&proposal), [(Exclusion::OptedOutOfMarketing, 1), (Exclusion::Blocked, 1)]);
    assert_eq!((view(&proposal).audience.funnel.matched, plan(&proposal).audience.count), (6, 4));
    assert_eq!(view(&proposal).audience.frozen_at, view(&draft).audience.frozen_at);
    assert_eq!((plan(&proposal).broadcast, plan(&proposal).spec.is_none()), (stored.broadcast, true));
    assert_eq!(plan(&proposal).audience.segments, stored.audience.segments);
    assert_eq!(shop.ctx.policy.quorum(&proposal.preview).seats.len(), 1);

    let first = shop.file(&proposal, "whatsapp.broadcast.schedule").await.unwrap();
    let second = shop.schedule(arguments).await.unwrap();
    assert_eq!(shop.file(&second, "whatsapp.broadcast.schedule").await.unwrap_err().code(), "conflict");
    // The first comes to nothing, and the draft is free again.
    let mut tx = shop.world.db.begin().await.unwrap();
    store::broadcasts::release(&mut tx, tenant, first).await.unwrap();
    tx.commit().await.unwrap();
    shop.file(&second, "whatsapp.broadcast.schedule").await.unwrap();

    // What runs or is over cannot be scheduled.
    let mut tx = shop.world.db.begin().await.unwrap();
    store::broadcasts::set_state(&mut tx, tenant, stored.broadcast, BroadcastState::Done).await.unwrap();
    tx.commit().await.unwrap();
    let again = shop.schedule(json!({"broadcast_id": stored.broadcast})).await.err().unwrap();
    assert_eq!(again.code(), "conflict");
}

async fn a_list_that_was_tampered_with_is_not_read(db: TestDb) {
    let people: Vec<NewContact> = (0..5).map(person).collect();
    let (shop, _) = Shop::with(db, &people).await;
    let tenant = shop.world.tenant.id;
    let proposal = shop.proposal().await;
    shop.file(&proposal, "whatsapp.broadcast.schedule").await.unwrap();
    let (id, audience) = audience(&proposal);
    let stored = store::audience::load(&shop.world.db, tenant, id).await.unwrap().unwrap();
    assert!(stored == *audience && stored.fits(&plan(&proposal).audience));
    let stranger = World::new(&shop.world.db, "Rival").await.tenant.id;
    assert!(store::audience::load(&shop.world.db, stranger, id).await.unwrap().is_none());
    let mut marks = audience.mark_bytes();
    marks[17] ^= 1;
    let literal = match shop.db.kind {
        crate::support::db::Kind::Sqlite => format!("x'{}'", hex::encode(marks)),
        crate::support::db::Kind::Postgres => format!("'\\x{}'", hex::encode(marks)),
    };
    shop.db.execute(&format!("update audience set marks = {literal}")).await;
    let refused = store::audience::load(&shop.world.db, tenant, id).await.unwrap_err().to_string();
    assert!(refused.contains("audience.root"), "{refused}");
}

async fn caps_count_what_went_out_since_and_by_when_it_went_out(db: TestDb) {
    let people: Vec<NewContact> = (0..2).map(person).collect();
    let (shop, no) = Shop::with(db, &people).await;
    let proposal = shop.proposal().await;
    let (tenant, plan, rows) = (shop.world.tenant.id, plan(&proposal), rows(&proposal));
    let made = async |shop: &Shop| -> Vec<Option<NotNow>> {
        let made = messages_for(&shop.ctx, tenant, ExecutionId::random(), plan, &rows).await.unwrap();
        made.into_iter().map(|(_, message)| message.err()).collect()
    };
    // Eight days ago, and read just now: a late status makes no message younger.
    for _ in 0..3 {
        shop.sent(&no[..1], 8 * 24).await;
    }
    let ended = NOW.before(Duration::from_hours(8 * 24)).micros();
    shop.db.execute(&format!("update execution set state = 'done', finished_at = {ended}")).await;
    shop.db.execute(&format!("update delivery set updated_at = {}", NOW.micros())).await;
    assert_eq!(made(&shop).await, [None, None]);
    for _ in 0..2 {
        shop.sent(&no[1..], 24).await;
    }
    let capped = Some(NotNow::Never(Withheld::Excluded(Exclusion::FrequencyCap)));
    assert_eq!(made(&shop).await, [None, capped], "since it was signed");
}
