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
