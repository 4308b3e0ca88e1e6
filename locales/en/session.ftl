### Sign-in, and pages for what cannot be shown.

session-lead = Sign in to review and sign what agents ask for.
session-email = Email
session-password = Password
session-sign-in = Sign in
error-not-found = Nothing here
error-not-found-text = This address leads to nothing that you can see. It may belong to another business, or the link is incomplete.
error-forbidden = Not for your role
error-refused = Not done
error-too-many = Too many attempts
error-too-many-text = Nothing was done. Wait a few minutes, then try again.
error-unavailable = Not available now
error-unavailable-text = The server cannot reach its database. Nothing was changed. Try again in a minute.
error-internal = Something failed on our side
error-internal-text = Your input was not the cause. Tell your administrator this reference: { $reference }.
error-back-inbox = Back to the inbox
error-back-login = Back to sign-in
session-title = Sign in
session-wrong = E-mail address and password do not match, or the account is closed.
session-pause = Too many attempts. Nothing was checked. Try again in { $span }.
error-unreadable = Not understood
error-form-unreadable = The form could not be read. Nothing was done. Open the page again and repeat.
error-form-token = This form belongs to another session. Nothing was done. Open the page again and repeat.
error-foreign-site = Another site tried to act in your name. Nothing was done.
error-forbidden-text = Your role cannot do this. Nothing was done.
error-refused-text = The request has changed in the meantime. Nothing was done. Open it again.
error-needs-role = This page is for: { $roles }.
