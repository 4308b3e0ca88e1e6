//! The tools that were promised, typed out: a table of its own, so that none gets lost, changes its kind or forgets what to read
//! before it.

use countersign::tools::catalogue::catalogue;

/// The name, the kind, and what is read before it at least.
const TOOLS: &[(&str, &str, &[&str])] = &[
    ("whatsapp.action_request.status", "status", &["whatsapp.audit_logs.list"]),
    ("whatsapp.audit_logs.list", "read", &["whatsapp.contact.get or whatsapp.broadcasts.list"]),
    ("whatsapp.auto_reply.enable", "write", &["whatsapp.automation_change.preview"]),
    (
        "whatsapp.automation_change.preview",
        "preview",
        &["whatsapp.flows.list", "whatsapp.keyword_rules.list", "whatsapp.policy_rules.get"],
    ),
    ("whatsapp.broadcast.create", "write", &["whatsapp.broadcast.preview"]),
    (
        "whatsapp.broadcast.preview",
        "preview",
        &[
            "whatsapp.segments.list",
            "whatsapp.consent_records.list",
            "whatsapp.template.get",
            "whatsapp.policy_rules.get",
        ],
    ),
    ("whatsapp.broadcast.schedule", "write", &["whatsapp.broadcast.preview", "whatsapp.broadcasts.list"]),
    ("whatsapp.broadcasts.list", "read", &["whatsapp.segments.list", "whatsapp.templates.list"]),
    ("whatsapp.business_profile.get", "read", &["whatsapp.phone_numbers.list"]),
    ("whatsapp.campaign_report.get", "read", &["whatsapp.broadcasts.list", "whatsapp.message_delivery.list"]),
    ("whatsapp.config.get", "read", &[]),
    ("whatsapp.consent.update", "write", &["whatsapp.consent_records.list", "whatsapp.opt_outs.list"]),
    ("whatsapp.consent_records.list", "read", &["whatsapp.contacts.list"]),
    ("whatsapp.contact.get", "read", &["whatsapp.contacts.list"]),
    ("whatsapp.contact.import", "write", &["whatsapp.contact_import.preview"]),
    ("whatsapp.contact.upsert", "write", &["whatsapp.contact.get or whatsapp.contacts.list"]),
    (
        "whatsapp.contact_import.preview",
        "preview",
        &["whatsapp.contacts.list", "whatsapp.consent_records.list", "whatsapp.opt_outs.list"],
    ),
    ("whatsapp.contacts.list", "read", &["whatsapp.config.get"]),
    ("whatsapp.conversation.assign", "write", &["whatsapp.handover.preview"]),
    ("whatsapp.conversation.close", "write", &["whatsapp.conversation.get"]),
    ("whatsapp.conversation.get", "read", &["whatsapp.conversations.list"]),
    ("whatsapp.conversation_summary.get", "read", &["whatsapp.conversations.list", "whatsapp.inbox_assignments.list"]),
    ("whatsapp.conversations.list", "read", &["whatsapp.contacts.list"]),
    ("whatsapp.flow.upsert", "write", &["whatsapp.automation_change.preview"]),
    ("whatsapp.flows.list", "read", &["whatsapp.config.get"]),
    ("whatsapp.handover.preview", "preview", &["whatsapp.conversation.get", "whatsapp.inbox_assignments.list"]),
    ("whatsapp.inbox_assignments.list", "read", &["whatsapp.conversations.list"]),
    ("whatsapp.keyword_rule.upsert", "write", &["whatsapp.automation_change.preview"]),
    ("whatsapp.keyword_rules.list", "read", &["whatsapp.flows.list"]),
    ("whatsapp.media_asset.upload", "write", &["whatsapp.media_assets.list", "whatsapp.template_submit.preview"]),
    ("whatsapp.media_assets.list", "read", &["whatsapp.templates.list"]),
    ("whatsapp.message_delivery.list", "read", &["whatsapp.broadcasts.list or whatsapp.conversation.get"]),
    ("whatsapp.opt_outs.list", "read", &["whatsapp.consent_records.list"]),
    ("whatsapp.order.create_from_chat", "write", &["whatsapp.order_payment_message.preview"]),
    (
        "whatsapp.order_payment_message.preview",
        "preview",
        &["whatsapp.conversation.get", "whatsapp.contact.get", "whatsapp.session_message.preview"],
    ),
    ("whatsapp.payment_link.send", "write", &["whatsapp.order_payment_message.preview"]),
    ("whatsapp.phone_numbers.list", "read", &["whatsapp.config.get"]),
    ("whatsapp.policy_rules.get", "read", &["whatsapp.config.get"]),
    ("whatsapp.segment.upsert", "write", &["whatsapp.segments.list", "whatsapp.broadcast.preview"]),
    ("whatsapp.segments.list", "read", &["whatsapp.contacts.list", "whatsapp.consent_records.list"]),
    ("whatsapp.session_message.preview", "preview", &["whatsapp.conversation.get", "whatsapp.policy_rules.get"]),
    ("whatsapp.session_message.send", "write", &["whatsapp.session_message.preview"]),
    ("whatsapp.tag.apply", "write", &["whatsapp.contact.get", "whatsapp.conversation.get"]),
    ("whatsapp.template.get", "read", &["whatsapp.templates.list"]),
    ("whatsapp.template.submit", "write", &["whatsapp.template_submit.preview"]),
    ("whatsapp.template_draft.upsert", "write", &["whatsapp.template_submit.preview"]),
    ("whatsapp.template_quality.get", "read", &["whatsapp.template.get"]),
    (
        "whatsapp.template_submit.preview",
        "preview",
        &["whatsapp.template.get", "whatsapp.policy_rules.get", "whatsapp.media_assets.list"],
    ),
    ("whatsapp.templates.list", "read", &["whatsapp.config.get"]),
    ("whatsapp.webhook.retry", "write", &["whatsapp.webhook_logs.list"]),
    ("whatsapp.webhook_logs.list", "read", &["whatsapp.config.get"]),
];

#[test]
fn every_promised_tool_is_there_and_no_other() {
    let there: Vec<(&str, &str)> = catalogue().tools().iter().map(|tool| (tool.name, tool.kind.as_str())).collect();
    let promised: Vec<(&str, &str)> = TOOLS.iter().map(|(name, kind, _)| (*name, *kind)).collect();
    assert_eq!((there, TOOLS.len()), (promised, 51));
    for (name, _, read_first) in TOOLS {
        let tool = catalogue().find(name).unwrap();
        let missing: Vec<_> = read_first.iter().filter(|read| !tool.read_first.contains(*read)).collect();
        assert!(missing.is_empty(), "{name} does not name {missing:?}");
    }
}
