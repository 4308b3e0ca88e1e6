//! The daemon itself: its folder for files, its door for them, and what it says of a scanner that is away.

use serde_json::Value;

use crate::support::daemon::{Daemon, free_port};
use crate::support::db::{TestDb, on_both};

on_both!(a_daemon_has_a_door_for_files_and_says_what_they_lack);

async fn a_daemon_has_a_door_for_files_and_says_what_they_lack(db: TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let (listen, clamd) = (format!("127.0.0.1:{}", free_port()), format!("tcp://127.0.0.1:{}", free_port()));
    let files = folder.path().join("files");
    let files_url = format!("file:{}", files.display());
    let variables = [
        ("COUNTERSIGN__SERVER__LISTEN", listen.as_str()),
        ("COUNTERSIGN__DATABASE__URL", db.url.as_str()),
        ("COUNTERSIGN__MEDIA__URL", files_url.as_str()),
        ("COUNTERSIGN__MEDIA__CLAMD", clamd.as_str()),
        ("COUNTERSIGN__LOG__LEVEL", "debug"),
    ];
    let daemon = Daemon::start(folder.path(), &["serve"], &variables, &format!("http://{listen}")).await;
    let answer = reqwest::get(format!("{}/media/made-up-token", daemon.url)).await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["content-security-policy"], "sandbox; default-src 'none'");
    assert!(daemon.log().contains("/media/"), "the request is in the log");
    assert!(!daemon.log().contains("made-up-token"), "what opens a file is not");
    // The door for files of agents is there, for those with a key who call us by our name.
    let send = || reqwest::Client::new().post(format!("{}/uploads", daemon.url)).body("a,b");
    assert_eq!(send().send().await.unwrap().status(), 401);
    assert_eq!(send().header("host", "evil.example").send().await.unwrap().status(), 403);
    let health: Value = reqwest::get(format!("{}/readyz", daemon.url)).await.unwrap().json().await.unwrap();
    assert_eq!((&health["ready"], health["warnings"].as_array().unwrap().len()), (&true.into(), 1), "{health:#}");
    assert!(health["warnings"][0].as_str().unwrap().contains("media.clamd"), "{health:#}");
    std::fs::remove_dir_all(&files).unwrap();
    std::fs::write(&files, "").unwrap();
    let health: Value = reqwest::get(format!("{}/readyz", daemon.url)).await.unwrap().json().await.unwrap();
    assert_eq!(health["warnings"].as_array().unwrap().len(), 2, "{health:#}");
    assert!(health["warnings"][0].as_str().unwrap().contains("media.url"), "{health:#}");
    assert!(daemon.stop().await.success());
}
