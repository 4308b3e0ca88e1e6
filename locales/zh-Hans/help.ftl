### The list of keys.

keys-lead = 快捷键只用于移动。它们不会作出决定、签署、发送或删除；输入文字时不起作用。
keys-on = 单键快捷键已开启。
keys-off = 单键快捷键已关闭。
keys-turn-off = 关闭
keys-turn-on = 开启
keys-key = 按键
keys-does = 作用
keys-next-row = 下一行
keys-previous-row = 上一行
keys-open = 打开该行
keys-search = 前往搜索
keys-previous = 此列表的上一项
keys-next = 此列表的下一项
keys-section = 前往第 1 至 5 部分
keys-decision = 前往决定面板
keys-up = 返回列表
keys-inbox = 收件箱
keys-broadcasts = 群发广播
keys-conversations = 对话
keys-audit = 审计日志
keys-help = 此列表
keys-leave = 离开字段
