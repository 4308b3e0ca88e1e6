//! What is usually right for messages in doubt.

use crate::domain::consent::MessageCategory;
use crate::domain::deliveries::Ruling;

/// What is proposed to whoever decides: an offer or a code that came twice does more harm than one that did not come. Of the
/// others nobody knows.
#[must_use]
pub const fn usual_ruling(category: MessageCategory) -> Option<Ruling> {
    match category {
        MessageCategory::Marketing | MessageCategory::Authentication => Some(Ruling::Leave),
        MessageCategory::Utility | MessageCategory::Service => None,
    }
}
