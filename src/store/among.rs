//! "One of these contacts", in one parameter: the list travels as a JSON array, which both databases can unfold.

use crate::domain::contacts::ContactNo;

/// A statement with `in (the numbers of that parameter)` at the gap, for the database at hand.
macro_rules! among {
    ($of:expr, $before:expr, $parameter:literal, $after:expr) => {
        if $of.is_postgres() {
            concat!(
                $before,
                " = any(array(select cast(value as bigint) from json_array_elements_text(cast(",
                $parameter,
                " as json)))) ",
                $after
            )
        } else {
            concat!($before, " in (select value from json_each(", $parameter, ")) ", $after)
        }
    };
}
pub(super) use among;

/// The list as it travels.
pub(super) fn list(contacts: impl IntoIterator<Item = ContactNo>) -> String {
    let numbers: Vec<String> = contacts.into_iter().map(|no| no.0.to_string()).collect();
    format!("[{}]", numbers.join(","))
}
