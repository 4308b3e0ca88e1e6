//! axe, the accessibility checker, at work in the page that a browser shows.

use serde_json::Value;

use super::browser::Browser;

/// What is checked: WCAG 2.0 to 2.2, levels A and AA.
const RULES: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']";

/// The checker's source; none, with a line that says so, where it is not installed and this is not CI.
pub fn source() -> Option<String> {
    let file = super::root().join("tests/clients/node_modules/axe-core/axe.min.js");
    super::have("axe-core (tests/clients)", file.exists()).then(|| std::fs::read_to_string(file).expect("its source"))
}

/// Every violation on the page as it stands, one line each: rule, element, what to do.
pub async fn violations(browser: &Browser, axe: &str) -> Vec<String> {
    if browser.evaluate("typeof axe").await != "object" {
        browser.evaluate(&format!("{axe};0")).await;
    }
    let run = format!("axe.run(document, {{ runOnly: {RULES}, resultTypes: ['violations'] }})");
    let result = browser.evaluate(&run).await;
    let passes = result["passes"].as_array().map_or(0, Vec::len);
    assert!(passes > 5, "axe looked at nothing: {result:#}");
    let found = result["violations"].as_array().expect("a list of violations").iter();
    found
        .flat_map(|rule| rule["nodes"].as_array().expect("its elements").iter().map(move |at| line(rule, at)))
        .collect()
}

fn line(rule: &Value, at: &Value) -> String {
    format!("{}: {} — {}", rule["id"], at["target"], at["failureSummary"])
}
