//! A person's browser: headless Chromium over its own driver.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The widths at which every page is looked at: a desk and a phone.
pub const WIDTHS: [u32; 2] = [1280, 390];

const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox", // which needs more rights than a container gives
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--window-size=1280,900",
];

pub struct Browser {
    pub driver: WebDriver,
    // Declared after the session, so that the session ends first.
    _process: Child,
    _profile: TempDir,
}

impl Browser {
    /// None, with a line that says so, where there is no Chromium and this is not CI.
    pub async fn open() -> Option<Self> {
        super::start();
        let (chromium, chromedriver) = (super::program("chromium"), super::program("chromedriver"));
        if !super::have("Chromium with chromedriver", chromium.is_some() && chromedriver.is_some()) {
            return None;
        }
        let (mut process, port) = driver(chromedriver?).await;
        let profile = TempDir::with_prefix("countersign-browser-").expect("a folder for the profile");
        let mut wanted = DesiredCapabilities::chrome();
        for flag in FLAGS {
            wanted.add_arg(flag).expect("a flag");
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().display())).expect("a flag");
        wanted.set_binary(&chromium?.to_string_lossy()).expect("a path");
        let driver = match WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await {
            Ok(driver) => driver,
            Err(error) => {
                process.kill().await.ok();
                panic!("the browser does not start: {error}");
            }
        };
        Some(Self { driver, _process: process, _profile: profile })
    }

    pub async fn goto(&self, url: &str) {
        self.driver.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The element, as soon as it is there.
    pub async fn find(&self, css: &str) -> WebElement {
        let wanted = self.driver.query(By::Css(css)).wait(Duration::from_secs(10), Duration::from_millis(50));
        match wanted.first().await {
            Ok(element) => element,
            Err(error) => panic!("no {css} at {}: {error}\n{}", self.url().await, self.text().await),
        }
    }

    /// The element at an XPath, as soon as it is there.
    pub async fn find_by_path(&self, path: &str) -> WebElement {
        let wanted = self.driver.query(By::XPath(path)).wait(Duration::from_secs(10), Duration::from_millis(50));
        match wanted.first().await {
            Ok(element) => element,
            Err(error) => panic!("no {path} at {}: {error}\n{}", self.url().await, self.text().await),
        }
    }

    /// All elements that are there now.
    pub async fn all(&self, css: &str) -> Vec<WebElement> {
        self.driver.find_all(By::Css(css)).await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("click on {css}: {error}"));
    }

    /// Writes into an empty field; what stood in it goes.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap_or_else(|error| panic!("{css} cannot be emptied: {error}"));
        field.send_keys(text).await.unwrap_or_else(|error| panic!("{css} cannot be written to: {error}"));
    }

    pub async fn url(&self) -> String {
        self.driver.current_url().await.expect("an address").into()
    }

    /// All that a person can read on the page.
    pub async fn text(&self) -> String {
        let body = self.driver.find(By::Tag("body")).await.expect("a body");
        body.text().await.expect("its text")
    }

    /// Waits until the page says this.
    pub async fn wait_for_text(&self, words: &str) {
        let page = || async { self.driver.find(By::Tag("body")).await.ok()?.text().await.ok() };
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let text = page().await.unwrap_or_default();
            if text.contains(words) {
                return;
            }
            let late = tokio::time::Instant::now() > deadline;
            assert!(!late, "the page at {} never said {words:?}; it says:\n{text}", self.url().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Turns scripts off or on, from the next page on.
    pub async fn scripts(&self, on: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": !on})).await;
    }

    /// How much wider the page is than the window: more than 0 means that a person has to scroll sideways.
    pub async fn overflow(&self, width: u32) -> i64 {
        self.resize(width).await;
        let layout = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let content = layout["cssContentSize"]["width"].as_f64().expect("a width").ceil();
        content as i64 - i64::from(width)
    }

    /// Pictures for people to look at, when `SCREENS` is set: they take as long as the rest of a look at a page.
    pub async fn pictures(&self, name: &str) {
        if std::env::var_os("SCREENS").is_some() {
            self.screens(name).await;
        }
    }

    /// Pictures of the whole page at both widths, as `target/screens/NAME-1280.png` and so on.
    pub async fn screens(&self, name: &str) -> Vec<PathBuf> {
        let folder = super::root().join("target/screens");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        let mut files = Vec::new();
        for width in WIDTHS {
            self.resize(width).await;
            let layout = self.devtools("Page.getLayoutMetrics", json!({})).await;
            let height = layout["cssContentSize"]["height"].as_f64().expect("a height").max(600.0);
            let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
            let whole = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
            let picture = self.devtools("Page.captureScreenshot", whole).await;
            let picture = picture["data"].as_str().expect("a picture");
            let file = folder.join(format!("{name}-{width}.png"));
            let bytes = base64::engine::general_purpose::STANDARD.decode(picture).expect("base64");
            std::fs::write(&file, bytes).expect("the picture is written");
            files.push(file);
        }
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
        files
    }

    /// What an expression comes to in the page; a promise is waited for. The page's own policy does not bind it.
    pub async fn evaluate(&self, expression: &str) -> Value {
        let wanted = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.devtools("Runtime.evaluate", wanted).await;
        assert!(answer["exceptionDetails"].is_null(), "the page fails: {:#}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Gives the browser a cookie for an address.
    pub async fn cookie(&self, url: &str, name: &str, value: &str) {
        self.devtools("Network.setCookie", json!({"url": url, "name": name, "value": value})).await;
    }

    pub async fn resize(&self, width: u32) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    async fn devtools(&self, method: &str, params: Value) -> Value {
        self.driver.cdp().send_raw(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Ends the session; without it the browser ends with the driver.
    pub async fn close(self) {
        self.driver.clone().quit().await.expect("the session ends");
    }
}

/// Starts the driver on a port of its choice. It picks one for IPv4 and then wants the same for IPv6; if another test has
/// that one it ends, so it is asked again.
async fn driver(program: PathBuf) -> (Child, u16) {
    for _ in 0..10 {
        if let Some(started) = try_driver(&program).await {
            return started;
        }
    }
    panic!("chromedriver found no port in ten tries");
}

async fn try_driver(program: &Path) -> Option<(Child, u16)> {
    let mut process = Command::new(program)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("chromedriver starts");
    let mut lines = BufReader::new(process.stdout.take().expect("its output is piped")).lines();
    let port = async {
        while let Some(line) = lines.next_line().await.expect("its output can be read") {
            let port = line.split_once("started successfully on port ").map(|(_, port)| port.trim_end_matches('.'));
            if let Some(port) = port {
                return Some(port.parse().expect("a port"));
            }
        }
        None
    };
    let port = tokio::time::timeout(Duration::from_secs(30), port).await.expect("chromedriver starts in time")?;
    // It goes on writing; a full pipe would stop it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Some((process, port))
}
