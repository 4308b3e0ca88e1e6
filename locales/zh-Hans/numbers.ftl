### The numbers of the business, and whether anything goes out from them.

numbers-title = 号码
numbers-lead = 在此停止，会同时停下所有发送：群发广播、已获批准的回复和自动回复。未发送的会等待；客户写来的消息仍会收到。
numbers-all = 所有号码
numbers-state = 在 Meta 的状态
numbers-quality = 质量
numbers-stands = 在此的状态
numbers-goes = 正常发送
numbers-stopped = 不发送任何消息
numbers-by-person = 由{ $name }于{ $at }停止。
numbers-by-meta = 因 Meta 的通知，于{ $at }停止。
numbers-by-worker = 因 Meta 拒绝一条消息，其他消息也会被拒，于{ $at }停止。
numbers-since = 自{ $at }起不发送任何消息。
numbers-why = 原因
numbers-resume-title = 恢复发送
numbers-resume-text = 等待中的回复会立即发送，但每条只在仍可发送时才发出。群发广播须逐个恢复，各需原有的签署。
numbers-resume = 恢复发送
numbers-stop-title = 停止发送
numbers-stop-text = 途中的消息仍可能送达。
numbers-stop-reason = 原因，供同事查看
numbers-stop = 停止由此发送的一切
numbers-stop-done = 已停止。在有人恢复之前，不会发送任何消息。
numbers-resume-done = 已恢复发送。暂停中的群发广播须逐个获同意才会恢复。
numbers-changed = 您查看期间内容已有变更，请重新阅读。
numbers-stands-already = 该处已停止发送。
numbers-reason-missing = 请说明原因，1 至 { $n } 个字符。
numbers-none = 从 Meta 读取号码后，会在此显示。
