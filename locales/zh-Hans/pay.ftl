### 付款链接打开的页面：读者是顾客，不是团队。

pay-title = 向 { $business } 付款
pay-lead = { $business } 请您为订单付款。
pay-business = 商户
pay-order = 订单
pay-items = 产品
pay-more = 另有 { $n } 项产品
pay-amount = 金额
pay-until = 此链接有效至 { $time }。
pay-go = 前往付款页面
pay-care = 只有在您曾下此订单、并认识这家商户时才付款。商户绝不会在此要求密码或验证码。
pay-gone = 此处没有可付的款项
pay-gone-text = 此付款链接不完整、已过期或已收回。请在与商户的对话中索取新链接。
pay-many = 请求过多
pay-many-text = 请稍等一分钟，再打开链接。
pay-away = 暂时无法使用
pay-away-text = 没有付款。请一分钟后再打开链接。
pay-not-now = 目前无法打开
pay-not-now-text = 此付款链接目前无法打开。没有付款。请稍后再试。
