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
