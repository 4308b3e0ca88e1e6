//! What the rules say of a preview: what was shown with it, what is new by now, and what of that a person has to accept.

use super::{Finding, Level, Preview};

impl Preview {
    /// The worst finding there is.
    #[must_use]
    pub fn worst(&self) -> Option<Level> {
        self.findings.iter().map(|f| f.level).min()
    }

    /// Whether this rule has something to say of it.
    #[must_use]
    pub fn names(&self, rule: &str) -> bool {
        self.findings.iter().any(|finding| finding.rule == rule)
    }

    /// The findings that forbid it.
    pub fn blocks(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.level == Level::Block)
    }

    /// What the rules say by now, beyond what was shown with it and what is merely worth knowing. What a rule says of other facts
    /// is new as well.
    #[must_use]
    pub fn news(&self, now: &[Finding]) -> Vec<Finding> {
        let fresh = |finding: &&Finding| !self.findings.iter().any(|then| then.is_as(finding));
        now.iter().filter(|finding| finding.level != Level::Note).filter(fresh).cloned().collect()
    }

    /// The warnings that a person must accept by name to sign it while the rules say this: those that were shown with it, and those
    /// that are new, by their rules.
    #[must_use]
    pub fn to_accept(&self, now: &[Finding]) -> Vec<Finding> {
        let fresh = self.news(now).into_iter().filter(|finding| finding.level == Level::Warn);
        let mut all: Vec<Finding> = self.warnings().cloned().chain(fresh).collect();
        all.sort_by(|a, b| a.rule.cmp(&b.rule));
        all
    }

    /// The findings that a person must accept by name, of those that were shown with it.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.level == Level::Warn)
    }
}
