//! How fast the demo's story goes: at the pace of life, or faster for whoever cannot wait for five minutes.

use std::str::FromStr;
use std::time::Duration;

/// Minutes of the story in a minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace(f64);

impl Pace {
    /// How long a span of the story takes.
    pub fn of(self, span: Duration) -> Duration {
        span.div_f64(self.0)
    }

    /// For the simulator, whose customers live as fast.
    pub const fn factor(self) -> f64 {
        self.0
    }
}

impl FromStr for Pace {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let factor = text.parse::<f64>().ok().filter(|factor| (0.1..=100.0).contains(factor));
        factor.map(Self).ok_or_else(|| format!("\"{text}\" is not a pace: write a number from 0.1 to 100, such as 10"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_divides_spans_and_is_neither_none_nor_endless() {
        let five: Pace = "5".parse().unwrap();
        assert_eq!(five.of(Duration::from_secs(60)), Duration::from_secs(12));
        for text in ["", "0", "-1", "inf", "NaN", "1000", "fast"] {
            assert!(text.parse::<Pace>().is_err(), "{text}");
        }
    }
}
