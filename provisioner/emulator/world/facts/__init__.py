"""What is known of the models that Foundry offers: a table kept by hand, and the catalogue file made from it.

`models.csv` is the source: a row per version, what its columns mean and where its facts are from stands in
docs/catalogue.md. `catalogue.json` has the same facts in the shape that the service lists models in; the emulator reads
only that. After an edit of the table: `python -m provisioner.emulator.world.facts`.
"""
