"""The project plane: one file per resource family."""
