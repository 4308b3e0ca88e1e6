//! What the fuzzer begins with, and what it has found, is read anew by every run of the tests.

mod read {
    pub mod template;
    pub mod webhook;
}

use std::path::Path;

/// Every file of these folders; the corpus is there only where somebody has let the fuzzer run.
fn each(target: &str, read: fn(&[u8])) -> usize {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let mut count = 0;
    for folder in ["seeds", "corpus"] {
        let Ok(files) = std::fs::read_dir(home.join(folder).join(target)) else { continue };
        for file in files {
            let path = file.expect("a file").path();
            eprintln!("{}", path.display());
            read(&std::fs::read(&path).expect("it can be read"));
            count += 1;
        }
    }
    count
}

#[test]
fn every_seed_is_read_or_refused() {
    assert!(each("webhook", read::webhook::check) >= 3, "the seeds of webhooks are gone");
    assert!(each("template", read::template::check) >= 1, "the seeds of templates are gone");
}

/// Cut and changed at every place, a seed is read or refused all the same.
#[test]
fn no_seed_falls_over_when_it_is_cut_or_changed() {
    for (target, check) in
        [("webhook", read::webhook::check as fn(&[u8])), ("template", read::template::check as fn(&[u8]))]
    {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(target);
        for file in std::fs::read_dir(home).expect("the seeds") {
            let seed = std::fs::read(file.expect("a file").path()).expect("it can be read");
            for place in 0..seed.len() {
                check(seed.get(..place).unwrap_or_default());
                for byte in [0, b'"', b'{', b'9', 0xff] {
                    let mut changed = seed.clone();
                    changed[place] = byte;
                    check(&changed);
                }
            }
        }
    }
}
