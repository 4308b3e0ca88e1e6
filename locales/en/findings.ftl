### Findings of the policy, as signed in English, said in the other languages.

finding-AGENT-01 = A person rejected this very request ({ $request }) at { $at }. The same content is not asked for again until a person opens it again on the page of that request.
finding-AGENT-02 = A person rejected { $request }, which is like this one, at { $at }. What differs: { $changes }. Read there why.
finding-AUD-03 = { $excluded } of { $matched } people who match are left out, which is { $percent } %; most of them for the reason “{ $reason }”. Check that these are the right segments.
finding-AUD-04 = { $count ->
    [one] { $count } person is in more than one of the segments, and gets one message.
   *[other] { $count } people are in more than one of the segments. Each gets one message.
}
finding-AUD-05 = { $count ->
    [one] { $count } person lives in a market that the policy does not allow, and is left out.
   *[other] { $count } people live in markets that the policy does not allow, and are left out.
}
finding-AUD-06 = The segments take in { $count } of all { $everybody } contacts. Check that everybody is meant.
finding-CONSENT-01 = { $count ->
    [one] { $count } person never agreed to { $category } messages, or took it back, and is left out.
   *[other] { $count } people never agreed to { $category } messages, or took it back, and are left out.
}
finding-CONSENT-02 = { $count ->
    [one] { $count } person agreed, but no reference says where the proof is, and is left out; add the evidence to the consent record.
   *[other] { $count } people agreed, but no reference says where the proof is. They are left out; add the evidence to their consent records.
}
finding-CONSENT-03 = { $count ->
    [one] { $count } person agreed to something else, or by word of mouth without confirmation in time, and is left out.
   *[other] { $count } people agreed to something else, or by word of mouth without confirmation in time, and are left out.
}
finding-CONSENT-04 = { $count ->
    [one] For { $count } person this is the first marketing message. It must tell them that they can opt out free of charge; check that it does.
   *[other] For { $count } people this is the first marketing message. It must tell them that they can opt out free of charge; check that it does.
}
finding-CONSENT-05 = { $count } of those who receive it agreed by word of mouth and have not confirmed it in writing. After 14 days such consent lapses.
finding-CONSENT-06 = { $count ->
    [one] { $count } person opted out, is blocked or on the do-not-contact list, and is left out.
   *[other] { $count } people opted out, are blocked or on the do-not-contact list, and are left out.
}
finding-FREQ-01 = { $count ->
    [one] { $count } person had { $per_7_days } marketing messages in 7 days or { $per_30_days } in 30 days, the most that the policy allows, and is left out.
   *[other] { $count } people had { $per_7_days } marketing messages in 7 days or { $per_30_days } in 30 days, the most that the policy allows, and are left out.
}
finding-FREQ-02 = { $count ->
    [one] { $count } person already got { $warn_from } or more marketing messages in 30 days.
   *[other] { $count } people already got { $warn_from } or more marketing messages in 30 days.
}
finding-FREQ-03 = { $count ->
    [one] For { $count } person Meta refused marketing lately, or holds it back as an experiment; they are left out.
   *[other] For { $count } people Meta refused marketing lately, or holds it back as an experiment. They are left out.
}
finding-TEMPLATE-01 = Template { $template } in { $language } is { $status } at Meta. Only an approved template can be sent.
finding-TEMPLATE-02 = Meta has paused template { $template } in { $language } because of its quality. Wait until the pause ends, or use another template.
finding-TEMPLATE-04 = Meta will move template { $template } in { $language } from { $category } to { $correct_category }. Its price and the consent it needs will change.
finding-TEMPLATE-07 = Template { $template } was last read from Meta { $hours } hours ago. Its state there may have changed.
finding-TEMPLATE-09 = Template { $template } in { $language } no longer says what was signed. Ask for a new request.
finding-TEMPLATE-10 = Template { $template } in { $language } was { $signed } when it was signed and is { $category } now. Its price and the consent it needs have changed; ask for a new request.
finding-TEMPLATE-11 = Template { $template } no longer exists in { $language }. Ask for a new request with another template.
finding-QUALITY-01 = Meta measures low quality for template { $template } in { $language }: people block or report it. Use another template.
finding-QUALITY-02 = Meta measures medium quality for template { $template } in { $language }.
finding-QUALITY-03 = Meta measures low quality for the number { $number }. Marketing from it would make that worse; wait until it recovers.
finding-QUALITY-04 = Meta measures medium quality for the number { $number }.
finding-QUALITY-05 = The number { $number } is { $status } at Meta and cannot send. It must be connected.
finding-QUALITY-06 = The number that was signed for is no longer among the numbers of this business. Ask for a new request.
finding-STOP-01 = Nothing goes out from the number { $number } until a person lets it go on. The reason: { $why }.
finding-TIER-01 = { $count ->
    [one] Meta allows { $limit } different people in 24 hours and { $used } of them are used. { $count } person is left out.
   *[other] Meta allows { $limit } different people in 24 hours and { $used } of them are used. { $count } people are left out.
}
finding-TIER-02 = Meta allows { $limit } different people in 24 hours, and { $used } of them are used. Choose a later time.
finding-COST-05 = At today's prices it would cost { $total }, above the signed ceiling of { $ceiling }. Ask for a new request.
finding-SCHED-04 = { $count ->
    [one] In { $market } the whole sending time falls into the quiet hours { $quiet }. { $count } person there is left out.
   *[other] In { $market } the whole sending time falls into the quiet hours { $quiet }. { $count } people there are left out.
}
finding-SCHED-06 = No start is given: sending begins when the signatures are there and the cooling-off time is over.
finding-SCHED-07 = In { $market } nothing goes out during the quiet hours { $quiet }. Sending waits and goes on by itself when they end.
finding-SCHED-08 = The number sends at most { $limit } messages a second; { $per_second } were asked for.
finding-SCHED-09 = Sending had to end by { $finish_by }. Nothing more goes out.
finding-LINK-08 = { $url } carries another address in its parameter { $parameter }, and may lead there.
finding-LINK-10 = The text in { $place } names { $domain }, which the policy does not list.
finding-LINK-11 = In { $url } a variable stands right after the domain and decides the whole path.
finding-TEXT-05 = The message in { $language } does not name the sender, { $sender }.
finding-VAR-03 = { $count ->
    [one] { $count } person lacks a value for a variable without a default, and is left out.
   *[other] { $count } people lack a value for a variable without a default, and are left out.
}
finding-VAR-04 = { $count ->
    [one] { $count } of { $receivers } people gets the default for { $placeholder } instead of a value of their own.
   *[other] { $count } of { $receivers } people get the default for { $placeholder } instead of a value of their own.
}
finding-VAR-05 = { $count ->
    [one] For { $count } person the template has no language that they read, and there is no default_language. They are left out.
   *[other] For { $count } people the template has no language that they read, and there is no default_language. They are left out.
}
finding-SIGN-10 = This was filed under the policy { $filed }, and { $now } holds by now. The agent has to ask for it again.
finding-IMPORT-01 = None of the { $rows } rows can be imported: { $left_out }. Line by line: { $lines }.
finding-IMPORT-02 = { $count } of { $rows } rows are left out: { $left_out }.
finding-IMPORT-03 = { $count ->
    [one] { $count } person who is known gets another name.
   *[other] { $count } people who are known get another name.
}
finding-IMPORT-04 = { $count ->
    [one] { $count } person agreed by word of mouth. After 14 days that counts no more, unless it is confirmed in writing.
   *[other] { $count } people agreed by word of mouth. After 14 days that counts no more, unless it is confirmed in writing.
}
finding-IMPORT-05 = { $count ->
    [one] { $count } row is of a person who opted out or took consent back. They stay opted out, and the row is left out.
   *[other] { $count } rows are of people who opted out or took their consent back. They stay opted out and are left out.
}
finding-IMPORT-06 = All that the rows say is known already; nothing would change.
finding-IMPORT-07 = The stored rows are not those that were signed. Ask for a new request.
finding-IMPORT-08 = Everybody on the list has opted out or taken their consent back since it was signed.
finding-IMPORT-09 = The file cannot be read: { $problem }.
finding-IMPORT-10 = The rows write more than { $most } different labels or further facts, so a column may be the wrong one. Name the right one, or split the list.
finding-SEG-01 = The conditions take in every contact, or everybody but some: they match without a filter. Say who belongs, such as by a tag, a market or consent.
finding-SEG-02 = Broadcasts that wait or run and were drawn from this segment: { $count }. What was frozen for them stays as it is.
finding-SEG-03 = Nobody fulfils these conditions now.
finding-SEG-04 = This was made on version { $base }, and the segment has version { $version } by now. Ask for a new request.
finding-SEG-05 = Another segment is called “{ $name }” by now. Ask for a new request with another name.
finding-SEG-06 = The segment has this name and these conditions already.
finding-SEG-07 = { $count } of the { $everybody } people who may be written to fulfil these conditions, which is all or nearly all. Check that everybody is meant.
finding-SEG-08 = The conditions name the label “{ $phrase }”, which reads like a consent and is none. Name the consent itself as a condition.
finding-SEG-09 = The name looks like that of the segment “{ $title }”. Check that nobody takes one for the other.
finding-SESS-01 = The customer has not written to { $number } within the last 24 hours. Only an approved template may be sent to them now.
finding-SESS-02 = The customer may not be written to, not even in answer: { $reason }.
finding-SESS-03 = Neither a phone number nor an id of the customer at Meta is known.
finding-SESS-04 = Meta would refuse it: { $fault }.
finding-SESS-05 = { $place } advertises: { $words }. Advertising goes out as an approved template to people who agreed to it; say only what answers the customer.
finding-SESS-06 = { $place } asks for { $words }. Customers may not be asked for numbers of cards, accounts or identity papers in a chat; leave that out.
finding-SESS-07 = { $place } speaks of money: { $words }. Check the amount and how it is paid.
finding-SESS-08 = { $place } makes or changes a promise: { $words }. Check that the business stands by it.
finding-SESS-09 = It carries a file ({ $kind }) that nobody here has seen: { $media }. Open it and check that it is the right one; of a link, what Meta fetches when it is sent may be another file.
finding-SESS-10 = The customer may be answered freely for { $minutes } more minutes. After that only an approved template may be sent.
finding-SESS-11 = The conversation was given to somebody, closed or changed since this was asked for. Read it and ask again.
finding-SESS-12 = The customer is no longer reached at the address that was shown. Ask for a new request.
finding-SESS-13 = The customer has written again since this was asked for. Check that it still answers them.
finding-SESS-14 = { $place } speaks of health: { $words }. Check that it goes to the right person and may be told in a chat.
finding-HOOK-01 = All of post { $post } has been applied. Applying it again would change nothing, so it is not done.
finding-HOOK-02 = Post { $post } cannot be read today either: { $why }. Another version of this program may be able to.
finding-HOOK-03 = Post { $post } waits to be applied and has not failed. Nothing of it is left to try.
finding-HOOK-04 = This version reads post { $post } in another way than the one that set its event aside, so it could take another event for it.
finding-HOOK-05 = Changing more than the log: { $count } of { $events } events. They change what is known of customers, messages, templates or the account: a STOP takes effect, a message opens a conversation, a status counts.
finding-HOOK-06 = Tried again in vain already: { $count } of these events. Check that what hindered them is gone.
finding-HOOK-07 = Older than 24 hours: { $count } of these events. They open no window any more, and nothing answers them by itself.
finding-HOOK-08 = Post { $post } is not there any more as it was shown. Ask for a new request.
finding-SIGN-29 = What this request carries is not what was signed. Ask for a new request.
finding-CONTACT-01 = The phone number cannot be one: { $fault }.
finding-CONTACT-02 = Contact { $contact } has this number or user id. Nothing is merged here; change that contact, or give it its own number first.
finding-CONTACT-03 = All of it is known already.
finding-CONTACT-04 = The contact is not as it was shown any more. Ask for a new request.
finding-CONTACT-05 = The contact gets another number or user id. Consent and opt-outs stay with it; the time to answer freely ends, and no payment link goes there until somebody has made sure who it is.
finding-CONTACT-06 = The contact gets another name. Check that it is still the same person.
finding-CONTACT-07 = Whoever signs says that the right person holds the number, by this way: { $how }. Payment links may go there again.
finding-CONTACT-08 = No consent of this person is recorded. Until one is, they can be answered, and sent what needs no consent.
finding-LEDGER-01 = { $count } of them opted out of { $category } messages, or may not be written to. An agreement is recorded by a reversal, with what the customer did after the no.
finding-LEDGER-02 = { $count } of them took back their consent to { $category } messages. An agreement is recorded by a reversal, with what the customer did after that.
finding-LEDGER-03 = All of it is recorded already.
finding-LEDGER-04 = Consent by word of mouth lapses after 14 days unless it is confirmed in writing.
finding-LEDGER-05 = { $count } contacts are named. A no is taken back for one contact at a time, each by what that customer did.
finding-LEDGER-06 = The customer switched marketing off at WhatsApp. Only they can switch it on again, there.
finding-LEDGER-07 = The customer has not said no to this. Record an agreement instead.
finding-LEDGER-08 = There is no message of this customer with that id. Name one that they wrote, or a form that they signed.
finding-LEDGER-09 = What the customer did does not come after the no. Only something that they do afterwards takes it back.
finding-LEDGER-10 = The message was taken back, has no words, or says stop itself. Name one in which the customer asks to be written to.
finding-LEDGER-11 = The customer wrote again after the no. Read whether they ask to be written to again, and about this.
finding-LEDGER-12 = The form lies elsewhere, and nobody has looked at it here. Find it, and check who signed it, when, and what for.
finding-TAG-01 = The label “{ $phrase }” says “{ $title }”, which only a record of consent may say. Record the consent with its proof, and choose another label.
finding-TAG-02 = Segments find people by these labels: { $segments }. Broadcasts that are made from them reach other people from then on.
finding-TAG-03 = All of them carry these labels already, or do not carry those that are taken away.
finding-TAG-04 = A segment finds people by one of these labels by now, so that somebody has to agree. Ask again.
finding-HAND-01 = There is no queue { $title }. Name one that there is.
finding-HAND-02 = The person that is named is not, or no longer, one of the team.
finding-HAND-03 = The person that is named does not look after the queue that the conversation would be in. Name another, or the queue alone.
finding-HAND-04 = { $count ->
    [one] { $count } of the conversations is closed. It opens again when the customer writes.
   *[other] { $count } of the conversations are closed. They open again when the customer writes.
}
finding-HAND-05 = All of it is so already.
finding-HAND-06 = { $count ->
    [one] { $count } of the conversations leaves a restricted queue. More people can read it from then on, with its private notes.
   *[other] { $count } of the conversations leave a restricted queue. More people can read them from then on, with their private notes.
}
finding-HAND-07 = Only those who look after the queue, and those who oversee all, see the conversation from then on.
finding-HAND-08 = { $count ->
    [one] For { $count } customer who waits, the time that the queue promises is over already.
   *[other] For { $count } customers who wait, the time that the queue promises is over already.
}
finding-HAND-09 = Nobody looks after the queue by name: whoever comes first takes it up.
finding-HAND-10 = It was given to somebody, closed or changed since this was asked for. Read it and ask again.
finding-HAND-11 = A restricted queue gives or takes by now, so that somebody has to agree. Ask again.
finding-CLOSE-01 = The conversation is escalated. Whoever looks after it settles it in the console first.
finding-CLOSE-02 = The conversation is closed.
finding-CLOSE-03 = The customer has written, or somebody has worked on it, since this was asked for. Read it and ask again.
finding-CLOSE-04 = The customer has written and has no answer yet. Check that none is needed.
finding-CLOSE-05 = It is about a complaint or a payment by now, was escalated, or the customer waits, so that somebody has to agree. Ask again.
finding-CLOSE-06 = Payment links that were sent in it and that nobody has followed yet: { $count }. They stay good until they expire. Check that the customer is not left with a payment that nobody looks after.
finding-AUTO-01 = The nodes { $nodes } follow each other in a circle without a question between them, so that messages would never end. Put a question or an end into it.
finding-AUTO-02 = From node { $node } neither a person nor an end can be reached. Lead one of its answers, or the fallback, to a hand-over or an end.
finding-AUTO-03 = { $place } leads to node { $node }, which does not exist. Add the node, or lead to another.
finding-AUTO-04 = Nothing leads to node { $node }.
finding-AUTO-05 = No hand-over can be reached from question { $node }. Lead one of its answers, or the fallback, to one.
finding-AUTO-06 = From question { $node } no answer leads to a person; only the fallback does, after { $tries } more tries. Offer a person among the answers.
finding-AUTO-07 = From node { $node } on more than { $most } messages follow each other without an answer. Say it in fewer.
finding-AUTO-08 = Question { $node } offers nothing to choose and knows no typed answer.
finding-AUTO-09 = { $field } is { $value }; write a figure from { $least } to { $most }.
finding-AUTO-10 = { $place } holds no letter or digit that could be found in a message.
finding-AUTO-11 = The keyword “{ $phrase }” is so short that messages about other things would have it. Write a longer one, or match it exactly.
finding-AUTO-12 = The keyword “{ $phrase }” is a word that messages about anything have. Write a phrase that says what they are about.
finding-AUTO-13 = By “{ $phrase }” customers ask not to be written to. It cannot be a keyword or a choice.
finding-AUTO-14 = By “{ $phrase }” customers answer whatever was asked before. It cannot be a keyword; offer it as an answer in a flow.
finding-AUTO-15 = The phrase “{ $phrase }” also triggers the rule “{ $rule }”, which has the same priority { $priority }. Give one of them another.
finding-AUTO-16 = The phrase “{ $phrase }” triggers the rule “{ $rule }” before this one, because its priority is { $priority }.
finding-AUTO-17 = The button “{ $title }” triggers the very rule that offers it, so that customers go in a circle.
finding-AUTO-18 = { $place } has { $count } characters; Meta takes { $most } at most.
finding-AUTO-19 = { $place } offers { $count } things to choose; Meta takes 1 to { $most }.
finding-AUTO-20 = { $place } is empty, or has space around it.
finding-AUTO-21 = { $place } offers “{ $title }” twice, by its title or by its name.
finding-AUTO-22 = Node { $node } sends template { $template }, which does not exist.
finding-AUTO-23 = Node { $node } sends template { $template }, which has variables in { $language }. A flow has no values for them.
finding-AUTO-24 = The price { $price } in { $place } was looked up on { $as_of }, which is not within the last { $days } days. Look it up again.
finding-AUTO-25 = { $place } names the price { $price } and does not say where and when it was looked up.
finding-AUTO-26 = It does not say what happens to customers who write on after they have read it. Give it a fallback.
finding-AUTO-27 = It does not say who takes over. Give it a queue in which a person answers.
finding-AUTO-28 = It starts the flow { $flow }, which is not live for all customers it is meant for. Have the flow made live first.
finding-AUTO-29 = { $place } hands over to the queue “{ $queue }”, which does not exist.
finding-AUTO-30 = The number { $number } is none of this business.
finding-AUTO-31 = By “{ $phrase }” customers ask for a person, and get one. Only a rule that routes to a queue can act on it.
finding-AUTO-32 = The keyword “{ $phrase }” is more than one word. Match it as a phrase.
finding-AUTO-33 = This was made on version { $base }, and there is version { $version } by now. Ask for a new request.
finding-AUTO-34 = It says this already, and stands like that already.
finding-AUTO-35 = { $names } start this flow, and would hand customers to people instead. Change them as well.
finding-AUTO-36 = { $count ->
    [one] { $count } message of the last { $days } days reaches a person today and would not. Check that somebody still answers it.
   *[other] { $count } messages of the last { $days } days reach a person today and would not. Check that somebody still answers them.
}
finding-AUTO-37 = { $count ->
    [one] { $count } message of the last { $days } days is answered by something else today, or reaches another queue. Check that this one is meant for it.
   *[other] { $count } messages of the last { $days } days are answered by something else today, or reach another queue. Check that this one is meant for them.
}
finding-AUTO-38 = { $count ->
    [one] A guard against loops would end it for { $count } message of the last { $days } days, so that people have to go on. Look at the samples.
   *[other] A guard against loops would end it for { $count } messages of the last { $days } days, so that people have to go on. Look at the samples.
}
finding-AUTO-39 = It would answer { $percent } % of the { $messages } messages of the last { $days } days. Check that its keywords are narrow enough.
finding-AUTO-40 = { $place } says { $price } for { $product }; the source of orders says { $real }. Look it up again.
finding-AUTO-41 = The buttons of these rules lead only to each other, so that customers go in a circle: { $names }. Offer a way out, such as a person.
finding-AUTO-42 = Another version is live by now than when this was asked for, or none is. Ask for a new request.
finding-AUTO-43 = The source of orders does not answer now ({ $why }), so nobody knows whether the prices that it names still hold. Try again later.
finding-AUTO-44 = { $count ->
    [one] { $count } message of the last { $days } days is answered today and would get no answer by itself any more. Check that somebody answers it.
   *[other] { $count } messages of the last { $days } days are answered today and would get no answer by itself any more. Check that somebody answers them.
}
finding-MEDIA-01 = There is nothing in the file.
finding-MEDIA-02 = The file has { $size } bytes. Files of more than { $limit } are not kept, as Meta takes none.
finding-MEDIA-03 = What the file holds is none of the types that Meta takes. Use one of these: { $types }.
finding-MEDIA-04 = The file is damaged or not whole. Save it anew and upload it again.
finding-MEDIA-05 = The image is { $width } pixels wide and { $height } high. Make it smaller: at most { $limit } pixels in all.
finding-MEDIA-06 = The file is called or declared { $said }, and what it holds is { $type }. Name it as what it is.
finding-MEDIA-07 = Meta takes a file of type { $type } for nothing unless it keeps one of these limits: { $limits }.
finding-MEDIA-08 = The virus scanner found { $name } in the file. Nothing of it was kept.
finding-MEDIA-09 = Nobody knows whether there is a virus in the file: no scanner is set up.
finding-MEDIA-10 = Hidden data was taken out of the file: { $what }.
finding-MEDIA-11 = Hidden data, such as author, place and device, stays in files of type { $type }: look at it before it is sent.
finding-MEDIA-12 = The customer’s file is unknown here, or not whole. It was kept as it came, and can only be downloaded.
finding-MEDIA-13 = Nobody knows whether there is a virus in the file: the scanner did not answer. Upload it again later.
finding-MEDIA-14 = Nobody knows whether there is a virus in the file: it is larger than the scanner takes.
finding-MEDIA-15 = Meta does not take this file ({ $type }) for what it is meant for: { $why }. It can be used as: { $uses }.
finding-MEDIA-16 = These bytes are kept already as { $asset }, under the name that they came with first. Nothing is added.
finding-MEDIA-17 = It was sent too long ago to be written down now. Send it again, and ask for a new request.
finding-MEDIA-18 = Phones play only OGG with OPUS as something spoken, and { $name } is { $type }. Leave voice out, or keep it as OGG with OPUS first.
finding-MEDIA-19 = The file { $asset } is not kept any more as it was shown. Ask for a new request.
finding-MEDIA-20 = It carries { $name } ({ $type }, { $size }). Look at it on this page: this very file is sent, or none.
finding-DRAFT-01 = { $place } has { $count } characters; Meta takes { $most } at most.
finding-DRAFT-02 = { $place } is empty, or has space around it. Write a text without that, or leave the part out.
finding-DRAFT-03 = { $place } has { $fault }. Write a number or a name between two braces on each side.
finding-DRAFT-04 = The variables of { $place } have the numbers { $found }. Number them from 1, without a gap.
finding-DRAFT-05 = { $language } has variables with numbers and others with names. Use one kind.
finding-DRAFT-06 = { $place } begins or ends with a variable. Put words before and after it.
finding-DRAFT-07 = In { $place } two variables stand side by side. Put words between them.
finding-DRAFT-08 = { $place } has { $count } variables and { $words } words. Meta refuses texts with too many variables; write more words, or use fewer variables.
finding-DRAFT-09 = { $place } has a variable, and Meta takes none there.
finding-DRAFT-10 = { $place } has { $count } variables; Meta takes one there.
finding-DRAFT-11 = The address in { $place } has a variable that does not stand at its end. Meta takes one, at the end.
finding-DRAFT-12 = { $place } has the variable { $placeholder } twice. Give each a name of its own.
finding-DRAFT-13 = { $place } has a line break or a mark that formats, which Meta does not take there.
finding-DRAFT-14 = { $language } has { $count } buttons ({ $kind }); Meta takes { $most }.
finding-DRAFT-15 = Other buttons stand between the quick replies of { $language }. Put the quick replies side by side.
finding-DRAFT-16 = { $language } has the button "{ $title }" twice.
finding-DRAFT-17 = { $place } has no whole phone number. Write it with the country, such as +852 5550 1000.
finding-DRAFT-18 = Meta takes no templates in { $language }. Near to it, it takes { $known }.
finding-DRAFT-19 = The variable { $placeholder } of { $language } has no sample. Meta's reviewers want one for each.
finding-DRAFT-20 = { $language } has no sample file for what stands on top ({ $kind }). Give the asset_id of one.
finding-DRAFT-21 = Samples are missing yet: { $count }. The draft can be stored, and not submitted, without them.
finding-DRAFT-22 = The samples of { $language } have an entry for { $placeholder }, which is none of its variables. It has { $known }.
finding-DRAFT-23 = The sample for { $placeholder } in { $language } cannot be used: { $fault }.
finding-DRAFT-24 = The sample for { $placeholder } in { $language } looks like a person's number or address. Reviewers at Meta read it; make one up.
finding-DRAFT-25 = The sample file of { $language } does not fit: { $why }.
finding-DRAFT-26 = The sample file { $asset } of { $language } does not exist.
finding-DRAFT-27 = { $place } advertises: { $words }. Meta takes that for marketing; write it without, or in that category.
finding-DRAFT-28 = { $place } is about one-time codes: { $words }. Meta takes them in templates for authentication only.
finding-DRAFT-29 = In the category { $category } a business writes no texts of its own. Choose marketing or utility.
finding-DRAFT-30 = { $place } asks for { $words }. Customers may not be asked for numbers of cards, accounts or identity papers; leave that out.
finding-DRAFT-31 = { $place } offers, claims or threatens what Meta's policies forbid: { $words }. Leave that out.
finding-DRAFT-32 = { $place } has only { $words } words beside its variables. Meta takes for marketing what does not say what it is about.
finding-DRAFT-33 = Template { $template } says the same in { $language }. Meta refuses a second one; change the wording.
finding-DRAFT-34 = { $language } has the variables { $found }, and { $other } has { $known }. Whoever sends it has to give values for all of them.
finding-DRAFT-35 = This was made of version { $base } of the draft of { $template }, which has version { $version } by now. Ask for a new request.
finding-DRAFT-36 = Template { $template } in { $language } is { $status } at Meta, which lets nobody edit it so.
finding-DRAFT-37 = Template { $template } in { $language } is approved as { $category }, and Meta changes no category of an approved template. Choose another name.
finding-DRAFT-38 = Template { $template } in { $language } is approved and was edited { $count } times in 30 days, or within 24 hours. Meta takes one edit in 24 hours and 10 in 30 days; wait.
finding-DRAFT-39 = Template { $template } in { $language } is { $status } at Meta and would be replaced. Meta reviews it anew; if it fails, nothing can be sent with it.
finding-DRAFT-40 = Template { $template } says this in { $language } at Meta already, and is left as it is.
finding-DRAFT-41 = Meta has all of this already.
finding-DRAFT-42 = Template { $template } in { $language } is not at Meta any more as it was shown. Ask for a new request.
finding-DRAFT-43 = Meta has refused this very text of { $template } in { $language } ({ $why }). Change it.
finding-DRAFT-44 = Template { $template } in { $language } is on its way to Meta by another request. Wait until that has ended.
finding-DRAFT-45 = The draft of { $template } says this already, with this mark.
finding-DRAFT-46 = It can be stored, and not be submitted as it is: { $rules } forbid that.
