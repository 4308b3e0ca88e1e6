//! The table of what is written down about customers, and of their conversations.

use super::Rule;
use crate::domain::preview::Level;

rules! {
    /// Those of contacts, consent, labels and conversations.
    PEOPLE
    SIGN_29 = Block "SIGN-29" "Details are others"
        "What this request carries is not what was signed. Ask for a new request.";
    CONTACT_01 = Block "CONTACT-01" "No such number"
        "The phone number cannot be one: {fault}.";
    CONTACT_02 = Block "CONTACT-02" "Number or id of another contact"
        "Contact {contact} has this number or user id. Nothing is merged here; change that contact, or give it its own number first.";
    CONTACT_03 = Note "CONTACT-03" "Changes nothing"
        "All of it is known already.";
    CONTACT_04 = Block "CONTACT-04" "Contact is another"
        "The contact is not as it was shown any more. Ask for a new request.";
    CONTACT_05 = Warn "CONTACT-05" "Another number or id"
        "The contact gets another number or user id. Consent and opt-outs stay with it; the time to answer freely ends, and no payment link goes there until somebody has made sure who it is.";
    CONTACT_06 = Warn "CONTACT-06" "Another name"
        "The contact gets another name. Check that it is still the same person.";
    CONTACT_07 = Warn "CONTACT-07" "Identity confirmed"
        "Whoever signs says that the right person holds the number, by this way: {how}. Payment links may go there again.";
    CONTACT_08 = Note "CONTACT-08" "Somebody new"
        "No consent of this person is recorded. Until one is, they can be answered, and sent what needs no consent.";
    LEDGER_01 = Block "LEDGER-01" "Passes over an opt-out"
        "{count} of them opted out of {category} messages, or may not be written to. An agreement is recorded by a reversal, with what the customer did after the no.";
    LEDGER_02 = Block "LEDGER-02" "Passes over a withdrawal"
        "{count} of them took back their consent to {category} messages. An agreement is recorded by a reversal, with what the customer did after that.";
    LEDGER_03 = Note "LEDGER-03" "Changes nothing"
        "All of it is recorded already.";
    LEDGER_04 = Note "LEDGER-04" "Consent by word of mouth"
        "Consent by word of mouth lapses after 14 days unless it is confirmed in writing.";
    LEDGER_05 = Block "LEDGER-05" "A reversal for many"
        "{count} contacts are named. A no is taken back for one contact at a time, each by what that customer did.";
    LEDGER_06 = Block "LEDGER-06" "Switched off at WhatsApp"
        "The customer switched marketing off at WhatsApp. Only they can switch it on again, there.";
    LEDGER_07 = Block "LEDGER-07" "Nothing to take back"
        "The customer has not said no to this. Record an agreement instead.";
    LEDGER_08 = Block "LEDGER-08" "No such message"
        "There is no message of this customer with that id. Name one that they wrote, or a form that they signed.";
    LEDGER_09 = Block "LEDGER-09" "Not after the no"
        "What the customer did does not come after the no. Only something that they do afterwards takes it back.";
    LEDGER_10 = Block "LEDGER-10" "Says nothing of the kind"
        "The message was taken back, has no words, or says stop itself. Name one in which the customer asks to be written to.";
    LEDGER_11 = Warn "LEDGER-11" "Read the customer's words"
        "The customer wrote again after the no. Read whether they ask to be written to again, and about this.";
    LEDGER_12 = Warn "LEDGER-12" "Look at the form"
        "The form lies elsewhere, and nobody has looked at it here. Find it, and check who signed it, when, and what for.";
    TAG_01 = Block "TAG-01" "A label for a consent"
        "The label \"{phrase}\" says \"{title}\", which only a record of consent may say. Record the consent with its proof, and choose another label.";
    TAG_02 = Note "TAG-02" "Segments find people by it"
        "Segments find people by these labels: {segments}. Broadcasts that are made from them reach other people from then on.";
    TAG_03 = Note "TAG-03" "Changes nothing"
        "All of them carry these labels already, or do not carry those that are taken away.";
    TAG_04 = Block "TAG-04" "A segment depends on it by now"
        "A segment finds people by one of these labels by now, so that somebody has to agree. Ask again.";
    HAND_01 = Block "HAND-01" "No such queue"
        "There is no queue {title}. Name one that there is.";
    HAND_02 = Block "HAND-02" "Nobody of the team"
        "The person that is named is not, or no longer, one of the team.";
    HAND_03 = Block "HAND-03" "May not look after the queue"
        "The person that is named does not look after the queue that the conversation would be in. Name another, or the queue alone.";
    HAND_04 = Block "HAND-04" "Closed"
        "{count} of the conversations are closed. They open again when the customer writes.";
    HAND_05 = Note "HAND-05" "Changes nothing"
        "All of it is so already.";
    HAND_06 = Warn "HAND-06" "Leaves a restricted queue"
        "{count} of the conversations leave a restricted queue. More people can read them from then on, with their private notes.";
    HAND_07 = Warn "HAND-07" "Goes into a restricted queue"
        "Only those who look after the queue, and those who oversee all, see the conversation from then on.";
    HAND_08 = Note "HAND-08" "Late at once"
        "For {count} customers who wait, the time that the queue promises is over already.";
    HAND_09 = Note "HAND-09" "Nobody looks after it"
        "Nobody looks after the queue by name: whoever comes first takes it up.";
    HAND_10 = Block "HAND-10" "Conversation changed"
        "It was given to somebody, closed or changed since this was asked for. Read it and ask again.";
    HAND_11 = Block "HAND-11" "Restricted by now"
        "A restricted queue gives or takes by now, so that somebody has to agree. Ask again.";
    CLOSE_01 = Block "CLOSE-01" "Escalated and not settled"
        "The conversation is escalated. Whoever looks after it settles it in the console first.";
    CLOSE_02 = Block "CLOSE-02" "Closed already"
        "The conversation is closed.";
    CLOSE_03 = Block "CLOSE-03" "Conversation changed"
        "The customer has written, or somebody has worked on it, since this was asked for. Read it and ask again.";
    CLOSE_04 = Warn "CLOSE-04" "Customer waits for an answer"
        "The customer has written and has no answer yet. Check that none is needed.";
    CLOSE_05 = Block "CLOSE-05" "Needs somebody by now"
        "It is about a complaint or a payment by now, was escalated, or the customer waits, so that somebody has to agree. Ask again.";
    CLOSE_06 = Warn "CLOSE-06" "Payment link still open"
        "Payment links that were sent in it and that nobody has followed yet: {count}. They stay good until they expire. Check that the customer is not left with a payment that nobody looks after.";
}
