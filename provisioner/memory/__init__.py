"""What stores hold: people's memories, which are no resources. They are read, written, copied and forgotten here."""
