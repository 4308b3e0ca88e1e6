//! A sample broadcast with figures that balance.

use super::{HOSTILE, at, digest, now};
use crate::console::message_text::{formatted, hidden_count, pieces};
use crate::console::parts::{Digest, Proof, Share, Tag, Tone};
use crate::console::review::messages::{CarriedFile, SaidChoice, SaidLine, SaidMessage, SessionReview};
use crate::console::review::{
    AnswerLine, AudienceSection, AutomationReview, BroadcastReview, ConsentLine, ConsentSection, CostLine, DrawnLine,
    EventLine, FileFacts, Header, ImportPerson, ImportReview, LeadLine, LeftOutLine, LineDiff, LinkView, LinksSection,
    MarketTime, MessageSection, OutlineLine, PartDiff, PostReview, RetryReview, SampleLine, SamplePerson,
    ScheduleSection, SegmentLine, SegmentReview, SegmentSide, StepLine, ValueDiff, Variable, Variant,
};
use crate::console::word_diff::{Fate, diff};

fn share(name: &str, count: u64) -> Share {
    Share { name: name.into(), count }
}

fn proof(text: &str) -> Proof {
    Proof { holds: true, text: text.into() }
}

fn variant(language: &str, lang: &str, people: u64, body: &str, button: &str) -> Variant {
    let stored = format!("{body}\n[{button}]");
    Variant {
        language: language.into(),
        lang: lang.into(),
        dir: "ltr",
        people,
        header: Some(Header::Media("image, 1125×600, PNG, 84 KB".into())),
        body: formatted(&body.replace("{{1}}", "陳先生").replace("{{2}}", "12月5日")),
        footer: Some("Harbour Retail".into()),
        buttons: vec![button.into()],
        hidden_characters: hidden_count(&stored),
        raw: pieces(&stored),
        variables: vec![
            Variable { name: "{{1}}".into(), source: "contact.name".into(), sample: "陳先生".into(), defaulted: 12 },
            Variable { name: "{{2}}".into(), source: "fixed".into(), sample: "12月5日".into(), defaulted: 0 },
        ],
        proofs: vec![proof("NFC"), proof("sender named"), proof("opt-out line")],
    }
}

pub fn review() -> BroadcastReview {
    let chinese = "{{1}}，*冬季優惠*已經開始！\n即日起至{{2}}，會員購物享八五折。\n\n回覆「停止」可取消接收";
    let english = "Dear {{1}}, our *winter offer* is here.\nUntil {{2}} members save 15%.\n\nReply STOP to opt out";
    let simplified = "{{1}}，*冬季优惠*已经开始！\n即日起至{{2}}，会员购物享八五折。\n\n回复「停止」可取消接收\u{200B}";
    let names = [
        ("invalid number", 41),
        ("duplicate", 117),
        ("do-not-contact", 9),
        ("opted out of everything", 604),
        ("opted out of marketing", 388),
        ("stopped marketing at Meta", 75),
        ("blocked", 22),
        ("no consent", 812),
        ("consent source not traceable", 53),
        ("consent does not cover", 266),
        ("market not allowed", 31),
        ("no template language", 18),
        ("variable missing", 12),
        ("our frequency cap", 244),
        ("recent Meta cap", 34),
        ("Meta experiment", 0),
        ("quiet hours", 0),
        ("over portfolio limit", 0),
    ];
    let person = |why: &str| SamplePerson {
        why: why.into(),
        phone: "+852 •••• ••34".into(),
        name: "C••• T•• M••".into(),
        language: "zh_HK".into(),
        lang: "zh-Hant-HK".into(),
        text: "陳先生，冬季優惠已經開始！即日起至12月5日，會員購物享八五折。".into(),
        consent: Some((at("2021-02-03T02:00:00Z"), "Web form".into())),
    };
    let markets = [("Hong Kong", 11_240, "HKT"), ("Macau", 760, "MOT"), ("Singapore", 480, "SGT")];
    BroadcastReview {
        message: MessageSection {
            template: "winter_offer".into(),
            category: "marketing".into(),
            variants: vec![
                variant("zh_HK", "zh-Hant-HK", 9_120, chinese, "立即查看"),
                variant("en", "en", 2_310, english, "See the offer"),
                variant("zh_CN", "zh-Hans-CN", 1_050, simplified, "立即查看"),
            ],
        },
        audience: AudienceSection {
            segments: vec![SegmentLine {
                name: "HK members, winter".into(),
                version: 6,
                in_words: "tag member and market HK, MO or SG".into(),
                matched: Some(15_206),
            }],
            frozen_at: at("2026-11-22T05:40:00Z"),
            matched: 15_206,
            exclusions: names.map(|(name, count)| share(name, count)).to_vec(),
            receives: 12_480,
            markets: markets.map(|(name, count, _)| share(name, count)).to_vec(),
            sample: vec![person("longest text"), person("oldest consent"), person("drawn")],
            root: Digest::new("51c09e2b77aa4f10"),
        },
        consent: ConsentSection {
            policy_version: "2026-11-15".into(),
            sources: vec![share("Web form", 8_902), share("In store", 2_415), share("WhatsApp message", 1_163)],
            frequency: vec![share("none", 7_955), share("one", 3_310), share("two", 1_215), share("more", 0)],
            frequency_week: vec![share("none", 11_400), share("one", 1_080), share("more", 0)],
            proofs: vec![proof("First marketing message for 310 people: the notice line is present")],
        },
        schedule: ScheduleSection {
            starts: Some(at("2026-12-01T02:00:00Z")),
            ends: Some(at("2026-12-01T02:11:00Z")),
            markets: markets
                .map(|(market, people, zone)| MarketTime {
                    market: market.into(),
                    people,
                    local: format!("Tue 1 Dec 2026, 10:00 {zone}"),
                    quiet: Some(false),
                })
                .to_vec(),
            per_second: 20,
            batches: 25,
            batch_size: 500,
            rate_card: "2026-10".into(),
            costs: [("Hong Kong", 11_240, "8,992.00"), ("Macau", 760, "608.00"), ("Singapore", 480, "384.00")]
                .map(|(market, people, amount)| CostLine {
                    market: market.into(),
                    people,
                    rate: "HK$0.80".into(),
                    amount: format!("HK${amount}"),
                })
                .to_vec(),
            total: "HK$9,984.00".into(),
            ceiling: "HK$10,500.00".into(),
            limit: Some(100_000),
            used: 3_020,
            number: "+852 •••• ••00".into(),
            quality: Tag::new(Tone::Ok, "check", "High".into()),
        },
        links: LinksSection {
            links: vec![LinkView {
                domain: "example.hk".into(),
                address: "https://shop.example.hk/winter?u={{3}}".into(),
                place: "zh_HK, en, zh_CN · button".into(),
                proofs: vec![
                    proof("https"),
                    proof("no redirect"),
                    Proof { holds: false, text: "on the allow-list since 19 Nov only".into() },
                ],
            }],
            media: vec!["winter.png".into()],
        },
    }
}

/// A list of contacts with figures that balance.
pub fn import() -> ImportReview {
    let person = |line, change: &str, known_as: Option<&str>| ImportPerson {
        line,
        change: change.into(),
        phone: "+852 •••• ••34".into(),
        name: "C••• T•• M••".into(),
        known_as: known_as.map(str::to_owned),
        language: "zh_HK".into(),
        was_language: known_as.map(|_| "en".into()),
        writes: HOSTILE.into(),
        categories: "marketing · utility".into(),
        consent: Some((at("2026-11-20T02:00:00Z"), "In store".into())),
    };
    ImportReview {
        rows: 1_200,
        outcome: vec![share("New", 1_004), share("Changed", 96), share("Known already", 60), share("Left out", 40)],
        renamed: 12,
        other_language: 3,
        facts: vec![("tier".into(), 400, 12), (HOSTILE.into(), 1, 0)],
        markets: vec![share("Hong Kong", 1_080), share("Macau", 20)],
        tags: vec![share("winter-fair", 1_100), share(HOSTILE, 1)],
        sample: vec![person(1, "New", None), person(121, "Changed", Some("C••• S•• M••"))],
        reasons: vec![share("No valid number", 11), share("No consent given", 20), share("Opted out", 9)],
        left_out: vec![LeftOutLine { line: 7, reason: "Opted out".into(), phone: "+852 •••• ••07".into() }],
        left_out_count: 40,
        unlisted: 39,
        all_left_out: "/requests/ar_7f3k/left-out".into(),
        file: Some(FileFacts {
            name: HOSTILE.into(),
            bytes: 1_048_576,
            sha256: digest(),
            columns: vec![("phone".into(), "Tel.".into()), ("tier".into(), HOSTILE.into())],
            unused: vec![HOSTILE.into()],
        }),
        consents: vec![ConsentLine {
            category: "marketing".into(),
            source: "In store".into(),
            people: 1_160,
            oldest: at("2026-11-18T02:00:00Z"),
            newest: at("2026-11-20T02:00:00Z"),
            evidence: HOSTILE.into(),
        }],
        policy_version: "2026-11-15".into(),
    }
}

/// A segment before and after.
pub fn segment() -> SegmentReview {
    let side =
        |version, name: &str, in_words: &str| SegmentSide { version, name: name.into(), in_words: in_words.into() };
    SegmentReview {
        before: Some(side(5, "HK members, winter", "(tag member and market HK)")),
        after: side(6, HOSTILE, "(tag member and market HK), without tag staff"),
        people_before: 15_206,
        people_after: 15_140,
        enter: 12,
        leave: 78,
        broadcasts: vec![DrawnLine { href: "/broadcasts/bc_1".into(), name: HOSTILE.into(), state: "Sending".into() }],
    }
}

/// A message to one customer.
pub fn session() -> SessionReview {
    let said = |by: &str, by_customer, text: Option<&str>| SaidLine {
        by: by.into(),
        by_customer,
        at: now(),
        kind: "image".into(),
        text: text.map(pieces),
    };
    SessionReview {
        to: "+852 •••• ••34".into(),
        name: "C••• T•• M••".into(),
        from: "+852 5550 1000".into(),
        closes: Some(at("2026-11-23T05:20:05Z")),
        now: now(),
        kind: "Reply buttons".into(),
        lines: vec![said("Customer", true, Some(HOSTILE)), said("Automation", false, None)],
        message: SaidMessage {
            media: Some(CarriedFile {
                kind: "File".into(),
                at: format!("https://files.example.hk/{HOSTILE}"),
                name: Some("receipt.pdf".into()),
                href: Some("https://files.example.hk/receipt.pdf".into()),
                kept: Vec::new(),
            }),
            header: Some("Your *order*".into()),
            body: formatted("It is *ready*.\n<b>Come by.</b>"),
            footer: Some("Harbour Tea House".into()),
            opens: Some("Choose".into()),
            choices: vec![
                SaidChoice { above: Some(HOSTILE.into()), title: "Today".into(), detail: None },
                SaidChoice { above: None, title: HOSTILE.into(), detail: Some("https://shop.example.hk".into()) },
            ],
            raw: pieces("It is *ready*.\u{200B}"),
            hidden_characters: 1,
        },
        reasons: vec!["it speaks of prices or payment".into()],
        agreed: "utility".into(),
        forbidden: "opted out of marketing".into(),
    }
}

/// One post whose event is aside, and one that nobody could read.
pub fn retry() -> RetryReview {
    let event = |why: Option<&str>, tries| EventLine {
        number: 1,
        kind: "message".into(),
        at: (tries > 0).then(|| at("2026-11-20T02:00:00Z")),
        effect: "changes more than the log".into(),
        why: why.map(str::to_owned),
        tries,
    };
    let post = |id: &str, unread: Option<&str>, event: EventLine, payload: Option<&str>| PostReview {
        id: id.into(),
        received: at("2026-11-20T02:00:00Z"),
        numbers: "+852 5550 1000".into(),
        unread: unread.map(str::to_owned),
        events: vec![event],
        unlisted: 3,
        payload: payload.map(str::to_owned),
    };
    RetryReview {
        posts: vec![
            post("17", None, event(Some(HOSTILE), 2), Some(HOSTILE)),
            post("18", Some(HOSTILE), event(None, 0), None),
        ],
        events: 8,
        changes: 7,
        kinds: vec![("message".into(), 8)],
    }
}

/// A flow that takes the place of another version.
pub fn automation() -> AutomationReview {
    let said = || session().message;
    let step = |name: &str, depth, does: &str| StepLine {
        same: name == "desk",
        name: name.into(),
        depth,
        reached: depth < 2,
        does: does.into(),
        what: (depth > 0).then(|| HOSTILE.into()),
        holds: (depth > 1).then(|| HOSTILE.into()),
        says: (depth < 2).then(said),
        prices: vec![HOSTILE.into()],
        note: (depth > 0).then(|| HOSTILE.into()),
        leads: Vec::new(),
    };
    let lead = |to: &str, linked: bool| LeadLine {
        by: "tapped:".into(),
        words: HOSTILE.into(),
        matching: linked.then(|| "the whole message".into()),
        to: to.into(),
        linked,
        back: linked,
    };
    let drawn = |name: &str, depth, ways: &[&str], again| OutlineLine {
        depth,
        ways: ways.iter().map(|way| (*way).to_owned()).collect(),
        name: name.into(),
        does: "Question".into(),
        says: Some(HOSTILE.into()),
        again,
        back: again,
        reached: true,
    };
    let part = |title: &str, name: &str, fate, was: Option<&str>, will: Option<&str>| PartDiff {
        title: title.into(),
        name: name.into(),
        fate,
        lines: vec![LineDiff { label: "Text".into(), text: diff(was, will) }],
    };
    let answer =
        |by: Option<&str>| AnswerLine { by: by.map(str::to_owned), says: vec![said()], queue: by.map(str::to_owned) };
    let sample = |text: Option<&str>, today| SampleLine {
        verdicts: "Answered by this · Another answer than today".into(),
        at: now(),
        text: text.map(str::to_owned),
        today,
        then: Some(answer(Some(HOSTILE))),
    };
    AutomationReview {
        kind: "Flow".into(),
        trigger: vec![("Started by".into(), HOSTILE.into()), ("Our numbers".into(), "all".into())],
        outline: vec![
            drawn("menu", 0, &[], false),
            drawn("desk", 1, &["[Somebody else]", HOSTILE], false),
            drawn("menu", 1, &["yes"], true),
        ],
        steps: vec![
            StepLine { leads: vec![lead("menu", true), lead("gone", false)], ..step("menu", 0, "Asks") },
            step("desk", 1, "Hands over to people in"),
            step("", 2, "Looks whether"),
        ],
        becomes: "It becomes live in place of version 2, which answers nobody any more.".into(),
        version: 3,
        compared_with: Some(2),
        parts: vec![
            part("Question", "menu", Fate::Stays, Some("Which tea?"), Some("Which tea would you like?")),
            part("Message", "bye", Fate::Goes, Some(HOSTILE), None),
            part("End", "end", Fate::Comes, None, Some(HOSTILE)),
        ],
        unchanged: 3,
        lines: vec![ValueDiff { place: HOSTILE.into(), before: Some(HOSTILE.into()), after: None }],
        unlisted: 4,
        days: 30,
        messages: 12_480,
        only_newest: true,
        different: 310,
        conversations: 280,
        standing: 7,
        verdicts: vec![("Answered by this".into(), 310)],
        by: vec![("Flow".into(), HOSTILE.into(), 310)],
        samples: vec![sample(Some(HOSTILE), None), sample(None, Some(answer(None)))],
    }
}
