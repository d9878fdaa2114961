"""What keeps an apply from working, before anybody tries: verdicts about this machine, the way to both planes, who is
signed in, and the plan.

Everything here but `probes` is pure: what was looked at comes in as a value, and a verdict goes out. `probes` and the
command line look.
"""
