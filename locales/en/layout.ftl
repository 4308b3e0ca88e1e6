### The frame around every page, lists, and lengths of time.

page-title = { $page } – Countersign
skip = Skip to content
banner-running = { $n } sending. Stop…
banner-language = Language
banner-sign-out = Sign out
nav-label = Main
nav-menu = Menu
nav-inbox = Inbox
nav-waiting = waiting for you
nav-broadcasts = Broadcasts
nav-running = sending now
nav-conversations = Conversations
nav-audit = Audit
nav-doubts = messages in doubt
nav-numbers = Numbers
stops-all = Nothing goes out from any number since { $at }, until a person lets it go on.
stops-number = Nothing goes out from { $number } since { $at }, until a person lets it go on.
stops-see = See why
foot-version = Version { $version }
foot-time = Server time
foot-theme = Theme
foot-keys = Keyboard shortcuts
theme-auto = Auto
theme-light = Light
theme-dark = Dark
role-admin = Administrator
role-compliance = Compliance
role-principal = Principal
role-operator = Operator
role-manager = Manager
role-auditor = Auditor
role-dpo = Data protection officer
times-in = Times in { $zone } · updated { $at }
trail = Where you are
trail-previous = Previous
trail-next = Next
trail-position = { $here } of { $all }
pager-label = Pages
pager-of = Showing { $first }–{ $last } of { $total }
pager-part = { $count } on this page
pager-previous = Previous page
pager-next = Next page
filter-search = Search
filter-apply = Apply
filter-active = Active filters:
filter-none = none
filter-remove = Remove this filter
filter-clear = Clear filters
people = { $n ->
    [one] { $n } person
   *[other] { $n } people
}
languages = { $n ->
    [one] { $n } language
   *[other] { $n } languages
}
signatures = { $n ->
    [one] { $n } signature
   *[other] { $n } signatures
}
version = version { $n }
per-second = { $n } a second
audit-entry = audit { $n }
proof-holds = Checked:
proof-fails = Does not hold:
age-now = just now
age-past = { $span } ago
age-future = in { $span }
span-seconds = { $n } s
span-minutes = { $n } min
span-hours = { $n } h
span-hours-minutes = { $h } h { $m } min
span-days = { $n } d
span-days-hours = { $d } d { $h } h
