### The inbox.

inbox-tabs = 按輪到誰處理分類
inbox-tab-mine = 等候我處理
inbox-tab-others = 等候他人處理
inbox-tab-decided = 已決定
inbox-tab-all = 全部
inbox-tool = 工具
inbox-agent = AI 代理
inbox-due = 限期
inbox-caption = 批核要求，最急的排先
inbox-col-due = 限期
inbox-col-request = 批核要求
inbox-col-asked = 提出人
inbox-col-state = 狀態
inbox-empty = 沒有等候你處理的要求。
inbox-next-send = 下一次排程發送：{ $send }。
inbox-empty-list = 這裡暫時沒有批核要求。
inbox-empty-hint = 當 AI 代理提出需要人簽署的要求時，便會在這裡顯示。
inbox-no-match = 沒有符合的要求。
inbox-warnings = { $n }項警告
inbox-signed = 已簽署 { $made }/{ $all }
inbox-unsigned = 毋須簽署
inbox-any = 全部
inbox-due-day = 24小時內
inbox-due-hours = 4小時內
inbox-next-what = { $at }，{ $name }
kind-broadcast = 廣播
