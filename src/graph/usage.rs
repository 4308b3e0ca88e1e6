//! How much of Meta's call budgets is spent, as its answers tell in their headers.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::domain::json::{int, text};

/// Both budgets; either is absent until enough calls have been made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    pub app: Option<AppUsage>,
    /// One for each kind of call of each business account.
    pub business: Vec<BusinessUsage>,
}

/// In percent; Meta throttles at 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppUsage {
    pub calls: i64,
    pub time: i64,
    pub cpu: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessUsage {
    pub business_id: String,
    pub kind: String,
    pub calls: i64,
    pub time: i64,
    pub cpu: i64,
    /// Until calls are taken again; zero when they are.
    pub regain: Duration,
}

impl Usage {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let json = |name: &str| headers.get(name).and_then(|v| serde_json::from_slice::<Value>(v.as_bytes()).ok());
        let app = json("x-app-usage").filter(Value::is_object);
        let mut business = Vec::new();
        if let Some(Value::Object(accounts)) = json("x-business-use-case-usage") {
            for (id, kinds) in &accounts {
                business.extend(kinds.as_array().into_iter().flatten().map(|kind| business_usage(id, kind)));
            }
        }
        Self { app: app.as_ref().map(app_usage), business }
    }

    pub fn is_empty(&self) -> bool {
        self.app.is_none() && self.business.is_empty()
    }

    /// The most spent of all budgets, in percent.
    pub fn highest(&self) -> i64 {
        let app = self.app.iter().flat_map(|u| [u.calls, u.time, u.cpu]);
        let business = self.business.iter().flat_map(|u| [u.calls, u.time, u.cpu]);
        app.chain(business).max().unwrap_or(0)
    }

    /// How long Meta asks to wait, if it does.
    pub fn regain(&self) -> Option<Duration> {
        self.business.iter().map(|u| u.regain).max().filter(|wait| !wait.is_zero())
    }
}

fn percent(value: &Value, key: &str) -> i64 {
    int(value, key).unwrap_or(0)
}

fn app_usage(value: &Value) -> AppUsage {
    AppUsage {
        calls: percent(value, "call_count"),
        time: percent(value, "total_time"),
        cpu: percent(value, "total_cputime"),
    }
}

fn business_usage(id: &str, value: &Value) -> BusinessUsage {
    let minutes = int(value, "estimated_time_to_regain_access").unwrap_or(0).clamp(0, 7 * 24 * 60);
    BusinessUsage {
        business_id: id.to_owned(),
        kind: text(value, "type").unwrap_or_default(),
        calls: percent(value, "call_count"),
        time: percent(value, "total_time"),
        cpu: percent(value, "total_cputime"),
        regain: Duration::from_secs(minutes.unsigned_abs() * 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(app: &str, business: &str) -> Usage {
        let mut headers = HeaderMap::new();
        headers.insert("X-App-Usage", app.parse().unwrap());
        headers.insert("X-Business-Use-Case-Usage", business.parse().unwrap());
        Usage::read(&headers)
    }

    #[test]
    fn both_headers_are_read() {
        let usage = usage(
            r#"{"call_count":28,"total_time":25,"total_cputime":26}"#,
            r#"{"9001":[{"type":"whatsapp","call_count":101,"total_cputime":3,"total_time":5,"estimated_time_to_regain_access":12}]}"#,
        );
        assert_eq!(usage.app, Some(AppUsage { calls: 28, time: 25, cpu: 26 }));
        assert_eq!((usage.highest(), usage.regain()), (101, Some(Duration::from_secs(720))));
        assert_eq!((usage.business[0].business_id.as_str(), usage.business[0].kind.as_str()), ("9001", "whatsapp"));
    }

    #[test]
    fn nonsense_and_absence_are_normal() {
        assert!(Usage::read(&HeaderMap::new()).is_empty());
        for odd in ["", "{", "[]", "3", r#"{"9001":7}"#] {
            let usage = usage(odd, odd);
            assert_eq!((usage.regain(), usage.business.len()), (None, 0), "{odd}");
        }
        assert_eq!(usage("{}", r#"{"1":[{"estimated_time_to_regain_access":-9223372036854775808}]}"#).regain(), None);
    }
}
