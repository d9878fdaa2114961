"""Read the service, run a plan. The only room that does work on the world; it decides nothing and prints nothing."""
