### Sign-in, and pages for what cannot be shown.

session-lead = 登录以审核并签署 AI 代理提出的请求。
session-email = 邮箱
session-password = 密码
session-sign-in = 登录
error-not-found = 未找到
error-not-found-text = 此网址没有您可以查看的内容。它可能属于另一家企业，或链接不完整。
error-forbidden = 您的角色无权使用
error-refused = 未执行
error-too-many = 尝试次数过多
error-too-many-text = 没有执行任何动作。请等几分钟再试。
error-unavailable = 暂时无法使用
error-unavailable-text = 服务器无法连接数据库。没有更改任何内容。请一分钟后再试。
error-internal = 系统发生错误
error-internal-text = 并非您的输入所致。请把此参考编号告诉管理员：{ $reference }。
error-back-inbox = 返回收件箱
error-back-login = 返回登录页
session-title = 登录
session-wrong = 邮箱与密码不符，或该账号已关闭。
session-pause = 尝试次数过多，本次未核对。请在{ $span }后再试。
error-unreadable = 无法理解
error-form-unreadable = 无法读取表单。没有执行任何动作。请重新打开页面再做一次。
error-form-token = 此表单属于另一个登录会话。没有执行任何动作。请重新打开页面再做一次。
error-foreign-site = 另一个网站试图以您的名义操作。没有执行任何动作。
error-forbidden-text = 您的角色不能这样做。没有执行任何动作。
error-refused-text = 该请求已在此期间改变。没有执行任何动作。请重新打开。
error-needs-role = 此页仅供以下角色使用：{ $roles }。
