//! Every page with every sample, in every language: what must hold for all of them.
//!
//! With `COUNTERSIGN_GALLERY=DIR` the pages are written to that folder together with the static files, so that a browser
//! or an accessibility checker can look at them.

#![expect(clippy::string_slice, reason = "a test may stop at a file that is not what it should be")]

use std::path::Path;

use askama::Template;
use scraper::{Html, Node, Selector};

use super::assets::Assets;
use super::audit::AuditPage;
use super::audit_event::AuditEventPage;
use super::broadcasts::{BroadcastsPage, ResumePage, StopPage};
use super::confirm::ConfirmPage;
use super::conversations::{ConversationPage, ConversationsPage};
use super::decisions::SignPage;
use super::doubts::DoubtsPage;
use super::errors::ErrorPage;
use super::help::KeysPage;
use super::inbox::InboxPage;
use super::left_out::LeftOutPage;
use super::monitor::{Live, LiveFragment, MonitorPage};
use super::numbers::NumbersPage;
use super::replies::doubts::ReplyDoubtsPage;
use super::requests::RequestPage;
use super::samples::HOSTILE;
use super::session::SignInPage;
use super::states::State;
use super::values::ValuesPage;
use crate::words::{Lang, Words};

fn pages(l: &Words) -> Vec<(String, String)> {
    fn all<T: Template>(name: &str, samples: Vec<T>) -> impl Iterator<Item = (String, String)> {
        let name = name.to_owned();
        (1..).zip(samples).map(move |(i, page)| (format!("{name}-{i}"), page.render().unwrap()))
    }
    all("sign-in", SignInPage::samples(l))
        .chain(all("error", ErrorPage::samples(l)))
        .chain(all("inbox", InboxPage::samples(l)))
        .chain(all("request", RequestPage::samples(l)))
        .chain(all("sign", SignPage::samples(l)))
        .chain(all("broadcasts", BroadcastsPage::samples(l)))
        .chain(all("monitor", MonitorPage::samples(l)))
        .chain(all("stop", StopPage::samples(l)))
        .chain(all("resume", ResumePage::samples(l)))
        .chain(all("doubts", DoubtsPage::samples(l)))
        .chain(all("confirm", ConfirmPage::samples(l)))
        .chain(all("values", ValuesPage::samples(l)))
        .chain(all("reply-doubts", ReplyDoubtsPage::samples(l)))
        .chain(all("conversations", ConversationsPage::samples(l)))
        .chain(all("conversation", ConversationPage::samples(l)))
        .chain(all("numbers", NumbersPage::samples(l)))
        .chain(all("audit", AuditPage::samples(l)))
        .chain(all("event", AuditEventPage::samples(l)))
        .chain(all("left-out", LeftOutPage::samples(l)))
        .chain(all("keys", KeysPage::samples(l)))
        .collect()
}

fn count(page: &Html, selector: &str) -> usize {
    page.select(&Selector::parse(selector).unwrap()).count()
}

fn values(page: &Html, selector: &str, attribute: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).filter_map(|el| el.value().attr(attribute)).map(str::to_owned).collect()
}

fn check(name: &str, text: &str) {
    let page = Html::parse_document(text);
    assert!(page.errors.iter().all(|e| !e.contains("Duplicate attribute")), "{name}: {:?}", page.errors);
    for (selector, want) in [("h1", 1), ("main#main", 1), ("html[lang]", 1), ("title", 2), ("a.skip", 1), ("style", 0)]
    {
        let got = count(&page, selector);
        let titles_of_charts = selector == "title" && got == 1;
        assert!(got == want || titles_of_charts, "{name}: {got} of {selector}");
    }
    for never in [
        "[style]",
        "script:not([src])",
        "[onclick]",
        "[onerror]",
        // Pictures come by the door for files, and say what they are.
        "img:not([src^='/media/'])",
        "img:not([alt])",
        "a:not([href])",
        "form:not([action])",
    ] {
        assert_eq!(count(&page, never), 0, "{name}: {never}");
    }
    assert!(!text.contains('⟦'), "{name}: a text is missing: {}", &text[text.find('⟦').unwrap_or(0)..][..60]);
    assert!(!text.contains(HOSTILE), "{name}: text became markup");

    let title = page.select(&Selector::parse("head title").unwrap()).next().unwrap().text().collect::<String>();
    let h1 = page.select(&Selector::parse("h1").unwrap()).next().unwrap().text().collect::<String>();
    assert!(title.contains(h1.trim()), "{name}: the title {title} does not name the page {h1}");

    let mut ids = values(&page, "[id]", "id");
    let before = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(before, ids.len(), "{name}: an id is there twice");
    for (selector, attribute) in
        [("label[for]", "for"), ("[aria-labelledby]", "aria-labelledby"), ("[aria-describedby]", "aria-describedby")]
    {
        for target in values(&page, selector, attribute).iter().flat_map(|ids| ids.split(' ')) {
            assert!(ids.iter().any(|id| id == target), "{name}: {attribute} leads to no {target}");
        }
    }
    // A file that somebody else serves is opened apart from the console, which tells nobody where the person came from.
    for link in page.select(&Selector::parse("a.outside").unwrap()) {
        let (rel, target) = (link.value().attr("rel"), link.value().attr("target"));
        assert_eq!((rel, target), (Some("noopener noreferrer nofollow"), Some("_blank")), "{name}");
        assert!(link.value().attr("href").unwrap().starts_with("https://"), "{name}");
    }
    for href in values(&page, "a[href]:not(.outside), use", "href") {
        if let Some(target) = href.strip_prefix('#') {
            assert!(ids.iter().any(|id| id == target), "{name}: a link leads to no #{target}");
        } else {
            assert!(href.starts_with(['/', '?']), "{name}: {href} leads out of the console");
        }
    }
    for field in page.select(&Selector::parse("input:not([type=hidden]), select, textarea").unwrap()) {
        let id = field.value().attr("id").unwrap_or_default();
        let labelled = count(&page, &format!("label[for='{id}']")) == 1
            || field.ancestors().any(|a| a.value().as_element().is_some_and(|el| el.name() == "label"))
            || field.value().attr("aria-hidden").is_some();
        assert!(labelled, "{name}: a field has no label: {}", field.html());
    }
    assert_eq!(count(&page, "table"), count(&page, "table > caption"), "{name}: a table has no caption");
    assert_eq!(count(&page, "th:not([scope])"), 0, "{name}: a heading cell has no scope");
    let levels: Vec<u8> = page
        .select(&Selector::parse("h1, h2, h3, h4").unwrap())
        .map(|el| el.value().name().as_bytes()[1] - b'0')
        .collect();
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name}: a heading level is left out: {levels:?}");
}

#[test]
fn every_page_holds_in_every_language() {
    let folder = std::env::var_os("COUNTERSIGN_GALLERY");
    for lang in Lang::ALL.into_iter().chain([Lang::Pseudo]) {
        let l = Words::hong_kong(lang);
        for (name, text) in pages(&l) {
            check(&format!("{} {name}", lang.tag()), &text);
            assert!(text.len() <= 150 << 10, "{name} has {} bytes", text.len());
            if let Some(folder) = &folder {
                let folder = Path::new(folder).join(lang.tag());
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(format!("{name}.html")), &text).unwrap();
            }
        }
    }
    if let Some(folder) = &folder {
        let folder = Path::new(folder).join("static");
        std::fs::create_dir_all(&folder).unwrap();
        for name in Assets::iter() {
            std::fs::write(folder.join(name.as_ref()), Assets::get(&name).unwrap().data).unwrap();
        }
    }
}

#[test]
fn the_words_that_people_rely_on_are_there() {
    let l = Words::hong_kong(Lang::En);
    let pages: std::collections::HashMap<_, _> = pages(&l).into_iter().collect();
    for (name, words) in [
        ("sign-in-1", &["Email", "Password", "Sign in"][..]),
        ("inbox-1", &["Waiting for me", "Waiting for others", "Decided", "All"]),
        ("request-1", &["Your decision", "Approve", "Request changes", "Reject", "Comment", "Continue to sign"]),
        ("sign-1", &["Password", "Approve and sign"]),
        ("sign-2", &["Reject and sign"]),
        ("sign-3", &["Request changes and sign"]),
        ("monitor-1", &["Stop sending"]),
    ] {
        for word in words {
            assert!(pages[name].contains(word), "{name} does not say {word}");
        }
    }
    let request = Html::parse_document(&pages["request-1"]);
    assert_eq!(count(&request, "input[type=checkbox][name=section]"), 5);
    assert_eq!(count(&request, "input[type=radio][name=verdict]"), 3);
    let order: Vec<_> =
        ["id=\"message\"", "id=\"audience\"", "id=\"consent\"", "id=\"schedule\"", "id=\"links\"", "agent-title"]
            .map(|mark| pages["request-1"].find(mark).unwrap())
            .to_vec();
    assert!(order.is_sorted(), "the sections stand in their order and the agent's words last");
}

#[test]
fn a_table_that_stacks_names_its_cells() {
    for (name, text) in pages(&Words::hong_kong(Lang::En)) {
        let page = Html::parse_document(&text);
        let nameless =
            count(&page, ".stack-rows tbody td:not([data-label])") - count(&page, ".stack-rows tbody td:has(a.title)");
        assert_eq!(nameless, 0, "{name}: a cell has no name on a small screen");
    }
}

#[test]
fn a_cell_that_stacks_holds_one_thing() {
    // Its name stands beside it in a grid of two columns: a second thing would fall under the name.
    let cells = Selector::parse(".stack-rows tbody :is(td, th)[data-label]").unwrap();
    for (name, text) in pages(&Words::hong_kong(Lang::En)) {
        for cell in Html::parse_document(&text).select(&cells) {
            let things = cell.children().filter(|node| match node.value() {
                Node::Text(text) => !text.trim().is_empty(),
                other => other.is_element(),
            });
            assert!(things.count() <= 1, "{name}: {}", cell.html());
        }
    }
}

#[test]
fn the_live_fragment_is_what_the_page_shows() {
    let l = Words::hong_kong(Lang::En);
    let fragment = LiveFragment { l: l.clone(), live: Live::sample(&l, &State::Sending) }.render().unwrap();
    assert!(MonitorPage::samples(&l)[0].render().unwrap().contains(fragment.trim()));
}
