"""What the GitHub Action runs once this package is installed: `python -I -m provisioner.cli.github run|comment`.

`action.yml` and these modules speak through environment variables and step outputs, as older copies of the one meet
newer versions of the other: an input is never given another meaning, and what is new may be missing. Whatever a
repository or a pull request says arrives here as a variable's value and is never part of a command line of a shell.
"""
