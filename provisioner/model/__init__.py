"""Values: what every room talks about and none of them owns.

Everything here is frozen, prints nothing and touches nothing outside itself.

One word per idea, everywhere:
*address* (which resource), *desired* (what the manifest says), *live* (what the service has), *marker* (what we
wrote on the live object: owner, what was applied, lifecycle), *change* (one resource's way from live to desired),
*plan* (all changes, in order), *outcome* (what became of a change), *note* (a sign of life during one),
*refusal* (why a plan may not run), *diagnostic* (a problem with a place and a remedy).
"""
