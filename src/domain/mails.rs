//! The mails that people get. None of them carries personal data: they say that something waits, and where.

words! {
    /// What a mail is about.
    MailKind, "kind of mail" {
        /// A request waits for a signature.
        RequestFiled = "request_filed",
        /// A request was decided.
        RequestDecided = "request_decided",
        /// A broadcast stands still.
        BroadcastPaused = "broadcast_paused",
        /// A conversation was given to somebody.
        ConversationAssigned = "conversation_assigned",
    }
}
