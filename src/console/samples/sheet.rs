//! A sheet with a part of each kind.

use super::{HOSTILE, now};
use crate::console::message_text::pieces;
use crate::console::requests::Section;
use crate::console::review::{Sheet, SheetCell, SheetFact, SheetPart, SheetReview, SheetSaid, SheetTable, Writer};

pub fn sheet() -> SheetReview {
    let table = SheetTable {
        unlisted: 3,
        ..SheetTable::new(
            "What was said about consent".into(),
            vec!["Category".into(), "Proof".into()],
            vec![vec![
                SheetCell { href: Some("/conversations/cv_1".into()), ..SheetCell::from(HOSTILE.to_owned()) },
                SheetCell::from("marketing".to_owned()).over([HOSTILE.to_owned()]),
            ]],
        )
    };
    let facts = vec![
        SheetFact::becomes("Name".into(), Some("C••• T•• M••".into()), HOSTILE.into()),
        SheetFact::is(HOSTILE.into(), "gold".into()),
        SheetFact::is("Conversation".into(), "C•••".into()).at("/conversations/cv_1".into()),
    ];
    let said =
        |writer, by: &str| SheetPart::Said(SheetSaid { writer, by: by.into(), at: Some(now()), text: pieces(HOSTILE) });
    SheetReview {
        sections: vec![
            Sheet { section: Section::Change, meta: Some("new".into()), parts: vec![SheetPart::Facts(facts)] },
            Sheet {
                section: Section::Consent,
                meta: None,
                parts: vec![
                    SheetPart::Title("History".into()),
                    SheetPart::Table(table),
                    said(Writer::Customer, "Customer"),
                    said(Writer::Team, "A colleague"),
                    said(Writer::Agent, "Note for the team"),
                    SheetPart::Note("It stays with the person.".into()),
                ],
            },
        ],
    }
}
