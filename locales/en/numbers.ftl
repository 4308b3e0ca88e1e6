### The numbers of the business, and whether anything goes out from them.

numbers-title = Numbers
numbers-lead = A stop here holds back everything at once: broadcasts, answers that people approved, and automatic answers. What has not been sent waits; what customers write still arrives.
numbers-all = All numbers
numbers-state = At Meta
numbers-quality = Quality
numbers-stands = Here
numbers-goes = Messages go out
numbers-stopped = Nothing goes out
numbers-by-person = Stopped by { $name } on { $at }.
numbers-by-meta = Stopped on { $at }, because of what Meta told.
numbers-by-worker = Stopped on { $at }, because Meta refused a message and would refuse all others.
numbers-since = Nothing goes out since { $at }.
numbers-why = Reason
numbers-resume-title = Let it go on
numbers-resume-text = Answers that wait go out at once, each only if it may still be sent. Broadcasts go on one by one, with the signatures that each of them takes.
numbers-resume = Let it go on
numbers-stop-title = Stop it
numbers-stop-text = Messages on their way may still arrive.
numbers-stop-reason = Reason, for colleagues
numbers-stop = Stop everything from here
numbers-stop-done = Stopped. Nothing goes out from there until a person lets it go on.
numbers-resume-done = It goes on. Broadcasts that stand still go on when people agree to each.
numbers-changed = This changed while you were looking. Read it again.
numbers-stands-already = Nothing goes out from there already.
numbers-reason-missing = Say why, in 1 to { $n } characters.
numbers-none = Numbers appear here as soon as they have been read from Meta.
