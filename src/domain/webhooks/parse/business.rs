//! The fields about the business itself. A field that lacks what it is about is left to whoever looks at unknown ones.

use serde_json::Value;

use crate::domain::json::{int, list, text, texts};
use crate::domain::redact::{Number, scrub};
use crate::domain::webhooks::{
    AccountAlert, AccountReview, AccountUpdate, BusinessUsername, Capability, FormEvent, PaymentSetup, PhoneName,
    PhoneQuality, Security, TemplateCategory, TemplateComponents, TemplateEvent, TemplateQuality, TemplateRef,
    TemplateStatus, What,
};

/// Those that are read here.
pub(super) const FIELDS: &[&str] = &[
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "template_correct_category_detection",
    "phone_number_quality_update",
    "phone_number_name_update",
    "business_username_update",
    "security",
    "account_update",
    "account_review_update",
    "account_alerts",
    "business_capability_update",
    "flows",
    "payment_configuration_update",
];

pub(super) fn read(field: &str, value: &Value) -> Option<What> {
    // Meta's own sample of a quality event comes under the name of the status event, so the content decides.
    if let (Some(new), Some(template)) = (text(value, "new_quality_score"), template(value)) {
        let previous = text(value, "previous_quality_score");
        return Some(What::TemplateQuality(TemplateQuality { template, previous, new }));
    }
    let number = || text(value, "display_phone_number").map(Number::new);
    let what = match field {
        "message_template_status_update" => What::TemplateStatus(template_status(value)?),
        "message_template_components_update" => {
            What::TemplateComponents(TemplateComponents { template: template(value)? })
        }
        "template_category_update" | "template_correct_category_detection" => {
            What::TemplateCategory(template_category(value)?)
        }
        "phone_number_quality_update" => What::PhoneQuality(PhoneQuality {
            display_phone_number: number(),
            event: text(value, "event")?,
            limit: text(value, "max_daily_conversations_per_business").or_else(|| text(value, "current_limit")),
        }),
        "phone_number_name_update" => What::PhoneName(PhoneName {
            display_phone_number: number(),
            decision: text(value, "decision")?,
            requested: text(value, "requested_verified_name"),
            reason: text(value, "rejection_reason").filter(|reason| reason != "NONE"),
        }),
        "business_username_update" => What::BusinessUsername(BusinessUsername {
            display_phone_number: number(),
            username: text(value, "username"),
            status: text(value, "status")?,
        }),
        "security" => What::Security(Security { display_phone_number: number(), event: text(value, "event")? }),
        "account_update" => What::AccountUpdate(account_update(value)?),
        "account_review_update" => What::AccountReview(AccountReview { decision: text(value, "decision")? }),
        "account_alerts" => What::AccountAlert(account_alert(value)?),
        "business_capability_update" => What::Capability(capability(value)?),
        "flows" => What::FormEvent(FormEvent {
            form_id: text(value, "flow_id")?,
            event: text(value, "event")?,
            status: text(value, "new_status"),
        }),
        "payment_configuration_update" => {
            What::PaymentSetup(PaymentSetup { name: text(value, "configuration_name")?, status: text(value, "status") })
        }
        _ => return None,
    };
    Some(what)
}

fn template(value: &Value) -> Option<TemplateRef> {
    Some(TemplateRef {
        id: text(value, "message_template_id")?,
        name: text(value, "message_template_name"),
        // Webhooks may write a hyphen where every other place has an underscore.
        language: text(value, "message_template_language").map(|code| code.replace('-', "_")),
    })
}

fn template_status(value: &Value) -> Option<TemplateStatus> {
    let rejection = value.get("rejection_info").unwrap_or(&Value::Null);
    let said = |reason: String| Some(reason).filter(|reason| reason != "NONE");
    Some(TemplateStatus {
        template: template(value)?,
        event: TemplateEvent::from(text(value, "event")?.as_str()),
        category: text(value, "message_template_category"),
        reason: text(value, "reason").and_then(said).or_else(|| text(rejection, "reason").map(|it| scrub(&it))),
        title: value.get("other_info").and_then(|info| text(info, "title")),
        recommendation: text(rejection, "recommendation").map(|it| scrub(&it)),
    })
}

fn template_category(value: &Value) -> Option<TemplateCategory> {
    let correct_category = text(value, "correct_category");
    let new_category = text(value, "new_category").or_else(|| text(value, "category"))?;
    Some(TemplateCategory {
        template: template(value)?,
        previous_category: text(value, "previous_category"),
        new_category,
        correct_category,
    })
}

fn account_update(value: &Value) -> Option<AccountUpdate> {
    Some(AccountUpdate {
        event: text(value, "event")?,
        restrictions: list(value, "restriction_info").iter().filter_map(|r| text(r, "restriction_type")).collect(),
        violation: value.get("violation_info").and_then(|v| text(v, "violation_type")),
        ban_state: value.get("ban_info").and_then(ban_state),
    })
}

/// Written as one word or as a list of words, depending on the age of the sample.
fn ban_state(info: &Value) -> Option<String> {
    text(info, "waba_ban_state").or_else(|| texts(info, "waba_ban_state").into_iter().next())
}

fn account_alert(value: &Value) -> Option<AccountAlert> {
    // Older samples have the members of `alert_info` at the top.
    let info = value.get("alert_info").filter(|info| info.is_object()).unwrap_or(value);
    Some(AccountAlert {
        entity: text(value, "entity_type"),
        severity: text(info, "alert_severity"),
        status: text(info, "alert_status"),
        kind: text(info, "alert_type")?,
    })
}

fn capability(value: &Value) -> Option<Capability> {
    let capability = Capability {
        people_a_day: text(value, "max_daily_conversations_per_business")
            .or_else(|| text(value, "max_daily_conversation_per_phone")),
        most_numbers: int(value, "max_phone_numbers_per_business").or_else(|| int(value, "max_phone_numbers_per_waba")),
    };
    (capability.people_a_day.is_some() || capability.most_numbers.is_some()).then_some(capability)
}
