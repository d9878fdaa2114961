"""From desired and live to a plan: comparing, ordering, guarding. Pure: nothing here reads, writes, waits or prints.

Why there is no state file: what a planner must remember of the last apply (whose is it, which fields did the manifest
set, may it be destroyed) is written on the live object itself, as a marker in its metadata or tags. What is
remembered there cannot get lost, cannot go stale unnoticed and needs no lock. What we gave up: the values that were
applied last; the marker holds only their fingerprints, enough to tell who moved; and of secrets not even those, so that
nobody finds one by trying.
"""
