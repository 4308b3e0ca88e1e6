### The numbers of the business, and whether anything goes out from them.

numbers-title = 號碼
numbers-lead = 在此停止，會同時停下所有發送：廣播、已獲批准的回覆和自動回覆。未發送的會等候；客戶寫來的訊息仍會收到。
numbers-all = 所有號碼
numbers-state = 在 Meta 的狀態
numbers-quality = 品質
numbers-stands = 在此的狀態
numbers-goes = 正常發送
numbers-stopped = 不發送任何訊息
numbers-by-person = 由{ $name }於{ $at }停止。
numbers-by-meta = 因 Meta 的通知，於{ $at }停止。
numbers-by-worker = 因 Meta 拒絕一則訊息，其他訊息也會被拒，於{ $at }停止。
numbers-since = 自{ $at }起不發送任何訊息。
numbers-why = 原因
numbers-resume-title = 恢復發送
numbers-resume-text = 等候中的回覆會立即發送，但每則只在仍可發送時才發出。廣播須逐個恢復，各需原有的簽署。
numbers-resume = 恢復發送
numbers-stop-title = 停止發送
numbers-stop-text = 途中的訊息仍可能送達。
numbers-stop-reason = 原因，供同事查看
numbers-stop = 停止由此發送的一切
numbers-stop-done = 已停止。在有人恢復之前，不會發送任何訊息。
numbers-resume-done = 已恢復發送。暫停中的廣播須逐個獲同意才會恢復。
numbers-changed = 你查看期間內容已有變更，請重新閱讀。
numbers-stands-already = 該處已停止發送。
numbers-reason-missing = 請說明原因，1 至 { $n } 個字元。
numbers-none = 從 Meta 讀取號碼後，會在此顯示。
