### Sign-in, and pages for what cannot be shown.

session-lead = 登入以審核及簽署 AI 代理提出的要求。
session-email = 電郵
session-password = 密碼
session-sign-in = 登入
error-not-found = 找不到
error-not-found-text = 此網址沒有你可以查看的內容。它可能屬於另一間公司，或連結不完整。
error-forbidden = 你的角色無權使用
error-refused = 未執行
error-too-many = 嘗試次數過多
error-too-many-text = 沒有執行任何動作。請等幾分鐘再試。
error-unavailable = 暫時無法使用
error-unavailable-text = 伺服器無法連接資料庫。沒有更改任何內容。請一分鐘後再試。
error-internal = 系統發生錯誤
error-internal-text = 並非你的輸入所致。請把此參考編號告訴管理員：{ $reference }。
error-back-inbox = 返回收件匣
error-back-login = 返回登入頁
session-title = 登入
session-wrong = 電郵與密碼不符，或該帳戶已關閉。
session-pause = 嘗試次數過多，今次沒有核對。請在{ $span }後再試。
error-unreadable = 無法理解
error-form-unreadable = 無法讀取表格。沒有執行任何動作。請重新開啟頁面再做一次。
error-form-token = 此表格屬於另一個登入時段。沒有執行任何動作。請重新開啟頁面再做一次。
error-foreign-site = 另一個網站試圖以你的名義操作。沒有執行任何動作。
error-forbidden-text = 你的角色不能這樣做。沒有執行任何動作。
error-refused-text = 這項要求已在期間改變。沒有執行任何動作。請重新開啟。
error-needs-role = 此頁只供以下角色使用：{ $roles }。
