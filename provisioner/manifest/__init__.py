"""The manifest: YAML files become checked, desired resources, and every problem becomes a diagnostic.

`reader` is the only place that knows YAML, `env` the only one that reads variables, `files` and `inside` the only ones
that open files. `shape` holds what the schema says against the entries, `checks` everything the schema cannot say.
`budget` bounds what all of it may take, and `unvalued` keeps what variables hold out of what is told. Nothing here
speaks to a service or prints. Nothing a user can write raises: `load` returns diagnostics.
"""
