//! The steps at which the program can be made to die, in one table, so that tests can let it die at each of them. A step
//! is a transaction that makes something durable, with a point just before it and one just after; or a single point
//! between two of them. Outside of tests a point is an empty function: the library that lets it strike is not there.

/// Declares the table.
macro_rules! steps {
    ($($(#[$doc:meta])* $step:ident = $name:literal,)*) => {
        /// A step that becomes durable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Step {
            $($(#[$doc])* $step,)*
        }

        impl Step {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$step,)*];

            /// Its points: before the commit, and after it.
            #[must_use]
            pub const fn points(self) -> [&'static str; 2] {
                match self {
                    $(Self::$step => [concat!($name, ".before"), concat!($name, ".after")],)*
                }
            }
        }
    };
}

steps! {
    /// A request, with its frozen audience, its entry in the log and its mails.
    Filed = "filed",
    /// A signature, and with the last one the approval.
    Signed = "signed",
    /// Somebody takes back what has not begun.
    Withdrawn = "withdrawn",
    /// What nobody decided, or what did not start in time, ends.
    Expired = "expired",
    /// An approved request is claimed, and its execution made.
    Claimed = "claimed",
    /// A chunk of the ledger is written.
    Built = "built",
    /// A shard is leased.
    Leased = "leased",
    /// Outcomes of requests that ended, and intents of those that begin.
    Grouped = "grouped",
    /// Shards of a daemon that is gone are freed, and what it had under way is in doubt.
    TakenOver = "taken_over",
    /// The worker lets it stand still, or ends it.
    Halted = "halted",
    /// Shards of which nothing is on its way are given back.
    Released = "released",
    /// A shard in which nothing waits is ended.
    Closed = "closed",
    /// A person lets it stand still.
    Paused = "paused",
    /// A person agrees that it goes on; with the last one it does.
    Resumed = "resumed",
    /// A person stops it.
    Stopped = "stopped",
    /// People are asked about messages in doubt.
    Asked = "asked",
    /// People have decided about them.
    Ruled = "ruled",
    /// Meta has told of all that people were asked about, while it stands still.
    Told = "told",
    /// Nothing more goes out from a number, or from a business,
    Barred = "barred",
    /// and a person lets it go on.
    Freed = "freed",
    /// The database was put back: what waits is in doubt,
    Doubted = "doubted",
    /// and what was approved ends. So does what is not what was signed.
    Voided = "voided",
    /// It has come to its end.
    Ended = "ended",
    /// Replies to single customers are about to be sent.
    Intended = "intended",
    /// How one of them ended.
    Replied = "replied",
    /// A file that a reply carries is at Meta, and Meta's id of it is known.
    Uploaded = "uploaded",
    /// A language of a template is about to go to Meta.
    Submitting = "submitting",
    /// What became of it.
    Submitted = "submitted",
    /// Rows of a list of contacts are read and judged, or all of them are.
    Staged = "staged",
    /// A stretch of them is written.
    Imported = "imported",
    /// A post of Meta's is kept; the answer 200 follows.
    Kept = "kept",
    /// Posts of Meta's are applied.
    Applied = "applied",
    /// A post that cannot be applied is set aside.
    Parked = "parked",
}

/// A request is about to be sent; its intent is durable.
pub const REQUESTING: &str = "requesting";
/// The answer is here, and not written down.
pub const ANSWERED: &str = "answered";
/// The mail server took a mail; that is not written down.
pub const MAILED: &str = "mailed";

/// Reads from the environment (`FAILPOINTS`) at which points to die.
pub fn arm() {
    #[cfg(feature = "faults")]
    Box::leak(Box::new(fail::FailScenario::setup()));
}

/// By how many microseconds a test wants the clock of this machine to be off (`CLOCK_OFF_BY`, in seconds).
#[must_use]
pub fn clock_off_by() -> i64 {
    #[cfg(feature = "faults")]
    {
        static SECONDS: std::sync::LazyLock<i64> = std::sync::LazyLock::new(|| {
            std::env::var("CLOCK_OFF_BY").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
        });
        SECONDS.saturating_mul(1_000_000)
    }
    #[cfg(not(feature = "faults"))]
    0
}

/// The program may die here. A function of its own, so that a signal that it survives lets it go on.
pub fn point(name: &str) {
    #[cfg(feature = "faults")]
    fail::fail_point!(name, strike);
    // Without the feature the name is not looked at.
    let _ = name;
}

/// What a test asks for: death at this instant, as by SIGKILL or a lost power supply, or a signal to itself.
#[cfg(feature = "faults")]
fn strike(signal: Option<String>) {
    let Some(signal) = signal else { std::process::abort() };
    let pid = std::process::id().to_string();
    let sent = std::process::Command::new("kill").args([format!("-{signal}"), pid]).status();
    tracing::warn!(signal, ?sent, "a fault point was reached");
}
