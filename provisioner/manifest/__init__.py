"""The manifest: YAML files become checked, desired resources, and every problem becomes a diagnostic.

    text        files             what is named on the command line or in a manifest, read where it lies
    documents   reader            plain values (`yaml_values`, `scalars`), and where they stand (`places`)
    files       draft, env        each document with its variables replaced
                inline            and with the numbers that they spell, and what the files hold that entries name
    entries     draft             one resource each, in normal form, and what does not fit its `schema`
                                  (`validators` find it, `misfits` tells it)
    checks      project, checks   what the schema cannot say
    resources   load              all of it in this order: the manifest, or why there is none

Each step returns its value and its problems, and none changes what another made; only the budget (`limits`) counts down
for all of them. `codes` lists what can be told; `write` goes the other way, for `export`.

`reader` and `yaml_values` are the only places that know YAML, `env` the only one that reads variables, `files` the only
one that opens files. Nothing here speaks to a service or prints. Nothing a user can write raises: `load` returns
diagnostics.
"""
