"""From values to text: plans, diagnostics, progress, outcomes and graphs, for people and for machines.

Functions here take values and return text; only the progress renderers hold a stream, and nothing here decides
anything. What is shown of a live value has gone through `redact` (secrets, by field path) and `safe` (characters that
could steer a terminal or mislead a reader). Colour is a value chosen once (`Styles`); rich is imported only by the
live progress of a terminal, jinja2 only by the page of a plan, whose template, style and script are in `page`.
"""
