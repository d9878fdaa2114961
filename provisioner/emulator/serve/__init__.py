"""The running server: its two listeners, the planes that they serve, and the first day of what is behind them."""
