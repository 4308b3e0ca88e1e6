### 事实用语：排除原因、同意来源、样本、市场。

excluded-invalid-number = 号码无效
excluded-duplicate = 已在前面的分组中
excluded-do-not-contact = 在“勿联系”名单上
excluded-opted-out-all = 已退订所有消息
excluded-opted-out-marketing = 已退订营销消息
excluded-stopped-marketing-at-meta = 已在 WhatsApp 关闭营销消息
excluded-blocked = 已拉黑
excluded-no-consent = 没有同意
excluded-consent-not-traceable = 同意无凭证
excluded-consent-does-not-cover = 同意不涵盖此类消息
excluded-market-not-allowed = 不允许的市场
excluded-no-template-language = 模板没有适用语言
excluded-variable-missing = 变量没有值
excluded-our-frequency-cap = 已达发送频率上限
excluded-recent-meta-cap = 近期被 Meta 拒绝
excluded-meta-experiment = 被 Meta 列入实验组
excluded-quiet-hours = 全程处于静默时段
excluded-over-portfolio-limit = 超出 Meta 上限
source-web-form = 网页表单
source-in-store = 门店
source-whatsapp-message = WhatsApp 消息
source-paper = 纸质表单
source-oral = 口头
source-import = 导入（有参考编号）
source-none = 无需同意
why-longest-text = 最长文本
why-shortest-text = 最短文本
why-most-defaults = 最多默认值
why-oldest-consent = 最早的同意
why-drawn = 抽样
market-HK = 香港
market-MO = 澳门
market-SG = 新加坡
market-TW = 台湾
market-CN = 中国内地
market-MY = 马来西亚
market-GB = 英国
market-US = 美国
market-JP = 日本
market-PH = 菲律宾
market-TH = 泰国
market-ID = 印度尼西亚

# Whom a segment takes in, and where a variable gets its value
condition-and = { $left } 且 { $right }
condition-or = { $left } 或 { $right }
condition-group = （{ $inside }）
condition-not = 并非（{ $inside }）
condition-tag = 标签 { $name }
condition-language = 语言 { $list }
condition-market = 市场 { $list }
condition-consent = 同意接收{ $category }
condition-wrote = { $days } 天内曾发消息
condition-silent = { $days } 天没有发消息
condition-everyone = 所有人
condition-without = { $include }，不包括{ $exclude }
condition-left-out = 不发给：{ $inside }
variable-text = 文字“{ $text }”
variable-name = 联系人姓名
variable-attribute = 联系人的 { $name }
variable-or = { $source }，没有则用“{ $default }”

# Why somebody who was signed for was not written to after all
withheld-changed = 消息已不再是签署时的内容
withheld-gone = 联系人已不存在
withheld-late = 在发送前一刻退订
