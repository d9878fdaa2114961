"""What one emulator consists of, whoever asks: its state, clock, switches, secrets, faults, catalogue and model."""
