"""What Azure would refuse, said before anything is written: checks of a plan against what the service tells of itself.

`reading` asks the service and `cache` keeps what changes seldom; everything else is pure. A check is one file with one
function; `checks` lists them all. What the service would surely refuse is an error and so a refusal of the plan, less
certain things are warnings, and what could not be known is a note: it never refuses.
"""
