"""`python -m provisioner.emulator.world.facts` makes the catalogue file from the table."""

from __future__ import annotations

from provisioner.emulator.world.facts.table import FILE, catalogue_text

FILE.write_text(catalogue_text(), encoding="utf-8", newline="\n")
