//! What Meta takes at most, in characters unless it says otherwise.

/// The text of a text message.
pub const TEXT: usize = 4_096;
/// The words below a picture, a film or a file.
pub const CAPTION: usize = 1_024;
/// The text above buttons.
pub const BODY: usize = 1_024;
/// The text above a list.
pub const LIST_BODY: usize = 4_096;
/// The line on top.
pub const HEADER: usize = 60;
/// The small line below.
pub const FOOTER: usize = 60;
/// What stands on a button.
pub const BUTTON: usize = 20;
/// Reply buttons of one message.
pub const BUTTONS: usize = 3;
/// What comes back when a reply button is tapped.
pub const BUTTON_ID: usize = 256;
/// Sections of a list.
pub const SECTIONS: usize = 10;
/// Rows of all sections together.
pub const ROWS: usize = 10;
/// The title of a section or of a row.
pub const TITLE: usize = 24;
/// What comes back when a row is chosen.
pub const ROW_ID: usize = 200;
/// The line below the title of a row.
pub const ROW_DESCRIPTION: usize = 72;
/// Products of all sections together.
pub const PRODUCTS: usize = 30;
/// Contact cards in one message.
pub const CONTACTS: usize = 257;
/// The token that comes back in every status.
pub const CALLBACK: usize = 512;
