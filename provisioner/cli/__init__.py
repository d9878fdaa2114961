"""Commands, flags and exit codes. Builds everything, wires it together, and is the only room that prints.

Each command lives in a module of its own and is imported when it is called: `--help` pays for no SDK.
"""
