//! The table of what holds for templates before Meta sees them.

use super::Rule;
use crate::domain::preview::Level;

rules! {
    /// All about drafts of templates.
    DRAFTS
    DRAFT_01 = Block "DRAFT-01" "Longer than Meta takes"
        "{place} has {count} characters; Meta takes {most} at most.";
    DRAFT_02 = Block "DRAFT-02" "Text that says nothing"
        "{place} is empty, or has space around it. Write a text without that, or leave the part out.";
    DRAFT_03 = Block "DRAFT-03" "Braces that make no variable"
        "{place} has {fault}. Write a number or a name between two braces on each side.";
    DRAFT_04 = Block "DRAFT-04" "Numbers with a gap"
        "The variables of {place} have the numbers {found}. Number them from 1, without a gap.";
    DRAFT_05 = Block "DRAFT-05" "Numbers and names"
        "{language} has variables with numbers and others with names. Use one kind.";
    DRAFT_06 = Block "DRAFT-06" "Variable at the edge"
        "{place} begins or ends with a variable. Put words before and after it.";
    DRAFT_07 = Block "DRAFT-07" "Variables that touch"
        "In {place} two variables stand side by side. Put words between them.";
    DRAFT_08 = Warn "DRAFT-08" "Many variables"
        "{place} has {count} variables and {words} words. Meta refuses texts with too many variables; write more words, or use fewer variables.";
    DRAFT_09 = Block "DRAFT-09" "Variable where none may stand"
        "{place} has a variable, and Meta takes none there.";
    DRAFT_10 = Block "DRAFT-10" "Several variables on top"
        "{place} has {count} variables; Meta takes one there.";
    DRAFT_11 = Block "DRAFT-11" "Variable within an address"
        "The address in {place} has a variable that does not stand at its end. Meta takes one, at the end.";
    DRAFT_12 = Block "DRAFT-12" "Name used twice"
        "{place} has the variable {placeholder} twice. Give each a name of its own.";
    DRAFT_13 = Block "DRAFT-13" "More than plain words"
        "{place} has a line break or a mark that formats, which Meta does not take there.";
    DRAFT_14 = Block "DRAFT-14" "Too many buttons"
        "{language} has {count} buttons ({kind}); Meta takes {most}.";
    DRAFT_15 = Block "DRAFT-15" "Quick replies apart"
        "Other buttons stand between the quick replies of {language}. Put the quick replies side by side.";
    DRAFT_16 = Block "DRAFT-16" "Two buttons alike"
        "{language} has the button \"{title}\" twice.";
    DRAFT_17 = Block "DRAFT-17" "Not a phone number"
        "{place} has no whole phone number. Write it with the country, such as +852 5550 1000.";
    DRAFT_18 = Block "DRAFT-18" "Language that Meta does not take"
        "Meta takes no templates in {language}. Near to it, it takes {known}.";
    DRAFT_19 = Block "DRAFT-19" "Sample missing"
        "The variable {placeholder} of {language} has no sample. Meta's reviewers want one for each.";
    DRAFT_20 = Block "DRAFT-20" "Sample file missing"
        "{language} has no sample file for what stands on top ({kind}). Give the asset_id of one.";
    DRAFT_21 = Note "DRAFT-21" "Samples are missing yet"
        "Samples are missing yet: {count}. The draft can be stored, and not submitted, without them.";
    DRAFT_22 = Block "DRAFT-22" "Sample without a place"
        "The samples of {language} have an entry for {placeholder}, which is none of its variables. It has {known}.";
    DRAFT_23 = Block "DRAFT-23" "Sample that Meta refuses"
        "The sample for {placeholder} in {language} cannot be used: {fault}.";
    DRAFT_24 = Warn "DRAFT-24" "Sample that may be somebody's"
        "The sample for {placeholder} in {language} looks like a person's number or address. Reviewers at Meta read it; make one up.";
    DRAFT_25 = Block "DRAFT-25" "Sample file that does not fit"
        "The sample file of {language} does not fit: {why}.";
    DRAFT_26 = Block "DRAFT-26" "Sample file that does not exist"
        "The sample file {asset} of {language} does not exist.";
    DRAFT_27 = Block "DRAFT-27" "Advertising in another category"
        "{place} advertises: {words}. Meta takes that for marketing; write it without, or in that category.";
    DRAFT_28 = Block "DRAFT-28" "One-time codes in another category"
        "{place} is about one-time codes: {words}. Meta takes them in templates for authentication only.";
    DRAFT_29 = Block "DRAFT-29" "Category without texts of one's own"
        "In the category {category} a business writes no texts of its own. Choose marketing or utility.";
    DRAFT_30 = Block "DRAFT-30" "Asks for secret numbers"
        "{place} asks for {words}. Customers may not be asked for numbers of cards, accounts or identity papers; leave that out.";
    DRAFT_31 = Block "DRAFT-31" "Prohibited content"
        "{place} offers, claims or threatens what Meta's policies forbid: {words}. Leave that out.";
    DRAFT_32 = Warn "DRAFT-32" "Unclear purpose"
        "{place} has only {words} words beside its variables. Meta takes for marketing what does not say what it is about.";
    DRAFT_33 = Block "DRAFT-33" "Same text as another template"
        "Template {template} says the same in {language}. Meta refuses a second one; change the wording.";
    DRAFT_34 = Warn "DRAFT-34" "Languages with other variables"
        "{language} has the variables {found}, and {other} has {known}. Whoever sends it has to give values for all of them.";
    DRAFT_35 = Block "DRAFT-35" "Draft changed in the meantime"
        "This was made of version {base} of the draft of {template}, which has version {version} by now. Ask for a new request.";
    DRAFT_36 = Block "DRAFT-36" "Cannot be edited now"
        "Template {template} in {language} is {status} at Meta, which lets nobody edit it so.";
    DRAFT_37 = Block "DRAFT-37" "Category that cannot change"
        "Template {template} in {language} is approved as {category}, and Meta changes no category of an approved template. Choose another name.";
    DRAFT_38 = Block "DRAFT-38" "Edited too often"
        "Template {template} in {language} is approved and was edited {count} times in 30 days, or within 24 hours. Meta takes one edit in 24 hours and 10 in 30 days; wait.";
    DRAFT_39 = Warn "DRAFT-39" "Replaces what can be sent"
        "Template {template} in {language} is {status} at Meta and would be replaced. Meta reviews it anew; if it fails, nothing can be sent with it.";
    DRAFT_40 = Note "DRAFT-40" "Nothing to do in a language"
        "Template {template} says this in {language} at Meta already, and is left as it is.";
    DRAFT_41 = Block "DRAFT-41" "Nothing to do"
        "Meta has all of this already.";
    DRAFT_42 = Block "DRAFT-42" "Template changed at Meta"
        "Template {template} in {language} is not at Meta any more as it was shown. Ask for a new request.";
    DRAFT_43 = Block "DRAFT-43" "Refused before"
        "Meta has refused this very text of {template} in {language} ({why}). Change it.";
    DRAFT_44 = Block "DRAFT-44" "On its way already"
        "Template {template} in {language} is on its way to Meta by another request. Wait until that has ended.";
    DRAFT_45 = Block "DRAFT-45" "Nothing would change"
        "The draft of {template} says this already, with this mark.";
    DRAFT_46 = Note "DRAFT-46" "Not fit to be submitted yet"
        "It can be stored, and not be submitted as it is: {rules} forbid that.";
}
