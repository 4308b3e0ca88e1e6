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

/// For PostgreSQL, where much hangs on it: the rows of each of the contacts in that parameter, looked up one by one, as
/// `wanted.no` in the statement that finds them. Of a table without statistics, or with old ones, the planner would rather
/// read all that a tenant has; `offset` keeps it from making a plain join of this. A contact that is named twice gives
/// its rows twice.
macro_rules! one_by_one {
    ($parameter:literal, $rows:literal, $name:literal) => {
        concat!(
            "(select cast(value as bigint) as no from json_array_elements_text(cast(",
            $parameter,
            " as json))) wanted cross join lateral (",
            $rows,
            " offset 0) ",
            $name
        )
    };
}
pub(super) use one_by_one;

/// The list as it travels.
pub(super) fn list(contacts: impl IntoIterator<Item = ContactNo>) -> String {
    let numbers: Vec<String> = contacts.into_iter().map(|no| no.0.to_string()).collect();
    format!("[{}]", numbers.join(","))
}
