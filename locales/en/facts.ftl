### Words for facts: exclusions, sources of consent, samples, markets.

excluded-invalid-number = No valid number
excluded-duplicate = Already in an earlier segment
excluded-do-not-contact = On the do-not-contact list
excluded-opted-out-all = Opted out of everything
excluded-opted-out-marketing = Opted out of marketing
excluded-stopped-marketing-at-meta = Switched marketing off at WhatsApp
excluded-blocked = Blocked
excluded-no-consent = No consent
excluded-consent-not-traceable = Consent without proof
excluded-consent-does-not-cover = Consent does not cover this
excluded-market-not-allowed = Market not allowed
excluded-no-template-language = No language of the template
excluded-variable-missing = Variable without a value
excluded-our-frequency-cap = Had enough messages
excluded-recent-meta-cap = Refused by Meta lately
excluded-meta-experiment = Held out by Meta as an experiment
excluded-quiet-hours = Quiet hours throughout
excluded-over-portfolio-limit = Over Meta's limit
source-web-form = Web form
source-in-store = In store
source-whatsapp-message = WhatsApp message
source-paper = Paper form
source-oral = By word of mouth
source-import = Imported, with its reference
source-none = No consent needed
why-longest-text = Longest text
why-shortest-text = Shortest text
why-most-defaults = Most defaults
why-oldest-consent = Oldest consent
why-drawn = Drawn by lot
market-HK = Hong Kong
market-MO = Macau
market-SG = Singapore
market-TW = Taiwan
market-CN = Mainland China
market-MY = Malaysia
market-GB = United Kingdom
market-US = United States
market-JP = Japan
market-PH = Philippines
market-TH = Thailand
market-ID = Indonesia

# Whom a segment takes in, and where a variable gets its value
condition-and = { $left } and { $right }
condition-or = { $left } or { $right }
condition-group = ({ $inside })
condition-not = not { $inside }
condition-tag = tag { $name }
condition-language = language { $list }
condition-market = market { $list }
condition-consent = consent for { $category }
condition-wrote = wrote within { $days ->
    [one] { $days } day
   *[other] { $days } days
 }
condition-silent = silent for { $days ->
    [one] { $days } day
   *[other] { $days } days
 }
condition-everyone = everyone
condition-without = { $include }, without { $exclude }
condition-left-out = left out: { $inside }
variable-text = the text “{ $text }”
variable-name = the contact’s name
variable-attribute = the contact’s { $name }
variable-or = { $source }, or “{ $default }”

# Why somebody who was signed for was not written to after all
withheld-changed = The message would no longer be the one that was signed
withheld-gone = The contact is gone
withheld-late = Opted out just before the message went out
