"""What a manifest's `checks` try of what is live, and how they are run: people's side of what was applied.

What a check writes is made up, goes to scopes that are thrown away, and is deleted however it ends.
"""
