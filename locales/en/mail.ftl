### Mails.

mail-filed-subject = A request waits for your decision at { $tenant }
mail-filed-lead = An agent asks for something at { $tenant } that needs your signature.
mail-filed-tool = Tool:
mail-filed-agent = Agent:
mail-filed-needs = Needs:
mail-filed-due = Due:
mail-filed-digest = Digest:
mail-filed-link = Review it in the console
mail-filed-note = This mail cannot approve anything. You sign in the console, after you have read the request.

mail-decided-subject = A request of your agent was decided at { $tenant }
mail-decided-lead = A request that your agent made at { $tenant } has been decided.
mail-decided-link = See the decision in the console
mail-paused-subject = Messages stand still at { $tenant }
mail-paused-lead = Messages at { $tenant } stand still or are in doubt, and wait for people to look at them.
mail-paused-link = Look at it in the console
mail-assigned-subject = A conversation is yours at { $tenant }
mail-assigned-lead = A conversation with a customer of { $tenant } was given to you or to a queue that you look after.
mail-assigned-link = See your conversations
