//! Agents written by others: the official MCP clients for Python and TypeScript, each a process that is asked line by
//! line (tests/clients/agent.py says how).

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sdk {
    Python,
    TypeScript,
    /// The package that came before; it knows revisions with a handshake only.
    TypeScript1,
}

/// Which generation of the protocol the client opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    Modern,
    Legacy,
}

pub struct Agent {
    /// The revision that was agreed on.
    pub protocol: String,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

/// What a tool answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub is_error: bool,
    pub structured: Value,
    pub text: Vec<String>,
}

impl Answer {
    /// The structured content of a call that went well.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(!self.is_error, "the tool refused: {:#}", self.structured);
        self.structured
    }

    /// The `error` object of a call that was refused.
    #[track_caller]
    pub fn error(self) -> Value {
        assert!(self.is_error, "the tool did not refuse: {:#}", self.structured);
        self.structured["error"].clone()
    }
}

impl Sdk {
    fn command(self) -> (PathBuf, PathBuf) {
        let (program, script) = match self {
            Self::Python => (".venv/bin/python", "tests/clients/agent.py"),
            Self::TypeScript | Self::TypeScript1 => (".venv/bin/node", "tests/clients/agent.mjs"),
        };
        (super::root().join(program), super::root().join(script))
    }

    fn installed(self) -> bool {
        let package = match self {
            Self::Python => ".venv/bin/python",
            Self::TypeScript => "tests/clients/node_modules/@modelcontextprotocol/client",
            Self::TypeScript1 => "tests/clients/node_modules/@modelcontextprotocol/sdk",
        };
        super::have("an official MCP client (.venv, tests/clients)", super::root().join(package).exists())
    }
}

impl Agent {
    /// None, with a line that says so, where the client is not installed and this is not CI. `url` ends in `/mcp`.
    pub async fn connect(sdk: Sdk, era: Era, url: &str, key: &str) -> Option<Self> {
        match Self::try_connect(sdk, era, url, key).await? {
            Ok(agent) => Some(agent),
            Err(refused) => panic!("{sdk:?} could not connect to {url}: {refused}"),
        }
    }

    /// As `connect`, where the server may refuse: the error is what the client says about it.
    pub async fn try_connect(sdk: Sdk, era: Era, url: &str, key: &str) -> Option<Result<Self, String>> {
        if !sdk.installed() {
            return None;
        }
        let (program, script) = sdk.command();
        let mut child = Command::new(program)
            .arg(script)
            .current_dir(super::root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the client starts");
        let input = child.stdin.take().expect("its input is piped");
        let output = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let mut agent = Self { protocol: String::new(), child, input, output };
        let era = if era == Era::Modern { "auto" } else { "legacy" };
        let major = if sdk == Sdk::TypeScript1 { 1 } else { 2 };
        let greeting = agent.ask(json!({"url": url, "key": key, "era": era, "sdk": major})).await;
        if let Some(refused) = greeting["refused"].as_str() {
            return Some(Err(refused.to_owned()));
        }
        agent.protocol = greeting["protocol"].as_str().expect("a protocol was agreed on").to_owned();
        Some(Ok(agent))
    }

    async fn ask(&mut self, request: Value) -> Value {
        self.input.write_all(format!("{request}\n").as_bytes()).await.expect("the client listens");
        let answer = tokio::time::timeout(Duration::from_secs(60), self.output.next_line());
        let line = answer.await.expect("the client answers in time").expect("its output can be read");
        let line = line.unwrap_or_else(|| panic!("the client ended without an answer to {request}"));
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("the client wrote {line}: {error}"))
    }

    /// Every tool, over all pages, as the client saw it.
    pub async fn tools(&mut self) -> Vec<Value> {
        let answer = self.ask(json!({"list": true})).await;
        answer["tools"].as_array().unwrap_or_else(|| panic!("no tools: {answer}")).clone()
    }

    pub async fn call(&mut self, tool: &str, arguments: Value) -> Answer {
        match self.try_call(tool, arguments).await {
            Ok(answer) => answer,
            Err(refused) => panic!("{tool}: {refused}"),
        }
    }

    /// As `call`, where the protocol itself may refuse (an unknown tool, a revoked key).
    pub async fn try_call(&mut self, tool: &str, arguments: Value) -> Result<Answer, String> {
        let answer = self.ask(json!({"tool": tool, "arguments": arguments})).await;
        if let Some(refused) = answer["refused"].as_str() {
            return Err(refused.to_owned());
        }
        let text = answer["text"].as_array().expect("text blocks").iter();
        Ok(Answer {
            is_error: answer["is_error"].as_bool().expect("whether it is an error"),
            structured: answer["structured"].clone(),
            text: text.filter_map(|block| Some(block.as_str()?.to_owned())).collect(),
        })
    }
}
