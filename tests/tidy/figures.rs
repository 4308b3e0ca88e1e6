//! Each figure that the daemon counts is described, and each described one is counted.

use std::collections::BTreeSet;

use super::{File, expect_none, repository};

/// Figures that are counted and not described, or the other way round.
fn figures(files: &[File]) -> Vec<String> {
    let list = "src/app/figures.rs";
    let named = |file: &File| {
        let quoted =
            |(_, line): (usize, &str)| line.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        file.code().flat_map(quoted).filter(|name| name.starts_with("countersign_")).collect::<BTreeSet<_>>()
    };
    let (of_list, others): (Vec<_>, Vec<_>) =
        files.iter().filter(|file| file.path.starts_with("src/")).partition(|file| file.path == list);
    let described: BTreeSet<_> = of_list.into_iter().flat_map(named).collect();
    let counted: BTreeSet<_> =
        others.into_iter().filter(|file| file.text.contains("metrics::")).flat_map(named).collect();
    described
        .symmetric_difference(&counted)
        .map(|name| format!("{list}: {name} is to be counted and described"))
        .collect()
}

#[test]
fn figures_say_what_they_count() {
    expect_none(figures(&repository()));
}

#[test]
fn a_figure_that_says_nothing_and_one_that_nothing_counts() {
    let with = |name: &str| {
        [
            ("src/app/figures.rs", "(\"countersign_a_total\", \"A.\")"),
            ("src/mail.rs", &format!("metrics::counter!(\"{name}\")")),
        ]
        .map(|(path, text)| File { path: path.to_owned(), text: text.to_owned() })
    };
    assert!(figures(&with("countersign_a_total")).is_empty());
    assert_eq!(figures(&with("countersign_b_total")).len(), 2);
}
