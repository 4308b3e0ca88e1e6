### 付款連結打開的頁面：讀者是顧客，不是團隊。

pay-title = 向 { $business } 付款
pay-lead = { $business } 請你為訂單付款。
pay-business = 商戶
pay-order = 訂單
pay-items = 產品
pay-more = 另有 { $n } 項產品
pay-amount = 金額
pay-until = 此連結有效至 { $time }。
pay-go = 前往付款頁面
pay-care = 只有在你曾下此訂單、並認識這間商戶時才付款。商戶絕不會在此要求密碼或驗證碼。
pay-gone = 此處沒有可付的款項
pay-gone-text = 此付款連結不完整、已過期或已收回。請在與商戶的對話中索取新連結。
pay-many = 請求過多
pay-many-text = 請稍等一分鐘，再打開連結。
pay-away = 暫時無法使用
pay-away-text = 沒有付款。請一分鐘後再打開連結。
pay-not-now = 現時無法打開
pay-not-now-text = 此付款連結現時無法打開。沒有付款。請稍後再試。
