//! The table: what each rule weighs, what it is about, and what it says.

use super::Rule;
use crate::domain::preview::Level;

rules! {
    /// Those of messages, broadcasts, lists and segments, in the order of the parts of a message.
    TABLE
    AGENT_01 = Block "AGENT-01" "Refused by a person before"
        "NOT DONE. A person rejected this very request ({request}) at {at}. The same content is not asked for again until a person opens it again on the page of that request; tell your user.";
    AGENT_02 = Warn "AGENT-02" "Like a request that was refused"
        "A person rejected {request}, which is like this one, at {at}. What differs: {changes}. Read there why.";
    AUD_01 = Block "AUD-01" "Nobody would receive it"
        "Of {matched} people who match, none may be written to: {reasons}. Choose other segments.";
    AUD_02 = Block "AUD-02" "A segment without a condition"
        "Segment \"{segment}\" takes in every contact, or everybody but some. Give it a condition that says who belongs, such as a tag, a market or consent.";
    AUD_03 = Warn "AUD-03" "Many people are left out"
        "{excluded} of {matched} people who match are left out, which is {percent} %; most of them for the reason {reason}. Check that these are the right segments.";
    AUD_04 = Note "AUD-04" "People in several segments"
        "{count} people are in more than one of the segments. Each gets one message.";
    AUD_05 = Note "AUD-05" "People in other markets"
        "{count} people live in markets that the policy does not allow, and are left out.";
    AUD_06 = Warn "AUD-06" "Nearly everybody"
        "The segments take in {count} of all {everybody} contacts. Check that everybody is meant.";
    CONSENT_01 = Note "CONSENT-01" "No consent"
        "{count} people never agreed to {category} messages, or took it back, and are left out.";
    CONSENT_02 = Warn "CONSENT-02" "Consent that nobody can prove"
        "{count} people agreed, but no reference says where the proof is. They are left out; add the evidence to their consent records.";
    CONSENT_03 = Note "CONSENT-03" "Consent that does not cover this"
        "{count} people agreed to something else, or by word of mouth without confirmation in time, and are left out.";
    CONSENT_04 = Note "CONSENT-04" "First marketing message"
        "For {count} people this is the first marketing message. It must tell them that they can opt out free of charge; check that it does.";
    CONSENT_05 = Warn "CONSENT-05" "Consent by word of mouth"
        "{count} of those who receive it agreed by word of mouth and have not confirmed it in writing. After 14 days such consent lapses.";
    CONSENT_06 = Note "CONSENT-06" "Opted out"
        "{count} people opted out, are blocked or on the do-not-contact list, and are left out.";
    FREQ_01 = Note "FREQ-01" "Had enough messages"
        "{count} people had {per_7_days} marketing messages in 7 days or {per_30_days} in 30 days, the most that the policy allows, and are left out.";
    FREQ_02 = Warn "FREQ-02" "Had several messages lately"
        "{count} people already got {warn_from} or more marketing messages in 30 days.";
    FREQ_03 = Note "FREQ-03" "Meta held back marketing lately"
        "For {count} people Meta refused marketing lately, or holds it back as an experiment. They are left out.";
    TEMPLATE_01 = Block "TEMPLATE-01" "Template not approved"
        "Template {template} in {language} is {status} at Meta. Only an approved template can be sent.";
    TEMPLATE_02 = Block "TEMPLATE-02" "Template paused"
        "Meta has paused template {template} in {language} because of its quality. Wait until the pause ends, or use another template.";
    TEMPLATE_03 = Block "TEMPLATE-03" "Language missing"
        "Template {template} does not exist in {language}. It exists in {known}.";
    TEMPLATE_04 = Warn "TEMPLATE-04" "Category will change"
        "Meta will move template {template} in {language} from {category} to {correct_category}. Its price and the consent it needs will change.";
    TEMPLATE_05 = Block "TEMPLATE-05" "Languages of different categories"
        "The languages of template {template} have different categories: {categories}. Choose languages of one category.";
    TEMPLATE_06 = Block "TEMPLATE-06" "A part that a broadcast cannot fill"
        "Template {template} in {language} has {part}, for which a broadcast has no value. Use a template without it.";
    TEMPLATE_07 = Warn "TEMPLATE-07" "Template not read lately"
        "Template {template} was last read from Meta {hours} hours ago. Its state there may have changed.";
    TEMPLATE_08 = Block "TEMPLATE-08" "One-time codes"
        "Template {template} is for one-time codes, which go to one person who asks. It cannot be broadcast.";
    TEMPLATE_09 = Block "TEMPLATE-09" "Template changed since signing"
        "Template {template} in {language} no longer says what was signed. Ask for a new request.";
    TEMPLATE_10 = Block "TEMPLATE-10" "Category changed since signing"
        "Template {template} in {language} was {signed} when it was signed and is {category} now. Its price and the consent it needs have changed; ask for a new request.";
    TEMPLATE_11 = Block "TEMPLATE-11" "Template gone"
        "Template {template} no longer exists in {language}. Ask for a new request with another template.";
    QUALITY_01 = Block "QUALITY-01" "Template of low quality"
        "Meta measures low quality for template {template} in {language}: people block or report it. Use another template.";
    QUALITY_02 = Warn "QUALITY-02" "Template of medium quality"
        "Meta measures medium quality for template {template} in {language}.";
    QUALITY_03 = Block "QUALITY-03" "Number of low quality"
        "Meta measures low quality for the number {number}. Marketing from it would make that worse; wait until it recovers.";
    QUALITY_04 = Warn "QUALITY-04" "Number of medium quality"
        "Meta measures medium quality for the number {number}.";
    QUALITY_05 = Block "QUALITY-05" "Number cannot send"
        "The number {number} is {status} at Meta and cannot send. It must be connected.";
    QUALITY_06 = Block "QUALITY-06" "Number gone"
        "The number that was signed for is no longer among the numbers of this business. Ask for a new request.";
    STOP_01 = Block "STOP-01" "Nothing goes out"
        "Nothing goes out from the number {number} until a person lets it go on. The reason: {why}.";
    TIER_01 = Warn "TIER-01" "More people than Meta allows"
        "Meta allows {limit} different people in 24 hours and {used} of them are used. {count} people are left out.";
    TIER_02 = Block "TIER-02" "Meta's limit is used up"
        "Meta allows {limit} different people in 24 hours, and {used} of them are used. Choose a later time.";
    COST_01 = Block "COST-01" "Price unknown"
        "The rate card {rate_card} has no price for {category} messages to {market}, where {count} people live. Add the price to the configuration, or leave that market out.";
    COST_02 = Block "COST-02" "Above the ceiling"
        "The estimate is {total}, above the ceiling of {ceiling}. Raise cost_ceiling or write to fewer people.";
    COST_03 = Block "COST-03" "Ceiling in another currency"
        "The ceiling is {ceiling}, but the rate card is in {currency}. Give the ceiling in {currency}.";
    COST_04 = Block "COST-04" "Above the limit of the policy"
        "The estimate is {total}; the policy allows at most {limit} for one broadcast. Write to fewer people.";
    COST_05 = Block "COST-05" "Price risen above the signed ceiling"
        "At today's prices it would cost {total}, above the signed ceiling of {ceiling}. Ask for a new request.";
    SCHED_01 = Block "SCHED-01" "Start in the past"
        "The start {start} is past. Choose a later one, or leave it out to start after approval.";
    SCHED_02 = Block "SCHED-02" "Not enough time"
        "Sending to {count} people at {per_second} a second takes {seconds} seconds, which is longer than from the start to finish_by. Move finish_by or send faster.";
    SCHED_03 = Block "SCHED-03" "Quiet hours"
        "In {market} the clock shows {starts} when sending begins and {ends} when it ends, and {quiet} are quiet hours. Choose another start.";
    SCHED_04 = Warn "SCHED-04" "A market that is quiet throughout"
        "In {market} the whole sending time falls into the quiet hours {quiet}. {count} people there are left out.";
    SCHED_05 = Block "SCHED-05" "Too far ahead"
        "The start {start} is more than {days} days ahead. What was checked would be too old; ask later.";
    SCHED_06 = Note "SCHED-06" "Start after approval"
        "No start is given: sending begins when the signatures are there and the cooling-off time is over.";
    SCHED_07 = Note "SCHED-07" "Waits in quiet hours"
        "In {market} nothing goes out during the quiet hours {quiet}. Sending waits and goes on by itself when they end.";
    SCHED_08 = Note "SCHED-08" "Slower than asked"
        "The number sends at most {limit} messages a second; {per_second} were asked for.";
    SCHED_09 = Block "SCHED-09" "Time is over"
        "Sending had to end by {finish_by}. Nothing more goes out.";
    LINK_01 = Block "LINK-01" "Not encrypted"
        "{url} does not begin with https://.";
    LINK_02 = Block "LINK-02" "Button leads elsewhere"
        "The button in {place} leads to {domain}, which the policy does not list. Use a listed domain, or have it listed.";
    LINK_03 = Block "LINK-03" "Address that hides where it leads"
        "{url} has {part}, which hides or changes where it leads.";
    LINK_04 = Block "LINK-04" "Domain that looks like another"
        "The domain of {url} mixes alphabets or is written in punycode, and can be mistaken for another.";
    LINK_05 = Block "LINK-05" "Shortened address"
        "{url} is an address of a link shortener, so nobody can see where it leads.";
    LINK_06 = Block "LINK-06" "Variable in the domain"
        "In {url} a variable decides whose page it is.";
    LINK_07 = Block "LINK-07" "Domain one letter off"
        "{domain} differs from the listed {known} by one letter.";
    LINK_08 = Warn "LINK-08" "Address that leads on"
        "{url} carries another address in its parameter {parameter}, and may lead there.";
    LINK_09 = Block "LINK-09" "Not an address"
        "{url} cannot be read as an address.";
    LINK_10 = Warn "LINK-10" "Text names another domain"
        "The text in {place} names {domain}, which the policy does not list.";
    LINK_11 = Note "LINK-11" "Variable decides the path"
        "In {url} a variable stands right after the domain and decides the whole path.";
    TEXT_01 = Block "TEXT-01" "Hidden or misleading character"
        "{place} holds {character}. Remove it.";
    TEXT_02 = Block "TEXT-02" "Not in composed form"
        "{place} is not in the composed form of Unicode (NFC), so that the same text could be told apart. Write it composed.";
    TEXT_03 = Block "TEXT-03" "Word of two alphabets"
        "The word \"{word}\" in {place} mixes letters of two alphabets that look alike.";
    TEXT_04 = Block "TEXT-04" "No way to opt out"
        "The message in {language} does not say how to opt out. Add a line such as \"Reply STOP to opt out\", or a button, in that language.";
    TEXT_05 = Warn "TEXT-05" "Sender not named"
        "The message in {language} does not name the sender, {sender}.";
    TEXT_06 = Block "TEXT-06" "Value that Meta refuses"
        "The text for {placeholder} cannot be sent: {fault}.";
    TEXT_07 = Block "TEXT-07" "Finished text too long"
        "With its values in it, the text for {count} people has more than {most} characters, up to {longest}. Meta refuses that (code 132005). Shorten the values.";
    VAR_01 = Block "VAR-01" "Variable without a value"
        "Template {template} has the placeholder {placeholder} in {language}, and variables has no entry for it.";
    VAR_02 = Block "VAR-02" "Value without a place"
        "variables has an entry for {placeholder}, but template {template} has no such placeholder. It has {known}.";
    VAR_03 = Note "VAR-03" "People without a value"
        "{count} people lack a value for a variable without a default, and are left out.";
    VAR_04 = Warn "VAR-04" "Many defaults"
        "{count} of {receivers} people get the default for {placeholder} instead of a value of their own.";
    VAR_05 = Note "VAR-05" "People without a language"
        "For {count} people the template has no language that they read, and there is no default_language. They are left out.";
    SIGN_10 = Block "SIGN-10" "The policy has changed"
        "This was filed under the policy {filed}, and {now} holds by now. The agent has to ask for it again.";
    IMPORT_01 = Block "IMPORT-01" "No row can be imported"
        "None of the {rows} rows can be imported: {left_out}. Line by line: {lines}.";
    IMPORT_02 = Warn "IMPORT-02" "Rows are left out"
        "{count} of {rows} rows are left out: {left_out}.";
    IMPORT_03 = Warn "IMPORT-03" "Known people get another name"
        "{count} people who are known get another name.";
    IMPORT_04 = Warn "IMPORT-04" "Consent by word of mouth"
        "{count} people agreed by word of mouth. After 14 days that counts no more, unless it is confirmed in writing.";
    IMPORT_05 = Note "IMPORT-05" "Opt-outs stay"
        "{count} rows are of people who opted out or took their consent back. They stay opted out and are left out.";
    IMPORT_06 = Note "IMPORT-06" "Nothing new"
        "All that the rows say is known already; nothing would change.";
    IMPORT_07 = Block "IMPORT-07" "Rows changed since signing"
        "The stored rows are not those that were signed. Ask for a new request.";
    IMPORT_08 = Block "IMPORT-08" "Nobody is left"
        "Everybody on the list has opted out or taken their consent back since it was signed.";
    IMPORT_09 = Block "IMPORT-09" "The file cannot be read"
        "The file cannot be read: {problem}.";
    IMPORT_10 = Block "IMPORT-10" "Too many labels or facts"
        "The rows write more than {most} different labels or further facts, so a column may be the wrong one. Name the right one, or split the list.";
    SEG_01 = Block "SEG-01" "A segment without a condition"
        "The conditions take in every contact, or everybody but some: they match without a filter. Say who belongs, such as by a tag, a market or consent.";
    SEG_02 = Warn "SEG-02" "Broadcasts were drawn from it"
        "Broadcasts that wait or run and were drawn from this segment: {count}. What was frozen for them stays as it is.";
    SEG_03 = Note "SEG-03" "It reaches nobody"
        "Nobody fulfils these conditions now.";
    SEG_04 = Block "SEG-04" "Segment changed in the meantime"
        "This was made on version {base}, and the segment has version {version} by now. Ask for a new request.";
    SEG_05 = Block "SEG-05" "Name taken in the meantime"
        "Another segment is called \"{name}\" by now. Ask for a new request with another name.";
    SEG_06 = Block "SEG-06" "Nothing would change"
        "The segment has this name and these conditions already.";
    SEG_07 = Warn "SEG-07" "It reaches everybody"
        "{count} of the {everybody} people who may be written to fulfil these conditions, which is all or nearly all. Check that everybody is meant.";
    SEG_08 = Warn "SEG-08" "A label in place of a consent"
        "The conditions name the label \"{phrase}\", which reads like a consent and is none. Name the consent itself as a condition.";
    SEG_09 = Warn "SEG-09" "A name like another"
        "The name looks like that of the segment \"{title}\". Check that nobody takes one for the other.";
    AUTO_01 = Block "AUTO-01" "Loop that sends without waiting"
        "The nodes {nodes} follow each other in a circle without a question between them, so that messages would never end. Put a question or an end into it.";
    AUTO_02 = Block "AUTO-02" "No way out"
        "From node {node} neither a person nor an end can be reached. Lead one of its answers, or the fallback, to a hand-over or an end.";
    AUTO_03 = Block "AUTO-03" "Leads nowhere"
        "{place} leads to node {node}, which does not exist. Add the node, or lead to another.";
    AUTO_04 = Warn "AUTO-04" "Node that is never reached"
        "Nothing leads to node {node}.";
    AUTO_05 = Block "AUTO-05" "No way to a person"
        "No hand-over can be reached from question {node}. Lead one of its answers, or the fallback, to one.";
    AUTO_06 = Warn "AUTO-06" "A person only after failing"
        "From question {node} no answer leads to a person; only the fallback does, after {tries} more tries. Offer a person among the answers.";
    AUTO_07 = Block "AUTO-07" "Too much in a row"
        "From node {node} on more than {most} messages follow each other without an answer. Say it in fewer.";
    AUTO_08 = Block "AUTO-08" "Question without an answer"
        "Question {node} offers nothing to choose and knows no typed answer.";
    AUTO_09 = Block "AUTO-09" "Figure out of range"
        "{field} is {value}; write a figure from {least} to {most}.";
    AUTO_10 = Block "AUTO-10" "Nothing to look for"
        "{place} holds no letter or digit that could be found in a message.";
    AUTO_11 = Block "AUTO-11" "Keyword too short"
        "The keyword \"{phrase}\" is so short that messages about other things would have it. Write a longer one, or match it exactly.";
    AUTO_12 = Block "AUTO-12" "Everyday word"
        "The keyword \"{phrase}\" is a word that messages about anything have. Write a phrase that says what they are about.";
    AUTO_13 = Block "AUTO-13" "Word that opts out"
        "By \"{phrase}\" customers ask not to be written to. It cannot be a keyword or a choice.";
    AUTO_14 = Block "AUTO-14" "Word that answers questions"
        "By \"{phrase}\" customers answer whatever was asked before. It cannot be a keyword; offer it as an answer in a flow.";
    AUTO_15 = Block "AUTO-15" "Two rules for one phrase"
        "The phrase \"{phrase}\" also triggers the rule \"{rule}\", which has the same priority {priority}. Give one of them another.";
    AUTO_16 = Warn "AUTO-16" "Another rule comes first"
        "The phrase \"{phrase}\" triggers the rule \"{rule}\" before this one, because its priority is {priority}.";
    AUTO_17 = Block "AUTO-17" "Answer that triggers itself"
        "The button \"{title}\" triggers the very rule that offers it, so that customers go in a circle.";
    AUTO_18 = Block "AUTO-18" "Longer than Meta takes"
        "{place} has {count} characters; Meta takes {most} at most.";
    AUTO_19 = Block "AUTO-19" "Too many choices, or none"
        "{place} offers {count} things to choose; Meta takes 1 to {most}.";
    AUTO_20 = Block "AUTO-20" "Text that says nothing"
        "{place} is empty, or has space around it.";
    AUTO_21 = Block "AUTO-21" "Two choices alike"
        "{place} offers \"{title}\" twice, by its title or by its name.";
    AUTO_22 = Block "AUTO-22" "Template that does not exist"
        "Node {node} sends template {template}, which does not exist.";
    AUTO_23 = Block "AUTO-23" "Template that needs values"
        "Node {node} sends template {template}, which has variables in {language}. A flow has no values for them.";
    AUTO_24 = Block "AUTO-24" "Stale price"
        "The price {price} in {place} was looked up on {as_of}, which is not within the last {days} days. Look it up again.";
    AUTO_25 = Warn "AUTO-25" "Price without a source"
        "{place} names the price {price} and does not say where and when it was looked up.";
    AUTO_26 = Block "AUTO-26" "No fallback"
        "It does not say what happens to customers who write on after they have read it. Give it a fallback.";
    AUTO_27 = Block "AUTO-27" "No hand-over"
        "It does not say who takes over. Give it a queue in which a person answers.";
    AUTO_28 = Block "AUTO-28" "Flow that is not live"
        "It starts the flow {flow}, which is not live for all customers it is meant for. Have the flow made live first.";
    AUTO_29 = Block "AUTO-29" "Queue that does not exist"
        "{place} hands over to the queue \"{queue}\", which does not exist.";
    AUTO_30 = Block "AUTO-30" "Number of somebody else"
        "The number {number} is none of this business.";
    AUTO_31 = Warn "AUTO-31" "Rule that never acts"
        "By \"{phrase}\" customers ask for a person, and get one. Only a rule that routes to a queue can act on it.";
    AUTO_32 = Block "AUTO-32" "More than one word"
        "The keyword \"{phrase}\" is more than one word. Match it as a phrase.";
    AUTO_33 = Block "AUTO-33" "Changed in the meantime"
        "This was made on version {base}, and there is version {version} by now. Ask for a new request.";
    AUTO_34 = Block "AUTO-34" "Nothing would change"
        "It says this already, and stands like that already.";
    AUTO_35 = Warn "AUTO-35" "Others start this flow"
        "{names} start this flow, and would hand customers to people instead. Change them as well.";
    AUTO_36 = Warn "AUTO-36" "Customers left without a person"
        "{count} messages of the last {days} days reach a person today and would not. Check that somebody still answers them.";
    AUTO_37 = Warn "AUTO-37" "Taken from others"
        "{count} messages of the last {days} days are answered by something else today, or reach another queue. Check that this one is meant for them.";
    AUTO_38 = Warn "AUTO-38" "Ended by a guard"
        "A guard against loops would end it for {count} messages of the last {days} days, so that people have to go on. Look at the samples.";
    AUTO_39 = Warn "AUTO-39" "Answers a great part of all messages"
        "It would answer {percent} % of the {messages} messages of the last {days} days. Check that its keywords are narrow enough.";
    AUTO_40 = Block "AUTO-40" "Price that is not the source's"
        "{place} says {price} for {product}; the source of orders says {real}. Look it up again.";
    AUTO_41 = Block "AUTO-41" "Rules that lead only to each other"
        "The buttons of these rules lead only to each other, so that customers go in a circle: {names}. Offer a way out, such as a person.";
    AUTO_42 = Block "AUTO-42" "Another version is live"
        "Another version is live by now than when this was asked for, or none is. Ask for a new request.";
    AUTO_43 = Block "AUTO-43" "Source does not answer"
        "{why}. Nobody knows now whether the prices that it names still hold. Try again later.";
    AUTO_44 = Warn "AUTO-44" "Customers left without an answer"
        "{count} messages of the last {days} days are answered today and would get no answer by itself any more. Check that somebody answers them.";
    SESS_01 = Block "SESS-01" "Window closed"
        "The customer has not written to {number} within the last 24 hours. Only an approved template may be sent to them now.";
    SESS_02 = Block "SESS-02" "May not be written to"
        "The customer may not be written to, not even in answer: {reason}.";
    SESS_03 = Block "SESS-03" "Nobody to send to"
        "Neither a phone number nor an id of the customer at Meta is known.";
    SESS_04 = Block "SESS-04" "Message that Meta refuses"
        "Meta would refuse it: {fault}.";
    SESS_05 = Block "SESS-05" "Advertising in an answer"
        "{place} advertises: {words}. Advertising goes out as an approved template to people who agreed to it; say only what answers the customer.";
    SESS_06 = Block "SESS-06" "Asks for secret numbers"
        "{place} asks for {words}. Customers may not be asked for numbers of cards, accounts or identity papers in a chat; leave that out.";
    SESS_07 = Warn "SESS-07" "Price or payment"
        "{place} speaks of money: {words}. Check the amount and how it is paid.";
    SESS_08 = Warn "SESS-08" "Promise"
        "{place} makes or changes a promise: {words}. Check that the business stands by it.";
    SESS_09 = Warn "SESS-09" "Carries a file"
        "It carries a file ({kind}) that nobody here has seen: {media}. Open it and check that it is the right one; of a link, what Meta fetches when it is sent may be another file.";
    SESS_10 = Note "SESS-10" "Window closes soon"
        "The customer may be answered freely for {minutes} more minutes. After that only an approved template may be sent.";
    SESS_11 = Block "SESS-11" "Conversation changed"
        "The conversation was given to somebody, closed or changed since this was asked for. Read it and ask again.";
    SESS_12 = Block "SESS-12" "Other recipient"
        "The customer is no longer reached at the address that was shown. Ask for a new request.";
    SESS_13 = Warn "SESS-13" "Customer has written again"
        "The customer has written again since this was asked for. Check that it still answers them.";
    SESS_14 = Warn "SESS-14" "Somebody's health"
        "{place} speaks of health: {words}. Check that it goes to the right person and may be told in a chat.";
    HOOK_01 = Block "HOOK-01" "Applied already"
        "All of post {post} has been applied. Applying it again would change nothing, so it is not done.";
    HOOK_02 = Block "HOOK-02" "Nobody can read it"
        "Post {post} cannot be read today either: {why}. Another version of this program may be able to.";
    HOOK_03 = Block "HOOK-03" "Waits for its turn"
        "Post {post} waits to be applied and has not failed. Nothing of it is left to try.";
    HOOK_04 = Block "HOOK-04" "Reads in another way"
        "This version reads post {post} in another way than the one that set its event aside, so it could take another event for it.";
    HOOK_05 = Note "HOOK-05" "Changes more than the log"
        "Changing more than the log: {count} of {events} events. They change what is known of customers, messages, templates or the account: a STOP takes effect, a message opens a conversation, a status counts.";
    HOOK_06 = Warn "HOOK-06" "Tried in vain before"
        "Tried again in vain already: {count} of these events. Check that what hindered them is gone.";
    HOOK_07 = Note "HOOK-07" "Happened long ago"
        "Older than 24 hours: {count} of these events. They open no window any more, and nothing answers them by itself.";
    HOOK_08 = Block "HOOK-08" "Post is another"
        "Post {post} is not there any more as it was shown. Ask for a new request.";
    MEDIA_01 = Block "MEDIA-01" "An empty file"
        "There is nothing in the file.";
    MEDIA_02 = Block "MEDIA-02" "A file is too large"
        "The file has {size} bytes. Files of more than {limit} are not kept, as Meta takes none.";
    MEDIA_03 = Block "MEDIA-03" "An unknown type of file"
        "What the file holds is none of the types that Meta takes. Use one of these: {types}.";
    MEDIA_04 = Block "MEDIA-04" "A damaged file"
        "The file is damaged or not whole. Save it anew and upload it again.";
    MEDIA_05 = Block "MEDIA-05" "An image has too many pixels"
        "The image is {width} pixels wide and {height} high. Make it smaller: at most {limit} pixels in all.";
    MEDIA_06 = Block "MEDIA-06" "A file is not what it says"
        "The file is called or declared {said}, and what it holds is {type}. Name it as what it is.";
    MEDIA_07 = Block "MEDIA-07" "A file that fits nowhere"
        "Meta takes a file of type {type} for nothing unless it keeps one of these limits: {limits}.";
    MEDIA_08 = Block "MEDIA-08" "A virus"
        "The virus scanner found {name} in the file. Nothing of it was kept.";
    MEDIA_09 = Warn "MEDIA-09" "No virus scanner"
        "Nobody knows whether there is a virus in the file: no scanner is set up.";
    MEDIA_10 = Note "MEDIA-10" "Hidden data removed"
        "Hidden data was taken out of the file: {what}.";
    MEDIA_11 = Note "MEDIA-11" "Hidden data stays"
        "Hidden data, such as author, place and device, stays in files of type {type}: look at it before it is sent.";
    MEDIA_12 = Note "MEDIA-12" "A file for download only"
        "The customer's file is unknown here, or not whole. It was kept as it came, and can only be downloaded.";
    MEDIA_13 = Warn "MEDIA-13" "The virus scanner did not answer"
        "Nobody knows whether there is a virus in the file: the scanner did not answer. Upload it again later.";
    MEDIA_14 = Warn "MEDIA-14" "Too large for the virus scanner"
        "Nobody knows whether there is a virus in the file: it is larger than the scanner takes.";
    MEDIA_15 = Block "MEDIA-15" "A file that does not fit its use"
        "Meta does not take this file ({type}) for what it is meant for: {why}. It can be used as: {uses}.";
    MEDIA_16 = Note "MEDIA-16" "A file that is kept already"
        "These bytes are kept already as {asset}, under the name that they came with first. Nothing is added.";
    MEDIA_17 = Block "MEDIA-17" "A file that may be gone"
        "It was sent too long ago to be written down now. Send it again, and ask for a new request.";
    MEDIA_18 = Block "MEDIA-18" "No voice message"
        "Phones play only OGG with OPUS as something spoken, and {name} is {type}. Leave voice out, or keep it as OGG with OPUS first.";
    MEDIA_19 = Block "MEDIA-19" "A file that has changed"
        "The file {asset} is not kept any more as it was shown. Ask for a new request.";
    MEDIA_20 = Warn "MEDIA-20" "A file goes to the customer"
        "It carries {name} ({type}, {size}). Look at it on this page: this very file is sent, or none.";
}
