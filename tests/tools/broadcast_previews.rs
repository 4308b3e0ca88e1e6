//! Broadcasts as they are previewed, on both databases.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use countersign::domain::audience::Exclusion;
use countersign::domain::consent::{ConsentSource, ConsentState, MessageCategory, Suppression};
use countersign::domain::ids::{BroadcastId, SegmentId};
use countersign::domain::phone::PhoneNumber;
use countersign::domain::policy::Policy;
use countersign::domain::policy::signatures::Times;
use countersign::store::consent::NewConsent;
use countersign::store::contacts::NewContact;
use countersign::store::segments;
use serde_json::{Value, json};

use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World};

use super::shop::{Shop, agreed, audience, described, excluded, person, plan, rules, tuesday, view};

on_both!(
    each_person_gets_one_verdict_in_the_fixed_order,
    the_same_facts_give_the_same_page_and_the_same_seal,
    a_page_shows_what_will_be_sent_and_hides_whom,
    what_is_not_there_or_not_ours_is_not_found,
    limits_and_schedules_hold,
);

async fn each_person_gets_one_verdict_in_the_fixed_order(db: TestDb) {
    use Exclusion as E;
    let mut people: Vec<NewContact> = (0..24).map(person).collect();
    people[0].phone = None;
    people[1].tags.insert("guest".to_owned());
    people[11].phone = Some(PhoneNumber::parse("+44 20 7946 0958", None).unwrap());
    people[12].language = Some("fr".parse().unwrap());
    people[13].attributes.clear();
    people[17].tags = BTreeSet::from(["guest".to_owned()]);
    people[18].tags.clear();
    let (shop, no) = Shop::with(db, &people).await;
    for (at, kind) in [
        (2, Suppression::DoNotContact),
        (3, Suppression::OptedOutOfEverything),
        (4, Suppression::OptedOutOfMarketing),
        (5, Suppression::StoppedAtMeta),
        (6, Suppression::Blocked),
        // Two reasons are one verdict, the earlier one.
        (2, Suppression::Blocked),
        (7, Suppression::Invalid),
    ] {
        shop.suppress(no[at], kind).await;
    }
    let withdrawn = |at: usize| NewConsent {
        state: ConsentState::Withdrawn,
        given_at: NOW.before(Duration::from_hours(1)),
        ..agreed(no[at], MessageCategory::Marketing, ConsentSource::WebForm, None)
    };
    shop.record(&[withdrawn(8), withdrawn(9), withdrawn(10), withdrawn(19)]).await;
    shop.record(&[
        NewConsent { given_at: NOW, ..agreed(no[9], MessageCategory::Marketing, ConsentSource::InStore, None) },
        agreed(no[10], MessageCategory::Utility, ConsentSource::WebForm, Some("form 3")),
        NewConsent {
            given_at: NOW.before(Duration::from_mins(1)),
            ..agreed(no[19], MessageCategory::Marketing, ConsentSource::Oral, Some("call 7"))
        },
    ])
    .await;
    shop.sent(&[no[14], no[20]], 24 * 3).await;
    shop.sent(&[no[14]], 24 * 2).await;
    let tenant = shop.world.tenant.id.uuid();
    let ours = match shop.db.kind {
        crate::support::db::Kind::Sqlite => format!("tenant_id = x'{}'", tenant.simple()),
        crate::support::db::Kind::Postgres => format!("tenant_id = '{tenant}'"),
    };
    let lately = NOW.before(Duration::from_hours(1)).micros();
    for (column, at) in [("meta_capped_at", 15), ("experiment_at", 16)] {
        shop.db.execute(&format!("update contact set {column} = {lately} where {ours} and no = {}", no[at].0)).await;
    }
    let arguments = json!({"broadcast": described(&[shop.members, shop.guests]), "schedule": {"per_second": 20}});
    let proposal = shop.schedule(arguments).await.unwrap();
    assert_eq!(
        excluded(&proposal),
        [
            (E::InvalidNumber, 2),
            (E::Duplicate, 1),
            (E::DoNotContact, 1),
            (E::OptedOutOfEverything, 1),
            (E::OptedOutOfMarketing, 1),
            (E::StoppedAtMeta, 1),
            (E::Blocked, 1),
            (E::NoConsent, 1),
            (E::ConsentNotTraceable, 1),
            (E::ConsentDoesNotCover, 1),
            (E::MarketNotAllowed, 1),
            (E::NoTemplateLanguage, 1),
            (E::VariableMissing, 1),
            (E::FrequencyCap, 1),
            (E::RecentMetaCap, 1),
            (E::MetaExperiment, 1),
        ]
    );
    let view = view(&proposal);
    // 24 people, one of them in no segment and one in two.
    assert_eq!((view.audience.funnel.matched, view.audience.funnel.will_receive), (24, 7));
    assert_eq!(view.audience.segments.iter().map(|s| s.matched).collect::<Vec<_>>(), [Some(22), Some(2)]);
    let receivers: Vec<u32> = audience(&proposal).1.people.iter().collect();
    assert_eq!(receivers, [1, 17, 19, 20, 21, 22, 23].map(|at: usize| no[at].0));
    assert_eq!((view.consent.last_7_days, view.consent.last_30_days), ([6, 1, 0, 0], [6, 1, 0, 0]));
    assert_eq!(view.consent.first_marketing, 6);
    let sources: Vec<(Option<ConsentSource>, u64)> = view.consent.sources.iter().map(|s| (s.source, s.count)).collect();
    assert_eq!(sources, [(Some(ConsentSource::WebForm), 6), (Some(ConsentSource::Oral), 1)]);
    assert_eq!(view.schedule.cost.total.to_string(), "HK$5.60");
    assert_eq!(proposal.preview.blocks().count(), 0, "{:?}", proposal.preview.findings);
    let mut found = rules(&proposal);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "AUD-03",
            "AUD-04",
            "AUD-05",
            "AUD-06",
            "CONSENT-01",
            "CONSENT-02",
            "CONSENT-03",
            "CONSENT-04",
            "CONSENT-05",
            "CONSENT-06",
            "FREQ-01",
            "FREQ-03",
            "SCHED-06",
            "SCHED-07",
            "VAR-03",
            "VAR-05"
        ]
    );
}

async fn the_same_facts_give_the_same_page_and_the_same_seal(db: TestDb) {
    let people: Vec<NewContact> = (0..60).map(person).collect();
    let (shop, no) = Shop::with(db, &people).await;
    let (one, two) = (shop.proposal().await, shop.proposal().await);
    assert_eq!(view(&one), view(&two));
    assert_eq!(one.preview.findings, two.preview.findings);
    assert_eq!(plan(&one).audience.root, plan(&two).audience.root);
    assert!(audience(&one).1.fits(&plan(&one).audience));
    assert_eq!(view(&one).audience.samples.len(), 10);
    // One person fewer, and nothing is as it was.
    shop.suppress(no[30], Suppression::Blocked).await;
    let three = shop.proposal().await;
    assert_ne!(plan(&one).audience.root, plan(&three).audience.root);
    assert_eq!((plan(&three).audience.count, plan(&three).cost.total.to_string()), (59, "HK$47.20".to_owned()));
}

async fn a_page_shows_what_will_be_sent_and_hides_whom(db: TestDb) {
    let people: Vec<NewContact> = (0..12).map(person).collect();
    let (shop, _) = Shop::with(db, &people).await;
    let proposal = shop.proposal().await;
    let page = view(&proposal);
    assert_eq!(
        proposal.preview.summary,
        "Send template winter_offer (marketing) to 12 people in 1 market on 2026-12-01 10:00 +08:00 (HK), at most HK$10.08."
    );
    assert_eq!(proposal.title, "Broadcast · Winter offer");
    let english = page.message.languages.iter().find(|l| l.language.as_str() == "en").unwrap();
    assert_eq!(english.rendered.body, "Hello C••• T•• M•• 0•, ••• members of Harbour Tea get 15% off until 5 Dec.");
    assert_eq!(english.rendered.buttons[0].url.as_deref(), Some("https://shop.example.hk/winter?u=w26"));
    assert_eq!(english.recipients, 6);
    let link = &page.links.links[0];
    assert_eq!((link.domain.as_str(), link.allowed, link.place.as_str()), ("example.hk", true, "en button 1"));
    let local = &page.schedule.local[0];
    assert_eq!((local.starts.as_deref(), local.quiet), (Some("2026-12-01 10:00 +08:00"), Some(false)));
    assert_eq!((page.schedule.batches, page.schedule.seconds), (1, 1));
    // Nothing that gives a person away, anywhere on the page or in what is signed beside the sealed list.
    let text = serde_json::to_string(&proposal.preview).unwrap();
    for secret in ["Chan", "gold", "91000"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(page.audience.samples[0].phone.chars().filter(char::is_ascii_digit).count(), 5);
}

async fn what_is_not_there_or_not_ours_is_not_found(db: TestDb) {
    let (shop, _) = Shop::with(db, &[person(1)]).await;
    let other = World::new(&shop.world.db, "Rival").await;
    let foreign = SegmentId::random();
    let mut tx = other.db.begin().await.unwrap();
    let include = serde_json::from_value(json!({"tag": "member"})).unwrap();
    segments::add_version(&mut tx, other.tenant.id, foreign, "Theirs", &include, None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut broadcast = described(&[shop.members]);
        change(&mut broadcast);
        json!({"broadcast": broadcast, "schedule": tuesday()})
    };
    for (arguments, code, named) in [
        (with(&|b| b["segments"] = json!([foreign])), "not_found", "segment"),
        (with(&|b| b["segments"] = json!([SegmentId::random()])), "not_found", "segment"),
        (with(&|b| b["exclude_segments"] = json!([foreign])), "not_found", "segment"),
        (with(&|b| b["template"] = json!("summer_offer")), "not_found", "template"),
        (with(&|b| b["segments"] = json!(["se_7"])), "invalid_arguments", "broadcast.segments[0]"),
        (with(&|b| b["segments"] = json!([])), "invalid_arguments", "broadcast.segments"),
        (with(&|b| b["segments"] = json!([shop.members, shop.members])), "invalid_arguments", "twice"),
        (with(&|b| b["from"] = json!("+852 5555 5555")), "invalid_arguments", "+852 3001 0001"),
        (with(&|b| b["name"] = json!("x".repeat(121))), "invalid_arguments", "broadcast.name"),
        (with(&|b| b["sgments"] = json!([])), "invalid_arguments", "sgments"),
        (with(&|b| b["default_language"] = json!("english")), "invalid_arguments", "zh_HK"),
        (json!({"schedule": {}}), "invalid_arguments", "either broadcast_id"),
        (json!({"broadcast_id": BroadcastId::random()}), "not_found", "broadcast"),
        (
            json!({"broadcast": described(&[shop.members]), "schedule": {"per_second": 0}}),
            "invalid_arguments",
            "per_second",
        ),
        (
            json!({"broadcast": described(&[shop.members]), "schedule": {"start_at": "tomorrow"}}),
            "invalid_arguments",
            "schedule.start_at",
        ),
    ] {
        let refused = shop.schedule(arguments).await.err().unwrap();
        assert_eq!(refused.code(), code, "{refused}");
        assert!(refused.to_string().contains(named), "{refused} does not name {named}");
    }
}

async fn limits_and_schedules_hold(db: TestDb) {
    let people: Vec<NewContact> = (0..10).map(person).collect();
    let (mut shop, no) = Shop::with(db, &people).await;
    let at = |schedule: Value| json!({"broadcast": described(&[shop.members]), "schedule": schedule});
    let now = at(json!({}));

    // Meta allows eight in 24 hours, and three were written to within them.
    shop.db.execute("update phone_number set portfolio_limit = 8").await;
    shop.sent(&no[..3], 2).await;
    let proposal = shop.schedule(now.clone()).await.unwrap();
    assert_eq!(excluded(&proposal), [(Exclusion::OverPortfolioLimit, 5)]);
    assert!(rules(&proposal).contains(&"TIER-01"));
    assert_eq!(view(&proposal).schedule.portfolio_used, 3);
    assert_eq!(view(&proposal).consent.last_7_days, [2, 3, 0, 0]);
    shop.db.execute("update phone_number set portfolio_limit = 3").await;
    let proposal = shop.schedule(now.clone()).await.unwrap();
    assert!(rules(&proposal).starts_with(&["AUD-01", "TIER-02"]), "{:?}", rules(&proposal));
    // In ten days none of it is used.
    let proposal = shop.proposal().await;
    assert_eq!(
        (view(&proposal).schedule.portfolio_used, excluded(&proposal)),
        (0, vec![(Exclusion::OverPortfolioLimit, 7)])
    );
    shop.db.execute("update phone_number set portfolio_limit = null").await;

    let evening = at(json!({"start_at": "2026-12-01T22:00:00+08:00"}));
    assert!(rules(&shop.schedule(evening).await.unwrap()).contains(&"SCHED-03"));
    let past = at(json!({"start_at": "2026-11-01T10:00:00+08:00"}));
    assert!(rules(&shop.schedule(past).await.unwrap()).contains(&"SCHED-01"));

    // A market that is asleep throughout is left out, and the others go ahead.
    let mut settings = shop.ctx.policy.settings.clone();
    settings.markets.get_mut(&"HK".parse().unwrap()).unwrap().quiet = Some("09:00-12:00".parse().unwrap());
    shop.ctx.policy = Arc::new(Policy::new(settings, Times::default()).unwrap());
    let abroad = shop
        .world
        .contacts(&[NewContact { phone: Some(PhoneNumber::parse("+65 8123 4567", None).unwrap()), ..person(70) }])
        .await;
    shop.world.consent(&abroad).await;
    let proposal = shop.proposal().await;
    assert_eq!(excluded(&proposal), [(Exclusion::QuietHours, 10)]);
    assert!(rules(&proposal).contains(&"SCHED-04") && !rules(&proposal).contains(&"SCHED-03"));
    assert_eq!(proposal.preview.blocks().count(), 0, "{:?}", proposal.preview.findings);

    // More people than one signature covers.
    let mut settings = shop.ctx.policy.settings.clone();
    settings.signatures.two_above_people = 0;
    let strict = Policy::new(settings, Times::default()).unwrap();
    assert_eq!(strict.quorum(&proposal.preview).seats.len(), 2);
}
