### The inbox.

inbox-tabs = 按轮到谁处理分类
inbox-tab-mine = 等待我处理
inbox-tab-others = 等待他人处理
inbox-tab-decided = 已决定
inbox-tab-all = 全部
inbox-tool = 工具
inbox-agent = AI 代理
inbox-due = 截止时间
inbox-caption = 审批请求，最紧急的在前
inbox-col-due = 截止时间
inbox-col-request = 审批请求
inbox-col-asked = 申请人
inbox-col-state = 状态
inbox-empty = 没有等待您处理的请求。
inbox-next-send = 下一次排期发送：{ $send }。
inbox-empty-list = 这里暂时没有审批请求。
inbox-empty-hint = 当 AI 代理提出需要人签署的请求时，便会显示在这里。
inbox-no-match = 没有符合的请求。
inbox-warnings = { $n } 项警告
inbox-signed = 已签署 { $made }/{ $all }
inbox-unsigned = 无需签署
inbox-any = 全部
inbox-due-day = 24 小时内
inbox-due-hours = 4 小时内
inbox-next-what = { $at }，{ $name }
kind-broadcast = 群发广播
