"""Declarative provisioning for Microsoft Foundry."""

__version__ = "0.1.0"
