"""What keeps an apply from working, before anybody tries: verdicts about this machine, the way to both planes, who is
signed in, and the plan.

Everything here is pure: what was looked at comes in as a value, and a verdict goes out. `planes.probe` and the command
line look.
"""
