### Mails.

mail-filed-subject = { $tenant }有批核要求等候你決定
mail-filed-lead = { $tenant }的 AI 代理提出了需要你簽署的要求。
mail-filed-tool = 工具：
mail-filed-agent = AI 代理：
mail-filed-needs = 需要：
mail-filed-due = 限期：
mail-filed-digest = 摘要值：
mail-filed-link = 在控制台審核
mail-filed-note = 此電郵不能批核任何要求。請先在控制台閱讀，再簽署。

mail-decided-subject = { $tenant }：你的 AI 代理提出的要求已有決定
mail-decided-lead = 你的 AI 代理在{ $tenant }提出的要求已有決定。
mail-decided-link = 在控制台查看決定
mail-paused-subject = { $tenant }有訊息已停下
mail-paused-lead = { $tenant }有訊息已停下或結果未明，等候有關人員查看。
mail-paused-link = 在控制台查看
mail-assigned-subject = { $tenant } 有一個對話由你負責
mail-assigned-lead = { $tenant } 與客戶的一個對話已指派給你，或你負責的佇列。
mail-assigned-link = 查看你的對話
