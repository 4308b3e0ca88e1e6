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
