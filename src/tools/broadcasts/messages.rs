//! The messages of a batch, worked out anew from today's rows: exactly what was signed goes out, or nothing.

use crate::domain::audience::{Exclusion, Mark, NotNow, Withheld, fingerprint, mark};
use crate::domain::broadcasts::BroadcastPlan;
use crate::domain::compose::{Composer, Form, Own};
use crate::domain::contacts::ContactNo;
use crate::domain::ids::{ExecutionId, TenantId};
use crate::domain::messages::Recipient;
use crate::domain::policy::eligibility::{Facts, Gate};
use crate::domain::templates::{Button, Header, Place, TemplateContent, Values};
use crate::error::Result;
use crate::graph::messages as graph;
use crate::store;
use crate::store::candidates::{self, Candidate, agreed_to_others_of, received_by, suppressions_of};
use crate::tools::Ctx;
use std::collections::HashMap;

/// One row of the ledger with its message, or why there is none now.
pub type Prepared = (u32, Result<graph::TemplateMessage, NotNow>);

/// The messages for these rows of the ledger, in their order. The callback token is left for the worker to fill in.
pub async fn messages_for(
    ctx: &Ctx,
    tenant: TenantId,
    execution: ExecutionId,
    plan: &BroadcastPlan,
    rows: &[(u32, ContactNo, Mark)],
) -> Result<Vec<Prepared>> {
    let numbers = || rows.iter().map(|(_, no, _)| *no);
    let now = ctx.clock.now();
    let (composer, suppressions, others, received) = tokio::try_join!(
        signed_composer(ctx, tenant, plan),
        async { Ok(suppressions_of(&ctx.db, tenant, numbers()).await?) },
        async { Ok(agreed_to_others_of(&ctx.db, tenant, plan.category, numbers()).await?) },
        async { Ok(received_by(&ctx.db, tenant, plan.category, numbers(), execution, now).await?) },
    )?;
    let marks: HashMap<u32, &Mark> = rows.iter().map(|(_, no, mark)| (no.0, mark)).collect();
    let gate = Gate { settings: &ctx.policy.settings, category: plan.category, at: now };
    let mut made: HashMap<u32, Result<graph::TemplateMessage, NotNow>> = HashMap::with_capacity(rows.len());
    candidates::some(&ctx.db, tenant, plan.category, numbers(), |who| {
        let facts = Facts {
            number: who.market.is_some() && who.own.is_some_and(|own| own.phone.is_some()),
            market: who.market.and_then(|market| market.parse().ok()),
            suppressions: suppressions.get(&who.no.0).copied().unwrap_or_default(),
            consent: who.consent,
            other_consent: others.contains(who.no.0),
            last_7_days: received.get(&who.no.0).map_or(0, |received| received.last_7_days),
            last_30_days: received.get(&who.no.0).map_or(0, |received| received.last_30_days),
            meta_capped_at: who.meta_capped_at,
            experiment_at: who.experiment_at,
        };
        let message = gate
            .may_be_written_to(&facts)
            .map_err(Withheld::Excluded)
            .and_then(|()| message(plan, &composer, who, marks.get(&who.no.0).copied()))
            .and_then(|message| {
                gate.may_be_written_to_again(&facts).map_err(Withheld::Excluded)?;
                Ok(message)
            })
            .map_err(NotNow::Never);
        let quiet = facts.market.and_then(|market| gate.settings.quiet_until(gate.category, market, gate.at));
        made.insert(who.no.0, message.and_then(|message| quiet.map_or(Ok(message), |end| Err(NotNow::Until(end)))));
        Ok(())
    })
    .await?;
    Ok(rows
        .iter()
        .map(|(seq, no, _)| (*seq, made.remove(&no.0).unwrap_or(Err(NotNow::Never(Withheld::Gone)))))
        .collect())
}

/// The languages that were signed, with the very content that was signed. A language whose content is another by now has
/// no message: the recheck before the batch says so in words.
async fn signed_composer(ctx: &Ctx, tenant: TenantId, plan: &BroadcastPlan) -> Result<Composer> {
    let templates = store::templates::of_name(&ctx.db, tenant, &plan.template).await?;
    let mut languages = Vec::new();
    for variant in &plan.variants {
        let template = templates.iter().find(|template| template.language == variant.language);
        if let Some(template) = template.filter(|template| template.category == plan.category)
            && template.content.digest()? == variant.content
        {
            languages.push((template.language.clone(), template.content.clone()));
        }
    }
    Ok(Composer::new(languages, plan.default_language.as_ref(), &plan.variables))
}

fn message(
    plan: &BroadcastPlan,
    composer: &Composer,
    who: &Candidate<'_>,
    signed: Option<&Mark>,
) -> Result<graph::TemplateMessage, Withheld> {
    let own = who.own.ok_or(Withheld::Gone)?;
    let (form, filled) = composer
        .compose(who.language, Own { name: own.name, attributes: own.attributes })
        .map_err(Withheld::Excluded)?;
    let now = fingerprint(who.id, &form.language, &filled.values).map_err(|_| Withheld::Changed)?;
    if signed != Some(&mark(&now)) {
        return Err(Withheld::Changed);
    }
    let to = own.phone.and_then(|phone| Recipient::phone(phone).ok());
    Ok(graph::TemplateMessage {
        phone_number_id: plan.phone_number_id.clone(),
        to: to.ok_or(Withheld::Excluded(Exclusion::InvalidNumber))?,
        identity_key_hash: None,
        name: plan.template.clone(),
        language: form.language.to_string(),
        header: header(form, &filled.values),
        body: parameters(Place::Body, &form.content.body, &filled.values),
        buttons: buttons(&form.content, &filled.values),
        extension: None,
        callback: String::new(),
    })
}

fn header(form: &Form, values: &Values) -> Option<graph::Header> {
    match &form.content.header {
        Some(Header::Text(text)) => match parameters(Place::Header, text, values) {
            graph::Parameters::None => None,
            some => Some(graph::Header::Text(some)),
        },
        // Headers with a medium or a place do not pass the policy.
        _ => None,
    }
}

/// The values of one text, as Meta wants them: positions in their order, names with their names, each once.
fn parameters(place: Place, text: &str, values: &Values) -> graph::Parameters {
    let mut names: Vec<&str> = Vec::new();
    for name in TemplateContent::placeholders_of(text) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return graph::Parameters::None;
    }
    let value = |name: &str| graph::Parameter::Text(values.get(&place.key(name)).cloned().unwrap_or_default());
    let positions: Option<Vec<u32>> = names.iter().map(|name| name.parse().ok()).collect();
    match positions {
        Some(mut positions) => {
            positions.sort_unstable();
            graph::Parameters::Positional(positions.into_iter().map(|at| value(&at.to_string())).collect())
        }
        None => graph::Parameters::Named(names.into_iter().map(|name| (name.to_owned(), value(name))).collect()),
    }
}

fn buttons(content: &TemplateContent, values: &Values) -> Vec<graph::Button> {
    let filled = content.buttons.iter().enumerate().filter_map(|(at, button)| {
        let Button::Url { url, .. } = button else { return None };
        let name = TemplateContent::placeholders_of(url).into_iter().next()?;
        let suffix = values.get(&Place::Button(at).key(name))?.clone();
        Some(graph::Button { index: u8::try_from(at).ok()?, value: graph::ButtonValue::UrlSuffix(suffix) })
    });
    filled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::templates::Values;
    use serde_json::json;

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn positions_go_in_order_and_names_with_their_names_each_once() {
        let numbered = values(&[("1", "a"), ("2", "b"), ("10", "c"), ("header.1", "h")]);
        assert!(
            parameters(Place::Body, "{{10}} {{2}} {{1}} {{2}}", &numbered)
                == graph::Parameters::Positional(vec!["a".into(), "b".into(), "c".into()])
        );
        assert!(parameters(Place::Header, "{{1}}", &numbered) == graph::Parameters::Positional(vec!["h".into()]));
        let named = values(&[("name", "Ada"), ("tier", "gold")]);
        assert!(
            parameters(Place::Body, "{{tier}} {{name}} {{tier}}", &named)
                == graph::Parameters::Named(vec![("tier".into(), "gold".into()), ("name".into(), "Ada".into())])
        );
        assert!(parameters(Place::Body, "no variables", &named) == graph::Parameters::None);
    }

    #[test]
    fn a_button_carries_the_end_of_its_address_under_its_own_place() {
        let content: TemplateContent = serde_json::from_value(json!({
            "header": null, "body": "x", "footer": null, "buttons": [
                {"type": "quick_reply", "text": "Stop"},
                {"type": "url", "text": "Look", "url": "https://example.hk/w?u={{1}}"},
                {"type": "url", "text": "Home", "url": "https://example.hk/"}
            ]
        }))
        .unwrap();
        let made = buttons(&content, &values(&[("1", "wrong"), ("button.2.1", "x1")]));
        assert_eq!(made.len(), 1);
        assert!(made[0] == graph::Button { index: 1, value: graph::ButtonValue::UrlSuffix("x1".into()) });
    }
}
