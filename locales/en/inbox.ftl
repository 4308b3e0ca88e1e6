### The inbox.

inbox-tabs = Requests by whose move it is
inbox-tab-mine = Waiting for me
inbox-tab-others = Waiting for others
inbox-tab-decided = Decided
inbox-tab-all = All
inbox-tool = Tool
inbox-agent = Agent
inbox-due = Due
inbox-caption = Requests, the most urgent first
inbox-col-due = Due
inbox-col-request = Request
inbox-col-asked = Asked by
inbox-col-state = State
inbox-empty = Nothing is waiting for you.
inbox-next-send = Next scheduled send: { $send }.
inbox-empty-list = No requests here yet.
inbox-empty-hint = A request appears when an agent asks for something that a person must sign.
inbox-no-match = No requests match.
inbox-warnings = { $n ->
    [one] { $n } warning
   *[other] { $n } warnings
}
inbox-signed = { $made } of { $all } signatures
inbox-unsigned = Needs no signature
inbox-any = Any
inbox-due-day = Within 24 hours
inbox-due-hours = Within 4 hours
inbox-next-what = { $at }, { $name }
kind-broadcast = Broadcast
kind-draft = Broadcast draft
kind-import = Import
kind-segment = Segment
kind-session = Reply
kind-retry = Webhook retry
inbox-blocked = Blocked by now
kind-flow = Flow
kind-keyword-rule = Keyword rule
kind-auto-reply = Auto-reply
kind-contact = Contact
kind-consent = Consent
kind-labels = Labels
kind-handover = Handover
kind-closing = Closing
kind-template-draft = Template draft
kind-template = Template
kind-file = File
