"""Who tells a run, in one format each: `interface` says what all of them do, the table of them is `cli.formats`.

They decide what is said on which stream and when; what it looks like is for `render` to know.
"""
