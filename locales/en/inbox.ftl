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
inbox-col-risk = Risk
inbox-col-asked = Asked by
inbox-col-state = State
inbox-findings = { $warnings } warn, { $notes } note
inbox-checks = { $made } of { $all } checked
inbox-empty = Nothing is waiting for you.
inbox-next-send = Next scheduled send: { $send }.
inbox-empty-list = No requests here yet.
inbox-empty-hint = A request appears when an agent asks for something that a person must sign.
inbox-no-match = No requests match.
