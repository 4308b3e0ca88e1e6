### The list of keys.

keys-lead = 快捷鍵只用於移動。它們不會作出決定、簽署、發送或刪除；輸入文字時不起作用。
keys-on = 單鍵快捷鍵已開啟。
keys-off = 單鍵快捷鍵已關閉。
keys-turn-off = 關閉
keys-turn-on = 開啟
keys-key = 按鍵
keys-does = 作用
keys-next-row = 下一列
keys-previous-row = 上一列
keys-open = 開啟該列
keys-search = 前往搜尋
keys-previous = 此清單的上一項
keys-next = 此清單的下一項
keys-section = 前往第1至5部分
keys-decision = 前往決定面板
keys-up = 返回清單
keys-inbox = 收件匣
keys-broadcasts = 廣播
keys-conversations = 對話
keys-audit = 審計記錄
keys-help = 此清單
keys-leave = 離開欄位
