### 事實用語：排除原因、同意來源、樣本、市場。

excluded-invalid-number = 號碼無效
excluded-duplicate = 已在前面的分眾中
excluded-do-not-contact = 在「不要聯絡」名單上
excluded-opted-out-all = 已拒收所有訊息
excluded-opted-out-marketing = 已拒收促銷訊息
excluded-stopped-marketing-at-meta = 已在 WhatsApp 關閉促銷訊息
excluded-blocked = 已封鎖
excluded-no-consent = 沒有同意
excluded-consent-not-traceable = 同意沒有憑證
excluded-consent-does-not-cover = 同意不涵蓋此類訊息
excluded-market-not-allowed = 不可發送的市場
excluded-no-template-language = 範本沒有適用語言
excluded-variable-missing = 變數沒有內容
excluded-our-frequency-cap = 已達發送頻率上限
excluded-recent-meta-cap = 近期被 Meta 拒絕
excluded-meta-experiment = 被 Meta 列入實驗組
excluded-quiet-hours = 整段時間屬靜音時段
excluded-over-portfolio-limit = 超出 Meta 上限
source-web-form = 網上表格
source-in-store = 店內
source-whatsapp-message = WhatsApp 訊息
source-paper = 紙本表格
source-oral = 口頭
source-import = 匯入（有參考編號）
source-none = 毋須同意
why-longest-text = 最長文字
why-shortest-text = 最短文字
why-most-defaults = 最多預設值
why-oldest-consent = 最早的同意
why-drawn = 抽樣
market-HK = 香港
market-MO = 澳門
market-SG = 新加坡
market-TW = 台灣
market-CN = 中國內地
market-MY = 馬來西亞
market-GB = 英國
market-US = 美國
market-JP = 日本
market-PH = 菲律賓
market-TH = 泰國
market-ID = 印尼

# Whom a segment takes in, and where a variable gets its value
condition-and = { $left } 且 { $right }
condition-or = { $left } 或 { $right }
condition-group = （{ $inside }）
condition-not = 並非（{ $inside }）
condition-tag = 標籤 { $name }
condition-language = 語言 { $list }
condition-market = 市場 { $list }
condition-consent = 同意接收{ $category }
condition-wrote = { $days } 天內曾發訊息
condition-silent = { $days } 天沒有發訊息
condition-everyone = 所有人
condition-without = { $include }，不包括{ $exclude }
condition-left-out = 不發給：{ $inside }
variable-text = 文字「{ $text }」
variable-name = 聯絡人姓名
variable-attribute = 聯絡人的 { $name }
variable-or = { $source }，沒有則用「{ $default }」

# Why somebody who was signed for was not written to after all
withheld-changed = 訊息已不再是簽署時的內容
withheld-gone = 聯絡人已不存在
withheld-late = 在發送前一刻拒收
