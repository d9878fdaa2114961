"""`python -m provisioner.emulator.facts` makes the catalogue file from the table."""

from __future__ import annotations

from .table import FILE, catalogue_text

FILE.write_text(catalogue_text(), encoding="utf-8", newline="\n")
