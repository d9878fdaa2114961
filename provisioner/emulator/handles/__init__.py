"""What only an emulator has: the handles under `/_emulator`, the page, declared faults and what they do."""
