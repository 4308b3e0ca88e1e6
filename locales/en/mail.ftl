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
mail-paused-subject = A broadcast stands still at { $tenant }
mail-paused-lead = Sending at { $tenant } was halted and waits for people to look at it.
mail-paused-link = Look at it in the console
