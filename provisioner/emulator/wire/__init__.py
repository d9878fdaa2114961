"""The manners of the service, whatever it is asked for: no state of their own."""
