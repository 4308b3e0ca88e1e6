### Mails.

mail-filed-subject = { $tenant } 有审批请求等待您决定
mail-filed-lead = { $tenant } 的 AI 代理提出了需要您签署的请求。
mail-filed-tool = 工具：
mail-filed-agent = AI 代理：
mail-filed-needs = 需要：
mail-filed-due = 截止时间：
mail-filed-digest = 摘要值：
mail-filed-link = 在控制台审核
mail-filed-note = 此邮件不能审批任何请求。请先在控制台阅读，再签署。

mail-decided-subject = { $tenant }：您的 AI 代理提出的请求已有决定
mail-decided-lead = 您的 AI 代理在{ $tenant }提出的请求已有决定。
mail-decided-link = 在控制台查看决定
mail-paused-subject = { $tenant }有消息已停下
mail-paused-lead = { $tenant }有消息已停下或结果未知，等待有关人员查看。
mail-paused-link = 在控制台查看
mail-assigned-subject = { $tenant } 有一个对话由您负责
mail-assigned-lead = { $tenant } 与客户的一个对话已分配给您，或您负责的队列。
mail-assigned-link = 查看您的对话
